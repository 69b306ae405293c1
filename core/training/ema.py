"""The exponential moving average of a model's weights (Polyak, Juditsky 1992), which is what gets measured and kept."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of the model that follows it: average = d * average + (1 - d) * weights, buffers included.

    Args:
        model: the one in training.
        decay: d in the long run, 0 to 1; it starts lower, at (1 + n) / (10 + n), so that the start is forgotten.
    """

    @torch.no_grad()
    def follow(average: Tensors, current: Tensors, n_averaged: Tensor | int) -> None:
        n = int(n_averaged)
        weight = 1 - min(decay, (1 + n) / (10 + n))
        for mean, value in zip(average, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(value.to(mean.dtype), weight)
            else:
                mean.copy_(value)

    return AveragedModel(model, multi_avg_fn=follow, use_buffers=True)
