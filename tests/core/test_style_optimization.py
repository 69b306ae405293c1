"""Pixels that are changed until they have a style."""

import urllib.error

import numpy as np
import pytest
import torch

from core import style_optimization
from core.errors import SettingsError
from core.images import fit_within
from core.patterns import draw
from core.style_optimization import (
    EXAMPLES,
    LAYERS,
    OWN,
    VGG19,
    Optimization,
    Settings,
    about,
    features_of,
    gram,
    gram_picture,
    objective_of,
    parts_of,
    relative,
)
from core.vision import torchvision
from tests.core.test_train_vae import opened

QUICK = Settings(steps=10, size_px=128)


@pytest.fixture(scope="module")
def photo(sample):
    return np.array(fit_within(sample, 128))


def tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255


def test_gram_is_the_mean_product_of_channels():
    x = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    expected = torch.einsum("bchw,bdhw->bcd", x, x) / 20
    assert torch.allclose(gram(x), expected, atol=1e-6)


def test_relative_is_one_from_nothing_and_none_at_the_aim():
    wanted = torch.tensor([3.0, 4.0])
    assert float(relative(torch.zeros(2), wanted)) == 1
    assert float(relative(wanted, wanted)) == 0


def test_the_photo_has_its_content_and_the_style_its_grams(photo):
    features, style = features_of("tiny VGG"), draw("mosaic", 1, 128)
    wanted = objective_of(features, tensor(photo), tensor(style), QUICK)
    of_photo = parts_of(features, tensor(photo), wanted, QUICK)
    assert float(of_photo["content"]) == 0
    of_style = parts_of(features, tensor(style), objective_of(features, tensor(style), tensor(style), QUICK), QUICK)
    assert all(float(of_style[layer]) == 0 for layer in QUICK.style_layers)
    assert all(float(of_photo[layer]) > 0 for layer in QUICK.style_layers)


def test_weights_weigh(photo):
    features, style = features_of("tiny VGG"), tensor(draw("mosaic", 1, 128))
    one, other = QUICK, Settings(content_weight=3.0, style_weight=20.0, smoothness=0.0)
    x, wanted = tensor(photo).flip(3), objective_of(features, tensor(photo), style, one)
    ours, theirs = parts_of(features, x, wanted, one), parts_of(features, x, wanted, other)
    assert float(theirs["content"]) == pytest.approx(3 * float(ours["content"]))
    assert float(theirs["relu1_1"]) == pytest.approx(2 * float(ours["relu1_1"]))
    assert float(theirs["smoothness"]) == 0 < float(ours["smoothness"])


@pytest.mark.parametrize("start", ["photo", "noise"])
def test_steps_go_from_coarse_to_fine_and_down(photo, start):
    run = Optimization(photo, Settings(steps=40, size_px=128, start=start, rate=0.05), {})
    assert run.x.shape[3] == photo.shape[1] // 2
    while run.step():
        pass
    assert run.x.shape[2:] == photo.shape[:2]
    losses = [loss for _, loss in run.line]
    assert len(losses) == 40
    assert losses[19] < 0.8 * losses[0]
    assert losses[39] < losses[20]
    assert float(run.x.min()) >= 0
    assert float(run.x.max()) <= 1
    assert run.line == sorted(run.line)


def test_a_frame_holds_both_pictures_and_the_race(photo):
    run = Optimization(photo, QUICK, {})
    header, body = opened(run.frame())
    assert header["step"] == 0
    run.step()
    header, body = opened(run.frame())
    assert header["step"] == len(header["line"]) == 1
    sizes = [width * height * 3 for width, height in header["pictures"]]
    assert len(body) == sum(sizes)
    fast = np.frombuffer(body[sizes[0] :], np.uint8).reshape(run.fast.shape)
    assert np.array_equal(fast, run.fast)
    assert header["parts"].keys() == {"content", *QUICK.style_layers, "smoothness"}
    assert header["fast"]["loss"] == pytest.approx(sum(run.fast_parts.values()), rel=1e-2)


def test_both_ways_are_measured_alike(photo):
    run = Optimization(photo, QUICK, {})
    while run.step():
        pass
    found = run.result()
    features = features_of("tiny VGG")
    wanted = objective_of(features, run.photo, run.style, QUICK)
    again = parts_of(features, tensor(found.fast), wanted, QUICK)
    assert found.fast_loss == pytest.approx(sum(float(part) for part in again.values()), rel=1e-4)
    assert found.steps == QUICK.steps
    for layer, (made, theirs) in found.grams.items():
        assert np.allclose(theirs, gram(features(run.style)[layer])[0].numpy(), rtol=1e-4)
        assert made.shape == theirs.shape


@pytest.mark.parametrize(("height", "width"), [(1, 1), (16, 640), (640, 9)])
def test_narrow_pictures_run(height, width):
    narrow = np.array(draw("shapes", 1, 640)[:height, :width])
    own = {OWN: draw("waves", 9, 768)[:20]}
    run = Optimization(narrow, Settings(steps=10, size_px=128, style=OWN), own)
    while run.step():
        pass
    assert np.isfinite(run.result().loss)


def test_examples_run(photo):
    for values in EXAMPLES.values():
        run = Optimization(photo, Settings(**{**values, "steps": 10, "size_px": 128}), {})
        assert run.step()


def test_a_run_is_about_photo_settings_and_style(photo):
    own, other = ({OWN: draw("waves", seed, 64)} for seed in (9, 10))
    assert about(photo, QUICK, {}) == about(photo.copy(), QUICK, own)
    assert about(photo, QUICK, {}) != about(photo[::-1].copy(), QUICK, {})
    mine = Settings(style=OWN)
    assert about(photo, mine, own) != about(photo, mine, other)


def test_a_gram_picture_goes_from_black_to_white():
    made = gram_picture(np.array([[4.0, 1.0], [1.0, 0.0]]), 4.0)
    assert made[..., 0].tolist() == [[255, 128], [128, 0]]
    assert gram_picture(np.ones((256, 256)), 1.0).shape == (64, 64, 3)


def test_vgg19_is_read_behind_the_relus_of_its_names(monkeypatch):
    whole = torchvision("models").vgg19(weights=None).features.eval()
    style_optimization._fetched_vgg19.cache_clear()
    monkeypatch.setattr(style_optimization, "_vgg19", lambda: whole)
    x = torch.rand(1, 3, 32, 48)
    with torch.no_grad():
        found = features_of("VGG-19")(x)
    assert list(found) == list(LAYERS)
    widths = {"1": 64, "2": 128, "3": 256, "4": 512}
    for name, y in found.items():
        stage = name[4]
        assert y.shape == (1, widths[stage], 32 >> int(stage) - 1, 48 >> int(stage) - 1)
        assert isinstance(whole[VGG19[name]], torch.nn.ReLU)
        assert float(y.min()) >= 0
    mean, spread = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    normal = (x - torch.tensor(mean)[:, None, None]) / torch.tensor(spread)[:, None, None]
    with torch.no_grad():
        assert torch.allclose(found["relu1_2"], whole[:4](normal), atol=1e-5)


def test_without_a_network_vgg19_is_not_to_be_had(monkeypatch):
    def refuse(weights):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(torchvision("models"), "vgg19", refuse)
    style_optimization._fetched_vgg19.cache_clear()
    with pytest.raises(SettingsError) as caught:
        features_of("VGG-19")
    assert caught.value.reason == "no_vgg19"
