"""What a training run tells whoever watches it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One optimizer step.

    Attributes:
        step: counted from 1 over the whole run.
        epoch: counted from 1.
        losses: "loss" and each of its named parts, of this batch.
        learning_rate: in force at this step.
        examples_per_s: averaged over the latest steps.
        left_s: seconds to the end of the run, as far as one can tell.
    """

    step: int
    epoch: int
    losses: dict[str, float]
    learning_rate: float
    examples_per_s: float
    left_s: float


@dataclass(frozen=True)
class Epoch:
    """The end of an epoch, after validation.

    Attributes:
        epoch: counted from 1.
        step: the latest step.
        losses: means over the epoch's steps.
        metrics: what the task's `validate` gave for the averaged weights.
        is_best: whether the task's first metric was never better.
    """

    epoch: int
    step: int
    losses: dict[str, float]
    metrics: dict[str, float]
    is_best: bool


@dataclass(frozen=True)
class Done:
    """The end of the run; the model now holds the weights that `FitSettings.keep_weights` asks for.

    Attributes:
        why: "finished", "time" (the minutes are over) or "early_stopping".
        epochs: begun.
        steps: taken.
        seconds: spent training, over all parts of a resumed run.
        metrics: of the best epoch's averaged weights.
    """

    why: str
    epochs: int
    steps: int
    seconds: float
    metrics: dict[str, float]


Event = Step | Epoch | Done
