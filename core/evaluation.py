"""How good a classifier of ours is: every figure that its card keeps of the test set, and the pictures behind it."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.answers import Bin, Evaluation
from core.checkpoints import Card, read_card
from core.cifar10 import NETWORKS
from core.data.cache import Dataset
from core.data.reader import is_here, load
from core.errors import DatasetError
from core.images import decode
from core.measures import ClassMeasure, report
from core.scripting import render

__all__ = ["Bin", "Evaluation"]
Network = Literal["Whitened network", "Classic network", "Digits (MNIST)", "Clothes (Fashion-MNIST)"]
CHECKPOINTS = {**NETWORKS, "Digits (MNIST)": "mnist", "Clothes (Fashion-MNIST)": "fashion_mnist"}
DATASETS = {"cifar10": "cifar10", "cifar10_strided": "cifar10", "mnist": "mnist", "fashion_mnist": "fashion_mnist"}
MOST_SHOWN = 20


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: Network = Field(
        "Whitened network",
        title="Network",
        description="Which of our classifiers, on the test pictures of its own data set.",
        json_schema_extra={"widget": "select"},
    )
    cells: Literal["shares", "counts"] = Field(
        "shares",
        title="Cells",
        description="Shares of the row in percent, so of the pictures that truly are of the class; or plain counts.",
    )


@dataclass(frozen=True)
class Shown:
    """A test picture and what was said of it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        row: of the test set, from 0.
        confidence: the calibrated probability of the class named, 0 to 1.
    """

    image: np.ndarray
    row: int
    confidence: float


@dataclass(frozen=True)
class Curve:
    """One line over the epochs of a training run.

    Attributes:
        name: "training loss", "held-out loss" or "held-out accuracy".
        epochs: where it was measured.
        values: in nats, or 0 to 1.
    """

    name: str
    epochs: list[float]
    values: list[float]


def card_of(network: str) -> Card:
    """The card of a network.

    Raises:
        CheckpointError: as core.checkpoints.read_card.
    """
    return read_card(network)


@cache
def measured(network: str) -> Evaluation:
    """What the card keeps of the test set.

    Raises:
        CheckpointError: as core.checkpoints.read_card.
    """
    found = read_card(network).evaluation
    assert found is not None  # our classifiers' cards have it: a test holds it
    return found


def sums(evaluation: Evaluation) -> tuple[list[int], list[int]]:
    """How many pictures are of each class, and how many are named so."""
    counts = np.array(evaluation.confusion)
    return counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()


def worst(evaluation: Evaluation) -> tuple[int, int]:
    """The most frequent mistake: the true class, and the one named."""
    counts = np.array(evaluation.confusion)
    np.fill_diagonal(counts, -1)
    truth, said = np.unravel_index(counts.argmax(), counts.shape)
    return int(truth), int(said)


def each_class(evaluation: Evaluation) -> list[ClassMeasure]:
    """Precision, recall and F1 of every class, from the counts."""
    counts = np.array(evaluation.confusion)
    truth, said = (axis.reshape(-1) for axis in np.indices(counts.shape))
    times = counts.reshape(-1)
    return report(truth.repeat(times), said.repeat(times), evaluation.classes)


def pictures(network: str, truth: int, said: int) -> tuple[list[Shown], bool]:
    """Test pictures of one cell of the confusion matrix, the surest answers first, at most 20.

    Args:
        network: a checkpoint.
        truth: the true class.
        said: the class named.

    Returns:
        The pictures, and whether they are out of the whole test set: it is asked where it is at hand, else the card,
        which keeps a few dozen of those that are named wrongly.
    """
    evaluation, data = measured(network), test_set(network)
    if data is None:
        kept = [m for m in evaluation.mistakes if (m.truth, m.said) == (truth, said)]
        return [Shown(decode(m.picture()), m.row, m.confidence) for m in kept], False
    named, confidence = evaluation.answers()
    assert data.labels is not None  # test_set has compared them
    rows = np.flatnonzero((data.labels == truth) & (named == said))
    rows = rows[np.argsort(-confidence[rows], kind="stable")][:MOST_SHOWN]
    return [Shown(_rgb(data.image(int(row))), int(row), float(confidence[row])) for row in rows], True


def curves(card: Card) -> list[Curve]:
    """Loss and accuracy over the epochs of the training run."""
    names = {
        "loss": "training loss",
        "held_out_cross_entropy": "held-out loss",
        "accuracy": "held-out accuracy",
    }
    epochs = [row["epoch"] for row in card.curve]
    return [Curve(name, epochs, [row[key] for row in card.curve]) for key, name in names.items()]


def least_loss(card: Card) -> float:
    """The least that the training loss can be: above 0 where labels are smoothed, in nats."""
    smoothing, n = float(card.recipe["label_smoothing"]), len(measured(card.name).classes)
    shares = np.array([1 - smoothing + smoothing / n, *[smoothing / n] * (n - 1)])
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def script(settings: Settings) -> str:
    """The stand-alone Python script that measures a network on a folder of labelled pictures."""
    card = read_card(CHECKPOINTS[settings.network])
    return render("evaluation", settings=settings, card=card, is_cifar=DATASETS[card.name] == "cifar10")


@cache
def test_set(network: str) -> Dataset | None:
    """The test set of a network, if it is on this machine and the very one that the card speaks of, in its order."""
    name = DATASETS[network]
    if not is_here(name, "test"):
        return None
    try:
        data = load(name, "test", download=False)
    except DatasetError:
        return None
    evaluation = measured(network)
    if data.labels is None or len(data) != evaluation.n:
        return None
    counts = np.zeros_like(evaluation.confusion)
    np.add.at(counts, (data.labels, evaluation.answers()[0]), 1)
    return data if counts.tolist() == evaluation.confusion else None


def _rgb(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 3 else image[:, :, None].repeat(3, axis=2)
