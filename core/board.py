"""The score board: runs side by side, mean and spread over seeds."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean, stdev

from core.plane import Settings
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
        touched: whether its weights or rates were changed by hand on the way.
    """

    settings: Settings
    epoch: int
    n_parameters: int
    measured: Measured
    touched: bool = False


@dataclass(frozen=True)
class Group:
    """All runs of one configuration.

    Attributes:
        settings: their settings, the seeds as of the first.
        n: how many.
        epochs: of the shortest and the longest.
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
    """Runs that differ in their seeds alone as one, the best on the validation points first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.settings.model_dump_json(exclude=set(SEEDS)) + str(row.touched), []).append(row)
    made = [_group(runs) for runs in found.values()]
    return sorted(made, key=lambda group: -group.accuracies["validation"][0])


def differing(found: Iterable[Group]) -> list[str]:
    """The settings in which the groups differ, in the order of the model; seeds left out."""
    values = [group.settings.model_dump() for group in found]
    names = [name for name in Settings.model_fields if name not in SEEDS]
    return [name for name in names if len({repr(v[name]) for v in values}) > 1]


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
