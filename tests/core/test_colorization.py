"""Colorization: the photo keeps its lightness, the net's chroma is lifted as torch would lift it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core import colorization
from core.colorization import LiftedChroma, Settings, colorize, compare, is_grey, resize, without_colour
from core.colour import colourfulness, lightness, mean_chroma


def constant(a: float, b: float):
    """A net that says the same colour everywhere."""

    def net(batch: np.ndarray) -> np.ndarray:
        shape = (1, 1, batch.shape[2] // 4, batch.shape[3] // 4)
        return np.concatenate([np.full(shape, a, np.float32), np.full(shape, b, np.float32)], axis=1)

    return net


def test_the_shipped_net_colours_a_grey_photo_and_keeps_its_lightness(sample):
    greyed = without_colour(sample)
    before = greyed.copy()
    result = colorize(greyed, Settings()).image
    assert result.shape == sample.shape
    assert np.array_equal(greyed, before)
    assert mean_chroma(result) > 3
    off = np.abs(lightness(result) - lightness(greyed))
    assert off.mean() < 0.25
    assert off.max() < 1.0


def test_colours_of_the_input_are_not_looked_at(sample):
    from_colour, from_grey = colorize(sample, Settings()).image, colorize(without_colour(sample), Settings()).image
    assert np.abs(from_colour.astype(int) - from_grey).mean() < 1.0


def test_strength_zero_is_grey_and_more_is_more(sample):
    nothing, some, much = (colorize(sample, Settings(strength=s), constant(12, -9)).image for s in (0.0, 0.5, 1.0))
    assert np.abs(nothing.astype(int) - without_colour(sample)).max() <= 1
    assert colourfulness(nothing) < colourfulness(some) < colourfulness(much)


@pytest.mark.parametrize("net_px", [64, 96, 128, 256])
def test_the_net_sees_the_size_that_was_asked_for(sample, net_px):
    seen = []

    def net(batch):
        seen.append(batch.shape)
        return constant(0, 0)(batch)

    result = colorize(sample, Settings(net_px=net_px), net)
    assert min(seen[0][2:]) == net_px
    assert all(side % 16 == 0 for side in seen[0][2:])
    assert result.net_input.shape == seen[0][2:]


@pytest.mark.parametrize("shape", [(1, 1), (10, 5000), (5000, 10), (3, 2), (17, 23)])
def test_strange_shapes(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    result = colorize(image, Settings())
    assert result.image.shape == image.shape
    assert max(result.net_input.shape) <= 8 * Settings().net_px


def test_bands_make_no_difference(sample, monkeypatch):
    functions = (lambda x: colorize(x, Settings()).image, without_colour, colorization.colorize_by_table)
    whole = [function(sample) for function in functions]
    monkeypatch.setattr(colorization, "BAND_PIXELS", 451 * 7)
    for function, expected in zip(functions, whole, strict=True):
        assert np.array_equal(function(sample), expected)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 7), st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_lifted_chroma_is_torchs_bicubic(height, width, up_y, up_x):
    chroma = np.random.default_rng(height * width).normal(0, 20, (height, width, 2)).astype(np.float32)
    size = (height * up_y + up_y // 2, width * up_x + up_x // 3)
    truth = F.interpolate(torch.from_numpy(chroma.transpose(2, 0, 1))[None], size, mode="bicubic", align_corners=False)
    lifted = LiftedChroma(chroma, size)
    found = np.concatenate([lifted.rows(slice(0, 1)), lifted.rows(slice(1, None))])
    assert np.abs(found - truth[0].permute(1, 2, 0).numpy()).max() < 1e-3


def test_shrinking_takes_the_mean_of_the_area():
    light = np.arange(64, dtype=np.float32).reshape(8, 8)
    truth = F.avg_pool2d(torch.from_numpy(light)[None], 4)[0].numpy()
    assert np.allclose(resize(light, 2, 2), truth)


def test_the_table_gives_the_colour_of_each_lightness(sample):
    table = np.zeros((20, 2), np.float32)
    table[10:] = (6, 14)
    coloured = colorization.colorize_by_table(sample, table)
    bright = lightness(sample) >= 50
    lab = colorization_lab(coloured)
    assert np.hypot(lab[..., 1], lab[..., 2])[~bright].max() < 1.5
    assert np.median(lab[..., 2][bright]) == pytest.approx(14, abs=1)


def colorization_lab(image):
    from core.colour import rgb_to_lab

    return rgb_to_lab(image)


def test_compare_with_itself_is_perfect(sample):
    perfect, grey = compare(sample, sample), compare(without_colour(sample), sample)
    assert perfect.psnr_db == float("inf")
    assert perfect.ciede2000 == 0
    assert grey.psnr_db < 40
    assert grey.ciede2000 > 1
    assert grey.colourfulness < 1 < perfect.colourfulness


def test_grey_and_toned_photos_are_known(sample):
    assert not is_grey(sample)
    greyed = without_colour(sample)
    assert is_grey(greyed)
    assert is_grey((greyed * np.array([1.0, 0.88, 0.72])).astype(np.uint8))


@pytest.mark.parametrize("wrong", [{"strength": -0.1}, {"strength": 2.5}, {"net_px": 100}, {"nothing": 1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**wrong)
