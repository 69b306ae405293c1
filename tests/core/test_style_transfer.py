"""The page's own subject: a photo in a style, a mask, and a decoder that is refined on one style."""

import pickle

import numpy as np
import pytest
import torch

from core import style_transfer, stylizing
from core.checkpoints import read_card
from core.errors import SettingsError
from core.images import fit_within
from core.jobs import jobs
from core.patterns import draw
from core.style_features import style_of
from core.style_task import StyleSettings
from core.style_transfer import (
    EXAMPLES,
    OWN,
    OWN_TOO,
    Lately,
    Refining,
    Settings,
    about,
    all_styles,
    channel,
    mask_of,
    start,
    stylized,
    view,
)
from core.styles import KINDS
from core.stylizing import stylize
from tests.core.test_train_vae import opened


@pytest.fixture(scope="module")
def photo(sample):
    return np.array(fit_within(sample, 160))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(style_transfer, "REFINING", StyleSettings(epochs=1, n_steps=3, batch_size=2, side_px=32))


def test_the_page_stylizes_as_the_network_does(photo):
    found = stylized(photo, Settings(style="Waves", seed=4, strength=0.8))
    assert np.array_equal(found.image, stylize(photo, style_of(draw("waves", 4, 448)), 0.8))
    assert found.second is None
    assert found.mask is None
    assert found.seen == (photo.shape[1], photo.shape[0])


def test_what_was_made_lately_is_made_once_and_is_what_would_be_made_anew(photo, monkeypatch):
    lately, looks = Lately(), []
    real = stylizing._looked_through
    monkeypatch.setattr(stylizing, "_looked_through", lambda *about: looks.append(1) or real(*about))
    chosen = [Settings(strength=strength) for strength in (1.0, 0.5, 0.7)]
    made = [stylized(photo, settings, {}, None, lately) for settings in chosen]
    assert len(looks) == 1  # the photo is looked at once
    assert [stylized(photo, settings, {}, None, lately) for settings in chosen] == made  # the very same
    for settings, found in zip(chosen, made, strict=True):
        assert np.array_equal(found.image, stylized(photo, settings, {}).image)
    other = stylized(255 - photo, chosen[0], {}, None, lately)
    assert np.array_equal(other.image, stylized(255 - photo, chosen[0], {}).image)
    mine = Settings(style="Your picture")
    waves = [stylized(photo, mine, {OWN: draw("waves", seed, 64)}, None, lately).image for seed in (1, 2)]
    assert not np.array_equal(*waves)
    assert stylized(photo, chosen[0], {}, None, lately) is not made[0]  # no more than the latest four
    assert len(lately._made) == style_transfer.N_LATELY


def test_nothing_that_was_seen_goes_to_another_process(photo):
    lately = Lately()
    stylized(photo, Settings(), {}, None, lately)
    assert len(pickle.dumps(lately)) < 200


def test_a_second_style_is_mixed_in_or_stands_outside(photo):
    alone = stylized(photo, Settings()).image.astype(int)
    mixed = stylized(photo, Settings(second="Mosaic", mix=1.0)).image
    mosaic = stylized(photo, Settings(style="Mosaic")).image.astype(int)
    assert np.abs(mixed - mosaic).mean() < 0.6
    masked = stylized(photo, Settings(second="Mosaic", mask="0,0 0,100", mask_width=0.9))
    assert masked.mask is not None
    assert np.abs(masked.image[:, :8] - alone[:, :8]).mean() < 1
    assert np.abs(masked.image[:, -8:] - mosaic[:, -8:]).mean() < 1


def test_a_mask_has_the_photos_proportions_and_soft_edges():
    mask = mask_of([[(0.5, 0.5), (0.5, 0.5)]], 0.5, (100, 400, 3))
    assert mask.shape == (64, 256)
    assert mask[32, 128] > 0.99
    assert mask[32, 0] == 0
    assert len(np.unique(mask)) > 10
    assert mask_of([], 0.5, (100, 400, 3)) is None


def test_a_wrong_mask_is_said(photo):
    with pytest.raises(SettingsError) as caught:
        stylized(photo, Settings(mask="here"))
    assert caught.value.reason == "strokes"


def test_examples_are_settings(photo):
    for values in EXAMPLES.values():
        assert stylized(photo, Settings(**values)).image.shape == photo.shape


def test_all_styles_and_ones_own(photo):
    assert [name for name, _ in all_styles(photo, {})] == list(KINDS)
    assert [name for name, _ in all_styles(photo, {OWN_TOO: draw("waves", 9, 64)})] == [*KINDS, OWN_TOO]


