"""Colour for a photo that has none: the net predicts chroma from lightness, the photo keeps its own lightness."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.checkpoints import read_card
from core.colour import (
    colourfulness,
    grey,
    into_gamut,
    lab_to_rgb,
    lightness,
    mean_ciede2000,
    mean_squared_error,
    psnr_db,
    rgb_to_lab,
)
from core.inference import predict
from core.scripting import render

CHECKPOINT = "colorization"
N_BINS = 20  # rows of the blind table from lightness to colour
GREY_CHROMA = 2.0  # Lab units that JPEG and scanners leave in a photo of one tone
BAND_PIXELS = 1 << 20  # a full-size picture is coloured in bands of this size, which bounds memory
CELL_PX = 16  # the net divides its input's sides by 16
CIEDE_PIXELS = 60_000  # the mean colour difference is taken over a regular grid of about so many pixels
NetSize = Literal[64, 96, 128, 256]


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strength: float = Field(
        1.0,
        ge=0.0,
        le=2.0,
        title="Colour strength",
        description="Multiplies the predicted chroma: 0 leaves the photo grey, 1 is what the network says.",
        json_schema_extra={"step": 0.05},
    )
    net_px: NetSize = Field(
        96,
        title="What the network sees",
        description="The shorter side of the photo as the network gets it. Small: the scene as a whole. "
        "Large: more detail.",
        json_schema_extra={"unit": "px"},
    )


@dataclass(frozen=True)
class Comparison:
    """A picture against the true colours.

    Attributes:
        mean_squared_error: over all pixels and channels, in squared 8-bit steps.
        psnr_db: from it; infinite when equal.
        ciede2000: mean colour difference.
        colourfulness: of the picture itself, by Hasler and Süsstrunk.
    """

    mean_squared_error: float
    psnr_db: float
    ciede2000: float
    colourfulness: float


@dataclass(frozen=True)
class Colorized:
    """A colorized photo and what led to it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        net_input: (h, w) float32 L*, what the net saw.
        chroma: (h/4, w/4, 2) float32 a* and b*, what it said, before the strength is applied.
    """

    image: np.ndarray
    net_input: np.ndarray
    chroma: np.ndarray


Predict = Callable[[np.ndarray], np.ndarray]


def colorize(image: np.ndarray, settings: Settings, net: Predict | None = None) -> Colorized:
    """Colour a photo from its lightness alone; colours that it may have are not looked at.

    Args:
        image: (H, W, 3) uint8 RGB, any size.
        settings: strength and the net's input size.
        net: (1, 1, h, w) L* -> (1, 2, h/4, w/4) chroma in Lab units; None for the shipped checkpoint.

    Returns:
        The picture with the photo's own L*, as nearly as 8 bits show it, and what the net saw and said.
    """
    light = np.empty(image.shape[:2], np.float32)
    for rows in _bands(image):
        light[rows] = lightness(image[rows])
    net_input, chroma = predict_chroma(light, settings.net_px, net)
    lifted = LiftedChroma(chroma * settings.strength, light.shape)
    out = np.empty_like(image)
    for rows in _bands(image):
        lab = np.concatenate([light[rows, :, None], lifted.rows(rows)], axis=2)
        out[rows] = lab_to_rgb(into_gamut(lab))
    return Colorized(out, net_input, chroma)


def predict_chroma(light: np.ndarray, net_px: int, net: Predict | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The net's chroma for a whole photo, small.

    Args:
        light: (H, W) float32 L*, 0 to 100.
        net_px: the shorter side of the net's input; sides are rounded to multiples of 16, the longer one is at
            most eight times the shorter.
        net: as in `colorize`.

    Returns:
        The net's input, (h, w) float32 L*, and its answer, (h/4, w/4, 2) float32 a* and b* in Lab units.
    """
    height, width = light.shape
    small = resize(light, *net_sides(height, width, net_px))
    batch = small[None, None]
    ab = predict(CHECKPOINT, batch) if net is None else net(batch)
    return small, np.ascontiguousarray(ab[0].transpose(1, 2, 0))


def net_sides(height: int, width: int, net_px: int) -> tuple[int, int]:
    """Height and width of the net's input for a photo of this size.

    >>> net_sides(300, 451, 96)
    (96, 144)
    """
    scale = net_px / min(height, width) / CELL_PX
    rounded = (round(side * scale) * CELL_PX for side in (height, width))
    tall, wide = (min(max(side, CELL_PX), 8 * net_px) for side in rounded)
    return tall, wide


class LiftedChroma:
    """Chroma enlarged bicubically to the photo's size, a band of rows at a time.

    Bicubic interpolation is separable: the width is enlarged at once, a band's rows are a matrix product.

    Args:
        chroma: (h, w, 2) float32.
        size: (H, W) of the photo.
    """

    def __init__(self, chroma: np.ndarray, size: tuple[int, ...]) -> None:
        height, width = size[:2]
        self._wide = resize(chroma, chroma.shape[0], width)
        self._row_weights = resize(np.eye(chroma.shape[0], dtype=np.float32), height, chroma.shape[0])

    def rows(self, rows: slice) -> np.ndarray:
        """(n, W, 2) float32, the rows of the photo that `rows` names."""
        weights = self._row_weights[rows]
        return np.tensordot(weights, self._wide, axes=1)


