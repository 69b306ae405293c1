"""What a study looks for, and how: its knobs, its sampler, and the networks of a trial."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import torch
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial
from pydantic import Field
from pydantic.config import JsonDict

from core.many import Many
from core.plane import RATES, STRENGTHS, Common, Rate
from core.plane import Settings as NetworkSettings
from core.points import Points

WORST = 10.0  # what the loss of a run that has run away counts as
Knob = Literal["learning rate", "neurons a layer", "hidden layers", "activation", "optimizer", "batch size", "L2"]
_select: JsonDict = {"widget": "select"}
# Where each knob may stand, and the values that a grid tries.
RANGES: dict[str, BaseDistribution] = {
    "learning rate": FloatDistribution(0.001, 3.0, log=True),
    "neurons a layer": IntDistribution(2, 32, log=True),
    "hidden layers": IntDistribution(1, 4),
    "activation": CategoricalDistribution(["tanh", "relu", "sigmoid", "leaky relu", "gelu"]),
    "optimizer": CategoricalDistribution(["SGD", "momentum", "Adagrad", "RMSprop", "Adam"]),
    "batch size": CategoricalDistribution([5, 10, 30, 100]),
    "L2": FloatDistribution(0.00001, 0.1, log=True),
}
GRID: dict[str, list[Any]] = {
    "learning rate": [0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
    "neurons a layer": [2, 4, 8, 16, 32],
    "hidden layers": [1, 2, 3, 4],
    "activation": ["tanh", "relu", "sigmoid", "leaky relu", "gelu"],
    "optimizer": ["SGD", "momentum", "Adagrad", "RMSprop", "Adam"],
    "batch size": [5, 10, 30, 100],
    "L2": [0.00001, 0.0001, 0.001, 0.01, 0.1],
}


class Settings(Common):
    """What a visitor can turn."""

    knobs: tuple[Knob, ...] = Field(
        ("learning rate", "neurons a layer", "hidden layers"),
        min_length=1,
        title="What is looked for",
        description="The rest stays as it is set under Network and Training.",
        examples=[("learning rate", "L2")],
    )
    sampler: Literal["TPE", "random", "grid"] = Field(
        "TPE",
        title="Sampler",
        description="TPE learns from the trials before, random does not, grid goes through a list in mixed order.",
    )
    objective: Literal["validation loss", "validation accuracy"] = Field(
        "validation loss", title="Judged by", description="The mean over the first weights of a trial."
    )
    n_trials: int = Field(40, ge=5, le=200, title="Trials", description="After which it ends.")
    n_seeds: int = Field(
        2, ge=1, le=8, title="First weights", description="Each trial is trained from so many, all at once."
    )
    sampler_seed: int = Field(
        0,
        ge=0,
        le=999,
        title="Seed of the sampler",
        description="Another one looks elsewhere.",
        json_schema_extra={"widget": "number"},
    )
    learning_rate: Rate = Field(
        0.1, title="Learning rate", description="Where it is not looked for.", json_schema_extra=_select
    )
    width: int = Field(8, ge=1, le=64, title="Neurons a layer", description="Where it is not looked for.")
    depth: int = Field(2, ge=1, le=6, title="Hidden layers", description="Where it is not looked for.")
    activation: Literal["tanh", "relu", "sigmoid", "leaky relu", "gelu"] = Field(
        "tanh", title="Activation", description="Where it is not looked for.", json_schema_extra=_select
    )
    epochs: int = Field(
        100, ge=10, le=1000, title="Epochs", description="Of each trial.", json_schema_extra={"step": 10}
    )


@dataclass(frozen=True)
class Tried:
    """One finished trial.

    Attributes:
        number: from 0.
        values: of the knobs that are looked for.
        score: the objective: a loss, at most WORST, or an accuracy, 0 to 1.
        validation, test: mean accuracies, 0 to 1.
    """

    number: int
    values: dict[str, Any]
    score: float
    validation: float
    test: float


def tried(trial: FrozenTrial) -> Tried:
    """A finished trial, as the storage has it."""
    attributes = trial.user_attrs
    assert trial.value is not None
    return Tried(trial.number, dict(trial.params), trial.value, attributes["validation"], attributes["test"])


def distributions(settings: Settings) -> dict[str, BaseDistribution]:
    """Where each knob that is looked for may stand."""
    return {knob: RANGES[knob] for knob in RANGES if knob in settings.knobs}


def sampler_of(settings: Settings, n_tried: int, worker: str = "") -> BaseSampler:
    """What chooses the next trial: TPE (Bergstra et al. 2011), chance, or a grid.

    Args:
        settings: of the study.
        n_tried: trials that are there already; after a stop the draws must not begin again.
        worker: which one of several; each draws its own.
    """
    seed = settings.sampler_seed + 1000 * n_tried + crc32(worker.encode()) % 2**31
    if settings.sampler == "grid":
        return GridSampler({knob: GRID[knob] for knob in distributions(settings)}, seed=settings.sampler_seed)
    if settings.sampler == "random":
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed)


def n_trials(settings: Settings) -> int:
    """How many trials there will be: of a grid at most as many as it has places."""
    return min(settings.n_trials, most_trials(settings))


def most_trials(settings: Settings) -> int:
    """How many there may be: the places of a grid, else a thousand."""
    if settings.sampler != "grid":
        return 1000
    places = 1
    for knob in distributions(settings):
        places *= len(GRID[knob])
    return places


def network_of(settings: Settings, values: Mapping[str, Any], points: Points | None = None) -> Many:
    """The networks of one trial, from its several first weights.

    Args:
        settings: of the study.
        values: of the knobs that are looked for.
        points: own ones.
    """
    runs = [settings_of(settings, values, seed) for seed in range(settings.n_seeds)]
    rates = torch.full((len(runs),), float(values.get("learning rate", settings.learning_rate)))
    return Many(runs, points, rates, float(values.get("L2", settings.l2)))


def settings_of(settings: Settings, values: Mapping[str, Any], seed: int = 0) -> NetworkSettings:
    """A trial's network as the page Two moons has it: learning rate and L2 are the nearest that it offers."""
    shared = settings.model_dump(include=set(Common.model_fields) - {"optimizer", "batch_size", "l2"})
    width = values.get("neurons a layer", settings.width)
    depth = values.get("hidden layers", settings.depth)
    activation = values.get("activation", settings.activation)
    rate = values.get("learning rate", settings.learning_rate)
    return NetworkSettings(
        **shared,
        layers="\n".join([f"{width} {activation}"] * depth),
        learning_rate=_nearest(rate, RATES),
        optimizer=values.get("optimizer", settings.optimizer),
        batch_size=values.get("batch size", settings.batch_size),
        l2=_nearest(values.get("L2", settings.l2), STRENGTHS),
        weights_seed=seed,
    )


def _nearest(value: float, listed: Sequence[float]) -> float:
    """The listed number that is nearest by its ratio."""
    if value <= 0:
        return 0.0
    return min((number for number in listed if number > 0), key=lambda number: abs(math.log(number / value)))
