"""Colour against scikit-image, closed forms and published figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.color import rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from core import colour

PICTURES = arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 8), st.just(3)))


@given(PICTURES)
@settings(max_examples=50, deadline=None)
def test_lab_agrees_with_scikit_image(image):
    before = image.copy()
    assert np.abs(colour.rgb_to_lab(image) - rgb2lab(image)).max() < 0.6
    assert np.array_equal(image, before)


@given(PICTURES)
@settings(max_examples=50, deadline=None)
def test_lab_and_back_is_the_same_picture(image):
    assert np.abs(colour.lab_to_rgb(colour.rgb_to_lab(image)).astype(int) - image).max() <= 1


def test_every_grey_has_its_own_lightness():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    assert np.array_equal(colour.grey(colour.lightness(greys)), greys)


def test_into_gamut_keeps_lightness_and_hue_and_stops_at_the_border():
    random = np.random.default_rng(0)
    lab = np.stack([random.uniform(2, 98, 500), *random.uniform(-120, 120, (2, 500))], -1).astype(np.float32)[None]
    clamped = colour.into_gamut(lab)
    assert np.array_equal(clamped[..., 0], lab[..., 0])
    ratio = np.hypot(*clamped[0, :, 1:].T) / np.hypot(*lab[0, :, 1:].T)
    assert ratio.max() <= 1 + 1e-6
    assert np.abs(clamped[0, :, 1:] - lab[0, :, 1:] * ratio[:, None]).max() < 1e-3
    back = colour.rgb_to_lab(colour.lab_to_rgb(clamped))
    assert np.abs(back - clamped)[..., 0].max() < 0.6  # L*, in 8 bits
    moved = ratio < 1 - 1e-6
    further = lab.copy()
    further[0, :, 1:] *= (ratio * 1.1)[:, None]
    cut = np.abs(colour.rgb_to_lab(colour.lab_to_rgb(further)) - further)[0].max(axis=1)
    assert cut[moved].mean() > 3 * np.abs(back - clamped)[0].max(axis=1)[moved].mean()


def test_into_gamut_leaves_what_srgb_shows(sample):
    lab = colour.rgb_to_lab(sample)
    assert np.array_equal(colour.into_gamut(lab), lab)


def test_psnr_agrees_with_scikit_image(sample):
    other = np.clip(sample.astype(int) + 9, 0, 255).astype(np.uint8)
    ours = colour.psnr_db(colour.mean_squared_error(other, sample))
    assert ours == pytest.approx(peak_signal_noise_ratio(sample, other), abs=1e-4)


def test_colourfulness_in_closed_form():
    assert colour.colourfulness(np.full((4, 4, 3), 90, np.uint8)) == 0
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200  # rg = 200, yb = 100 everywhere, no spread
    assert colour.colourfulness(red) == pytest.approx(0.3 * np.hypot(200, 100))
    half = red.copy()
    half[:2] = 0  # both are 0 in one half: spread = mean = half of them
    assert colour.colourfulness(half) == pytest.approx(1.3 * np.hypot(100, 50))


def test_ciede2000_of_black_and_white_is_100():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert colour.mean_ciede2000(black, white) == pytest.approx(100, abs=0.01)
    assert colour.mean_ciede2000(black, black) == 0
