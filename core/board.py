"""The score board: runs side by side, mean and spread over seeds."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean, stdev

from core.plane import OWN, Settings
from core.playground import Measured

MOST = 500  # rows that are kept
SEEDS = ("seed", "weights_seed")


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes:
        settings: with which it was started.
        epoch: epochs trained.
        n_parameters: learned numbers.
        measured: losses and accuracies of the three parts.
        touched: whether it is something else than its settings alone would give.
        points: what tells its points from others, where they are the visitor's own.
    """

    settings: Settings
    epoch: int
    n_parameters: int
    measured: Measured
    touched: bool = False
    points: str = ""

    @property
    def configuration(self) -> str:
        """What runs that are compared have in common: all but the seeds; without early stopping the epochs as well."""
        epochs = "" if self.settings.patience else str(self.epoch)
        return f"{relevant(self.settings)} {epochs} {self.touched} {self.points}"


@dataclass(frozen=True)
class Group:
    """All runs of one configuration.

    Attributes:
        settings: their settings, the seeds as of the first.
        n: how many.
        epochs: of the shortest and the longest: alike, unless they stopped early.
        accuracies: by part: mean and sample standard deviation (0 for a single run).
        losses: by part, the same.
        touched: whether they were changed by hand.
    """

    settings: Settings
    n: int
    epochs: tuple[int, int]
    n_parameters: int
    accuracies: dict[str, tuple[float, float]]
    losses: dict[str, tuple[float, float]]
    touched: bool


def groups(rows: Iterable[Row]) -> list[Group]:
    """Runs that differ in their seeds alone as one, the best on the validation points first.

    Of the same seeds the newest run counts.
    """
    found: dict[str, dict[tuple[int, int], Row]] = {}
    for row in rows:
        seeds = (row.settings.seed, row.settings.weights_seed)
        found.setdefault(row.configuration, {})[seeds] = row
    made = [_group(list(runs.values())) for runs in found.values()]
    return sorted(made, key=lambda group: -group.accuracies["validation"][0])


def relevant(settings: Settings) -> dict[str, object]:
    """The settings that mean something together, seeds left out: XOR has no number of classes, a file no noise."""
    values = settings.model_dump(exclude=set(SEEDS))
    if settings.data not in ("blobs", "spiral"):
        del values["n_classes"]
    if settings.data != "function":
        del values["expression"]
    if settings.data in OWN:
        del values["n_points"], values["noise"]
    return values


def differing(found: Iterable[Group]) -> list[str]:
    """The settings in which the groups differ, in the order of the model; seeds left out."""
    values = [relevant(group.settings) for group in found]
    return [name for name in Settings.model_fields if len({repr(v[name]) for v in values if name in v}) > 1]


def table(rows: Iterable[Row]) -> str:
    """All runs as CSV: a column for each setting, then epochs, parameters, losses and accuracies."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    parts = ("train", "validation", "test")
    figures = [f"{part}_{what}" for part in parts for what in ("loss", "accuracy")]
    writer.writerow([*Settings.model_fields, "trained_epochs", "parameters", *figures, "changed_by_hand"])
    for row in rows:
        chosen = row.settings.model_dump()
        chosen["layers"] = "; ".join(str(chosen["layers"]).split("\n"))
        chosen["features"] = "; ".join(chosen["features"])
        measured = [
            f"{values[part]:.5g}" for part in parts for values in (row.measured.losses, row.measured.accuracies)
        ]
        writer.writerow([*chosen.values(), row.epoch, row.n_parameters, *measured, int(row.touched)])
    return out.getvalue()


def _group(rows: list[Row]) -> Group:
    def over(values: list[float]) -> tuple[float, float]:
        finite = all(value < float("inf") for value in values)
        return mean(values), stdev(values) if len(values) > 1 and finite else 0.0

    parts = rows[0].measured.losses
    return Group(
        rows[0].settings,
        len(rows),
        (min(row.epoch for row in rows), max(row.epoch for row in rows)),
        rows[0].n_parameters,
        {part: over([row.measured.accuracies[part] for row in rows]) for part in parts},
        {part: over([row.measured.losses[part] for row in rows]) for part in parts},
        rows[0].touched,
    )
