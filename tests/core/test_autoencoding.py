"""The task of autoencoders, and how its recipes measure them."""

import numpy as np
import pytest
import torch

from core.checkpoints import read
from core.data.reader import load
from core.errors import DatasetError
from core.models.autoencoder import Autoencoder
from core.recipes import ae_mnist_2
from core.recipes.autoencoding import errors, figures, fitted_pca, pca_mse, told_apart
from core.training.autoencoding import AutoencodingSettings, AutoencodingTask, damaged
from core.training.classification import as_tensor

SHAPE = {"n_code": 2, "size_px": 8, "widths": (4, 8)}


def pictures(n: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (n, 1, 8, 8), np.uint8))


def test_undamaged_pictures_stay_as_they_are_and_damage_leaves_the_input_alone():
    y = pictures(6).float() / 255
    before = y.clone()
    assert damaged(y, 0.0, 0.0, np.random.default_rng(0)) is y
    x = damaged(y, 0.8, 1.0, np.random.default_rng(0))
    assert torch.equal(y, before)
    assert x.min() >= 0
    assert x.max() <= 1
    assert not torch.equal(x, y)


def test_every_picture_gets_its_hole_and_its_own_noise():
    y = torch.zeros(200, 1, 8, 8)
    holed = damaged(y, 0.0, 1.0, np.random.default_rng(1))
    sides = (holed == 0.5).flatten(1).sum(1)
    assert sides.min() >= 4
    assert sides.max() <= 16
    half = damaged(y, 0.0, 0.5, np.random.default_rng(1))
    assert 70 < int(((half == 0.5).flatten(1).sum(1) > 0).sum()) < 130
    noisy = damaged(torch.full((200, 1, 8, 8), 0.5), 0.2, 0.0, np.random.default_rng(1))
    spread = noisy.flatten(1).std(1)
    assert spread.min() < 0.05
    assert 0.12 < spread.max() < 0.25


def test_bernoulli_batches_are_drawn_as_0_and_1_with_the_right_chances():
    grey = torch.full((400, 1, 8, 8), 64, dtype=torch.uint8)
    settings = AutoencodingSettings(batch_size=400, binarised_share=1.0)
    batch = AutoencodingTask(Autoencoder(**SHAPE), grey, grey[:4], settings).batch(0, 0)
    assert set(batch["y"].unique().tolist()) == {0.0, 1.0}
    assert float(batch["y"].mean()) == pytest.approx(64 / 255, abs=0.01)
    settings = AutoencodingSettings(batch_size=400, binarised_share=0.0)
    batch = AutoencodingTask(Autoencoder(**SHAPE), grey, grey[:4], settings).batch(0, 0)
    assert batch["y"].unique().tolist() == pytest.approx([64 / 255])


def test_the_loss_of_a_plain_autoencoder_is_its_squared_error():
    torch.manual_seed(0)
    model = Autoencoder(likelihood="none", **SHAPE)
    task = AutoencodingTask(model, pictures(10), pictures(4), AutoencodingSettings(batch_size=10))
    batch = task.batch(0, 0)
    losses = task.losses(model, batch)
    expected = ((model(batch["x"]) - batch["y"]) ** 2).sum() / 10
    assert list(losses) == ["reconstruction"]
    assert float(losses["reconstruction"].detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_pca_is_exact_where_pictures_lie_in_a_plane():
    random = np.random.default_rng(0)
    axes = random.random((2, 64))
    mixed = (random.random((50, 2)) @ axes).reshape(50, 1, 8, 8)
    flat = torch.from_numpy(np.round(255 * mixed / mixed.max()).astype(np.uint8))
    assert pca_mse(flat[:40], flat[40:], 2) < 2e-5  # only the rounding is left
    assert pca_mse(flat[:40], flat[40:], 1) > 10 * pca_mse(flat[:40], flat[40:], 2)
    assert fitted_pca(flat[:1].repeat(3, 1, 1, 1), 64).components_.shape[0] == 3


def test_strangers_are_told_by_their_error():
    model = Autoencoder(likelihood="none", **SHAPE).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()  # every picture comes back grey
    grey, strange = torch.full((40, 1, 8, 8), 128, dtype=torch.uint8), torch.zeros(20, 1, 8, 8, dtype=torch.uint8)
    near = grey.clone()
    near[:20] += 20
    assert errors(model, strange) == pytest.approx(np.full(20, 0.25), rel=1e-4)
    found = told_apart(model, near, near, strange)
    assert found["false_alarms"] == (0.0, 40)
    assert found["strangers_found"] == (1.0, 20)
    assert found["stranger_auroc"] == (1.0, 60)


@pytest.mark.parametrize("place", [".", "mnist", "mnist/test.parquet"], ids=["sets", "its own folder", "a file"])
def test_a_checkpoint_is_measured_on_the_pictures_that_are_given(place, made_data, monkeypatch):
    monkeypatch.setenv("CAMADAS_DATA", str(made_data))  # training pictures, where only test pictures are given
    pictures = as_tensor(load("mnist", "test", made_data).stack())
    found = figures(ae_mnist_2.ABOUT, made_data / place)
    assert found["mse"] == pytest.approx(float(errors(read("ae_mnist_2")[0], pictures).mean()), rel=1e-5)
    assert found["psnr_db"] == pytest.approx(-10 * np.log10(found["mse"]), rel=1e-5)
    assert 0 < found["pca_mse"] < found["mse"]


def test_pictures_that_are_not_there_are_told(tmp_path):
    with pytest.raises(DatasetError):
        figures(ae_mnist_2.ABOUT, tmp_path / "nothing.parquet")
