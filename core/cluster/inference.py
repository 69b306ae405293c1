"""Inference in the cluster: a Ray Serve deployment whose replicas hold the checkpoints."""

import asyncio
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import ray
from ray import cloudpickle, serve

from core import meters
from core.local_engine import forward

A = TypeVar("A")
B = TypeVar("B")
Loads = dict[str, float]  # how often each checkpoint

APP = "camadas"
MOST_IN_BATCH = 16
BATCH_WAIT_S = 0.003
MOST_ONGOING = 64  # requests at a replica, those that wait included


def together(asked: list[tuple[str, np.ndarray]]) -> list[np.ndarray | Exception]:
    """Several requests as few batches: those of one network whose pictures have one size.

    Args:
        asked: a checkpoint's name and a batch (B, C, H, W) each.

    Returns:
        For each what `forward` gives, or why it does not.
    """
    groups: dict[tuple[Any, ...], list[int]] = {}
    for at, (name, batch) in enumerate(asked):
        groups.setdefault((name, *batch.shape[1:]), []).append(at)
    found: list[np.ndarray | Exception] = [ValueError()] * len(asked)
    for (name, *_shape), places in groups.items():
        batches = [asked[at][1] for at in places]
        parts: Sequence[np.ndarray | Exception]
        try:
            parts = np.split(forward(name, np.concatenate(batches)), np.cumsum([len(b) for b in batches])[:-1])
        except Exception as error:
            parts = [error] * len(places)
        for at, part in zip(places, parts, strict=True):
            found[at] = part
    return found


def called(call: bytes) -> bytes:
    """As `Replica.compute`."""
    try:
        function, args, kwargs = pickle.loads(call)  # from an app server of ours
        return cloudpickle.dumps((True, function(*args, **kwargs)))
    except Exception as error:
        try:
            return cloudpickle.dumps((False, error))
        except Exception:
            return cloudpickle.dumps((False, RuntimeError(repr(error))))


class Replica:
    """One process that computes, one thing at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "compute")

    @serve.batch(max_batch_size=MOST_IN_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def predict(self, asked: list[tuple[str, np.ndarray]]) -> list[tuple[np.ndarray | Exception, Loads]]:
        """As `together`, each with the checkpoints that were loaded for it."""
        found, loaded = await self._compute(together, asked)
        return [(found[0], loaded), *((one, {}) for one in found[1:])]

    async def compute(self, call: bytes) -> tuple[bytes, Loads]:
        """Call a pickled (function, args, kwargs); gives, pickled, (True, what it gives) or (False, what it raises)."""
        return await self._compute(called, call)

    async def _compute(self, function: Callable[[A], B], what: A) -> tuple[B, Loads]:
        def noted() -> tuple[B, Loads]:
            before = meters.loads()
            return function(what), meters.loads_since(before)

        return await asyncio.get_running_loop().run_in_executor(self._thread, noted)


def n_replicas() -> int:
    """How many there may be: as many as the cluster has GPUs, or processors."""
    return max(1, _n("GPU") or _n("CPU"))


def _n(what: str) -> int:
    return int(ray.cluster_resources().get(what, 0))


def deploy() -> None:
    """Have the deployment, with as many replicas as there are processors, or GPUs, while there is enough to do."""
    there = serve.status().applications.get(APP)
    if there is not None and there.status in ("RUNNING", "DEPLOYING"):
        return
    make: Any = serve.deployment(
        name="inference",
        max_ongoing_requests=MOST_ONGOING,
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": n_replicas(),
            "target_ongoing_requests": 1,
            "upscale_delay_s": 5,
            "downscale_delay_s": 300,
        },
        ray_actor_options={"num_cpus": 1, "num_gpus": 1 if _n("GPU") else 0},
    )
    serve.start(http_options={"location": "NoServer"})
    serve.run(make(Replica).bind(), name=APP, route_prefix=None)
