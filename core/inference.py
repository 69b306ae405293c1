"""Where a batch is computed. Callers know a checkpoint's name and arrays, never a device."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from core.engine import engine
from core.turns import TURNS

P = ParamSpec("P")
T = TypeVar("T")


def predict(name: str, batch: np.ndarray) -> np.ndarray:
    """Run a checkpoint's module on a batch; any thread may call.

    Args:
        name: of the checkpoint.
        batch: (B, C, H, W) float32, as the module's `forward` wants it.

    Returns:
        What `forward` gives, float32.

    Raises:
        CheckpointError: as core.checkpoints.read.
        JobError: as core.turns.Turns.take.
    """
    return TURNS.take(name, lambda: engine().predict(name, batch))


def in_turn(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run anything heavy where batches are computed, so that it has the cores for itself; any thread may call.

    That may be another process: function, arguments and result are then pickled, and what it changes is lost.

    Raises:
        JobError: as core.turns.Turns.take.
    """
    name = f"{function.__module__.removeprefix('core.')}.{function.__name__.strip('_')}"
    found: T = TURNS.take(name, lambda: engine().compute(function, *args, **kwargs))
    return found


def alone(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for what measures a time, or changes what others use: in this process, and nothing else meanwhile.

    Raises:
        JobError: as core.turns.Turns.take.
    """
    name = f"{function.__module__.removeprefix('core.')}.{function.__name__.strip('_')}"
    return TURNS.take(name, lambda: function(*args, **kwargs), is_alone=True)
