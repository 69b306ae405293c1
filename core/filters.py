"""Filters on a photo: the classic kernels, one or a bank of them, and three ways to compute the same."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.errors import SettingsError
from core.filtering import PadMode, convolve2d
from core.images import Picture, fit_within
from core.matrices import parse
from core.scripting import render

Kind = Literal[
    "identity",
    "edge detection",
    "sharpen",
    "box blur",
    "Gaussian blur",
    "Sobel",
    "Scharr",
    "Laplacian",
    "emboss",
    "motion blur",
    "Gabor",
    "custom",
]
MAX_CUSTOM = 15
LEAST_DIVISOR = 1e-3
N_RUNS = 5
COMPARED_PX = 96  # longer side of the picture on which the loop in Python is timed
BAND_PIXELS = 1 << 20
FLAT = 1e-6  # a kernel whose sum is nearer to 0 answers to changes alone

FIXED = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "edge detection": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}
BINOMIAL = [1, 4, 6, 4, 1]  # its square is the 5 x 5 Gaussian over 256
STEERED = {"Sobel": [1, 2, 1], "Scharr": [3, 10, 3]}  # weights across the derivative


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filters: tuple[Kind, ...] = Field(
        ("sharpen",),
        min_length=1,
        title="Filters",
        description="The one chosen last is shown large; several make a bank, with a map for each.",
        examples=[("edge detection",)],
    )
    channels: Literal["each channel", "grey", "summed over RGB"] = Field(
        "each channel",
        title="Channels",
        description="Red, green, blue each alone; the photo as grey; or one sum with a third of the kernel for each.",
    )
    shown: Literal["automatic", "clipped", "absolute", "around grey"] = Field(
        "automatic",
        title="Numbers below 0",
        description="A picture has none: they become black, or count without their sign, or grey is taken as 0. "
        "Automatic: without sign for kernels whose sum is 0.",
        json_schema_extra={"widget": "select"},
    )
    mode: PadMode = Field(
        "replicate",
        title="Border",
        description="What the added cells hold: zeros, the picture mirrored, its edge repeated, or its other side.",
        json_schema_extra={"widget": "select"},
    )
    size: int = Field(
        9,
        ge=3,
        le=31,
        title="Kernel size",
        description="Rows and columns of a blur or a Gabor kernel, in pixels.",
        json_schema_extra={"step": 2, "when": {"filters": ["box blur", "motion blur", "Gabor"]}},
    )
    angle: int = Field(
        0,
        ge=0,
        le=180,
        title="Angle",
        description="Of the change or of the motion, in degrees; 0 is from left to right.",
        json_schema_extra={"step": 5, "when": {"filters": ["Sobel", "Scharr", "motion blur", "Gabor"]}},
    )
    wavelength: float = Field(
        6.0,
        ge=2.0,
        le=20.0,
        title="Wavelength",
        description="Of the stripes that a Gabor kernel answers to, in pixels.",
        json_schema_extra={"step": 0.5, "when": {"filters": ["Gabor"]}},
    )
    custom: str = Field(
        "1 0 -1\n2 0 -2\n1 0 -1",
        max_length=2000,
        title="Custom kernel",
        description="Rows on lines of their own, numbers apart by spaces; an odd number of rows and of columns.",
        examples=["0 1 0\n1 1 1\n0 1 0"],
        json_schema_extra={"when": {"filters": ["custom"]}},
    )
    divisor: float = Field(
        1.0,
        ge=-1000.0,
        le=1000.0,
        title="Divisor S",
        description="The sum is divided by it: 9 makes a 3 × 3 kernel of ones a mean.",
        json_schema_extra={"widget": "number", "when": {"filters": ["custom"]}},
    )


@dataclass(frozen=True)
class Filtered:
    """A photo through one filter.

    Attributes:
        kind: which.
        kernel: (h, w) float64.
        image: (H, W, 3) uint8, as shown.
        difference: (H, W, 3) uint8: 128 where nothing changed, darker or lighter where the result is.
        mean_change: mean of |result - photo|, in 8-bit steps, of the pictures as shown.
    """

    kind: Kind
    kernel: np.ndarray
    image: Picture
    difference: Picture
    mean_change: float


@dataclass(frozen=True)
class Way:
    """One way to compute a convolution.

    Attributes:
        name: of the function.
        seconds: measured now, on the same picture as the others, the quickest of a few runs; the loop runs once.
        difference: greatest, from the loop in Python; of values from 0 to 1.
    """

    name: str
    seconds: float
    difference: float


def kernel_of(kind: Kind, settings: Settings) -> np.ndarray:
    """The kernel of a filter.

    Returns:
        (h, w) float64 with h and w odd. Sobel and Scharr are steered to the angle (Freeman, Adelson 1991, eq. 3),
        a Gabor kernel has a mean of 0.

    Raises:
        SettingsError: for a custom kernel that cannot be read, or has an even side.
    """
    if kind in FIXED:
        return np.array(FIXED[kind], np.float64)
    if kind == "Gaussian blur":
        return np.outer(BINOMIAL, BINOMIAL) / 256.0
    if kind == "box blur":
        return np.full((settings.size, settings.size), 1 / settings.size**2)
    if kind in STEERED:
        return _derivative(STEERED[kind], settings.angle)
    if kind == "motion blur":
        return _streak(settings.size, settings.angle)
    if kind == "Gabor":
        return _gabor(settings.size, settings.angle, settings.wavelength)
    return _custom(settings)


def apply(image: Picture, settings: Settings) -> list[Filtered]:
    """A photo through each of the chosen filters.

    Args:
        image: (H, W, 3) uint8 RGB.
        settings: which filters, and how.

    Raises:
        SettingsError: for a kernel that cannot be read, or a picture too small for the border.
    """
    found = []
    for kind in settings.filters:
        kernel = kernel_of(kind, settings)
        result = filtered(image, kernel, settings.channels, settings.mode, settings.shown)
        change = result.astype(np.int16) - image
        difference = np.clip(change // 2 + 128, 0, 255).astype(np.uint8)
        found.append(Filtered(kind, kernel, result, difference, float(np.abs(change).mean())))
    return found


def filtered(image: Picture, kernel: np.ndarray, channels: str, mode: PadMode, shown: str) -> Picture:
    """A photo through one kernel, as it is shown; worked on in bands, so that a large photo fits into memory.

    Args:
        image: (H, W, 3) uint8 RGB.
        kernel: (h, w), both odd; for "summed over RGB" a third of it for each channel.
        channels: "each channel", "grey" or "summed over RGB".
        mode: of the border.
        shown: what becomes of numbers below 0: "automatic", "clipped", "absolute" or "around grey".

    Returns:
        (H, W, 3) uint8.
    """
    out = np.empty_like(image)
    reach, height = kernel.shape[0] // 2, image.shape[0]
    for top in range(0, height, n_rows := max(64, BAND_PIXELS // image.shape[1])):
        bottom = min(top + n_rows, height)
        band = _rows(image, top - reach, bottom + reach, mode)
        values = _prepared(band, channels)
        result = convolve2d(values, kernel.astype(np.float32), padding=(0, kernel.shape[1] // 2), mode=mode)
        out[top:bottom] = to_picture(result, kernel, shown)
    return out


def to_picture(values: np.ndarray, kernel: np.ndarray, shown: str) -> Picture:
    """Numbers about 0 to 1 as (H, W, 3) uint8; (H, W) becomes grey."""
    if shown == "absolute" or (shown == "automatic" and abs(kernel.sum()) < FLAT * np.abs(kernel).sum()):
        values = np.abs(values)
    elif shown == "around grey":
        values = values / 2 + 0.5
    picture = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


def kernel_picture(kernel: np.ndarray, cell_px: int = 1) -> Picture:
    """A kernel as (h cell_px, w cell_px, 3) uint8: orange above 0, blue below, paper 0."""
    paper, ends = np.array([233, 230, 223.0]), np.array([[43, 108, 176.0], [194, 87, 12.0]])
    share = (kernel / max(np.abs(kernel).max(), 1e-12))[:, :, None]
    colour = paper + (np.where(share < 0, ends[0], ends[1]) - paper) * np.abs(share)
    return colour.round().astype(np.uint8).repeat(cell_px, axis=0).repeat(cell_px, axis=1)


def three_ways(image: Picture, settings: Settings) -> tuple[tuple[int, int], list[Way]]:
    """The filter chosen last on a small grey copy of the photo, by a loop in Python, OpenCV, torch and ours.

    Returns:
        Height and width of the copy, and what each way took and how far it is from the loop.
    """
    import torch
    import torch.nn.functional as F

    kernel = kernel_of(settings.filters[-1], settings).astype(np.float32)
    small = cv2.cvtColor(fit_within(image, COMPARED_PX), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    (h, w), (height, width) = kernel.shape, small.shape
    if h > height or w > width:
        raise SettingsError("kernel_too_large", value=max(h, w), rule=min(height, width))
    x, weight = torch.from_numpy(small)[None, None], torch.from_numpy(kernel)[None, None]
    rows, columns = height - h + 1, width - w + 1

    def by_opencv() -> np.ndarray:
        return cv2.filter2D(small, -1, kernel, anchor=(0, 0))[:rows, :columns]

    def by_torch() -> np.ndarray:
        with torch.inference_mode():
            return F.conv2d(x, weight)[0, 0].numpy()

    ways: dict[str, Callable[[], np.ndarray]] = {
        "numpy": lambda: python_loop(small, kernel),
        "cv2.filter2D": by_opencv,
        "torch.nn.functional.conv2d": by_torch,
        "core.convolution.convolve2d": lambda: convolve2d(small, kernel),
    }
    truth = python_loop(small, kernel)
    found = []
    for name, way in ways.items():
        taken = []
        for _ in range(1 if name == "numpy" else N_RUNS):
            start = time.perf_counter()
            result = way()
            taken.append(time.perf_counter() - start)
        found.append(Way(name, min(taken), float(np.abs(result - truth).max())))
    return (height, width), found


def python_loop(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A convolution written out: for each place the sum of the products under the window; (H, W), (h, w)."""
    height, width = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    out = np.empty((height, width), np.float32)
    for i in range(height):
        for j in range(width):
            out[i, j] = (image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return out


def script(settings: Settings) -> str:
    """The stand-alone Python script that does what `apply` does with these settings."""
    kernels = {kind: kernel_of(kind, settings).tolist() for kind in settings.filters}
    return render("filters", settings=settings, kernels=kernels)


def _derivative(across: list[int], angle: float) -> np.ndarray:
    along_x = np.outer(across, [-1.0, 0.0, 1.0])
    turned = np.deg2rad(angle)
    return np.cos(turned) * along_x + np.sin(turned) * along_x.T


def _streak(size: int, angle: float) -> np.ndarray:
    """A line of the given length through the middle, its pixels shared between neighbours."""
    kernel, middle = np.zeros((size, size)), size // 2
    along = np.linspace(-middle, middle, 8 * size)
    x, y = middle + along * np.cos(np.deg2rad(angle)), middle + along * np.sin(np.deg2rad(angle))
    for left, top in ((0, 0), (0, 1), (1, 0), (1, 1)):
        column, row = np.floor(x).astype(int) + left, np.floor(y).astype(int) + top
        share = (1 - np.abs(x - column)) * (1 - np.abs(y - row))
        inside = (column < size) & (row < size)
        np.add.at(kernel, (row[inside], column[inside]), share[inside])
    return kernel / kernel.sum()


def _gabor(size: int, angle: float, wavelength: float) -> np.ndarray:
    """A wave under a bell (Daugman 1985), made to ignore even light."""
    bell = cv2.getGaborKernel((size, size), size / 5, np.deg2rad(angle), 1e9, 1.0, 0.0)
    wave = cv2.getGaborKernel((size, size), size / 5, np.deg2rad(angle), wavelength, 1.0, 0.0)
    wave = wave - bell * (wave.sum() / bell.sum())
    return wave / max(np.abs(wave).sum() / 2, 1e-9)


def _custom(settings: Settings) -> np.ndarray:
    kernel = parse(settings.custom, "custom", MAX_CUSTOM)[0]
    if not all(side % 2 for side in kernel.shape):
        raise SettingsError("even_kernel", value=f"{kernel.shape[0]} × {kernel.shape[1]}")
    if abs(settings.divisor) < LEAST_DIVISOR:
        raise SettingsError("divisor", value=f"{settings.divisor:g}")
    return kernel / settings.divisor


def _prepared(band: np.ndarray, channels: str) -> np.ndarray:
    """(H, W, 3) uint8 as float32 in [0, 1], of one channel where one is asked for."""
    if channels == "grey":
        return cv2.cvtColor(band, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    if channels == "summed over RGB":
        return band.sum(axis=2, dtype=np.float32) / (3 * 255)
    return band.astype(np.float32) / 255


def _rows(image: Picture, top: int, bottom: int, mode: PadMode) -> Picture:
    """Rows from `top` to `bottom`, which may lie beyond the picture: the border, then."""
    height = image.shape[0]
    index = np.arange(top, bottom)
    if mode == "circular":
        return image[index % height]
    if mode == "reflect":
        if max(-top, bottom - height) > height - 1:
            raise SettingsError("border", mode=mode, value=max(-top, bottom - height), rule=height - 1)
        index = np.abs(index)
        return image[np.where(index < height, index, 2 * (height - 1) - index)]
    rows = image[np.clip(index, 0, height - 1)]
    if mode == "zeros":
        rows[(index < 0) | (index >= height)] = 0
    return rows
