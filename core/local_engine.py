"""The engine of one process: its own threads."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.local_jobs import LocalJobs
from core.turns import N_CORES

MOST_AT_ONCE = 4


class Local:
    """A `core.engine.Engine`."""

    def __init__(self) -> None:
        self.jobs = LocalJobs()
        self.at_once = min(N_CORES, MOST_AT_ONCE)

    def predict(self, name: str, batch: np.ndarray) -> np.ndarray:
        """In the calling thread."""
        return forward(name, batch)

    def compute(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """In the calling thread."""
        return function(*args, **kwargs)


def forward(name: str, batch: np.ndarray) -> np.ndarray:
    """Run a checkpoint's module here and now; as `core.inference.predict`."""
    import torch

    from core.checkpoints import load
    from core.devices import device, gains_from_bf16

    module, where = load(name), device()
    x = torch.from_numpy(np.ascontiguousarray(batch, np.float32))
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=gains_from_bf16(where)):
        y = module(x.to(where, memory_format=torch.channels_last if x.ndim == 4 else torch.contiguous_format))
    return y.float().cpu().numpy()
