"""How well a picture has taken on the style of a painting and kept what the photo shows: six figures.

They look at the result with a network that no training of style transfer has used: the encoder of colorization.
Lightness alone is shown to it, its histogram first made that of the painting, so that colour and contrast, which are
easy to carry over, count for nothing in texture.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from scipy.spatial import cKDTree
from skimage.exposure import match_histograms
from skimage.metrics import structural_similarity
from torch import Tensor

from core.checkpoints import read
from core.colour import lab_to_rgb, lightness, rgb_to_lab
from core.models.unet import LIGHTNESS_CENTRE, LIGHTNESS_SPREAD, UNet

JUDGE = "colorization"
FINE_PX = 4.0  # standard deviation of the Gauss that parts fine from coarse
N_DIRECTIONS, N_QUANTILES = 32, 512
PATCH_PX = 8
STRIDE = 2  # of the pixels whose colours are compared
SEED = 0


@dataclass(frozen=True)
class Known:
    """A picture, and what is compared of it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        light: (H, W) float32 L*.
        texture: covariances of the judge's channels, one (C, C) matrix a layer.
        colours: (N_QUANTILES, N_DIRECTIONS) quantiles of its Lab colours along directions of chance.
    """

    image: np.ndarray
    light: np.ndarray
    texture: list[np.ndarray]
    colours: np.ndarray


def known(image: np.ndarray) -> Known:
    """What is compared of a painting."""
    light = lightness(image)
    return Known(image, light, textures(light), _colours(image))


@torch.inference_mode()
def textures(light: np.ndarray) -> list[np.ndarray]:
    """Mean-centred Gram matrices, that is covariances, of the judge's channels at 1/2, 1/4 and 1/8 of the size.

    Args:
        light: (H, W) L*, 0 to 100.

    Returns:
        Three (C, C) float64.
    """
    net = _judge()
    half = net.stem[0]((torch.from_numpy(light)[None, None] - LIGHTNESS_CENTRE) / LIGHTNESS_SPREAD)
    quarter = net.down4(net.stem[1](half))
    eighth = net.down8(net.to8(quarter))
    return [_covariance(y) for y in (half, quarter, eighth)]


@cache
def _judge() -> UNet:
    judge = read(JUDGE)[0]
    assert isinstance(judge, UNet)
    return judge


def _covariance(y: Tensor) -> np.ndarray:
    flat = y[0].flatten(1).double()
    flat = flat - flat.mean(1, keepdim=True)
    made: np.ndarray = (flat @ flat.T / flat.shape[1]).numpy()
    return made


def texture_distance(image: np.ndarray, painting: Known) -> float:
    """Mean relative distance of the covariances, 0 for the painting itself; lightness is matched before."""
    matched = match_histograms(lightness(image), painting.light).astype(np.float32)
    pairs = zip(textures(matched), painting.texture, strict=True)
    return float(np.mean([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs]))


def colour_distance(image: np.ndarray, painting: Known) -> float:
    """Sliced Wasserstein distance of the colours in Lab units (Rabin et al. 2011)."""
    return float(np.abs(_colours(image) - painting.colours).mean())


def _colours(image: np.ndarray) -> np.ndarray:
    directions = np.random.default_rng(SEED).standard_normal((3, N_DIRECTIONS)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=0)
    along = np.sort(rgb_to_lab(image[::STRIDE, ::STRIDE]).reshape(-1, 3) @ directions, axis=0)
    at = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES * len(along)
    return along[at.astype(np.intp)]


def ghost(image: np.ndarray, painting: np.ndarray) -> float:
    """Correlation of fine lightness with the painting's at the same place: high where the painting was pasted in."""
    height, width = image.shape[:2]
    laid = cv2.resize(painting, (width, height), interpolation=cv2.INTER_AREA)
    return _correlation(_fine(lightness(image)), _fine(lightness(laid)))


def edges(image: np.ndarray, photo: np.ndarray) -> float:
    """Correlation of the strength of edges with the photo's."""
    return _correlation(*(_edges(lightness(each)) for each in (image, photo)))


def ssim_l(image: np.ndarray, photo: np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004) of lightness with the photo's."""
    return float(structural_similarity(lightness(image), lightness(photo), data_range=100.0))


def _fine(light: np.ndarray) -> np.ndarray:
    found: np.ndarray = light - cv2.GaussianBlur(light, (0, 0), FINE_PX)
    return found


def _edges(light: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(light, (0, 0), 1.0)
    return np.hypot(*(cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx) for dx in (0, 1)))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale else 0.0


def reinhard(photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
    """The photo with mean and spread of each Lab channel as in the painting (Reinhard et al. 2001)."""
    lab, other = rgb_to_lab(photo), rgb_to_lab(painting)
    spread = other.std((0, 1)) / np.maximum(lab.std((0, 1)), 1e-6)
    made = (lab - lab.mean((0, 1))) * spread + other.mean((0, 1))
    made[..., 0] = np.clip(made[..., 0], 0, 100)
    return lab_to_rgb(made.astype(np.float32))


def matched(photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
    """The photo with the histogram of each of the painting's RGB channels."""
    made: np.ndarray = match_histograms(photo, painting, channel_axis=-1).round().astype(np.uint8)
    return made


def quilt(photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
    """The photo laid with squares of 8 pixels of the painting, each that whose lightness is nearest."""
    light = match_histograms(lightness(photo), lightness(painting)).astype(np.float32)
    pieces, theirs = _patches(painting, 4), _patches(lightness(painting), 4)
    height, width = (side // PATCH_PX * PATCH_PX for side in light.shape)
    mine = _patches(light[:height, :width], PATCH_PX)
    _, nearest = cKDTree(theirs.reshape(len(theirs), -1)).query(mine.reshape(len(mine), -1), workers=-1)
    rows, columns = height // PATCH_PX, width // PATCH_PX
    laid = pieces[nearest].reshape(rows, columns, PATCH_PX, PATCH_PX, 3).swapaxes(1, 2).reshape(height, width, 3)
    made = photo.copy()
    made[:height, :width] = laid
    return made


def _patches(image: np.ndarray, stride: int) -> np.ndarray:
    """All squares of 8 pixels, `stride` apart: (H, W[, 3]) -> (n, 8, 8[, 3])."""
    seen = np.lib.stride_tricks.sliding_window_view(image, (PATCH_PX, PATCH_PX), axis=(0, 1))[::stride, ::stride]
    seen = np.moveaxis(seen, 2, -1) if image.ndim == 3 else seen
    return seen.reshape(-1, PATCH_PX, PATCH_PX, *image.shape[2:])


def blend(photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
    """Half photo, half painting."""
    laid = cv2.resize(painting, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    return ((photo.astype(np.uint16) + laid) // 2).astype(np.uint8)
