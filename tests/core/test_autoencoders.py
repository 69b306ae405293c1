"""A picture through an autoencoder: what the page says of it, against the model's own answer."""

import numpy as np
import pytest
import torch

from core.autoencoders import (
    EXAMPLES,
    NETWORKS,
    OF_PHOTOS,
    Settings,
    changes,
    decode,
    measured,
    model_of,
    order,
    picture_of,
    said,
    shown,
    strip,
    through,
)
from core.calibration import probabilities
from core.checkpoints import read, read_card
from core.drawing import DIGITS
from core.errors import SettingsError
from core.images import decode as decode_file
from core.inference import predict
from core.models.autoencoder import kl_to_prior
from ui.files import ROOT

PHOTO = np.zeros((4, 4, 3), np.uint8)


def named(picture: np.ndarray) -> int:
    scores = predict("mnist", picture[None, None].astype(np.float32))
    return int(probabilities(scores, read_card("mnist").calibration["temperature"])[0].argmax())


@pytest.fixture(scope="module")
def cat():
    return decode_file((ROOT / "ui" / "assets" / "samples" / "chelsea.jpg").read_bytes())


@pytest.mark.parametrize("name", NETWORKS)
def test_figures_are_the_models(name, cat):
    network, picture = NETWORKS[name], picture_of(Settings(network=name), cat)
    found = through(network, picture)
    model, _card = read(network)
    y = picture.reshape(*picture.shape[:2], -1)
    x = torch.from_numpy(y.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    with torch.inference_mode():
        mean, log_variance = model.encode(x)
        expected = -float(model.log_likelihood(model.logits(mean), x))
        decoded = model(x)[0].permute(1, 2, 0).numpy().reshape(picture.shape)
    assert np.abs(found.mean - mean[0].numpy()).max() < 0.03 * max(1.0, float(mean.abs().max()))  # bf16
    assert found.reconstruction == pytest.approx(expected, rel=0.03)
    assert np.abs(found.decoded - decoded).mean() < 0.01
    assert found.mse == pytest.approx(float(((decoded - picture / 255) ** 2).mean()), abs=5e-4)
    if model.is_variational:
        assert found.kl.sum() == pytest.approx(float(kl_to_prior(mean, log_variance).sum()), rel=0.03)
        assert (found.sigma > 0).all()
    else:
        assert not found.kl.any()
        assert not found.sigma.any()
    assert not found.is_changed


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_comes_back_as_itself_out_of_32_numbers(digit):
    found = through("vae_mnist_32", picture_of(Settings(strokes=DIGITS[digit]), PHOTO))
    assert named(found.decoded) == int(digit)
    assert found.mse < 0.02


def test_a_moved_number_changes_the_picture_and_not_the_loss():
    picture = picture_of(Settings(), PHOTO)
    before = through("vae_mnist_32", picture)
    first = int(before.order[0])
    after = through("vae_mnist_32", picture, {first: 3.0})
    assert after.code[first] == 3.0
    assert np.array_equal(np.delete(after.code, first), np.delete(before.mean, first))
    assert after.reconstruction == pytest.approx(before.reconstruction, rel=1e-3)
    assert np.abs(after.decoded - before.decoded).max() > 0.2
    assert after.is_changed
    again = decode("vae_mnist_32", after.code[None])[0]
    assert np.abs(again - after.decoded).max() < 0.02


def test_what_tells_most_comes_first():
    told = read_card("vae_mnist_32").calibration["kl_by_dimension"]
    assert [told[at] for at in order("vae_mnist_32")] == sorted(told, reverse=True)
    assert order("ae_mnist_32").tolist() == list(range(32))


def test_changes_are_read_and_written():
    assert changes("3:1.5 12:-2", 12) == {2: 1.5, 11: -2.0}
    assert changes("3:1.5 12:-2", 2) == {}
    assert changes("0:1", 2) == {}
    assert changes("1:99.5", 2) == {0: 99.0}
    assert changes(said({0: -1.25, 4: 3.0}), 8) == {0: -1.25, 4: 3.0}
    for text in ("x", "1", "1:", "1:1e9", "1:2:3", "1:nan"):
        with pytest.raises(SettingsError) as caught:
            changes(text, 8)
        assert caught.value.reason == "moved"


def test_an_empty_sheet_and_an_empty_photo_are_told():
    for settings in (Settings(strokes=""), Settings(strokes=" ; "), Settings(source="photo")):
        with pytest.raises(SettingsError) as caught:
            picture_of(settings, np.full((50, 60, 3), 90, np.uint8))
        assert caught.value.reason == "nothing_drawn"


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (300, 2), (28, 28), (301, 200)])
def test_a_photo_of_any_shape_goes_in(shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    before = photo.copy()
    try:
        assert picture_of(Settings(source="photo"), photo).shape == (28, 28)
    except SettingsError as error:
        assert error.reason == "nothing_drawn"
        assert min(shape) == 1
    assert np.array_equal(photo, before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (300, 2), (64, 64), (301, 200)])
