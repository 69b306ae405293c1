"""Features of a photo, given the statistics of a painting's, made into a picture.

After Huang, Belongie (2017), "Arbitrary style transfer in real-time with adaptive instance normalization",
https://arxiv.org/abs/1703.06868, section 5. What differs: features of two depths instead of one, so that the photo's
lines are not lost; the statistics of four depths also scale and shift the decoder's channels (as in Perez et al. 2018,
"FiLM"), so that it knows of strokes finer than an eighth of the size; behind the decoder the picture gets the style's
colours by a linear map (Pitié, Kokaram 2007), and its bands the style's histograms (Heeger, Bergen 1995); our own
encoder (core.models.tiny_vgg); a quarter of the parameters.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEEP, SHALLOW = "relu4_1", "relu3_1"  # of the encoder, at 1/8 and 1/4 of the picture's size
TOLD = ("relu1_2", "relu2_2", SHALLOW, DEEP)  # whose statistics the decoder is told
AXES = ((0.299, 0.587, 0.114), (0.5, -0.5, 0.0), (0.25, 0.25, -0.5))  # lightness, red to green, yellow to blue
REACHES_PX = (1, 2, 4, 8)
TAPS = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
N_BANDS = 23
N_QUANTILES = 33
N_SAMPLED = 4096  # pixels that quantiles are taken of
N_NODES = 256  # of a table from values to values
MOST_GAIN = 4.0  # of a band that is nearly missing
LEAST_COLOUR = 0.02  # spread that is taken for granted where there is hardly any
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
    """A picture in parts, from fine to coarse, which add up to it: an undecimated wavelet transform with splines
    (Holschneider et al. 1989; Starck, Murtagh 2002, "Astronomical image and data analysis", A).

    Args:
        x: (B, 3, H, W) RGB.

    Returns:
        (B, 23, H, W) float32: of lightness what changes across, down and both ways, finer than about 1, 2, 4 and 8
        pixels, and the rest; of two axes of colour the same, but not parted by direction.
    """
    x = _along(x.new_tensor(AXES, dtype=torch.float32), x.float())
    light, colour, found, tints = x[:, :1], x[:, 1:], [], []
    for reach in REACHES_PX:
        down, across = _smooth(light, reach, 2), _smooth(light, reach, 3)
        smooth = _smooth(down, reach, 3)
        found += [down - smooth, across - smooth, light - down - across + smooth]
        light = smooth
        smooth = _smooth(_smooth(colour, reach, 2), reach, 3)
        tints.append(colour - smooth)
        colour = smooth
    return torch.cat([*found, light, *tints, colour], dim=1)


def added_up(x: Tensor) -> Tensor:
    """What `bands` has parted, as a picture: (B, 23, H, W) -> (B, 3, H, W) float32 RGB."""
    n_light = 3 * len(REACHES_PX) + 1
    light = x[:, :n_light].sum(1, keepdim=True)
    colour = x[:, n_light:].unflatten(1, (-1, 2)).sum(1)
    return _along(torch.linalg.inv(x.new_tensor(AXES)), torch.cat([light, colour], dim=1))


def _along(axes: Tensor, x: Tensor) -> Tensor:
    """Colours along other axes, (3, 3): (B, 3, H, W) -> (B, 3, H, W), in full precision even under autocast."""
    return (axes[:, :, None, None] * x[:, None]).sum(2)


def _smooth(x: Tensor, reach: int, axis: int) -> Tensor:
    """A cubic spline over five pixels, `reach` apart, along an axis; beyond the border the outermost pixel goes on."""
    n, beyond = x.shape[axis], (2 * reach, 2 * reach)
    x = F.pad(x, (0, 0, *beyond) if axis == 2 else (*beyond, 0, 0), mode="replicate")
    a, b, c, d, e = (x.narrow(axis, at * reach, n) for at in range(len(TAPS)))
    return TAPS[0] * (a + e) + TAPS[1] * (b + d) + TAPS[2] * c


def colours(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of a picture's colours: (B, 3, H, W) -> (B, 3) and (B, 3, 3), float32."""
    flat = x.float().flatten(2)
    mean = flat.mean(2)
    flat = flat - mean[..., None]
    return mean, (flat[:, :, None] * flat[:, None]).mean(3)


