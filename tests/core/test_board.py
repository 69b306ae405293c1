"""The score board: configurations side by side, mean and spread over seeds, as a table."""

import csv
import io
from statistics import stdev

import pytest

from core.board import Row, differing, groups, table
from core.plane import Settings
from core.playground import Measured


def row(accuracy: float, loss: float = 0.5, **chosen) -> Row:
    parts = ("train", "validation", "test")
    measured = Measured(dict.fromkeys(parts, loss), dict.fromkeys(parts, accuracy))
    return Row(Settings(**chosen), 20, 51, measured)


ROWS = [
    row(0.8),
    row(0.9, weights_seed=1),
    row(0.7, seed=3),
    row(0.95, learning_rate=0.3),
    row(0.1, float("inf"), learning_rate=3.0),
    row(0.2, float("inf"), learning_rate=3.0, seed=1),
]


def test_runs_that_differ_in_their_seeds_are_one_configuration():
    found = groups(ROWS)
    assert [group.n for group in found] == [1, 3, 2]
    mean, spread = found[1].accuracies["test"]
    assert mean == pytest.approx(0.8)
    assert spread == pytest.approx(stdev([0.8, 0.9, 0.7]))
    assert found[0].accuracies["test"] == (0.95, 0.0)
    assert found[2].losses["test"] == (float("inf"), 0.0)
    assert differing(found) == ["learning_rate"]
    assert differing(found[:1]) == []


def test_what_was_changed_by_hand_stands_by_itself():
    touched = Row(Settings(), 20, 51, ROWS[0].measured, touched=True)
    assert [group.touched for group in groups([ROWS[0], touched])] == [False, True]


def test_the_table_has_every_run_and_setting():
    chosen = Settings(layers="6 tanh, 4 relu", features=("x", "xy"), expression="1,2")
    read = list(csv.DictReader(io.StringIO(table([*ROWS, Row(chosen, 7, 9, ROWS[0].measured)]))))
    assert len(read) == 7
    assert set(Settings.model_fields) <= read[0].keys()
    assert (read[4]["learning_rate"], read[4]["train_loss"]) == ("3.0", "inf")
    assert (read[6]["features"], read[6]["expression"], read[6]["trained_epochs"]) == ("x; xy", "1,2", "7")
    assert float(read[3]["test_accuracy"]) == 0.95


def test_unlike_runs_are_not_averaged():
    longer = Row(Settings(), 2000, 51, ROWS[0].measured)
    other_points = Row(Settings(data="my CSV"), 20, 51, ROWS[0].measured, points="a")
    others = Row(Settings(data="my CSV"), 20, 51, ROWS[0].measured, points="b")
    assert [group.n for group in groups([ROWS[0], longer, other_points, others])] == [1, 1, 1, 1]
    again = row(0.5)
    assert [(group.n, group.accuracies["test"][0]) for group in groups([ROWS[0], again])] == [(1, 0.5)]
    patient = [Row(Settings(patience=5, weights_seed=n), 20 + n, 51, ROWS[0].measured) for n in range(3)]
    assert [(group.n, group.epochs) for group in groups(patient)] == [(3, (20, 22))]


def test_what_means_nothing_is_not_told_apart():
    unlike = [row(0.8, data="XOR"), row(0.9, data="XOR", n_classes=5, expression="x")]
    assert differing(groups(unlike)) == []
    assert differing(groups([*unlike, row(0.7, data="blobs")])) == ["data"]
