"""A digit as few bytes: an autoencoder's code, principal components, JPEG and WebP."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from core.autoencoders import card_of, decode, model_of, shown, through
from core.colour import mean_squared_error, psnr_db
from core.drawing import DIGITS, digit, parse, written
from core.scripting import render

__all__ = ["parse", "shown", "written"]
NETWORK = "ae_mnist_32"
MOST_BITS = 8
RAW = 28 * 28
QUALITIES = (1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
HOUSE = "25,80 25,45 50,20 75,45 75,80 25,80; 43,80 43,60 57,60 57,80"
WAYS = ("Autoencoder", "PCA", "WebP", "JPEG")
EXAMPLES: dict[str, dict[str, object]] = {
    "A two": {},
    "An eight in 12 bytes": {"strokes": DIGITS["8"], "n_bytes": 12},
    "Bytes enough for everybody": {"n_bytes": 400},
    "No digit: a house": {"strokes": HOUSE},
}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strokes: str = Field(
        DIGITS["2"],
        max_length=6000,
        title="Strokes",
        description="Points as across,down in hundredths; a semicolon ends a stroke.",
        examples=["20,30 70,80; 30,60 60,30"],
    )
    brush: float = Field(
        0.09,
        ge=0.03,
        le=0.2,
        title="Brush",
        description="Width, as a share of the side.",
        json_schema_extra={"step": 0.01},
    )
    n_bytes: int = Field(32, ge=4, le=400, title="Bytes", description="At most, for each way; raw it takes 784.")


@dataclass(frozen=True)
class Packed:
    """A picture in one way, at one size.

    Attributes:
        n_bytes: that have to be sent: of JPEG and WebP the whole file.
        picture: (28, 28) uint8, what comes out.
        psnr_db: against what went in; infinite where it is the same.
        said: how it was made, such as "8 bits" or "quality 20".
    """

    n_bytes: int
    picture: np.ndarray
    psnr_db: float
    said: str

    @property
    def rate(self) -> float:
        """Raw bytes over these."""
        return RAW / self.n_bytes


def ways(settings: Settings) -> dict[str, list[Packed]]:
    """The digit in all ways, each at all its sizes, small first.

    Raises:
        CamadasError: as core.drawing.digit and core.checkpoints.read.
    """
    picture = digit(settings.strokes, settings.brush)
    made: dict[str, Callable[[np.ndarray], Iterator[tuple[int, np.ndarray, str]]]] = {
        "Autoencoder": _by_autoencoder,
        "PCA": _by_pca,
        "WebP": lambda image: by_file(image, "WEBP"),
        "JPEG": lambda image: by_file(image, "JPEG"),
    }
    found = {}
    for name, make in made.items():
        packed = [
            Packed(n, image, psnr_db(mean_squared_error(image, picture)), said) for n, image, said in make(picture)
        ]
        found[name] = sorted(packed, key=lambda each: (each.n_bytes, each.psnr_db))
    return found


def within(packed: list[Packed], n_bytes: int) -> Packed | None:
    """The best of one way that fits into so many bytes; None where none does."""
    fitting = [each for each in packed if each.n_bytes <= n_bytes]
    return max(fitting, key=lambda each: each.psnr_db) if fitting else None


def quantised(values: np.ndarray, low: np.ndarray, high: np.ndarray, n_bits: int) -> np.ndarray:
    """Each number to the middle of one of 2^n_bits equal steps between its own ends.

    Args:
        values: (n,).
        low: (n,), where a number's steps begin; what lies beyond goes into the outermost step.
        high: (n,).
        n_bits: for each number.

    >>> quantised(np.array([0.1, 0.9, 7.0]), np.zeros(3), np.ones(3), 1).tolist()
    [0.25, 0.75, 0.75]
    """
    n = 2**n_bits
    width = np.maximum(high - low, 1e-9) / n
    step = np.clip(np.floor((values - low) / width), 0, n - 1)
    found: np.ndarray = low + (step + 0.5) * width
    return found


def projected(picture: np.ndarray, mean: np.ndarray, axes: np.ndarray, n: int) -> np.ndarray:
    """A picture through its first n principal components, each a byte (quantised over -8 to 8).

    Args:
        picture: (28, 28) uint8.
        mean: (784,) of the training pictures, 0 to 1.
        axes: (m, 784) principal axes.
        n: of them that are used.

    Returns:
        (28, 28) uint8.
    """
    x = picture.reshape(-1).astype(np.float64) / 255 - mean
    ends = np.full(n, 8.0)
    code = quantised(axes[:n] @ x, -ends, ends, MOST_BITS)
    made = (mean + code @ axes[:n]).reshape(picture.shape)
    return np.clip(np.round(255 * made), 0, 255).astype(np.uint8)


def by_file(picture: np.ndarray, kind: str) -> Iterator[tuple[int, np.ndarray, str]]:
    """Whole files of many qualities: bytes, what comes out, the quality in words."""
    for quality in QUALITIES:
        out = BytesIO()
        Image.fromarray(picture).save(out, kind, quality=quality)
        with Image.open(out) as opened:
            yield len(out.getvalue()), np.asarray(opened.convert("L")), f"quality {quality}"


@cache
def _axes() -> tuple[np.ndarray, np.ndarray]:
    """Mean and principal axes of MNIST's training pictures, which travel with the autoencoder."""
    model = model_of(NETWORK)
    return model.kept_mean.double().cpu().numpy(), model.kept_axes.double().cpu().numpy()


def _by_autoencoder(picture: np.ndarray) -> Iterator[tuple[int, np.ndarray, str]]:
    low, high = (np.array(ends) for ends in card_of(NETWORK).calibration["code_range"])
    code = through(NETWORK, picture).mean
    bits = range(1, MOST_BITS + 1)
    made = decode(NETWORK, np.stack([quantised(code, low, high, n) for n in bits]))
    for n, image in zip(bits, np.round(255 * made).astype(np.uint8), strict=True):
        yield math.ceil(len(code) * n / 8), image, f"{n} bits"


def _by_pca(picture: np.ndarray) -> Iterator[tuple[int, np.ndarray, str]]:
    mean, axes = _axes()
    for n in (4, 8, 12, 16, 24, 32, 48, 64):
        yield n, projected(picture, mean, axes, n), f"{n} components"


def script(settings: Settings) -> str:
    """The stand-alone Python script that packs the same digit in the same ways."""
    return render("compression", settings=settings, network=NETWORK, strokes=parse(settings.strokes))