def recoloured(x: Tensor, own: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """A picture with the mean and covariance of another's colours, each colour moved as little as can be (Pitié,
    Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer").

    Args:
        x: (B, 3, H, W).
        own: its `colours`; of the whole picture where x is a part of one.
        wanted: those of the other.

    Returns:
        (B, 3, H, W) float32.
    """
    x, granted = x.float(), LEAST_COLOUR**2 * torch.eye(3, device=x.device)
    mine, theirs = own[1].to(x.device) + granted, wanted[1].to(x.device) + granted
    with torch.autocast(x.device.type, enabled=False):
        root, back = _power(mine, 0.5), _power(mine, -0.5)
        by = back @ _power(root @ theirs @ root, 0.5) @ back
    moved = (by[:, :, :, None, None] * (x - own[0].to(x.device)[:, :, None, None])[:, None]).sum(2)
    return moved + wanted[0].to(x.device)[:, :, None, None]


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Of symmetric positive matrices, (B, N, N)."""
    values, vectors = torch.linalg.eigh(matrix)
    made: Tensor = (vectors * values.clamp_min(1e-12).pow(exponent)[:, None]) @ vectors.transpose(1, 2)
    return made


def tones(x: Tensor) -> Tensor:
    """How a picture's bands are spread: (B, 23, H, W) -> (B, 23, 33) float32, quantiles from the least to the greatest,
    of at most 4096 pixels of chance, the same ones each time."""
    flat = x.flatten(2)
    if flat.shape[2] > N_SAMPLED:
        chosen = torch.randint(flat.shape[2], (N_SAMPLED,), generator=torch.Generator().manual_seed(0))
        flat = flat.index_select(2, chosen.to(x.device))
    return flat.quantile(torch.linspace(0, 1, N_QUANTILES, device=x.device), dim=2).permute(1, 2, 0)


def toned(x: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """A picture with the style's histogram in each band: how much of it is fine and how much coarse, how much changes
    across and how much down (Heeger, Bergen 1995, "Pyramid-based texture analysis/synthesis").

    Args:
        x: (B, 23, H, W) as `bands` gives it.
        own: its `tones`, (B, 23, 33); those of the whole picture where x is a part of one.
        wanted: those of the style.

    Returns:
        (B, 3, H, W) float32, about 0 to 1, not clamped.
    """
    own, wanted = torch.broadcast_tensors(own.to(x.device), wanted.to(x.device))
    gain = MOST_GAIN * own.std(2, keepdim=True) / wanted.std(2, keepdim=True).clamp_min(LEAST_SPREAD)
    middle = wanted.median(2, keepdim=True).values
    wanted = middle + (wanted - middle) * gain.clamp_max(1)
    least, reach = own[..., :1], (own[..., -1:] - own[..., :1]).clamp_min(LEAST_SPREAD)
    table = _between(own, wanted, least + reach * torch.linspace(0, 1, N_NODES, device=x.device))
    made = [
        torch.stack([_looked_up(*each) for each in zip(*one, strict=True)])
        for one in zip(x, table, least[..., 0], reach[..., 0], strict=True)
    ]
    return added_up(torch.stack(made))


def _between(own: Tensor, wanted: Tensor, x: Tensor) -> Tensor:
    """Lines from point to point: knots (..., K) sorted and their values, places (..., N) -> (..., N)."""
    own = own.contiguous()
    at = torch.searchsorted(own, x.contiguous(), right=True).clamp(1, own.shape[-1] - 1)
    left, right = own.gather(-1, at - 1), own.gather(-1, at)
    share = ((x - left) / (right - left).clamp_min(1e-9)).clamp(0, 1)
    return torch.lerp(wanted.gather(-1, at - 1), wanted.gather(-1, at), share)


def _looked_up(x: Tensor, table: Tensor, least: Tensor, reach: Tensor) -> Tensor:
    """A table of equal steps from `least` over `reach`, read at (H, W) places, with lines between its numbers."""
    n = len(table) - 1
    scale = n / reach
    place = (x * scale).flatten().sub_(least * scale).clamp_(0, n * (1 - 1e-6))
    at = place.int()
    found = torch.addcmul(table.index_select(0, at), place.sub_(at), table.diff().index_select(0, at))
    return found.view_as(x)


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
            conv = self.convs[at]
            x = _at_twice_the_size(conv, x) if at % 2 else conv(x)
            x = x if beside is None else x + beside
            scale, shift = self.scales[at](style)[:, :, None, None].to(x.dtype).chunk(2, dim=1)
            return F.relu(torch.addcmul(shift, x, 1 + scale), inplace=True)

        x = through(0, F.relu(self.deep1(deep)))
        x = through(2, through(1, x, self.skip(shallow)))
        x = through(4, through(3, x))
        found: Tensor = self.last(through(5, x))
        return found


def told_of(mean: Mapping[str, Tensor], spread: Mapping[str, Tensor]) -> Tensor:
    """What the decoder is told: mean and spread of each channel at the depths of TOLD, (B, C) each -> (B, n_told)."""
    return torch.cat([part for layer in TOLD for part in (mean[layer], spread[layer])], dim=1)


def _conv(n_in: int, n_out: int) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, 3, padding=1, padding_mode="replicate")


def _at_twice_the_size(conv: nn.Module, x: Tensor) -> Tensor:
    """The size doubled by the nearest neighbour, then a convolution (Odena et al. 2016), in one step of 4/9 the work.

    Of the nine pixels that a kernel then looks at no more than four differ: it is a transposed convolution with a
    kernel of four pixels a side, each the sum of those that fall together. (B, n_in, H, W) -> (B, n_out, 2 H, 2 W).
    """
    assert isinstance(conv, nn.Conv2d)
    weight = conv.weight.flip(2, 3).transpose(0, 1)
    parts = [F.pad(weight, (left, 1 - left, top, 1 - top)) for top in (0, 1) for left in (0, 1)]
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return F.conv_transpose2d(x, torch.stack(parts).sum(0), conv.bias, stride=2, padding=3)
