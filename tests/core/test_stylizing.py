"""A photo of any size in a style."""

import cv2
import numpy as np
import pytest
import torch

from core import style_features, stylizing, tiles
from core.colour import lightness, rgb_to_lab
from core.errors import SettingsError
from core.images import fit_within
from core.models.style_decoder import statistics
from core.patterns import KINDS, draw
from core.style_features import mixed, style_of
from core.stylizing import sketches, stylize


@pytest.fixture(scope="module")
def style():
    return style_of(draw("mosaic", 3, 256))


@pytest.fixture(scope="module")
def photo(sample):
    image = np.array(fit_within(sample, 240))
    image.setflags(write=False)
    return image


def distance(one, other) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("shape", [(160, 240), (97, 31), (8, 300), (1, 1), (3, 900)])
def test_size_is_kept(style, sample, shape):
    photo = np.resize(sample, (*shape, 3))
    made = stylize(photo, style)
    assert made.shape == photo.shape
    assert made.dtype == np.uint8


def test_without_strength_it_is_the_photo_and_more_goes_further(style, photo):
    gone = [distance(stylize(photo, style, strength), photo) for strength in (0.0, 0.3, 0.7, 1.0)]
    assert gone[0] < 0.6
    assert gone == sorted(gone)
    assert gone[-1] > 15


