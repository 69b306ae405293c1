"""A visitor's picture before two networks that know ten things: what they say, how sure they are, when to say none."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.checkpoints import Metric, read_card
from core.data.cifar10 import CIFAR10
from core.inference import in_turn, predict
from core.scripting import render

NETWORKS = {"Whitened network": "cifar10", "Classic network": "cifar10_strided"}
CLASSES = CIFAR10.classes
SIDE_PX = 32
GAP_PX = 12
MOST_RATIO = 2.5  # of the sides of what is shown
SHOWN_PX = 480  # the height at which pictures are shown


class Settings(BaseModel):
    """What a visitor can turn: the square of the photo that the networks get."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: float = Field(
        1.0,
        ge=0.1,
        le=1.0,
        title="Size of the square",
        description="As a share of the photo's shorter side. A thing that fills the square is named best.",
        json_schema_extra={"step": 0.05},
    )
    across: float = Field(
        0.5, ge=0.0, le=1.0, title="Left to right", description="0 is left, 1 right.", json_schema_extra={"step": 0.05}
    )
    down: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        title="Top to bottom",
        description="0 is the top, 1 the bottom.",
        json_schema_extra={"step": 0.05},
    )


@dataclass(frozen=True)
class Answer:
    """What a network says of a picture.

    Attributes:
        logits: (10,) float32, its plain scores.
        probabilities: (10,) calibrated, they add up to 1.
        uncalibrated: (10,) without the temperature.
        temperature: that the scores are divided by.
        entropy: of the probabilities, in nats.
        energy: of the scores, at the temperature.
        is_known: False where energy or entropy says that the picture shows none of the ten things.
        refusal: which of the two decides, "energy" or "entropy".
        threshold: above which it decides so.
    """

    logits: np.ndarray
    probabilities: np.ndarray
    uncalibrated: np.ndarray
    temperature: float
    entropy: float
    energy: float
    is_known: bool
    refusal: str
    threshold: float

    @property
    def best(self) -> int:
        """The class named."""
        return int(self.probabilities.argmax())


def square(height: int, width: int, size: float = 1.0, across: float = 0.5, down: float = 0.5) -> tuple[int, int, int]:
    """Top, left and side of the square, in pixels, within a picture of this height and width.

    >>> square(100, 300)
    (0, 100, 100)
    """
    side = max(1, round(size * min(height, width)))
    return round(down * (height - side)), round(across * (width - side)), side


