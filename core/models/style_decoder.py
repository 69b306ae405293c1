"""Features of a photo, given the statistics of a painting's, made into a picture.

After Huang, Belongie (2017), "Arbitrary style transfer in real-time with adaptive instance normalization",
https://arxiv.org/abs/1703.06868, section 5. What differs: features of two depths instead of one, so that the photo's
lines are not lost; the statistics of four depths also scale and shift the decoder's channels (as in Perez et al. 2018,
"FiLM"), so that it knows of strokes finer than an eighth of the size; our own encoder (core.models.tiny_vgg); a quarter
of the parameters. The size is doubled by the nearest neighbour and a convolution, never by a transposed one (Odena et
al. 2016).
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEEP, SHALLOW = "relu4_1", "relu3_1"  # of the encoder, at 1/8 and 1/4 of the picture's size
COLOUR = "rgb"  # the picture itself, in bands
TOLD = ("relu1_2", "relu2_2", SHALLOW, DEEP)  # whose statistics the decoder is told
BAND_PX = (1, 2, 4, 8)
MOST_GAIN = 4.0  # of a part that is nearly missing
LEAST_SPREAD = 1e-5


def statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel: (B, C, H, W) -> (B, C) twice, float32."""
    mean = x.mean((2, 3), dtype=torch.float32)
    variance = (x - mean[:, :, None, None].to(x.dtype)).square().mean((2, 3), dtype=torch.float32)
    return mean, (variance + LEAST_SPREAD**2).sqrt()


def adapted(x: Tensor, own: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """Adaptive instance normalization (Huang, Belongie 2017, equation 8).

    Args:
        x: (B, C, H, W) features.
        own: mean and spread of each channel of x, (B, C) twice; of the whole picture where x is a part of one.
        wanted: mean and spread to be given to it, (B, C) twice.

    Returns:
        (B, C, H, W), as precise as x.

    >>> x = torch.randn(1, 2, 8, 8)
    >>> made = adapted(x, statistics(x), (torch.tensor([[1.0, -1.0]]), torch.tensor([[2.0, 0.5]])))
    >>> [round(value, 3) for value in statistics(made)[1][0].tolist()]
    [2.0, 0.5]
    """
    scale = wanted[1] / own[1].clamp_min(LEAST_SPREAD)
    shift = wanted[0] - own[0] * scale
    return x * scale[:, :, None, None].to(x.dtype) + shift[:, :, None, None].to(x.dtype)


def bands(x: Tensor) -> Tensor:
    """A picture in five parts, from fine to coarse, which add up to it; the steps of a Laplacian pyramid (Burt, Adelson
    1983) at full size, with two means of neighbours each instead of a Gauss.

    Args:
        x: (B, 3, H, W).

    Returns:
        (B, 15, H, W) float32: red, green and blue of what is finer than about 1, 2, 4 and 8 pixels, and of the rest.
    """
    x = x.float().contiguous()
    found = []
    for reach in BAND_PX:
        smooth = x
        for axis in (2, 2, 3, 3):
            smooth = _mean(smooth, reach, axis)
        found.append(x - smooth)
        x = smooth
    return torch.cat([*found, x], dim=1)


def _mean(x: Tensor, reach: int, axis: int) -> Tensor:
    """Of each number and its neighbours up to `reach` along an axis, as many as there are; by sums from the start."""
    n = x.shape[axis]
    at = torch.arange(n, device=x.device)
    first, last = (at - reach).clamp_min(0), (at + reach + 1).clamp_max(n)
    sums = x.cumsum(axis)
    sums = torch.cat([torch.zeros_like(sums.narrow(axis, 0, 1)), sums], dim=axis)
    shape = [-1 if each == axis else 1 for each in range(x.ndim)]
    return (sums.index_select(axis, last) - sums.index_select(axis, first)) / (last - first).view(shape)


def toned(x: Tensor, own: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """What a decoder has made, with the mean and spread of the style in each part of each colour: its level and
    contrast (Reinhard et al. 2001), and how much of it is fine and how much coarse (Heeger, Bergen 1995).

    Args:
        x: (B, 15, H, W) as `bands` gives it.
        own: mean and spread of x, (B, 15) twice; of the whole picture where x is a part of one.
        wanted: those of the style.

    Returns:
        (B, 3, H, W) float32, about 0 to 1, not clamped.
    """
    spread = torch.maximum(own[1], wanted[1] / MOST_GAIN)
    return adapted(x, (own[0], spread), wanted).unflatten(1, (-1, 3)).sum(1)


class StyleDecoder(nn.Module):
    """Features and a style's statistics in, picture out.

    Args:
        deep: channels of the features at 1/8 of the size.
        shallow: channels of those at 1/4.
        widths: channels of the decoder at 1/4, 1/2 and the whole size.
        n_told: numbers that it is told of the style.
        n_hidden: what they are brought down to.
    """

    example_shape: ClassVar = ((2, 256, 8, 8), (2, 128, 16, 16), (2, 960))

    def __init__(
        self,
        deep: int = 256,
        shallow: int = 128,
        widths: tuple[int, int, int] = (128, 64, 32),
        n_told: int = 960,
        n_hidden: int = 64,
    ) -> None:
        super().__init__()
        quarter, half, whole = widths
        self.deep1 = _conv(deep, quarter)
        self.skip = nn.Conv2d(shallow, quarter, 1)
        self.told = nn.Linear(n_told, n_hidden)
        told = ((quarter, quarter), (quarter, quarter), (quarter, half), (half, half), (half, whole), (whole, whole))
        self.convs = nn.ModuleList(_conv(*widths) for widths in told)
        self.scales = nn.ModuleList(nn.Linear(n_hidden, 2 * n_out) for _, n_out in told)
        self.last = _conv(whole, 3)
        with torch.no_grad():  # it begins with hardly a scale or shift
            for linear in self.scales:
                linear.weight.mul_(0.1)  # type: ignore[operator]

    def forward(self, deep: Tensor, shallow: Tensor, told: Tensor) -> Tensor:
        """Make a picture.

        Args:
            deep: (B, deep, h, w) features, adapted.
            shallow: (B, shallow, 2 h, 2 w) features, adapted.
            told: (B, n_told) the style's statistics, as `told_of` gives them.

        Returns:
            (B, 3, 8 h, 8 w) of any level and contrast: `toned` gives it those of the style.
        """
        style = F.relu(self.told(told))

        def through(at: int, x: Tensor, beside: Tensor | None = None) -> Tensor:
            x = self.convs[at](x) if beside is None else self.convs[at](x) + beside
            scale, shift = self.scales[at](style)[:, :, None, None].to(x.dtype).chunk(2, dim=1)
            return F.relu(x * (1 + scale) + shift)

        x = through(0, F.relu(self.deep1(deep)))
        x = through(2, through(1, _doubled(x), self.skip(shallow)))
        x = through(4, through(3, _doubled(x)))
        found: Tensor = self.last(through(5, _doubled(x)))
        return found


def told_of(mean: Mapping[str, Tensor], spread: Mapping[str, Tensor]) -> Tensor:
    """What the decoder is told: mean and spread of each channel at the depths of TOLD, (B, C) each -> (B, n_told)."""
    return torch.cat([part for layer in TOLD for part in (mean[layer], spread[layer])], dim=1)


def _conv(n_in: int, n_out: int) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, 3, padding=1)


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