@pytest.mark.parametrize(("side", "brush"), [(240, 3.0), (800, 1.0)])
def test_what_shows_through_is_the_photo_whatever_the_network_sees(style, sample, side, brush):
    photo = np.ascontiguousarray(np.tile(sample, (1, 2, 1))[:200, :side])
    assert distance(stylize(photo, style, 0.0, brush=brush), photo) < 1
    mask = np.zeros((20, 40), np.float32)
    mask[:, :10] = 1
    masked = stylize(photo, style, brush=brush, mask=mask)
    assert distance(masked[:, side // 2 :], photo[:, side // 2 :]) < 1


def test_colours_are_the_styles_or_the_photos(style, photo):
    painting = draw("mosaic", 3, 256)
    made, kept = stylize(photo, style), stylize(photo, style, keeps_colours=True)
    for channel in range(3):
        assert abs(float(made[..., channel].mean()) - float(painting[..., channel].mean())) < 20
    assert np.abs(rgb_to_lab(kept)[..., 1:] - rgb_to_lab(photo)[..., 1:]).mean() < 4
    assert np.abs(lightness(kept) - lightness(made)).mean() < 2


def test_tiles_leave_no_seams(style, sample, monkeypatch):
    photo = np.ascontiguousarray(np.tile(sample, (2, 2, 1))[:520, :600])
    whole = stylize(photo, style).astype(float)
    monkeypatch.setattr(tiles, "TILE_PX", 256)
    tiled = stylize(photo, style).astype(float)
    gap = np.abs(tiled - whole).mean(2)
    assert gap.mean() < 5  # their tones are known by samples
    assert np.quantile(gap, 0.99) < 15
    seams = np.zeros(photo.shape[:2], bool)
    for at in tiles._parts(photo.shape[0])[1:]:
        seams[at.start - 2 : at.start + 2] = True
    for at in tiles._parts(photo.shape[1])[1:]:
        seams[:, at.start - 2 : at.start + 2] = True
    assert gap[seams].mean() < 1.5 * gap[~seams].mean() + 0.5


@pytest.mark.parametrize(("scale", "level"), [(1.0, 0), (0.1, 200), (0.08, 0)], ids=["as it is", "fog", "night"])
def test_statistics_are_exact_even_where_a_photo_has_hardly_any_contrast(photo, scale, level):
    features = style_features.features_of(style_features.tensor_of((photo * scale + level).astype(np.uint8)))
    mean, spread = style_features.statistics_of(style_features.sums_of(features))
    for layer in style_features.TOLD:
        true_mean, true_spread = statistics(features[layer].float().cpu())
        assert torch.allclose(mean[layer], true_mean, rtol=0.02, atol=2e-3)
        assert torch.allclose(spread[layer], true_spread, rtol=0.03, atol=2e-3)


@pytest.mark.parametrize("brush", [1.0, 2.0])
def test_a_large_photo_shows_what_the_small_one_did(style, sample, brush):
    photo = cv2.resize(sample, (1200, 800), interpolation=cv2.INTER_CUBIC)
    whole, small = stylize(photo, style, brush=brush), stylize(fit_within(photo, stylizing.VIEW_PX), style, brush=brush)
    assert distance(fit_within(whole, stylizing.VIEW_PX), small) < 3
    enlarged = cv2.resize(small, (1200, 800), interpolation=cv2.INTER_CUBIC)
    assert (
        cv2.Laplacian(lightness(whole), cv2.CV_32F).std() > 1.3 * cv2.Laplacian(lightness(enlarged), cv2.CV_32F).std()
    )


def test_a_picture_has_no_frame(style, photo):
    wide = cv2.copyMakeBorder(photo, 64, 64, 64, 64, cv2.BORDER_REFLECT_101)
    gap = stylize(photo, style).astype(float) - stylize(wide, style)[64:-64, 64:-64]
    inner = np.zeros(photo.shape[:2], bool)
    inner[12:-12, 12:-12] = True
    assert np.abs(gap[~inner]).mean() < 20
    assert abs(gap[~inner].mean()) < 6


def test_outside_a_mask_stands_the_photo_or_the_second_style(style, photo):
    mask = np.zeros((40, 60), np.float32)
    mask[:, :30] = 1
    other = style_of(draw("hatching", 1, 256))
    half = photo.shape[1] // 2
    made = stylize(photo, style, mask=mask)
    assert distance(made[:, half + 12 :], photo[:, half + 12 :]) < 0.6
    assert distance(made[:, : half - 12], stylize(photo, style)[:, : half - 12]) < 0.6
    two = stylize(photo, style, mask=mask, outside=other)
    assert distance(two[:, half + 12 :], stylize(photo, other)[:, half + 12 :]) < 0.6


def test_a_mix_goes_from_one_style_to_the_other(style, photo):
    other = style_of(draw("hatching", 1, 256))
    first, second = stylize(photo, style), stylize(photo, other)
    assert distance(stylize(photo, mixed(style, other, 0.0)), first) < 0.6
    assert distance(stylize(photo, mixed(style, other, 1.0)), second) < 0.6
    between = stylize(photo, mixed(style, other, 0.5))
    assert max(distance(between, first), distance(between, second)) < distance(first, second)


def test_a_larger_brush_is_coarser(style, photo):
    fine, coarse = (np.abs(np.diff(lightness(stylize(photo, style, brush=brush)), axis=1)).mean() for brush in (1, 3))
    assert coarse < 0.8 * fine


def test_progress_goes_up_to_the_end(style, sample):
    told: list[float] = []
    photo = np.ascontiguousarray(np.tile(sample, (1, 3, 1))[:, :1100])
    assert stylize(photo, style, progress=told.append).shape == photo.shape
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    assert len(told) >= 5


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((1, 1, 3), np.uint8), "style_too_small"),
        (np.zeros((7, 500, 3), np.uint8), "style_too_small"),
        (np.full((64, 64, 3), 77, np.uint8), "style_of_one_colour"),
    ],
)
def test_what_is_no_style_is_said(image, reason):
    with pytest.raises(SettingsError) as caught:
        style_of(image)
    assert caught.value.reason == reason


def test_a_strip_is_a_style():
    strip = draw("waves", 1, 256)[:8]
    assert all(np.isfinite(spread.numpy()).all() for spread in style_of(strip).spread.values())


def test_a_sketch_is_what_a_small_photo_becomes(photo):
    small = fit_within(photo, 96)
    styles = [style_of(draw(kind, 1, 96)) for kind in KINDS]
    found = sketches(small, styles)
    assert len(found) == len(styles) > stylizing.SKETCHED
    for made, style in zip(found, styles, strict=True):
        assert np.array_equal(made, stylize(small, style))
