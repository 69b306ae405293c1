"""Damage and its mending: what is claimed of both ways, and how strange a drawing is."""

import math

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from core.checkpoints import read
from core.denoising import (
    DETECTOR,
    EXAMPLES,
    HOUSE,
    NETWORK,
    Settings,
    by_opencv,
    damage,
    hole_of,
    mend,
    picture_of,
    strangeness,
)
from core.drawing import DIGITS
from core.errors import SettingsError


@pytest.mark.parametrize(("hole", "across", "down"), [(0.0, 0.5, 0.5), (0.25, 0.0, 0.0), (0.6, 1.0, 0.3)])
def test_a_hole_lies_where_it_should(hole, across, down):
    mask = hole_of(hole, across, down)
    side = round(28 * hole)
    assert (mask > 0).sum() == side**2
    if side:
        rows, columns = (np.flatnonzero(mask.max(axis)) for axis in (1, 0))
        assert (rows[0], columns[0]) == (round(down * (28 - side)), round(across * (28 - side)))


def test_damage_is_noise_of_its_strength_and_the_hole():
    grey, none = np.full((28, 28), 128, np.uint8), np.zeros((28, 28), np.uint8)
    noisy = damage(grey, none, 0.1, seed=4).astype(float)
    assert noisy.std() == pytest.approx(25.5, rel=0.1)
    assert noisy.mean() == pytest.approx(128, abs=3)
    assert np.array_equal(noisy, damage(grey, none, 0.1, seed=4))
    assert not np.array_equal(noisy, damage(grey, none, 0.1, seed=5))
    assert np.array_equal(damage(grey, none, 0.0, seed=4), grey)
    holed = damage(np.zeros((28, 28), np.uint8), hole_of(0.5, 0.5, 0.5), 0.3, seed=0)
    assert (holed[8:20, 8:20] == 128).all()


@pytest.mark.parametrize("digit", DIGITS)
def test_the_network_beats_opencv_under_strong_noise(digit):
    found = mend(Settings(strokes=DIGITS[digit], sigma=0.5))
    damaged, ours, theirs = found.psnr_db
    assert ours > damaged + 3
    assert ours > theirs + 2


def test_the_figures_are_the_pictures():
    found = mend(Settings(sigma=0.3, hole=0.3))
    for image, db in zip((found.damaged, found.by_network, found.by_opencv), found.psnr_db, strict=True):
        assert db == pytest.approx(peak_signal_noise_ratio(found.picture, image))
    mask = hole_of(0.3, 0.5, 0.5)
    assert np.array_equal(found.by_opencv, by_opencv(found.damaged, mask, 0.3))
    assert np.array_equal(found.damaged, damage(found.picture, mask, 0.3, 0))


def test_opencv_fills_a_hole_and_leaves_the_rest():
    picture = picture_of(Settings())
    mask = hole_of(0.3, 0.5, 0.5)
    filled = by_opencv(damage(picture, mask, 0.0, 0), mask, 0.0)
    assert np.array_equal(filled[mask == 0], picture[mask == 0])
    assert np.array_equal(filled, cv2.inpaint(damage(picture, mask, 0.0, 0), mask, 3, cv2.INPAINT_TELEA))


def test_nothing_to_mend_is_mended():
    found = mend(Settings(sigma=0.0))
    assert found.psnr_db[0] == math.inf
    assert found.psnr_db[1] > 15


def test_an_empty_sheet_is_told():
    with pytest.raises(SettingsError) as caught:
        mend(Settings(strokes=""))
    assert caught.value.reason == "nothing_drawn"


def test_digits_pass_and_a_house_is_strange():
    passed = [not strangeness(picture_of(Settings(strokes=strokes))).is_strange for strokes in DIGITS.values()]
    assert all(passed)
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    assert strangeness(noise).is_strange
    assert strangeness(noise).share > 0.99
    house = strangeness(picture_of(Settings(strokes=HOUSE)))
    assert house.is_strange


def test_the_limit_is_what_95_in_100_held_out_digits_keep():
    card = read(DETECTOR)[1]
    quantiles = card.calibration["error_quantiles"]
    assert len(quantiles) == 101
    assert quantiles == sorted(quantiles)
    assert strangeness(picture_of(Settings())).limit == quantiles[95]
    figures = {metric.name: metric.value for metric in card.metrics}
    assert figures["false_alarms"] == pytest.approx(0.05, abs=0.03)
    assert figures["strangers_found"] > 0.8


def test_the_card_says_what_the_page_claims():
    figures = {metric.name: metric.value for metric in read(NETWORK)[1].metrics}
    assert figures["denoised_psnr_db"] >= figures["non_local_means_psnr_db"] + 6


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_is_mended(example):
    found = mend(Settings(**example))
    assert found.by_network.shape == found.by_opencv.shape == (28, 28)
