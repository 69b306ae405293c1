"""What is looked at of a picture, by the network that names things: features, their statistics, colours and tones."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from core.checkpoints import load
from core.devices import device
from core.errors import SettingsError
from core.inference import in_turn
from core.models.style_decoder import DEEP, TOLD, bands, colours, recoloured, tones
from core.models.tiny_vgg import TinyVGG

ENCODER = "tiny_vgg"
STYLE_PX = 448  # longer side of a style, as the encoder sees it
LEAST_PX = 8  # shorter side of a style
LEAST_SEEN_PX = 32  # to which a strip is widened
Sums = dict[str, Tensor]  # by layer: count, sum and sum of squares of each channel, (3, C) float64
Statistics = tuple[dict[str, Tensor], dict[str, Tensor]]  # by layer: means and spreads, (1, C) float32
Look = tuple[tuple[Tensor, Tensor], Tensor]  # colours, and the tones of the bands


@dataclass(frozen=True)
class Style:
    """What is taken from a picture: mean and spread of channels at four depths, its colours, and its bands' histograms.

    Attributes:
        mean: by layer, (1, C) float32.
        spread: by layer, (1, C) float32.
        colours: their mean, (1, 3), and covariance, (1, 3, 3), float32.
        tones: (1, 23, 33) float32 quantiles, as core.models.style_decoder has them.
    """

    mean: dict[str, Tensor]
    spread: dict[str, Tensor]
    colours: tuple[Tensor, Tensor]
    tones: Tensor


def style_of(image: np.ndarray) -> Style:
    """Look at a style.

    Args:
        image: (H, W, 3) uint8 RGB; reduced or enlarged so that its longer side has 448 pixels.

    Raises:
        SettingsError: if it has too few pixels, or but one colour: there is no style in it.
    """
    if min(image.shape[:2]) < LEAST_PX:
        raise SettingsError("style_too_small", argument="style", value=min(image.shape[:2]), rule=LEAST_PX)
    if (image == image[:1, :1]).all():
        raise SettingsError("style_of_one_colour", argument="style")
    return look_at(image)


def look_at(image: np.ndarray) -> Style:
    """The same of any picture, (H, W, 3) uint8 RGB, whether there is a style in it or not."""
    scale = STYLE_PX / max(image.shape[:2])
    height, width = (max(LEAST_SEEN_PX, round(side * scale)) for side in image.shape[:2])
    return in_turn(_style_of, resized_to(image, height, width))


@torch.inference_mode()
def _style_of(image: np.ndarray) -> Style:
    x = tensor_of(image)
    return Style(*statistics_of(sums_of(features_of(x))), *look_of([x]))


def mixed(first: Style, second: Style, share: float) -> Style:
    """A style between two: share 0 is the first, 1 the second."""
    mean, spread = (
        {layer: torch.lerp(a[layer], b[layer], share) for layer in TOLD}
        for a, b in ((first.mean, second.mean), (first.spread, second.spread))
    )
    middle, covariance = (torch.lerp(a, b, share) for a, b in zip(first.colours, second.colours, strict=True))
    return Style(mean, spread, (middle, covariance), torch.lerp(first.tones, second.tones, share))


@torch.inference_mode()
def sums_of_part(part: np.ndarray, cells: tuple[slice, slice]) -> Sums:
    """Sums of what is looked at of a part of a picture, (h, w, 3) uint8 with its margin, within these cells of eight
    pixels; to be added up over all parts."""
    return sums_of(features_of(tensor_of(part)), cells)


@torch.inference_mode()
def look_of(parts: list[Tensor], style: Style | None = None) -> Look:
    """Of one picture, or of parts of one, (1, 3, h, w) each; the tones as they are once it has the style's colours."""
    own = colours(torch.cat([part.flatten(2) for part in parts], dim=2)[..., None])
    made = [bands(part if style is None else recoloured(part, own, style.colours)).flatten(2) for part in parts]
    return (own[0].cpu(), own[1].cpu()), tones(torch.cat(made, dim=2)[..., None]).cpu()


@torch.inference_mode()
def look_of_samples(samples: list[np.ndarray]) -> Look:
    """The same of a large picture, by samples of it, (h, w, 3) uint8 each."""
    return look_of([tensor_of(sample) for sample in samples])


def features_of(x: Tensor) -> dict[str, Tensor]:
    """What is looked at of a picture, (1, 3, H, W)."""
    encoder = _encoder()
    return encoder.forward_features(as_weights(x, encoder), DEEP, border="replicate")


def sums_of(features: dict[str, Tensor], cells: tuple[slice, slice] | None = None) -> Sums:
    """Count, sum and sum of squares of each channel, of all features or of those within these cells."""
    found = {}
    for layer in TOLD:
        x = features[layer]
        if cells is not None:
            times = x.shape[2] // features[DEEP].shape[2]
            x = x[:, :, *(slice(part.start * times, part.stop * times) for part in cells)]
        flat = x.permute(0, 2, 3, 1).flatten(0, 2)  # sums by products of matrices: no pass over it is quicker
        n, ones = flat.shape[0], flat.new_ones(1, flat.shape[0])
        about = ones @ flat / n  # the mean, but for what bf16 rounds off: squares are summed of what is left beyond it
        rest = flat - about
        beyond, spread = (ones @ rest)[0].double() / n, (rest.T @ rest).diagonal().double() / n
        mean = about[0].double() + beyond
        squares = n * (spread - beyond**2 + mean**2)
        found[layer] = torch.stack([torch.full_like(mean, float(n)), n * mean, squares]).cpu()
    return found


def statistics_of(sums: Sums) -> Statistics:
    """Means and spreads from sums."""
    mean, spread = {}, {}
    for layer, (n, total, squares) in sums.items():
        middle = (total / n)[None]
        mean[layer] = middle.float()
        spread[layer] = (squares / n - middle**2).clamp_min(1e-10).sqrt().float()
    return mean, spread


def tensor_of(image: np.ndarray) -> Tensor:
    """(H, W, 3) uint8 -> (1, 3, H, W) float32, 0 to 1, on the device."""
    x = torch.from_numpy(np.array(image)).to(device()).permute(2, 0, 1)[None].float() / 255
    return x.contiguous(memory_format=torch.channels_last)


def as_weights(x: Tensor, module: torch.nn.Module) -> Tensor:
    """Where a module is, and as precise as it is."""
    weight = next(module.parameters())
    return x.to(weight.device, weight.dtype)


def _encoder() -> TinyVGG:
    module = load(ENCODER)
    assert isinstance(module, TinyVGG)
    return module


def resized_to(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """(H, W, 3) uint8 of this size: means of areas where it shrinks, bicubic where it grows."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
