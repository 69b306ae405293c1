"""Bounds on the probability of a picture, against closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from core.bounds import binarised, evidence_lower_bound, importance_weighted_bound
from core.models.autoencoder import Autoencoder, kl_to_prior

SHAPE = {"n_code": 3, "size_px": 8, "widths": (4, 8)}


def deaf(likelihood: str, mean: float, log_variance: float) -> Autoencoder:
    """A model whose pictures do not depend on the code, with the same posterior for every picture."""
    torch.manual_seed(0)
    model = Autoencoder(likelihood=likelihood, **SHAPE).eval()
    with torch.no_grad():
        for layer, value in ((model.to_mean, mean), (model.to_log_variance, log_variance)):
            layer.weight.zero_()
            layer.bias.fill_(value)
        model.from_code.weight.zero_()
    return model


@pytest.fixture
def pictures() -> torch.Tensor:
    grey = np.random.default_rng(1).integers(0, 256, (6, 8, 8), np.uint8)
    return torch.from_numpy(binarised(grey, seed=3))[:, None]


def truth(model: Autoencoder, pictures: torch.Tensor) -> float:
    """log p(x), where the code says nothing."""
    x = pictures.double() / 255
    with torch.no_grad():
        chance = model.decode(torch.zeros(1, 3)).double()
    if model.likelihood == "bernoulli":
        return float(torch.where(x > 0.5, chance, 1 - chance).log().flatten(1).sum(1).mean())
    scale = math.exp(float(model.log_sigma.detach()))
    return float(norm.logpdf(x.numpy(), chance.numpy(), scale).reshape(len(x), -1).sum(1).mean())


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_a_posterior_that_is_the_prior_makes_both_bounds_exact(likelihood, pictures):
    model = deaf(likelihood, 0.0, 0.0)
    bound, kl = evidence_lower_bound(model, pictures)
    assert kl == pytest.approx(0, abs=1e-6)
    assert bound == pytest.approx(truth(model, pictures), rel=1e-5)
    assert importance_weighted_bound(model, pictures, 5) == pytest.approx(bound, rel=1e-5)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_another_posterior_costs_its_kl_and_more_samples_win_it_back(likelihood, pictures):
    model = deaf(likelihood, 0.6, -0.4)
    bound, kl = evidence_lower_bound(model, pictures)
    each = 0.5 * (0.6**2 + math.exp(-0.4) - 1 + 0.4)
    assert kl == pytest.approx(3 * each, rel=1e-5)
    exact = truth(model, pictures)
    assert bound == pytest.approx(exact - kl, rel=1e-5)
    many = importance_weighted_bound(model, pictures, 4000)
    assert many == pytest.approx(exact, abs=0.05)
    assert bound < importance_weighted_bound(model, pictures, 20) < exact + 0.05


def test_one_sample_gives_the_evidence_lower_bound_on_average(pictures):
    model = deaf("bernoulli", 0.6, -0.4)
    ones = [importance_weighted_bound(model, pictures, 1, seed) for seed in range(300)]
    spread = np.std(ones) / math.sqrt(len(ones))
    assert abs(np.mean(ones) - evidence_lower_bound(model, pictures)[0]) < 4 * spread


def test_kl_is_torchs_own():
    mean, log_variance = torch.randn(4, 3), torch.randn(4, 3)
    q = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0))
    assert torch.allclose(kl_to_prior(mean, log_variance), expected, atol=1e-6)


def test_drawn_once_they_stay_and_keep_their_mean():
    grey = np.full((200, 10, 10), 64, np.uint8)
    found = binarised(grey, seed=0)
    assert set(np.unique(found)) == {0, 255}
    assert abs((found > 0).mean() - 64 / 255) < 4 * math.sqrt(0.25 * 0.75 / grey.size)
    assert np.array_equal(found, binarised(grey, seed=0))
    assert not np.array_equal(found, binarised(grey, seed=1))


def test_grey_levels_are_worth_their_mean_over_pictures_of_0_and_1():
    model = Autoencoder(**SHAPE)
    logits, grey = torch.randn(1, 1, 8, 8), torch.rand(1, 1, 8, 8)
    ones = model.log_likelihood(logits, torch.ones(1, 1, 8, 8))
    mixed = model.log_likelihood(logits, grey)
    by_pixel = grey * torch.sigmoid(logits).log() + (1 - grey) * torch.sigmoid(-logits).log()
    assert float(mixed) == pytest.approx(float(by_pixel.sum()), rel=1e-5)
    assert float(ones) == pytest.approx(float(torch.sigmoid(logits).log().sum()), rel=1e-5)
