"""Training on several processes that torchrun has started: each computes a part of every batch.

Gradients are averaged by DistributedDataParallel (Li et al. 2020, https://doi.org/10.14778/3415478.3415530), over gloo
or, with GPUs, over nccl. In a process of its own everything here does nothing.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from core.devices import device

T = TypeVar("T")
Losses = Callable[[nn.Module, dict[str, Tensor]], dict[str, Tensor]]


def size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this one is, from 0; the first one measures and writes."""
    return dist.get_rank() if dist.is_initialized() else 0


@contextmanager
def together() -> Iterator[None]:
    """Within it this process trains with those that torchrun has started beside it, if it has."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if device().type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device().type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def part(batch: dict[str, Tensor]) -> tuple[dict[str, Tensor], float]:
    """This process's rows of a batch, and what the mean over them weighs in the mean over all.

    Args:
        batch: tensors whose first dimension is the batch.
    """
    n = len(next(iter(batch.values())))
    if size() == 1 or n == 0:
        return batch, 1.0
    rows = torch.arange(rank(), n, size())
    weight = len(rows) * size() / n
    rows = rows if len(rows) else torch.zeros(1, dtype=torch.long)  # it counts nothing, but takes part
    return {name: x[rows] for name, x in batch.items()}, weight


def shared(model: nn.Module, losses: Losses) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    """The losses of a batch, whose gradients all processes have after `backward`.

    Args:
        model: whose weights are trained; those of the first process are everybody's.
        losses: of model and batch, named.
    """
    if size() == 1:
        return lambda batch: losses(model, batch)
    if device().type == "cuda":
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return nn.parallel.DistributedDataParallel(
        _WithLosses(model, losses),
        find_unused_parameters=True,  # those of a layer that is fixed, or fitted otherwise
    )


class _WithLosses(nn.Module):
    """A model whose output is its losses: DistributedDataParallel looks at `forward` alone."""

    def __init__(self, model: nn.Module, losses: Losses) -> None:
        super().__init__()
        self.model, self.losses = model, losses

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.losses(self.model, batch)


def mean(values: dict[str, float], weight: float) -> dict[str, float]:
    """The mean over all processes, each with its weight as `part` gives it."""
    if size() == 1:
        return values
    numbers = torch.tensor(list(values.values()), dtype=torch.float64 if device().type == "cpu" else torch.float32)
    numbers = (numbers * weight).to(device())
    dist.all_reduce(numbers)
    return dict(zip(values, (numbers / size()).tolist(), strict=True))


def firsts(find: Callable[[], T]) -> T:
    """What the first process finds; the others wait for it."""
    if size() == 1:
        return find()
    found: list[T | None] = [find() if rank() == 0 else None]
    dist.broadcast_object_list(found)
    return found[0]  # type: ignore[return-value]
