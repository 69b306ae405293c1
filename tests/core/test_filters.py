"""Filters on a photo, against OpenCV and scikit-image."""

from typing import get_args

import cv2
import numpy as np
import pytest
from skimage.util import random_noise

from core.errors import SettingsError
from core.filters import Kind, Settings, apply, filtered, kernel_of, kernel_picture, three_ways

KINDS = get_args(Kind)
BORDERS = {"zeros": cv2.BORDER_CONSTANT, "reflect": cv2.BORDER_REFLECT_101, "replicate": cv2.BORDER_REPLICATE}


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_is_opencvs_filter2d(kind, sample):
    chosen = Settings(filters=(kind,), mode="reflect", angle=35)
    found = apply(sample, chosen)[0]
    truth = cv2.filter2D(sample.astype(np.float64) / 255, -1, found.kernel, borderType=cv2.BORDER_REFLECT_101)
    if abs(found.kernel.sum()) < 1e-9:
        truth = np.abs(truth)
    assert np.abs(found.image - np.clip(truth * 255, 0, 255)).max() < 0.51
    assert found.kernel.shape[0] % 2 == found.kernel.shape[1] % 2 == 1


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("channels", ["each channel", "grey", "summed over RGB"])
def test_bands_do_not_show(mode, channels, sample, monkeypatch):
    kernel = kernel_of("motion blur", Settings(size=31, angle=60))
    whole = filtered(sample, kernel, channels, mode, "clipped")
    monkeypatch.setattr("core.filters.BAND_PIXELS", 64 * sample.shape[1])
    banded = filtered(sample, kernel, channels, mode, "clipped").astype(int)
    assert np.abs(banded - whole).max() <= 1
    assert np.abs(banded - whole).mean() < 1e-3  # the Fourier transform rounds otherwise
    values = sample.astype(np.float32) / 255
    if channels == "grey":
        values = cv2.cvtColor(sample, cv2.COLOR_RGB2GRAY).astype(np.float32)[:, :, None] / 255
    if channels == "summed over RGB":
        values = values.mean(axis=2, keepdims=True)
    pads = ((15, 15), (15, 15), (0, 0))
    named = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    padded = np.pad(values, pads, mode=named[mode])
    truth = cv2.filter2D(padded, -1, kernel.astype(np.float32))
    truth = truth.reshape(padded.shape)[15:-15, 15:-15]
    assert np.abs(whole - truth * 255).max() < 0.6


def test_known_kernels_are_opencvs():
    pairs = {"Sobel": cv2.Sobel, "Scharr": None, "Laplacian": cv2.Laplacian}
    dot = np.zeros((7, 7))
    dot[3, 3] = 1
    for kind in pairs:
        ours = kernel_of(kind, Settings())
        answer = cv2.filter2D(dot, -1, ours)[2:5, 2:5]
        if kind == "Laplacian":
            truth = cv2.Laplacian(dot, -1)[2:5, 2:5]
        elif kind == "Sobel":
            truth = cv2.Sobel(dot, -1, 1, 0)[2:5, 2:5]
        else:
            truth = cv2.Scharr(dot, -1, 1, 0)[2:5, 2:5]
        assert np.allclose(answer, truth), kind
    binomial = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])
    assert np.array_equal(kernel_of("Gaussian blur", Settings()) * 256, binomial)
    assert kernel_of("edge detection", Settings()).sum() == 0


