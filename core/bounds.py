"""How probable a variational autoencoder makes pictures: bounds on log p(x), in nats."""

import math

import numpy as np
import torch
from torch import Tensor

from core.models.autoencoder import Autoencoder, kl_to_prior

PART = 250


def binarised(pictures: np.ndarray, seed: int) -> np.ndarray:
    """Grey levels as 0 and 1, drawn once with these chances (Salakhutdinov, Murray 2008).

    Args:
        pictures: (N, H, W) uint8.
        seed: of the drawing.

    Returns:
        (N, H, W) uint8, 0 or 255.

    >>> binarised(np.array([[[0, 255]]], np.uint8), seed=0).tolist()
    [[[0, 255]]]
    """
    chances = np.random.default_rng(seed).random(pictures.shape, np.float32)
    return np.where(chances < pictures.astype(np.float32) / 255, np.uint8(255), np.uint8(0))


@torch.inference_mode()
def evidence_lower_bound(model: Autoencoder, pictures: Tensor, seed: int = 0) -> tuple[float, float]:
    """Mean ELBO with one sample a picture (Kingma, Welling 2014, equation 7), and the mean KL term in it.

    Args:
        model: variational, in eval mode.
        pictures: (N, C, H, W) uint8.
        seed: of the samples.

    Returns:
        Both in nats a picture.
    """
    where, random = next(model.parameters()).device, np.random.default_rng(seed)
    bound = kl = 0.0
    for part in pictures.split(PART):
        x = part.to(where).float() / 255
        mean, log_variance = model.encode(x)
        code = mean + _normal(random, mean) * (0.5 * log_variance).exp()
        here = kl_to_prior(mean, log_variance).sum(1)
        bound += float((model.log_likelihood(model.logits(code), x) - here).sum())
        kl += float(here.sum())
    return bound / len(pictures), kl / len(pictures)


@torch.inference_mode()
def importance_weighted_bound(model: Autoencoder, pictures: Tensor, n_samples: int, seed: int = 0) -> float:
    """Mean of log 1/k sum p(x, z_i) / q(z_i | x), z_i from q(z | x) (Burda et al. 2016, equation 8).

    Args:
        model: variational, in eval mode.
        pictures: (N, C, H, W) uint8.
        n_samples: k.
        seed: of the samples.

    Returns:
        Nats a picture; with k = 1 the ELBO, and never lower than with a smaller k but for chance.
    """
    where, random = next(model.parameters()).device, np.random.default_rng(seed)
    total = 0.0
    n_pictures = max(1, PART * 4 // n_samples)
    for part in pictures.split(n_pictures):
        x = part.to(where).float() / 255
        mean, log_variance = (found[:, None].expand(-1, n_samples, -1) for found in model.encode(x))
        noise = _normal(random, mean)
        code = mean + noise * (0.5 * log_variance).exp()
        logits = model.logits(code.flatten(0, 1)).unflatten(0, (len(x), n_samples))
        log_joint = model.log_likelihood(logits, x[:, None]) - 0.5 * (code**2).sum(-1)
        log_posterior = -0.5 * (log_variance + noise**2).sum(-1)  # what both share cancels
        total += float((torch.logsumexp(log_joint - log_posterior, 1) - math.log(n_samples)).sum())
    return total / len(pictures)


def _normal(random: np.random.Generator, like: Tensor) -> Tensor:
    return torch.from_numpy(random.standard_normal(tuple(like.shape), np.float32)).to(like.device)
