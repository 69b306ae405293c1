"""What a classifier answered on a test set, small enough to travel in its checkpoint's card."""

import base64
import zlib

import numpy as np
from pydantic import BaseModel, ConfigDict


class Bin(BaseModel):
    """The pictures whose probability for the class named lies in one of equal ranges.

    Attributes:
        low: where the range begins; it ends where the next one begins.
        n: how many pictures.
        confidence: their mean probability for the class named; 0 where there are none.
        accuracy: the share of them that is named rightly; 0 where there are none.
    """

    model_config = ConfigDict(frozen=True)

    low: float
    n: int
    confidence: float
    accuracy: float


def expected_calibration_error(bins: list[Bin]) -> float:
    """Mean distance of confidence and accuracy over the pictures, 0 to 1 (Guo et al. 2017, section 2).

    >>> few, sure = Bin(low=0.5, n=3, confidence=0.9, accuracy=0.8), Bin(low=0.9, n=1, confidence=1, accuracy=1)
    >>> round(expected_calibration_error([few, sure]), 6)
    0.075
    """
    return sum(each.n * abs(each.confidence - each.accuracy) for each in bins) / sum(each.n for each in bins)


class Mistake(BaseModel):
    """A test picture that the net names wrongly.

    Attributes:
        row: of the test set, from 0.
        truth: its class.
        said: the class named.
        confidence: the calibrated probability of the class named.
        png: the picture, base64.
    """

    model_config = ConfigDict(frozen=True)

    row: int
    truth: int
    said: int
    confidence: float
    png: str

    def picture(self) -> bytes:
        """The bytes of a PNG file."""
        return base64.b64decode(self.png)


class Evaluation(BaseModel):
    """A classifier on a test set.

    Attributes:
        classes: names of the labels.
        n: pictures.
        top1: share named rightly.
        confusion: counts, a row a true class, a column a class named.
        temperature: fitted on held-out training pictures.
        before: reliability of the plain probabilities, ranges of confidence in rising order.
        after: the same at the temperature.
        mistakes: some of the pictures named wrongly: of each pair of classes in turn those most surely wrong.
        packed: the class named and the confidence of each picture, see `answers`.
    """

    model_config = ConfigDict(frozen=True)

    classes: list[str]
    n: int
    top1: float
    confusion: list[list[int]]
    temperature: float
    before: list[Bin]
    after: list[Bin]
    mistakes: list[Mistake]
    packed: str

    def answers(self) -> tuple[np.ndarray, np.ndarray]:
        """The class named, (n,) int64, and its probability, (n,) float32 in steps of 1/255, in the test set's order."""
        both = np.frombuffer(zlib.decompress(base64.b64decode(self.packed)), np.uint8).reshape(2, -1)
        return both[0].astype(np.int64), both[1].astype(np.float32) / 255

    @property
    def ece_before(self) -> float:
        """Expected calibration error of the plain probabilities."""
        return expected_calibration_error(self.before)

    @property
    def ece_after(self) -> float:
        """Expected calibration error at the temperature."""
        return expected_calibration_error(self.after)


def packed(said: np.ndarray, confidence: np.ndarray) -> str:
    """Classes named (n,), below 256, and confidences (n,), 0 to 1, as `Evaluation.answers` reads them."""
    both = np.stack([said, np.round(confidence * 255)]).astype(np.uint8)
    return base64.b64encode(zlib.compress(both.tobytes(), 9)).decode()