def resize(array: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize (H, W) or (H, W, C) float32: sides that grow bicubically, sides that shrink by the mean of the area."""
    for size in ((array.shape[1], height), (width, height)):
        grows = size[0] > array.shape[1] or size[1] > array.shape[0]
        array = cv2.resize(array, size, interpolation=cv2.INTER_CUBIC if grows else cv2.INTER_AREA)
    return array


def colorize_by_table(image: np.ndarray, table: np.ndarray | None = None) -> np.ndarray:
    """Colour a photo by a table from lightness to mean colour: what one can do without looking at the picture.

    Args:
        image: (H, W, 3) uint8 RGB.
        table: (20, 2) mean a* and b* for equal ranges of L*; None for the one in the checkpoint's card.

    Returns:
        (H, W, 3) uint8 RGB with the photo's own L*.
    """
    table = _shipped_table() if table is None else table
    out = np.empty_like(image)
    for rows in _bands(image):
        light = lightness(image[rows])
        lab = np.concatenate([light[:, :, None], table[bins(light)]], axis=2)
        out[rows] = lab_to_rgb(into_gamut(lab.astype(np.float32)))
    return out


def bins(light: np.ndarray) -> np.ndarray:
    """The table's row for each L*: any shape of 0 to 100 -> the same shape of 0 to 19.

    >>> bins(np.array([0.0, 4.9, 5.0, 100.0])).tolist()
    [0, 0, 1, 19]
    """
    return np.clip((light * (N_BINS / 100)).astype(np.intp), 0, N_BINS - 1)


def without_colour(image: np.ndarray) -> np.ndarray:
    """The photo in grey, with the same L*: (H, W, 3) uint8 -> the same."""
    return np.concatenate([grey(lightness(image[rows])) for rows in _bands(image)])


def is_grey(image: np.ndarray) -> bool:
    """Whether a photo has no colours to compare with: it is grey, or toned, as old prints are.

    A toned photo has one colour for each lightness. So the mean colour of each of 20 ranges of lightness is taken
    away; what is left of a*, b* is under 2 Lab units where there is but a tone.

    Args:
        image: (H, W, 3) uint8 RGB.
    """
    lab = rgb_to_lab(image).reshape(-1, 3)
    row = bins(lab[:, 0])
    counts = np.maximum(np.bincount(row, minlength=N_BINS), 1)
    left = [lab[:, c] - (np.bincount(row, lab[:, c], N_BINS) / counts)[row] for c in (1, 2)]
    return float(np.hypot(*left).mean()) < GREY_CHROMA


def compare(image: np.ndarray, truth: np.ndarray) -> Comparison:
    """Measure a picture against the true one, both (H, W, 3) uint8."""
    stride = max(1, round((truth.shape[0] * truth.shape[1] / CIEDE_PIXELS) ** 0.5))
    grid = (slice(None, None, stride), slice(None, None, stride))
    mse = mean_squared_error(image, truth)
    return Comparison(
        mean_squared_error=mse,
        psnr_db=psnr_db(mse),
        ciede2000=mean_ciede2000(np.ascontiguousarray(image[grid]), np.ascontiguousarray(truth[grid])),
        colourfulness=colourfulness(image),
    )


def chroma_picture(chroma: np.ndarray, light: float = 65.0) -> np.ndarray:
    """Chroma alone, shown at one lightness: (h, w, 2) a* and b* -> (h, w, 3) uint8 RGB."""
    lab = np.concatenate([np.full((*chroma.shape[:2], 1), light, np.float32), chroma], axis=2)
    return lab_to_rgb(into_gamut(lab))


def lightness_picture(light: np.ndarray) -> np.ndarray:
    """Lightness as a grey picture: (h, w) L* -> (h, w, 3) uint8 RGB."""
    return grey(light)


@cache
def tested() -> dict[str, float]:
    """What the shipped checkpoint's card says of the test photos: figures by name, and `n`, how many photos."""
    figures = [metric for metric in read_card(CHECKPOINT).metrics if "test" in metric.data]
    return {metric.name: metric.value for metric in figures} | {"n": figures[0].n}


def warm_up() -> None:
    """Load the checkpoint and run it once, so that the first visitor does not wait for it."""
    colorize(np.zeros((2 * CELL_PX, 3 * CELL_PX, 3), np.uint8), Settings())  # photos are often of this shape


def script(settings: Settings) -> str:
    """The stand-alone Python script that does what `colorize` does with these settings."""
    return render("colorization", settings=settings, net_sizes=get_args(NetSize))


@cache
def _shipped_table() -> np.ndarray:
    return np.array(read_card(CHECKPOINT).calibration["table_ab"], np.float32)


def _bands(image: np.ndarray) -> Iterator[slice]:
    height, width = image.shape[:2]
    n_rows = max(1, BAND_PIXELS // width)
    return (slice(top, min(top + n_rows, height)) for top in range(0, height, n_rows))