def as_seen(image: np.ndarray, size: float = 1.0, across: float = 0.5, down: float = 0.5) -> np.ndarray:
    """The square of a picture as the networks get it: (H, W, 3) uint8 -> (32, 32, 3) uint8.

    Args:
        image: any size.
        size: of the square, as a share of the shorter side.
        across: where it lies, 0 (left) to 1 (right).
        down: where it lies, 0 (top) to 1 (bottom).
    """
    top, left, side = square(image.shape[0], image.shape[1], size, across, down)
    cut = np.ascontiguousarray(image[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_CUBIC
    return cv2.resize(cut, (SIDE_PX, SIDE_PX), interpolation=how)


def framed(image: np.ndarray, settings: Settings) -> np.ndarray:
    """The picture, paler outside the square: (H, W, 3) uint8 -> the same."""
    top, left, side = square(image.shape[0], image.shape[1], **settings.model_dump())
    out = cv2.addWeighted(image, 0.35, np.full_like(image, 128), 0.65, 0)
    out[top : top + side, left : left + side] = image[top : top + side, left : left + side]
    thick = max(2, min(image.shape[:2]) // 150)
    for colour, width in (((255, 255, 255), 3 * thick), ((20, 19, 18), thick)):
        cv2.rectangle(out, (left, top), (left + side - 1, top + side - 1), colour, width)
    return out


def shown(image: np.ndarray, settings: Settings) -> np.ndarray:
    """The picture with its square, beside the square as the networks get it: (H, W, 3) uint8 -> (480, W', 4) uint8.

    Of a picture that is longer than 2.5 times its other side, the part round the square.
    """
    top, left, side = square(image.shape[0], image.shape[1], **settings.model_dump())
    most = max(side, round(MOST_RATIO * min(image.shape[:2])))
    rows, columns = _window(top, side, image.shape[0], most), _window(left, side, image.shape[1], most)
    whole = framed(image, settings)[rows, columns]
    width = max(1, round(whole.shape[1] * SHOWN_PX / whole.shape[0]))
    how = cv2.INTER_AREA if whole.shape[0] > SHOWN_PX else cv2.INTER_CUBIC
    seen = enlarged(as_seen(image, **settings.model_dump()), SHOWN_PX // SIDE_PX)
    return beside(cv2.resize(whole, (width, SHOWN_PX), interpolation=how), seen)


def _window(start: int, side: int, length: int, most: int) -> slice:
    """At most `most` of `length`, with start to start + side near its middle."""
    if length <= most:
        return slice(0, length)
    begin = min(max(0, start + side // 2 - most // 2), length - most)
    return slice(begin, begin + most)


def enlarged(image: np.ndarray, times: int = 10) -> np.ndarray:
    """Each pixel as a square: (H, W, 3) or (H, W) uint8 -> (times H, times W, …)."""
    return image.repeat(times, axis=0).repeat(times, axis=1)


def beside(*pictures: np.ndarray) -> np.ndarray:
    """Pictures in a row, all as high as the first one, with a clear gap: (H, W, 3) uint8 each -> (H, W', 4) uint8."""
    height = len(pictures[0])
    parts: list[np.ndarray] = []
    for picture in pictures:
        width = max(1, round(picture.shape[1] * height / len(picture)))
        how = cv2.INTER_NEAREST if len(picture) < height else cv2.INTER_AREA
        sized = picture if len(picture) == height else cv2.resize(picture, (width, height), interpolation=how)
        parts += [np.dstack([sized, np.full((height, width), 255, np.uint8)]), np.zeros((height, GAP_PX, 4), np.uint8)]
    return np.hstack(parts[:-1])


def ask(seen: np.ndarray, network: str) -> Answer:
    """What a network says of a picture of 32 x 32.

    Args:
        seen: (32, 32, 3) uint8.
        network: a checkpoint, one of NETWORKS' values.

    Raises:
        CheckpointError: as core.checkpoints.read_card.
    """
    from core.calibration import energy, entropy, probabilities

    calibration = calibration_of(network)
    temperature, refusal = calibration["temperature"], calibration["refusal"]
    batch = seen.transpose(2, 0, 1)[None].astype(np.float32) / 255
    logits = predict(network, batch)
    scores = {"energy": float(energy(logits, temperature)[0]), "entropy": float(entropy(logits, temperature)[0])}
    return Answer(
        logits=logits[0],
        probabilities=probabilities(logits, temperature)[0],
        uncalibrated=probabilities(logits)[0],
        temperature=temperature,
        **scores,
        is_known=scores[refusal] <= calibration["threshold"],
        refusal=refusal,
        threshold=calibration["threshold"],
    )


def ask_all(seen: np.ndarray, networks: Sequence[str]) -> tuple[dict[str, Answer], float]:
    """What several networks say of it, in one turn; and the seconds that the first one took.

    Raises:
        CheckpointError: as `ask`.
        JobError: as core.turns.Turns.take.
    """
    return in_turn(_ask_all, seen, networks)


def _ask_all(seen: np.ndarray, networks: Sequence[str]) -> tuple[dict[str, Answer], float]:
    start = time.perf_counter()
    found = {networks[0]: ask(seen, networks[0])}
    seconds = time.perf_counter() - start
    return found | {name: ask(seen, name) for name in networks[1:]}, seconds


@cache
def calibration_of(network: str) -> dict[str, Any]:
    """Temperature, and when to say "none of these": from the network's card."""
    return read_card(network).calibration


@cache
def tested(network: str) -> dict[str, Metric]:
    """What the card says of the test pictures: "top1", and how often it says "none of these" of them ("refused") and
    of photos of other things ("refused_others").
    """
    found: dict[str, Metric] = {}
    for metric in read_card(network).metrics:
        is_other = metric.name == "refused" and not metric.data.startswith("cifar10")
        found.setdefault("refused_others" if is_other else metric.name, metric)
    return found


def warm_up() -> None:
    """Load both checkpoints and run them once, so that the first visitor does not wait for it."""
    for network in NETWORKS.values():
        ask(np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8), network)


def script(settings: Settings) -> str:
    """The stand-alone Python script that names what a photo shows, as the page does."""
    return render("cifar10", settings=settings)
