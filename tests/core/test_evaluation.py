"""Evaluation: figures out of the card, pictures out of the test set where it is at hand, out of the card where not."""

import numpy as np
import pytest

from core import evaluation
from core.answers import Evaluation
from core.checkpoints import read_card
from core.data.reader import is_here
from core.evaluation import CHECKPOINTS, DATASETS, curves, each_class, measured, pictures, worst
from core.images import decode, encode
from core.measures import evaluate
from tests.conftest import write_parquet


@pytest.fixture(autouse=True)
def fresh():
    evaluation.test_set.cache_clear()
    yield
    evaluation.test_set.cache_clear()


@pytest.mark.parametrize("network", CHECKPOINTS.values())
def test_every_classifier_has_its_evaluation(network):
    found, card = measured(network), read_card(network)
    counts = np.array(found.confusion)
    assert counts.shape == (10, 10)
    assert counts.sum() == found.n == 10_000
    assert found.top1 == pytest.approx(np.trace(counts) / found.n)
    assert card.metrics[0].value == pytest.approx(found.top1)
    assert (found.ece_before, found.ece_after) == pytest.approx((card.metrics[1].value, card.metrics[2].value))
    said, _confidence = found.answers()
    assert (np.bincount(said, minlength=10) == counts.sum(0)).all()
    assert 24 <= len(found.mistakes) <= 48


def test_the_worst_mistake_is_the_greatest_count_off_the_diagonal():
    found = measured("mnist")
    truth, said = worst(found)
    wrong = [n for t, row in enumerate(found.confusion) for s, n in enumerate(row) if t != s]
    assert truth != said
    assert found.confusion[truth][said] == max(wrong)


def test_recall_and_precision_are_those_of_the_counts():
    counts = np.array(measured("cifar10").confusion)
    for at, each in enumerate(each_class(measured("cifar10"))):
        assert each.recall == pytest.approx(counts[at, at] / counts[at].sum())
        assert each.precision == pytest.approx(counts[at, at] / counts[:, at].sum())
        assert each.n == counts[at].sum()


def test_curves_are_the_cards():
    card = read_card("cifar10")
    lines = {line.name: line for line in curves(card)}
    assert lines["held-out accuracy"].values == [row["accuracy"] for row in card.curve]
    assert lines["training loss"].epochs == list(range(1, len(card.curve) + 1))


def test_without_the_data_set_the_cards_own_mistakes_are_shown():
    kept = measured("cifar10").mistakes[0]
    found, is_whole = pictures("cifar10", kept.truth, kept.said)
    assert not is_whole
    assert kept.row in [one.row for one in found]
    assert (found[0].image == decode(kept.picture())).all()
    assert pictures("cifar10", 3, 3) == ([], False)


@pytest.fixture
def known(tmp_path, monkeypatch) -> tuple[Evaluation, np.ndarray, np.ndarray, np.ndarray]:
    """A made test set at hand, and the evaluation that speaks of it."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (60, 32, 32, 3), np.uint8), np.arange(60) % 10
    logits = random.normal(size=(60, 10)) + 2 * np.eye(10)[labels]
    write_parquet(tmp_path / "cifar10" / "test.parquet", [encode(i, "png") for i in images], labels.tolist())
    monkeypatch.setenv("CAMADAS_DATA", str(tmp_path))
    found = evaluate(logits, labels, images, measured("cifar10").classes, 1.0)
    monkeypatch.setattr(evaluation, "measured", lambda _network: found)
    return found, images, labels, logits


def test_with_the_data_set_every_cell_has_its_pictures(known):
    _found, images, labels, logits = known
    said = logits.argmax(1)
    shown, is_whole = pictures("cifar10", 4, 4)
    assert is_whole
    assert {one.row for one in shown} == set(np.flatnonzero((labels == 4) & (said == 4)))
    assert all((one.image == images[one.row]).all() for one in shown)
    sure = [one.confidence for one in shown]
    assert sure == sorted(sure, reverse=True)


def test_another_test_set_is_not_taken_for_the_one_that_was_measured(known, monkeypatch):
    found, _images, labels, logits = known
    other = evaluate(logits, np.roll(labels, 1), np.zeros((60, 2, 2), np.uint8), tuple(found.classes), 1.0)
    monkeypatch.setattr(evaluation, "measured", lambda _network: other)
    assert pictures("cifar10", 4, 4) == ([], False)


def test_a_data_set_is_here_or_not(tmp_path, made_data):
    assert all(is_here(name, "test", made_data) for name in DATASETS.values())
    assert not is_here("cifar10", "test", tmp_path)
    own = tmp_path / "cifar-10-batches-py"
    own.mkdir()
    (own / "data_batch_1").write_bytes(b"some")
    assert not is_here("cifar10", "test", tmp_path)
    (own / "test_batch").write_bytes(b"some")
    assert is_here("cifar10", "test", tmp_path)


def test_an_original_that_is_broken_is_a_sentence_and_no_download(tmp_path, monkeypatch):
    own = tmp_path / "cifar-10-batches-py"
    own.mkdir()
    (own / "test_batch").write_bytes(b"some")
    monkeypatch.setenv("CAMADAS_DATA", str(tmp_path))
    assert pictures("cifar10", 3, 3) == ([], False)
    assert [file.name for file in own.parent.rglob("*") if file.is_file()] == ["test_batch"]
