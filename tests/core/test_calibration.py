"""Calibration against scipy, closed forms and made answers whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.answers import Bin, Evaluation, expected_calibration_error, packed
from core.calibration import (
    cross_entropy,
    energy,
    entropy,
    fit_temperature,
    probabilities,
    reliability,
    separation,
)
from core.images import decode
from core.measures import N_MISTAKES, evaluate


def made(n: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels that are drawn from the softmax of logits, which are then multiplied by `sharpness`."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=1.5, size=(n, 10))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([random.choice(10, p=row) for row in shares])
    return logits * sharpness, labels


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0])
def test_the_temperature_is_the_one_that_the_answers_were_made_with(sharpness):
    logits, labels = made(6000, sharpness)
    assert fit_temperature(logits, labels) == pytest.approx(sharpness, rel=0.06)


def test_the_temperature_changes_no_answer_and_calibrates():
    logits, labels = made(6000, 4.0)
    temperature = fit_temperature(*made(6000, 4.0, seed=1))
    before, after = (expected_calibration_error(reliability(logits, labels, t)) for t in (1.0, temperature))
    assert before > 0.2
    assert after < 0.03
    assert (probabilities(logits).argmax(1) == probabilities(logits, temperature).argmax(1)).all()


def test_calibration_error_against_a_naive_loop():
    logits, labels = made(500, 2.0)
    given_ = probabilities(logits)
    confidence, right = given_.max(1), given_.argmax(1) == labels
    total = 0.0
    for low in range(15):
        inside = [(c, r) for c, r in zip(confidence, right, strict=True) if low / 15 <= c < (low + 1) / 15]
        if inside:
            total += abs(sum(c for c, _ in inside) - sum(r for _, r in inside))
    assert expected_calibration_error(reliability(logits, labels)) == pytest.approx(total / 500)
    assert sum(each.n for each in reliability(logits, labels)) == 500


def test_cross_entropy_against_torch():
    import torch
    import torch.nn.functional as F

    logits, labels = made(50, 3.0)
    theirs = F.cross_entropy(torch.from_numpy(logits) / 2.5, torch.from_numpy(labels))
    assert cross_entropy(logits, labels, 2.5) == pytest.approx(float(theirs))


@given(st.integers(0, 1000), st.floats(0.1, 10))
@settings(max_examples=25, deadline=None)
def test_energy_and_entropy_in_closed_form(seed, temperature):
    row = np.random.default_rng(seed).normal(size=(1, 10))
    p = probabilities(row, temperature)[0]
    assert entropy(row, temperature)[0] == pytest.approx(-(p * np.log(p)).sum())
    assert energy(row, temperature)[0] == pytest.approx(-temperature * np.log(np.exp(row / temperature).sum()))
    assert entropy(np.zeros((1, 10)))[0] == pytest.approx(np.log(10))
    assert energy(row + 5, temperature)[0] == pytest.approx(energy(row, temperature)[0] - 5)


def test_separation_counts_pairs():
    assert separation(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == 1
    assert separation(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 0
    assert separation(np.array([0.0, 2.0]), np.array([1.0, 3.0])) == 0.75


def test_huge_scores_overflow_nowhere():
    logits = np.array([[1e4, 0.0, -1e4]])
    assert np.isfinite([*probabilities(logits)[0], *energy(logits), *entropy(logits)]).all()
    assert entropy(logits)[0] == 0


def test_an_evaluation_keeps_every_figure():
    logits, labels = made(400, 2.0)
    images = np.random.default_rng(0).integers(0, 256, (400, 6, 6, 3), np.uint8)
    names = tuple("abcdefghij")
    found = evaluate(logits, labels, images, names, 2.0)
    said = logits.argmax(1)
    assert found.top1 == pytest.approx((said == labels).mean())
    assert np.array(found.confusion).sum() == found.n == 400
    assert found.confusion[3][4] == int(((labels == 3) & (said == 4)).sum())
    again, confidence = Evaluation.model_validate_json(found.model_dump_json()).answers()
    assert (again == said).all()
    assert np.abs(confidence - probabilities(logits, 2.0).max(1)).max() <= 0.5 / 255 + 1e-6
    assert len(found.mistakes) == N_MISTAKES
    for mistake in found.mistakes:
        assert mistake.truth == labels[mistake.row] != mistake.said == said[mistake.row]
        assert (decode(mistake.picture()) == images[mistake.row]).all()
    pairs = [(m.truth, m.said) for m in found.mistakes]
    assert len(set(pairs)) == min(N_MISTAKES, len({(t, s) for t, s in zip(labels, said, strict=True) if t != s}))


def test_few_mistakes_are_all_kept_and_none_are_no_trouble():
    logits = np.eye(10)
    images = np.zeros((10, 2, 2), np.uint8)
    right = evaluate(logits, np.arange(10), images, tuple("abcdefghij"), 1.0)
    assert (right.top1, right.mistakes) == (1.0, [])
    labels = np.arange(10)
    labels[0] = 5
    assert [m.row for m in evaluate(logits, labels, images, tuple("abcdefghij"), 1.0).mistakes] == [0]


def test_an_empty_range_weighs_nothing():
    bins = [Bin(low=0, n=0, confidence=0, accuracy=0), Bin(low=0.5, n=2, confidence=0.75, accuracy=0.5)]
    assert expected_calibration_error(bins) == 0.25
    assert packed(np.array([1]), np.array([0.5]))
