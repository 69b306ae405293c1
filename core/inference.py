"""Where a batch is computed. Callers know a checkpoint's name and arrays, never a device."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

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
    return TURNS.take(name, lambda: _predict(name, batch))


def in_turn(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run anything heavy where batches are computed, so that it has the cores for itself; any thread may call.

    Raises:
        JobError: as core.turns.Turns.take.
    """
    name = f"{function.__module__.removeprefix('core.')}.{function.__name__.strip('_')}"
    return TURNS.take(name, lambda: function(*args, **kwargs))


def alone(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for what measures a time, or changes what others use: nothing else is computed meanwhile.

    Raises:
        JobError: as core.turns.Turns.take.
    """
    name = f"{function.__module__.removeprefix('core.')}.{function.__name__.strip('_')}"
    return TURNS.take(name, lambda: function(*args, **kwargs), is_alone=True)


def _predict(name: str, batch: np.ndarray) -> np.ndarray:
    import torch

    from core.checkpoints import load
    from core.devices import device, gains_from_bf16

    module, where = load(name), device()
    x = torch.from_numpy(np.ascontiguousarray(batch, np.float32))
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=gains_from_bf16(where)):
        y = module(x.to(where, memory_format=torch.channels_last if x.ndim == 4 else torch.contiguous_format))
    return y.float().cpu().numpy()