def test_two_pictures_of_ones_own_are_mixed(photo):
    own = {OWN: draw("waves", 9, 96), OWN_TOO: draw("mosaic", 3, 96)}
    both = stylized(photo, Settings(style=OWN, second=OWN_TOO, mix=0.5), own)
    assert both.second is own[OWN_TOO]
    made = [stylized(photo, Settings(style=OWN, second=OWN_TOO, mix=share), own).image for share in (0.0, 1.0)]
    apart = np.abs(made[0].astype(int) - made[1]).mean()
    assert all(0 < np.abs(both.image.astype(int) - end).mean() < apart for end in made)


def test_the_channel_shown_is_what_the_styles_have(photo):
    style = draw("mosaic", 1, 256)
    found = channel(photo, style)
    ours, theirs = style_of(photo), style_of(style)
    assert found.mean == pytest.approx(float(ours.mean["relu4_1"][0, found.at]))
    assert found.style_spread == pytest.approx(float(theirs.spread["relu4_1"][0, found.at]))


@pytest.mark.parametrize("shape", [(1, 1), (6, 300), (90, 120)])
def test_a_channel_is_shown_of_any_photo(shape):
    found = channel(np.full((*shape, 3), 255, np.uint8), draw("mosaic", 1, 64))
    assert np.isfinite([found.mean, found.spread, found.style_mean, found.style_spread]).all()


def test_a_view_is_small(sample):
    assert max(view(np.tile(sample, (3, 3, 1))).shape) == 640


def test_refining_changes_the_decoder_and_shows_the_photo(photo, quick, monkeypatch):
    monkeypatch.setattr(style_transfer, "LOOK_EVERY", 1)
    work = Refining(photo, Settings(), {})
    before = {name: p.detach().clone() for name, p in work.decoder.named_parameters()}
    first = work.preview
    assert work.result() is None
    while work.step():
        pass
    header, body = opened(work.frame())
    assert header["step"] == 3
    seconds, distances = zip(*work.line, strict=True)
    assert len(distances) == 5  # before, after each step, and with the weights that stay
    assert list(seconds) == sorted(seconds)
    again = work.task.measured(work.crops)
    assert distances[-1] == pytest.approx(again["style"] + again["texture"], abs=1e-6)
    assert len(set(distances)) == 4  # the same weights are as far again
    assert header["share"] == 1
    width, height = header["pictures"][0]
    assert np.array_equal(np.frombuffer(body, np.uint8).reshape(height, width, 3), work.preview)
    assert not np.array_equal(first, work.preview)
    after = work.result()
    assert after is not None
    assert any(not torch.equal(before[name], p) for name, p in after.named_parameters())
    assert np.array_equal(stylized(photo, Settings(), {}, after).image, work.preview)


def test_refining_comes_nearer_to_the_style(photo, monkeypatch):
    settings = style_transfer.REFINING.model_copy(update={"minutes": None, "epochs": 1, "n_steps": 16})
    monkeypatch.setattr(style_transfer, "REFINING", settings)
    work = Refining(photo, Settings(style="Mosaic"), {})
    while work.step():
        pass
    assert work.line[-1][1] < 0.98 * work.line[0][1]


def test_the_shipped_decoder_is_not_touched(photo, quick):
    expected = stylized(photo, Settings()).image
    work = Refining(photo, Settings(), {})
    while work.step():
        pass
    assert np.array_equal(stylized(photo, Settings()).image, expected)


def test_a_refinement_is_about_its_style_alone():
    own, other = ({OWN: draw("waves", seed, 64)} for seed in (9, 10))
    assert about(Settings(), {}) == about(Settings(strength=0.2, brush=2.0), own)
    assert about(Settings(), {}) != about(Settings(seed=2), {})
    assert about(Settings(style=OWN), own) != about(Settings(style=OWN), other)


def test_what_is_no_style_begins_no_job(photo):
    n = len(jobs()._jobs)
    with pytest.raises(SettingsError) as caught:
        start(photo, Settings(style=OWN), {OWN: np.zeros((64, 64, 3), np.uint8)})
    assert caught.value.reason == "style_of_one_colour"
    assert len(jobs()._jobs) == n


def test_the_card_keeps_the_bars():
    found = {metric.name: metric.value for metric in read_card("style").metrics}
    assert found["texture"] <= 0.75
    assert found["ghost"] <= 0.15
    assert found["ssim_l"] >= 0.35
    assert found["edges"] >= 0.5
    assert found["colour"] <= 1.0
    assert found["own_nearest"] >= 0.80


def test_a_picture_that_is_no_style_is_left_out_of_the_gallery(photo):
    flat = np.full((64, 64, 3), 90, np.uint8)
    assert [name for name, _ in all_styles(photo, {OWN: flat, OWN_TOO: draw("waves", 9, 64)})] == [*KINDS, OWN_TOO]