def test_the_network_of_photos_takes_the_middle_of_any_photo(shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    before = photo.copy()
    picture = picture_of(Settings(network=OF_PHOTOS), photo)
    assert picture.shape == (64, 64, 3)
    assert np.array_equal(photo, before)
    if shape == (64, 64):
        assert np.array_equal(picture, photo)
    found = through(NETWORKS[OF_PHOTOS], picture)
    assert found.decoded.shape == picture.shape
    assert np.isfinite(found.decoded).all()


def test_a_photo_comes_back_nearer_than_its_mean_colour(cat):
    picture = picture_of(Settings(network=OF_PHOTOS), cat)
    found = through(NETWORKS[OF_PHOTOS], picture)
    levels = picture / 255
    assert found.mse < 0.5 * float(((levels - levels.mean((0, 1))) ** 2).mean())
    redness = [np.corrcoef(found.decoded[..., at].ravel(), levels[..., at].ravel())[0, 1] for at in range(3)]
    assert min(redness) > 0.7


def test_pictures_in_rows_keep_their_places():
    grey = np.arange(5, dtype=np.float32)[:, None, None] / 255 * np.ones((5, 2, 2), np.float32)
    made = strip(grey, 3)
    assert made.shape == (4, 6, 3)
    assert made[0, ::2, 0].tolist() == [0, 1, 2]
    assert made[2, ::2, 0].tolist() == [3, 4, 0]
    coloured = strip(grey[..., None] * np.array([1, 0, 0], np.float32), 3)
    assert np.array_equal(coloured[..., 0], made[..., 0])
    assert not coloured[..., 1:].any()


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_goes_through(example):
    settings = Settings(**example)
    network = NETWORKS[settings.network]
    moved = changes(settings.moved, len(order(network)))
    found = through(network, picture_of(settings, PHOTO), moved)
    assert np.isfinite(found.decoded).all()
    assert shown(found.decoded).shape == ((256, 256, 3) if settings.network == OF_PHOTOS else (280, 280, 3))


def test_the_cards_keep_the_bars():
    def figures(name: str) -> dict[str, float]:
        return {key: metric.value for key, metric in measured(name).items()}

    assert figures("ae_mnist_32")["mse"] <= 0.5 * figures("ae_mnist_32")["pca_mse"]
    assert figures("ae_mnist_2")["mse"] <= 0.7 * figures("ae_mnist_2")["pca_mse"]
    vae = figures("vae_mnist_32")
    assert vae["bound_100"] >= -90
    assert vae["sample_confidence"] >= 0.85
    assert vae["sample_entropy"] >= 2.2
    assert figures("vae_photos")["mse"] < figures("vae_photos")["pca_mse"]


@pytest.mark.parametrize("name", NETWORKS)
def test_sliders_reach_as_far_as_codes_do(name):
    network = NETWORKS[name]
    found = through(network, picture_of(Settings(network=name), np.zeros((1, 1, 3), np.uint8)))
    assert 4 <= found.reach <= 99
    assert found.reach >= np.abs(found.mean).max()
    kept = getattr(model_of(network), "kept_codes", None)
    assert kept is None or found.reach >= float(kept.abs().max())
