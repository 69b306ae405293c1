"""Strokes as text, as pixels, and digits as MNIST has them."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calibration import probabilities
from core.checkpoints import read_card
from core.drawing import BOX_PX, DIGITS, SIDE_PX, centred, digit_of, drawn, parse, written
from core.errors import SettingsError
from core.inference import predict

share = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


@given(st.lists(st.lists(st.tuples(share, share), min_size=1, max_size=8), max_size=4))
def test_what_is_written_reads_as_the_same_picture(strokes):
    again = parse(written(strokes))
    assert np.abs(drawn(again, 0.1).astype(int) - drawn(strokes, 0.1).astype(int)).max() < 80


@pytest.mark.parametrize("text", ["nonsense", "1,2,3", "5", "-3,4", "1,2 x", "1000,2", "1.5,2"])
def test_anything_else_is_refused(text):
    with pytest.raises(SettingsError) as caught:
        parse(text)
    assert caught.value.reason == "strokes"


def test_too_many_points_are_refused():
    with pytest.raises(SettingsError) as caught:
        parse(" ".join(["1,1"] * 2001))
    assert caught.value.reason == "too_large"


def test_a_stroke_covers_what_it_goes_over():
    image = drawn([[(0.0, 0.5), (1.0, 0.5)]], 0.2)
    assert image.shape == (SIDE_PX, SIDE_PX)
    assert (image[12:16] == 255).all()
    assert not image[:9].any()
    assert not image[19:].any()


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_lies_as_mnist_has_them(digit):
    image = centred(drawn(parse(DIGITS[digit]), 0.09))
    rows, columns = (np.flatnonzero(image.max(axis) > 8) for axis in (1, 0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    assert abs(longer - BOX_PX) <= 1
    middle = np.array([(image.sum(1 - axis) * np.arange(SIDE_PX)).sum() / image.sum() for axis in (0, 1)])
    assert np.abs(middle - (SIDE_PX - 1) / 2).max() < 0.1


@pytest.mark.parametrize("digit", DIGITS)
def test_our_classifier_reads_every_example(digit):
    image = centred(drawn(parse(DIGITS[digit]), 0.09))
    scores = predict("mnist", image[None, None].astype(np.float32) / 255)
    said = probabilities(scores, read_card("mnist").calibration["temperature"])[0]
    assert said.argmax() == int(digit)
    assert said.max() > 0.9


@pytest.mark.parametrize(("paper", "ink"), [(240, 20), (30, 220), (200, 120)])
def test_ink_is_white_whatever_the_paper_was(paper, ink):
    photo = np.full((120, 90, 3), paper, np.uint8)
    cv2.line(photo, (45, 20), (45, 100), (ink,) * 3, 8)
    found = digit_of(photo)
    assert found[60, 45] == 255
    assert not found[:, :30].any()
    assert found.shape == (120, 90)


def test_a_photo_of_one_colour_has_no_ink():
    assert not digit_of(np.full((30, 30, 3), 77, np.uint8)).any()
    assert not centred(np.zeros((30, 30), np.uint8)).any()


def test_the_smallest_and_the_longest_pictures_are_centred_too():
    for shape in ((1, 1), (1, 500), (500, 1), (3000, 40)):
        assert centred(np.full(shape, 255, np.uint8)).any()


def test_a_long_scribble_is_made_coarse_enough_for_a_link():
    random = np.random.default_rng(0)
    scribble = [[tuple(point) for point in random.random((300, 2))] for _ in range(12)]
    text = written(scribble)
    assert len(text) <= 6000
    assert parse(text)


def test_specks_too_small_to_be_seen_are_no_digit():
    image = np.zeros((3000, 3000), np.uint8)
    image[0, 0] = image[-1, -1] = 30
    assert not centred(image).any()
