"""A convolutional network for small pictures whose first layer takes the correlation out of them.

After Jordan (2024), "94% on CIFAR-10 in 3.29 seconds on a single GPU", https://arxiv.org/abs/2404.00498, section 3:
2 x 2 kernels that whiten (Page 2019), three blocks that halve the size, norms whose scale is not trained, kernels that
begin as the identity, GELU, and a last layer without bias that is scaled down. What differs: pictures come in 0 to 1
and are normalised here, and a block of three or more convolutions adds what the first one gave to the last one's.
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

WHITENING_PX = 2
WHITENING_EPSILON = 5e-4  # added to the variances, so that directions without any are not blown up
LOGIT_SCALE = 1 / 9


class Block(nn.Module):
    """Convolution, half the size, then convolutions around which that goes on its own."""

    def __init__(self, n_in: int, n_out: int, depth: int) -> None:
        super().__init__()
        self.conv1 = _conv(n_in, n_out)
        self.pool = nn.MaxPool2d(2)
        self.norm1 = _norm(n_out)
        self.gelu1 = nn.GELU()
        self.rest = nn.Sequential()
        for number in range(2, depth + 1):
            self.rest.add_module(f"conv{number}", _conv(n_out, n_out))
            self.rest.add_module(f"norm{number}", _norm(n_out))
            if number < depth:
                self.rest.add_module(f"gelu{number}", nn.GELU())
        self.gelu = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.gelu1(self.norm1(self.pool(self.conv1(x))))
        return self.gelu(x + self.rest(x)) if len(self.rest) > 2 else self.gelu(self.rest(x))


class Scale(nn.Module):
    """Every number times the same one."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


class WhitenedCNN(nn.Module):
    """Pictures in, one score a class out.

    Args:
        widths: channels of the blocks; each halves height and width.
        depth: convolutions in a block, at least 2; from 3 on they are a residual branch.
        n_classes: scores.
        n_channels: 3 for RGB, 1 for grey.
    """

    example_shape: tuple[int, ...] = (2, 3, 32, 32)
    mean: Tensor
    spread: Tensor

    def __init__(
        self, widths: Sequence[int] = (64, 256, 256), depth: int = 2, n_classes: int = 10, n_channels: int = 3
    ) -> None:
        super().__init__()
        self.example_shape = (2, n_channels, 32, 32)
        n_white = 2 * n_channels * WHITENING_PX**2
        self.register_buffer("mean", torch.full((n_channels,), 0.5))
        self.register_buffer("spread", torch.full((n_channels,), 0.25))
        self.whiten = nn.Conv2d(n_channels, n_white, WHITENING_PX)
        nn.init.zeros_(self.whiten.bias)  # type: ignore[arg-type]
        self.gelu = nn.GELU()
        ins = (n_white, *widths)
        named = ((f"block{i + 1}", Block(ins[i], width, depth)) for i, width in enumerate(widths))
        self.blocks = nn.Sequential(OrderedDict(named))
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(widths[-1], n_classes, bias=False)
        self.scale = Scale(LOGIT_SCALE)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_channels, H, W) pictures, 0 to 1, H and W at least 18 for three blocks -> (B, n_classes) logits."""
        x = (x - self.mean[:, None, None]) / self.spread[:, None, None]
        x = self.blocks(self.gelu(self.whiten(x)))
        return self.scale(self.head(self.flatten(self.pool(x))))

    @torch.no_grad()
    def fit_input(self, x: Tensor) -> None:
        """Set mean, spread and the whitening kernels from (n, n_channels, H, W) pictures, 0 to 1.

        The kernels are the eigenvectors of the covariance of all 2 x 2 patches, each divided by its standard
        deviation, and their negatives: what comes out has no correlation and a spread of one.
        """
        self.mean.copy_(x.mean(dim=(0, 2, 3)))
        self.spread.copy_(x.std(dim=(0, 2, 3)))
        x = (x - self.mean[:, None, None]) / self.spread[:, None, None]
        patches = x.unfold(2, WHITENING_PX, 1).unfold(3, WHITENING_PX, 1).permute(0, 2, 3, 1, 4, 5)
        shape = patches.shape[3:]
        rows = patches.reshape(-1, shape.numel())
        variances, vectors = torch.linalg.eigh(rows.T @ rows / len(rows))
        kernels = (vectors / (variances + WHITENING_EPSILON).sqrt()).T.flip(0).reshape(-1, *shape)
        self.whiten.weight.copy_(torch.cat([kernels, -kernels]))


def _conv(n_in: int, n_out: int) -> nn.Conv2d:
    conv = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight[: min(n_in, n_out)])
    return conv


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, momentum=0.4)  # the statistics of the last few batches: batches are large
