"""A sweep: up to 64 networks of several learning rates, widths and first weights trained at once."""

from dataclasses import dataclass
from statistics import mean, stdev
from typing import Literal

from pydantic import Field

from core.board import Row
from core.errors import SettingsError
from core.jobs import Job, jobs
from core.many import MOST, Many
from core.plane import OWN, Common, Rate, Split, fingerprint, formula_of, points_of, split
from core.plane import Settings as NetworkSettings
from core.points import Points
from core.scripting import render

__all__ = ["Job", "Points", "Split"]
Width = Literal[1, 2, 3, 4, 6, 8, 12, 16, 32, 64]

EXAMPLES: dict[str, dict[str, object]] = {
    "Learning rates and widths": {},
    "How much is luck?": {"rates": (0.1,), "widths": (2, 3, 4, 8), "n_seeds": 16, "depth": 1},
    "Too slow, too fast": {
        "rates": (0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
        "widths": (8,),
        "n_seeds": 4,
    },
    "The spiral with Adam": {
        "data": "spiral",
        "n_classes": 2,
        "noise": 0.0,
        "optimizer": "Adam",
        "rates": (0.001, 0.003, 0.01, 0.03),
        "widths": (4, 8, 16, 32),
        "n_seeds": 2,
        "epochs": 400,
    },
    "Neurons against points": {"data": "XOR", "noise": 0.05, "depth": 1, "widths": (1, 2, 3, 4), "n_seeds": 4},
}


class Settings(Common):
    """What a visitor can turn."""

    rates: tuple[Rate, ...] = Field(
        (0.01, 0.03, 0.1, 0.3),
        min_length=1,
        title="Learning rates",
        description="One row of the grid each.",
        examples=[(0.03, 0.3)],
    )
    widths: tuple[Width, ...] = Field(
        (2, 4, 8, 16),
        min_length=1,
        title="Neurons a layer",
        description="One column of the grid each.",
        examples=[(2, 8)],
    )
    n_seeds: int = Field(
        4,
        ge=1,
        le=16,
        title="First weights",
        description="Each learning rate and width is tried from so many first weights.",
    )
    depth: int = Field(2, ge=1, le=6, title="Hidden layers", description="Of each network.")
    activation: Literal["tanh", "relu", "sigmoid", "leaky relu", "gelu"] = Field(
        "tanh", title="Activation", description="Of all hidden neurons.", json_schema_extra={"widget": "select"}
    )
    epochs: int = Field(
        200, ge=10, le=2000, title="Epochs", description="After which it ends.", json_schema_extra={"step": 10}
    )


@dataclass(frozen=True)
class Cell:
    """All networks of one learning rate and width.

    Attributes:
        rate, width: theirs.
        validation, test: mean and sample standard deviation of their accuracies, 0 to 1.
    """

    rate: float
    width: int
    validation: tuple[float, float]
    test: tuple[float, float]


def networks(settings: Settings) -> list[NetworkSettings]:
    """The settings of each network: by learning rate, then width, then first weights.

    Raises:
        SettingsError: if there are more than 64.
    """
    rates, widths = sorted(settings.rates), sorted(settings.widths)
    n = len(rates) * len(widths) * settings.n_seeds
    if n > MOST:
        raise SettingsError("too_many_networks", value=n, rule=MOST)
    shared = settings.model_dump(include=set(Common.model_fields))
    return [
        NetworkSettings(
            **shared,
            layers="\n".join([f"{width} {settings.activation}"] * settings.depth),
            learning_rate=rate,
            weights_seed=seed,
        )
        for rate in rates
        for width in widths
        for seed in range(settings.n_seeds)
    ]


def about(settings: Settings, own: Points | None = None) -> str:
    """What tells one sweep from another."""
    told = "sweep " + settings.model_dump_json()
    if settings.data in OWN and own is not None:
        told += fingerprint(own)
    return told


def start(settings: Settings, own: Points | None = None, *, owner: str = "") -> Job:
    """Begin a sweep in the background, paused.

    Raises:
        CamadasError: if the settings make no points or too many networks, or the server is full.
    """
    runs, points = networks(settings), points_of(settings, own)
    return jobs().start(lambda: Many(runs, points), about(settings, own), is_paused=True, owner=owner)


def data_of(settings: Settings, own: Points | None = None) -> Split:
    """The points of a sweep with these settings.

    Raises:
        CamadasError: if they cannot be made.
    """
    return split(points_of(settings, own), settings)


def rows(job: Job) -> list[Row]:
    """Each network as a row of the score board.

    Raises:
        JobError: if the sweep has ended or waits for its turn.
    """
    found: list[Row] = job.now(Many.rows)
    return found


def cells(found: list[Row]) -> list[Cell]:
    """Networks by learning rate and width, the best on the validation points first."""
    groups: dict[tuple[float, int], list[Row]] = {}
    for row in found:
        width = int(row.settings.layers.split(" ")[0])
        groups.setdefault((float(row.settings.learning_rate), width), []).append(row)

    def over(group: list[Row], part: str) -> tuple[float, float]:
        values = [row.measured.accuracies[part] for row in group]
        return mean(values), stdev(values) if len(values) > 1 else 0.0

    made = [Cell(*key, over(group, "validation"), over(group, "test")) for key, group in groups.items()]
    return sorted(made, key=lambda cell: -cell.validation[0])


def script(settings: Settings) -> str:
    """The stand-alone Python script that trains the same networks in plain PyTorch and prints the same table."""
    networks(settings)
    return render("sweep", formula=formula_of(settings), settings=settings)
