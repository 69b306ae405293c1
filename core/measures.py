"""How good a classifier is: confusion matrix, precision and recall of each class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics


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
