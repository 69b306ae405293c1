"""Optimizers and schedules."""

import math

import torch
from torch import nn


def adamw(model: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov, Hutter 2019) that decays matrices and kernels, not biases and norms.

    Args:
        model: whose parameters are trained.
        learning_rate: at the schedule's peak.
        weight_decay: decoupled, of tensors with two or more dimensions.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate)


def warmup_cosine(progress: float, warmup: float) -> float:
    """The factor on the learning rate: up linearly, then down along half a cosine.

    Args:
        progress: how much of the run is over, 0 to 1.
        warmup: the share of the run that goes up, 0 to 1.

    Returns:
        0 to 1.

    >>> [round(warmup_cosine(p, 0.1), 2) for p in (0.05, 0.1, 0.55, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))
