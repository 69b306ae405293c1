"""How good a classifier is: confusion matrix, precision and recall of each class, and all that a card keeps."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics

from core.answers import Evaluation, Mistake, packed
from core.calibration import probabilities, reliability
from core.images import encode

N_MISTAKES = 48  # pictures kept of those that are named wrongly


@dataclass(frozen=True)
class ClassMeasure:
    """One class of a classification report, as scikit-learn defines it; 0 where nothing can be divided by.

    Attributes:
        name: of the class.
        precision: of those said to be of the class, the share that is.
        recall: of those of the class, the share that was found.
        f1: harmonic mean of both.
        n: how many are of the class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    n: int


def confusion(labels: np.ndarray, said: np.ndarray, n_classes: int) -> np.ndarray:
    """(n,) true classes and (n,) classes said, from 0 -> (n_classes, n_classes) counts, a row a true class."""
    found: np.ndarray = metrics.confusion_matrix(labels, said, labels=np.arange(n_classes))
    return found


def report(labels: np.ndarray, said: np.ndarray, names: Sequence[str]) -> list[ClassMeasure]:
    """Precision, recall and F1 of each class, for (n,) true classes and (n,) classes said."""
    every = np.arange(len(names))
    columns = metrics.precision_recall_fscore_support(labels, said, labels=every, zero_division=0)
    rows = zip(names, *columns, strict=True)
    return [ClassMeasure(name, float(p), float(r), float(f), int(n)) for name, p, r, f, n in rows]


def evaluate(
    logits: np.ndarray, labels: np.ndarray, images: np.ndarray, classes: tuple[str, ...], temperature: float
) -> Evaluation:
    """Measure a classifier's answers.

    Args:
        logits: (n, n_classes).
        labels: (n,) true classes.
        images: (n, H, W, 3) or (n, H, W) uint8, what was asked.
        classes: names of the labels.
        temperature: of the calibrated probabilities.
    """
    said = logits.argmax(axis=1)
    confidence = probabilities(logits, temperature).max(axis=1)
    return Evaluation(
        classes=list(classes),
        n=len(labels),
        top1=float((said == labels).mean()),
        confusion=confusion(labels, said, len(classes)).tolist(),
        temperature=temperature,
        before=reliability(logits, labels),
        after=reliability(logits, labels, temperature),
        mistakes=[
            Mistake(
                row=int(row),
                truth=int(labels[row]),
                said=int(said[row]),
                confidence=round(float(confidence[row]), 4),
                png=base64.b64encode(encode(np.ascontiguousarray(images[row]), "png")).decode(),
            )
            for row in _telling(labels, said, confidence)
        ],
        packed=packed(said, confidence),
    )


def _telling(labels: np.ndarray, said: np.ndarray, confidence: np.ndarray) -> list[int]:
    """Rows of mistakes: the surest one of every pair of classes, the most frequent pairs first, then the next ones."""
    wrong = np.flatnonzero(said != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    pairs: dict[tuple[int, int], list[int]] = {}
    for row in wrong:
        pairs.setdefault((int(labels[row]), int(said[row])), []).append(int(row))
    ranked = sorted(pairs.values(), key=len, reverse=True)
    in_turn = [rows[turn] for turn in range(max(map(len, ranked), default=0)) for rows in ranked if turn < len(rows)]
    return in_turn[:N_MISTAKES]