@pytest.mark.parametrize("angle", [0, 45, 90, 135])
def test_steered_filters_answer_to_their_angle(angle):
    y, x = np.mgrid[-20:21, -20:21]
    turned = np.deg2rad(angle)
    ramp = x * np.cos(turned) + y * np.sin(turned)
    for kind in ("Sobel", "Scharr"):
        along = cv2.filter2D(ramp, -1, kernel_of(kind, Settings(angle=angle)))[20, 20]
        across = cv2.filter2D(ramp, -1, kernel_of(kind, Settings(angle=(angle + 90) % 180)))[20, 20]
        assert along > 7.9
        assert abs(across) < 1e-9
    waves = np.cos(2 * np.pi * ramp / 6)
    seen = [
        np.abs(cv2.filter2D(waves, -1, kernel_of("Gabor", Settings(angle=a, size=21)))[10:-10, 10:-10]).max()
        for a in (angle, (angle + 90) % 180)
    ]
    assert seen[0] > 5 * seen[1]
    streak = kernel_of("motion blur", Settings(angle=angle, size=15))
    assert streak.sum() == pytest.approx(1)
    assert cv2.filter2D(ramp, -1, kernel_of("motion blur", Settings(angle=angle)))[20, 20] == pytest.approx(0, abs=1e-9)


def test_a_blur_takes_noise_away_and_an_even_surface_stays(sample):
    noisy = (random_noise(sample, rng=0) * 255).astype(np.uint8)
    blurred = apply(noisy, Settings(filters=("Gaussian blur",)))[0].image
    assert np.abs(blurred - sample.astype(float)).mean() < np.abs(noisy - sample.astype(float)).mean()
    even = np.full((20, 20, 3), 90, np.uint8)
    for kind in KINDS:
        kernel = kernel_of(kind, Settings())
        value = round(90 * kernel.sum())
        assert np.abs(apply(even, Settings(filters=(kind,)))[0].image - float(value)).max() <= 1, kind


def test_numbers_below_0_are_shown_as_asked(sample):
    kernel = -kernel_of("identity", Settings())
    assert not filtered(sample, kernel, "each channel", "zeros", "clipped").any()
    assert np.array_equal(filtered(sample, kernel, "each channel", "zeros", "absolute"), sample)
    around = filtered(sample, kernel, "each channel", "zeros", "around grey")
    assert np.abs(around - (255 - sample.astype(float)) / 2).max() <= 0.51


def test_difference_and_change(sample):
    same, sharp = apply(sample, Settings(filters=("identity", "sharpen")))
    assert np.array_equal(same.image, sample)
    assert (same.difference == 128).all()
    assert same.mean_change == 0
    assert sharp.mean_change == pytest.approx(np.abs(sharp.image.astype(float) - sample).mean())


def test_three_ways_agree(sample):
    for kind in ("sharpen", "Gabor"):
        size, ways = three_ways(sample, Settings(filters=(kind,), size=15))
        assert max(size) == 96
        assert [way.name for way in ways][:2] == ["numpy", "cv2.filter2D"]
        assert ways[0].difference == 0
        assert all(way.difference < 1e-5 and way.seconds > 0 for way in ways)


@pytest.mark.parametrize(
    ("reason", "chosen"),
    [
        ("even_kernel", {"custom": "1 2\n3 4"}),
        ("not_a_number", {"custom": "a"}),
        ("ragged", {"custom": "1 2 3\n1"}),
        ("no_numbers", {"custom": ""}),
        ("divisor", {"divisor": 0.0}),
        ("divisor", {"divisor": 1e-308}),
        ("too_large", {"custom": " ".join("1" * 17)}),
    ],
)
def test_a_custom_kernel_that_is_none_has_a_reason(reason, chosen, sample):
    with pytest.raises(SettingsError) as raised:
        apply(sample, Settings(filters=("custom",), **chosen))
    assert raised.value.reason == reason


def test_a_picture_too_small_for_its_border_has_a_reason():
    with pytest.raises(SettingsError) as raised:
        apply(np.zeros((1, 40, 3), np.uint8), Settings(mode="reflect"))
    assert raised.value.reason == "border"
    with pytest.raises(SettingsError) as raised:
        three_ways(np.zeros((2, 2, 3), np.uint8), Settings())
    assert raised.value.reason == "kernel_too_large"


def test_a_kernel_is_drawn_by_its_signs():
    picture = kernel_picture(np.array([[-1.0, 0.0, 1.0]]), 2)
    assert picture.shape == (2, 6, 3)
    assert picture[0, 0].tolist() == [43, 108, 176]
    assert picture[0, 5].tolist() == [194, 87, 12]
