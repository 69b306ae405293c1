"""Where a batch is computed. Callers know a checkpoint's name and arrays, never a device."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")

N_CORES = int(os.environ.get("OMP_NUM_THREADS") or 0) or len(os.sched_getaffinity(0))
# One thread computes: batches wait for each other instead of fighting for the cores, whoever asks.
_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")


def predict(name: str, batch: np.ndarray) -> np.ndarray:
    """Run a checkpoint's module on a batch; any thread may call.

    Args:
        name: of the checkpoint.
        batch: (B, C, H, W) float32, as the module's `forward` wants it.

    Returns:
        What `forward` gives, float32.

    Raises:
        CheckpointError: as core.checkpoints.read.
    """
    return in_turn(_predict, name, batch)


def in_turn(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run anything heavy where batches are computed, so that it has the cores for itself; any thread may call."""
    return _worker.submit(lambda: _with_all_cores(function, *args, **kwargs)).result()


def _with_all_cores(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Jobs tell torch to use one core, which threads that come later inherit; this one says otherwise for itself."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(N_CORES)
    return function(*args, **kwargs)


def _predict(name: str, batch: np.ndarray) -> np.ndarray:
    import torch

    from core.checkpoints import load
    from core.devices import device, gains_from_bf16

    module, where = load(name), device()
    x = torch.from_numpy(np.ascontiguousarray(batch, np.float32))
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=gains_from_bf16(where)):
        y = module(x.to(where, memory_format=torch.channels_last if x.ndim == 4 else torch.contiguous_format))
    return y.float().cpu().numpy()
