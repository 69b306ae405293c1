"""What is asked of the networks, and what becomes of their answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import cifar10
from core.calibration import energy, entropy, probabilities
from core.cifar10 import (
    CLASSES,
    NETWORKS,
    SHOWN_PX,
    Settings,
    as_seen,
    ask,
    ask_all,
    beside,
    calibration_of,
    enlarged,
    framed,
    shown,
    square,
)


@given(st.integers(1, 90), st.integers(1, 90), st.floats(0.1, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_square_lies_within_the_picture(height, width, size, across, down):
    top, left, side = square(height, width, size, across, down)
    assert 1 <= side <= min(height, width)
    assert 0 <= top <= height - side
    assert 0 <= left <= width - side


def test_the_square_goes_where_it_is_sent():
    assert square(100, 300, 0.5, 1.0, 0.0) == (0, 250, 50)
    image = np.zeros((64, 128, 3), np.uint8)
    image[:, 64:] = 200
    assert (as_seen(image, across=0.0) == 0).all()
    assert (as_seen(image, across=1.0) == 200).all()


def test_a_picture_of_the_right_size_is_seen_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert (as_seen(image) == image).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 900), (900, 5), (300, 451)])
def test_any_picture_is_framed_and_seen(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    before = image.copy()
    assert as_seen(image).shape == (32, 32, 3)
    assert framed(image, Settings(size=0.5)).shape == image.shape
    assert (image == before).all()


def test_shown_side_by_side(sample):
    both = shown(sample, Settings())
    assert both.shape[0] == SHOWN_PX
    assert (both[:, -SHOWN_PX:, :3] == enlarged(as_seen(sample), 15)).all()
    panorama = np.zeros((40, 2000, 3), np.uint8)
    panorama[:, 1960:] = 255
    assert shown(panorama, Settings()).shape == (480, 480 * 5 // 2 + 12 + 480, 4)
    assert (shown(panorama, Settings(across=1.0))[240, 800:1100, :3] == 255).all()  # the square is in what is shown
    assert shown(panorama.transpose(1, 0, 2), Settings()).shape == (480, 192 + 12 + 480, 4)
    small = np.full((2, 4, 3), 9, np.uint8)
    row = beside(np.zeros((6, 3, 3), np.uint8), small)
    assert row.shape == (6, 3 + 12 + 12, 4)
    assert (row[:, 3:15, 3] == 0).all()
    assert (row[:, 15:, :3] == 9).all()


@pytest.mark.parametrize("network", NETWORKS.values())
def test_an_answer_follows_from_its_scores(network, sample):
    answer = ask(as_seen(sample), network)
    row = answer.logits[None]
    assert answer.probabilities == pytest.approx(probabilities(row, answer.temperature)[0])
    assert answer.uncalibrated == pytest.approx(probabilities(row)[0])
    assert answer.entropy == pytest.approx(entropy(row, answer.temperature)[0])
    assert answer.energy == pytest.approx(energy(row, answer.temperature)[0])
    score = {"energy": answer.energy, "entropy": answer.entropy}[answer.refusal]
    assert answer.is_known == (score <= calibration_of(network)["threshold"])
    assert answer.probabilities.sum() == pytest.approx(1)


def test_the_sample_cat_is_a_cat(sample):
    answer = ask(as_seen(sample), "cifar10")
    assert CLASSES[answer.best] == "cat"
    assert answer.is_known


def test_the_cards_have_what_the_page_says():
    for network in NETWORKS.values():
        found = cifar10.tested(network)
        assert found["top1"].n == 10_000
        assert found["refused"].data == "cifar10 test"
        assert found["refused_others"].data.startswith("tiny_imagenet val")
        assert found["ece_after"].value < found["ece_before"].value


def test_several_networks_answer_in_one_turn(sample):
    seen = as_seen(sample)
    answers, seconds = ask_all(seen, list(NETWORKS.values()))
    assert list(answers) == list(NETWORKS.values())
    assert seconds > 0
    for network, answer in answers.items():
        assert np.allclose(answer.logits, ask(seen, network).logits)
