"""Random changes of a batch of small pictures: flips, shifts and cut-outs, drawn from an explicit generator."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def alternating_flip(x: Tensor, rows: np.ndarray, epoch: int, seed: int) -> Tensor:
    """Mirror half of the pictures, the other half in the next epoch, so that two epochs see each both ways.

    After Jordan (2024), https://arxiv.org/abs/2404.00498, section 3.6.

    Args:
        x: (B, C, H, W).
        rows: (B,) the pictures' places in the data set: they decide who begins.
        epoch: from 0.
        seed: of the run.
    """
    begins = _parity(rows, seed)
    mirrored = torch.from_numpy(begins ^ bool(epoch % 2))
    return torch.where(mirrored[:, None, None, None], x.flip(3), x)


def shift(x: Tensor, most_px: int, random: np.random.Generator) -> Tensor:
    """Move each picture by -most_px to most_px along both axes; what comes in is mirrored at the border.

    Args:
        x: (B, C, H, W), H and W greater than most_px.
        most_px: in pixels.
        random: where the moves come from.
    """
    n, n_channels, height, width = x.shape
    padded = F.pad(x, (most_px,) * 4, mode="reflect")
    top, left = (torch.from_numpy(random.integers(0, 2 * most_px + 1, (n, 1))) for _ in range(2))
    y, x_ = top + torch.arange(height), left + torch.arange(width)
    who, channel = torch.arange(n)[:, None, None, None], torch.arange(n_channels)[None, :, None, None]
    return padded[who, channel, y[:, None, :, None], x_[:, None, None, :]]


def cutout(x: Tensor, side_px: int, random: np.random.Generator, fill: float = 0.5) -> Tensor:
    """Cover a square of each picture (DeVries, Taylor 2017); its centre lies anywhere, so a part may fall outside.

    Args:
        x: (B, C, H, W).
        side_px: of the square.
        random: where the centres come from.
        fill: the value of what is covered.
    """
    n, _, height, width = x.shape

    def covered(length: int) -> Tensor:
        begin = torch.from_numpy(random.integers(0, length, (n, 1))) - side_px // 2
        place = torch.arange(length) - begin
        return (place >= 0) & (place < side_px)

    return x.masked_fill((covered(height)[:, :, None] & covered(width)[:, None, :])[:, None], fill)


def _parity(rows: np.ndarray, seed: int) -> np.ndarray:
    """A fair coin for each row, the same whenever it is asked (a hash after Steele et al. 2014, splitmix64)."""
    with np.errstate(over="ignore"):
        z = rows.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) & np.uint64(1)).astype(bool)
