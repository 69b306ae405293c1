"""A picture through an autoencoder: what the page says of it, against the model's own answer."""

import numpy as np
import pytest
import torch

from core.autoencoders import (
    EXAMPLES,
    NETWORKS,
    Settings,
    changes,
    decode,
    measured,
    model_of,
    order,
    picture_of,
    said,
    shown,
    through,
)
from core.calibration import probabilities
from core.checkpoints import read, read_card
from core.drawing import DIGITS
from core.errors import SettingsError
from core.inference import predict
from core.models.autoencoder import kl_to_prior

PHOTO = np.zeros((4, 4, 3), np.uint8)


def named(picture: np.ndarray) -> int:
    scores = predict("mnist", picture[None, None].astype(np.float32))
    return int(probabilities(scores, read_card("mnist").calibration["temperature"])[0].argmax())


@pytest.mark.parametrize("network", NETWORKS.values())
def test_figures_are_the_models(network):
    picture = picture_of(Settings(), PHOTO)
    found = through(network, picture)
    model, _card = read(network)
    x = torch.from_numpy(picture[None, None].astype(np.float32) / 255)
    with torch.inference_mode():
        mean, log_variance = model.encode(x)
        expected = -float(model.log_likelihood(model.logits(mean), x))
        decoded = model(x)[0, 0].numpy()
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


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_goes_through(example):
    settings = Settings(**example)
    network = NETWORKS[settings.network]
    moved = changes(settings.moved, len(order(network)))
    found = through(network, picture_of(settings, PHOTO), moved)
    assert np.isfinite(found.decoded).all()
    assert shown(found.decoded).shape == (280, 280, 3)


def test_the_cards_keep_the_bars():
    def figures(name: str) -> dict[str, float]:
        return {key: metric.value for key, metric in measured(name).items()}

    assert figures("ae_mnist_32")["mse"] <= 0.5 * figures("ae_mnist_32")["pca_mse"]
    assert figures("ae_mnist_2")["mse"] <= 0.7 * figures("ae_mnist_2")["pca_mse"]
    vae = figures("vae_mnist_32")
    assert vae["bound_100"] >= -90
    assert vae["sample_confidence"] >= 0.85
    assert vae["sample_entropy"] >= 2.2


@pytest.mark.parametrize("network", NETWORKS.values())
def test_sliders_reach_as_far_as_codes_do(network):
    found = through(network, picture_of(Settings(), np.zeros((1, 1, 3), np.uint8)))
    assert 4 <= found.reach <= 99
    assert found.reach >= np.abs(found.mean).max()
    kept = getattr(model_of(network), "kept_codes", None)
    assert kept is None or found.reach >= float(kept.abs().max())
