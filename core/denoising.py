"""A drawn digit with noise and a hole, mended by an autoencoder and by OpenCV; and how strange a drawing is."""

from bisect import bisect_left
from dataclasses import dataclass

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.autoencoders import card_of, measured, shown, through
from core.colour import mean_squared_error, psnr_db
from core.drawing import DIGITS, SIDE_PX, digit, parse, written
from core.inference import predict
from core.scripting import render

__all__ = ["measured", "parse", "shown", "written"]
NETWORK, DETECTOR = "denoising_mnist", "ae_mnist_32"
HOLE = 128  # the grey of a hole, by which the network knows it
HOUSE = "25,80 25,45 50,20 75,45 75,80 25,80; 43,80 43,60 57,60 57,80"
TEMPLATE_PX, SEARCH_PX = 3, 13  # of non-local means: a digit is small
EXAMPLES: dict[str, dict[str, object]] = {
    "Noise": {},
    "A hole": {"sigma": 0.0, "hole": 0.4, "strokes": DIGITS["8"]},
    "Both": {"sigma": 0.3, "hole": 0.35, "strokes": DIGITS["5"]},
    "Far too much noise": {"sigma": 1.0, "strokes": DIGITS["2"]},
    "No digit: a house": {"strokes": HOUSE, "sigma": 0.2},
}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strokes: str = Field(
        DIGITS["5"],
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
    sigma: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        title="Noise",
        description="Standard deviation, for pictures from 0 to 1. The network has learned from up to 0.8.",
        json_schema_extra={"step": 0.05},
    )
    hole: float = Field(
        0.0,
        ge=0.0,
        le=0.6,
        title="Hole",
        description="Side of a grey square, as a share of the picture's. The network has learned from up to 0.5.",
        json_schema_extra={"step": 0.05},
    )
    across: float = Field(
        0.5, ge=0.0, le=1.0, title="Hole, across", description="Where it lies.", json_schema_extra={"step": 0.05}
    )
    down: float = Field(
        0.5, ge=0.0, le=1.0, title="Hole, down", description="Where it lies.", json_schema_extra={"step": 0.05}
    )
    seed: int = Field(
        0, ge=0, le=999, title="Seed", description="Of the noise.", json_schema_extra={"widget": "number"}
    )


@dataclass(frozen=True)
class Mended:
    """A digit, its damage, and two ways to mend it.

    Attributes:
        picture: (28, 28) uint8, as drawn.
        damaged: (28, 28) uint8.
        by_network: (28, 28) uint8, the autoencoder's; it is not told where the hole is.
        by_opencv: (28, 28) uint8: the hole filled (Telea 2004), which is told where it is, then non-local means.
        psnr_db: of damaged, by_network and by_opencv against the picture.
    """

    picture: np.ndarray
    damaged: np.ndarray
    by_network: np.ndarray
    by_opencv: np.ndarray
    psnr_db: tuple[float, float, float]


@dataclass(frozen=True)
class Strangeness:
    """How badly a picture comes back, beside digits.

    Attributes:
        decoded: (28, 28) float32, what came back.
        error: mean squared error, a pixel, for pictures from 0 to 1.
        share: of held-out digits that come back better, 0 to 1.
        limit: the error that 95 % of the held-out digits keep.
        quantiles: (101,) errors of held-out digits, in rising order.
    """

    decoded: np.ndarray
    error: float
    share: float
    limit: float
    quantiles: np.ndarray

    @property
    def is_strange(self) -> bool:
        """Whether it is above the limit."""
        return self.error > self.limit


def picture_of(settings: Settings) -> np.ndarray:
    """The digit as MNIST has them, (28, 28) uint8.

    Raises:
        SettingsError: "nothing_drawn" if the sheet is empty; as core.drawing.parse.
    """
    return digit(settings.strokes, settings.brush)


def hole_of(hole: float, across: float, down: float) -> np.ndarray:
    """(28, 28) uint8, 255 where the hole is.

    >>> int((hole_of(0.5, 0.0, 1.0) > 0).sum()), int(hole_of(0.5, 0.0, 1.0)[-1, 0])
    (196, 255)
    """
    side = round(hole * SIDE_PX)
    left, top = (round(share * (SIDE_PX - side)) for share in (across, down))
    mask = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    mask[top : top + side, left : left + side] = 255
    return mask


def damage(picture: np.ndarray, mask: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Noise, then a grey hole.

    Args:
        picture: (28, 28) uint8.
        mask: (28, 28) uint8, the hole.
        sigma: of the noise, for pictures from 0 to 1.
        seed: of the noise.

    Returns:
        (28, 28) uint8; what leaves the range of levels is cut.
    """
    noise = np.random.default_rng(seed).standard_normal(picture.shape, np.float32) * np.float32(255 * sigma)
    noisy = np.clip(np.round(picture + noise), 0, 255).astype(np.uint8)
    return np.where(mask > 0, np.uint8(HOLE), noisy)


def by_opencv(damaged: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """Non-local means (Buades et al. 2005) at the strength of the noise, after the hole was filled (Telea 2004)."""
    filled = cv2.inpaint(damaged, mask, 3, cv2.INPAINT_TELEA) if mask.any() else damaged
    if not sigma:
        return filled
    return cv2.fastNlMeansDenoising(filled, None, 255 * sigma, TEMPLATE_PX, SEARCH_PX)


def mend(settings: Settings) -> Mended:
    """Damage the drawn digit and mend it in both ways.

    Raises:
        CamadasError: as `picture_of`, and as core.checkpoints.read.
    """
    picture, mask = picture_of(settings), hole_of(settings.hole, settings.across, settings.down)
    damaged = damage(picture, mask, settings.sigma, settings.seed)
    found = predict(NETWORK, damaged[None, None].astype(np.float32) / 255)[0, 0]
    ours = np.round(255 * found).astype(np.uint8)
    theirs = by_opencv(damaged, mask, settings.sigma)
    figures = tuple(psnr_db(mean_squared_error(image, picture)) for image in (damaged, ours, theirs))
    return Mended(picture, damaged, ours, theirs, figures)  # type: ignore[arg-type]


def strangeness(picture: np.ndarray) -> Strangeness:
    """How badly a plain autoencoder of digits brings a picture back.

    Args:
        picture: (28, 28) uint8.

    Raises:
        CheckpointError: as core.checkpoints.read.
    """
    found = through(DETECTOR, picture)
    quantiles = np.array(card_of(DETECTOR).calibration["error_quantiles"])
    share = bisect_left(quantiles.tolist(), found.mse) / len(quantiles)
    return Strangeness(found.decoded, found.mse, share, float(quantiles[95]), quantiles)


def script(settings: Settings) -> str:
    """The stand-alone Python script that damages and mends the same digit."""
    return render("denoising", settings=settings, network=NETWORK, strokes=parse(settings.strokes))
