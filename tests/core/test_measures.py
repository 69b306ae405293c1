"""Confusion matrix and report, against a count by hand."""

import numpy as np
import pytest

from core.measures import confusion, report

LABELS, SAID = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])


def test_counts_stand_in_the_row_of_the_true_class():
    assert confusion(LABELS, SAID, 4).tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_precision_recall_and_f1():
    first, second, third, none = report(LABELS, SAID, ["a", "b", "c", "d"])
    assert (first.precision, first.recall, first.n) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 3)
    assert (second.precision, second.recall) == (pytest.approx(2 / 3), 1.0)
    assert second.f1 == pytest.approx(0.8)
    assert (third.precision, third.recall, third.f1, third.n) == (0, 0, 0, 1)
    assert (none.name, none.n) == ("d", 0)
