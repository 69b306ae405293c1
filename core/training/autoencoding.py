"""The task of bringing pictures through a short code."""

from typing import Any, Protocol

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from core.training.fit import Batch, FitSettings
from core.training.seed import batch_generator

BATCH_WITHOUT_TRAINING = 500


class AutoencodingSettings(FitSettings):
    """How an autoencoder is trained."""

    batch_size: int = Field(250, ge=1, description="pictures in a step")
    beta: float = Field(1.0, ge=0, description="weight of the KL term (Higgins et al. 2017)")
    binarised_share: float = Field(
        0.5, ge=0, le=1, description="of the batches of a Bernoulli likelihood, drawn as 0 and 1 anew each time"
    )
    most_noise: float = Field(0.0, ge=0, description="standard deviation of the noise, drawn for each picture up to it")
    hole_share: float = Field(0.0, ge=0, le=1, description="of the pictures that get a grey rectangle")
    mirrors: bool = Field(False, description="mirror half of the pictures")
    clip_norm: float | None = None


class Coder(Protocol):
    """What the task asks of a model besides being an nn.Module (core.models.autoencoder)."""

    is_variational: bool

    @property
    def likelihood(self) -> str:
        """ "none", "bernoulli" or "gaussian"."""
        ...

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures -> mean and logarithm of the variance of their codes."""
        ...

    def logits(self, code: Tensor) -> Tensor:
        """Codes -> pictures before the sigmoid."""
        ...

    def decode(self, code: Tensor) -> Tensor:
        """Codes -> pictures, 0 to 1."""
        ...

    def log_likelihood(self, logits: Tensor, x: Tensor) -> Tensor:
        """Of each picture, in nats."""
        ...

    def kl(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Of each number of each code to the prior, in nats."""
        ...


class AutoencodingTask:
    """The negative evidence lower bound in nats, or squared error, of pictures that fit in memory.

    Args:
        model: plain or variational.
        pictures: (N, C, H, W) uint8.
        held_out: (M, C, H, W) uint8, for the curve; never trained on.
        settings: batches, weights, noise, seed.
    """

    def __init__(self, model: Coder, pictures: Tensor, held_out: Tensor, settings: AutoencodingSettings) -> None:
        self.model: Any = model
        self.likelihood = model.likelihood
        self.pictures, self.held_out, self.settings = pictures, held_out, settings
        self.n_batches = max(1, len(pictures) // settings.batch_size)

    def batch(self, epoch: int, index: int) -> Batch:
        """What goes in and what is to come out, (B, C, H, W), 0 to 1."""
        settings, random = self.settings, batch_generator(self.settings.seed, epoch, index)
        order = np.random.default_rng((settings.seed, epoch)).permutation(len(self.pictures))
        rows = order[index * settings.batch_size :][: settings.batch_size]
        y = self.pictures[torch.from_numpy(rows)].float() / 255
        if settings.mirrors:
            mirrored = torch.from_numpy(random.random(len(y)) < 0.5)
            y = torch.where(mirrored[:, None, None, None], y.flip(3), y)
        if self.likelihood == "bernoulli" and random.random() < settings.binarised_share:
            y = (torch.from_numpy(random.random(y.shape, np.float32)) < y).float()
        return {"x": damaged(y, settings.most_noise, settings.hole_share, random), "y": y}

    def losses(self, model: Any, batch: Batch) -> dict[str, Tensor]:
        """Reconstruction and KL in nats a picture; for a plain autoencoder the sum of the squared errors."""
        mean, log_variance = model.encode(batch["x"])
        if not model.is_variational:
            return {"reconstruction": -model.log_likelihood(model.logits(mean), batch["y"]).mean()}
        code = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        reconstruction = -model.log_likelihood(model.logits(code), batch["y"]).mean()
        kl = model.kl(mean, log_variance).sum(1).mean()
        return {"reconstruction": reconstruction, "kl": self.settings.beta * kl}

    def validate(self, model: Any) -> dict[str, float]:
        """Of what is held out: the bound that is trained for (greater is better), its parts, the squared error."""
        where = next(model.parameters()).device
        random = np.random.default_rng(self.settings.seed)
        likelihood = kl = error = 0.0
        for part in self.held_out.split(BATCH_WITHOUT_TRAINING):
            y = part.float() / 255
            x = damaged(y, self.settings.most_noise, self.settings.hole_share, random).to(where)
            y = y.to(where)
            mean, log_variance = model.encode(x)
            noise = torch.from_numpy(random.standard_normal(mean.shape, np.float32)).to(where)
            code = mean + noise * (0.5 * log_variance).exp() if model.is_variational else mean
            likelihood += float(model.log_likelihood(model.logits(code), y).sum())
            kl += float(model.kl(mean, log_variance).sum()) if model.is_variational else 0.0
            error += float(((model.decode(mean) - y) ** 2).flatten(1).mean(1).sum())
        n = len(self.held_out)
        found = {"mse": error / n}
        if model.is_variational:
            return {"bound": (likelihood - self.settings.beta * kl) / n, "held_out_kl": kl / n, **found}
        return {"negative_mse": -error / n, **found}


def damaged(y: Tensor, most_noise: float, hole_share: float, random: np.random.Generator) -> Tensor:
    """Pictures with noise and holes, still 0 to 1; a new tensor.

    Args:
        y: (B, C, H, W), 0 to 1.
        most_noise: the greatest standard deviation; each picture gets one of its own between 0 and it.
        hole_share: how many of the pictures get a grey rectangle of a quarter to a half of each side.
        random: where all of it comes from.
    """
    if not most_noise and not hole_share:
        return y
    n, _, height, width = y.shape
    sigma = random.uniform(0, most_noise, (n, 1, 1, 1)).astype(np.float32)
    x = y + torch.from_numpy(sigma * random.standard_normal(y.shape, np.float32))
    for at in np.flatnonzero(random.random(n) < hole_share):
        h, w = (int(random.integers(side // 4, side // 2 + 1)) for side in (height, width))
        top, left = int(random.integers(height - h + 1)), int(random.integers(width - w + 1))
        x[at, :, top : top + h, left : left + w] = 0.5
    return x.clamp(0, 1)
