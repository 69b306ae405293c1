"""Optimizers and schedules."""

import math
from typing import Any

import torch
from torch import Tensor, nn

NEWTON_SCHULZ_STEPS = 3


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


def up_and_down(progress: float, warmup: float) -> float:
    """The factor on the learning rate: up linearly, then down linearly.

    >>> [round(up_and_down(p, 0.2), 2) for p in (0.0, 0.1, 0.2, 0.6, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return progress / warmup if progress < warmup else max(0.0, (1 - progress) / (1 - warmup))


class MuonWithSGD:
    """Muon for the kernels of convolutions, SGD with Nesterov's momentum for all else, as one optimizer.

    Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) makes the update of a matrix orthogonal. A
    kernel is the matrix (channels out, all else), as in Jordan's CIFAR-10 runs. There each kernel is also scaled to
    the norm sqrt(channels out) before every step, where a norm follows it: its scale has then no meaning but for the
    step's relative size. What differs: the Newton-Schulz iteration is torch's own.

    Args:
        kernels: (O, I, h, w) parameters, contiguous or channels_last; they stay where they are in memory.
        groups: SGD's parameter groups, each with its "lr".
        learning_rate: of Muon.
        momentum: of Muon.
        sgd_momentum: of SGD.
        rescales: whether kernels are scaled before every step.
    """

    def __init__(
        self,
        kernels: list[nn.Parameter],
        groups: list[dict[str, Any]],
        learning_rate: float,
        momentum: float = 0.6,
        sgd_momentum: float = 0.85,
        *,
        rescales: bool = True,
    ) -> None:
        self.kernels, self.rescales = kernels, rescales
        self.matrices = [nn.Parameter(_matrix(kernel.data)) for kernel in kernels]  # of the same memory
        self.muon = torch.optim.Muon(
            self.matrices, lr=learning_rate, momentum=momentum, weight_decay=0.0, ns_steps=NEWTON_SCHULZ_STEPS
        )
        self.sgd = torch.optim.SGD(groups, lr=learning_rate, momentum=sgd_momentum, nesterov=True)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Muon's group, then SGD's."""
        return [*self.muon.param_groups, *self.sgd.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        self.sgd.zero_grad(set_to_none)
        for kernel in self.kernels:
            kernel.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change all parameters by their gradients."""
        for kernel, matrix in zip(self.kernels, self.matrices, strict=True):
            assert kernel.grad is not None  # after backward
            if self.rescales:
                matrix.mul_(len(matrix) ** 0.5 / matrix.norm())
            matrix.grad = _matrix(torch.empty_like(kernel).copy_(kernel.grad))
        self.muon.step()
        self.sgd.step()

    def state_dict(self) -> dict[str, Any]:
        """The momenta of both."""
        return {"muon": self.muon.state_dict(), "sgd": self.sgd.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`."""
        self.muon.load_state_dict(state["muon"])
        self.sgd.load_state_dict(state["sgd"])


def _matrix(kernel: Tensor) -> Tensor:
    """(O, I, h, w) -> (O, h * w * I), or (O, I * h * w) where it is contiguous: a view."""
    is_last = kernel.is_contiguous(memory_format=torch.channels_last)
    return (kernel.permute(0, 2, 3, 1) if is_last else kernel).reshape(len(kernel), -1)
