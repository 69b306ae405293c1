"""Autoencoders, plain and variational, for small pictures.

Plain: Hinton, Salakhutdinov, "Reducing the dimensionality of data with neural networks" (2006). Variational: Kingma,
Welling, "Auto-encoding variational Bayes" (2014): a normal prior, a normal posterior of independent dimensions,
section 3. What differs from both: convolutions with residual branches, and resizing by the nearest neighbour before a
convolution instead of a transposed one (Odena et al. 2016).
"""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Likelihood = Literal["none", "bernoulli", "gaussian"]
LEAST_LOG_SIGMA = -4.0  # a picture of one colour would drive it without end
LOG_VARIANCES = (-12.0, 6.0)


def kl_to_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(q(z|x) || p(z)) of each dimension in nats, p standard normal (Kingma, Welling 2014, appendix B).

    Args:
        mean: (B, n_code).
        log_variance: (B, n_code).

    Returns:
        (B, n_code), not below 0.

    >>> kl_to_prior(torch.zeros(1, 2), torch.zeros(1, 2))
    tensor([[0., 0.]])
    """
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)


class Residual(nn.Module):
    """Two convolutions beside a straight way: (B, C, H, W) -> the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        branch: Tensor = self.conv2(F.gelu(self.conv1(F.gelu(x))))
        return x + branch


class Autoencoder(nn.Module):
    """Pictures into a short code, and codes into pictures.

    Args:
        n_code: numbers in a code.
        likelihood: of a pixel given its code: "bernoulli" for pixels of 0 and 1, "gaussian" for grey levels and
            colours, with one standard deviation for all, which is learned; "none" for a plain autoencoder that is
            trained by squared error.
        is_variational: whether codes have a variance; False makes a plain autoencoder with this likelihood.
        size_px: height and width of the pictures, to be halved once for each width.
        n_channels: of the pictures.
        widths: channels after each halving.
        n_kept: codes of known pictures that travel with the weights, so that they can be drawn without the pictures.
        n_axes: principal axes of the training pictures that travel too, for comparison.
    """

    example_shape: tuple[int, ...]
    kept_codes: Tensor
    kept_labels: Tensor
    kept_mean: Tensor
    kept_axes: Tensor
    kl = staticmethod(kl_to_prior)

    def __init__(
        self,
        n_code: int = 2,
        likelihood: Likelihood = "bernoulli",
        size_px: int = 28,
        n_channels: int = 1,
        widths: tuple[int, ...] = (32, 64),
        n_kept: int = 0,
        n_axes: int = 0,
        is_variational: bool = True,
    ) -> None:
        super().__init__()
        self.n_code, self.likelihood = n_code, likelihood
        self.example_shape = (2, n_channels, size_px, size_px)
        self.is_variational = is_variational and likelihood != "none"
        self.smallest = (widths[-1], size_px // 2 ** len(widths), size_px // 2 ** len(widths))
        down: list[nn.Module] = []
        n_in = n_channels
        for width in widths:
            down += [nn.Conv2d(n_in, width, 3, stride=2, padding=1), Residual(width)]
            n_in = width
        n_flat = math.prod(self.smallest)
        self.down = nn.Sequential(*down, nn.GELU(), nn.Flatten())
        self.to_mean = nn.Linear(n_flat, n_code)
        up: list[nn.Module] = []
        for width in (*reversed(widths[:-1]), widths[0] // 2):
            up += [Residual(n_in), nn.Upsample(scale_factor=2), nn.Conv2d(n_in, width, 3, padding=1)]
            n_in = width
        self.from_code = nn.Linear(n_code, n_flat)
        self.up = nn.Sequential(
            nn.Unflatten(1, self.smallest), *up, nn.GELU(), nn.Conv2d(n_in, n_channels, 3, padding=1)
        )
        if self.is_variational:
            self.to_log_variance = nn.Linear(n_flat, n_code)
            nn.init.zeros_(self.to_log_variance.weight)
        if likelihood == "gaussian":
            self.log_sigma = nn.Parameter(torch.tensor([-1.0]))
        if n_kept:
            self.register_buffer("kept_codes", torch.zeros(n_kept * n_code))
            self.register_buffer("kept_labels", torch.zeros(n_kept, dtype=torch.uint8))
        if n_axes:
            self.register_buffer("kept_mean", torch.zeros(n_channels * size_px**2))
            self.register_buffer("kept_axes", torch.zeros(n_axes, n_channels * size_px**2))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) pictures, 0 to 1 -> mean and logarithm of the variance of each code, (B, n_code) twice.

        A plain autoencoder has no variance: its logarithm is the least one here.
        """
        flat = self.down(x)
        mean = self.to_mean(flat).float()
        if not self.is_variational:
            return mean, torch.full_like(mean, LOG_VARIANCES[0])
        return mean, self.to_log_variance(flat).float().clamp(*LOG_VARIANCES)

    def logits(self, code: Tensor) -> Tensor:
        """(B, n_code) codes -> (B, C, H, W): pictures before the sigmoid that brings them into 0 to 1."""
        made: Tensor = self.up(self.from_code(code))
        return made.float()

    def decode(self, code: Tensor) -> Tensor:
        """(B, n_code) codes -> (B, C, H, W) pictures, 0 to 1: of each pixel the mean."""
        return self.logits(code).sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) pictures, 0 to 1 -> the same through their codes' means."""
        return self.decode(self.encode(x)[0])

    def forward_features(self, x: Tensor) -> dict[str, Tensor]:
        """All that a loss can look at: mean, log_variance and logits, and for "gaussian" log_sigma."""
        mean, log_variance = self.encode(x)
        found = {"mean": mean, "logits": self.logits(mean)}
        if self.is_variational:
            found["log_variance"] = log_variance
        if self.likelihood == "gaussian":
            found["log_sigma"] = self.log_sigma.expand(len(x))
        return found

    def log_likelihood(self, logits: Tensor, x: Tensor) -> Tensor:
        """Log p(x | code) of pictures in nats.

        Args:
            logits: (..., C, H, W) as `logits` gives them.
            x: (..., C, H, W) pictures, 0 to 1; for "bernoulli" a value between is the chance of a 1, and the result
                the mean over such pictures.

        Returns:
            (...); for a plain autoencoder minus the sum of the squared errors.
        """
        x = x.expand_as(logits)
        if self.likelihood == "bernoulli":
            each = -F.binary_cross_entropy_with_logits(logits, x, reduction="none")
        else:
            each = -((logits.sigmoid() - x) ** 2)
        if self.likelihood == "gaussian":
            log_sigma = self.log_sigma.float().clamp_min(LEAST_LOG_SIGMA)
            each = each / (2 * (2 * log_sigma).exp()) - log_sigma - 0.5 * math.log(2 * math.pi)
        return each.flatten(-3).sum(-1)
