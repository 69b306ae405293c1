"""The task of naming what a small picture shows."""

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from core.training.augment import alternating_flip, cutout, shift
from core.training.fit import Batch, FitSettings
from core.training.seed import batch_generator

BATCH_WITHOUT_TRAINING = 250


class ClassificationSettings(FitSettings):
    """How a classifier is trained."""

    batch_size: int = Field(500, ge=2, description="pictures in a step")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of the target that all classes have in common")
    mirrors: bool = Field(True, description="mirror every picture in every second epoch")
    shift_px: int = Field(2, ge=0, le=8, description="greatest move along each axis")
    cutout_px: int = Field(0, ge=0, le=24, description="side of the square that is covered")


class ClassificationTask:
    """Cross-entropy on labelled pictures that fit in memory.

    Args:
        model: (B, C, H, W) pictures, 0 to 1 -> (B, n_classes) logits.
        pictures: (N, C, H, W) uint8.
        labels: (N,) int64.
        held_out: the same two, for the curve; never trained on.
        settings: batches, augmentation, seed.
    """

    def __init__(
        self,
        model: nn.Module,
        pictures: Tensor,
        labels: Tensor,
        held_out: tuple[Tensor, Tensor],
        settings: ClassificationSettings,
    ) -> None:
        self.model = model
        self.pictures, self.labels, self.held_out, self.settings = pictures, labels, held_out, settings
        self.n_batches = max(1, len(pictures) // settings.batch_size)

    def taken(self, rows: np.ndarray, epoch: int, index: int) -> Tensor:
        """The pictures of a batch before they are augmented: (B,) places -> (B, C, H, W) uint8."""
        del epoch, index
        return self.pictures[torch.from_numpy(rows)]

    def batch(self, epoch: int, index: int) -> Batch:
        """Pictures, augmented, and their labels."""
        settings, random = self.settings, batch_generator(self.settings.seed, epoch, index)
        order = np.random.default_rng((settings.seed, epoch)).permutation(len(self.pictures))
        rows = order[index * settings.batch_size :][: settings.batch_size]
        x = self.taken(rows, epoch, index).float() / 255
        if settings.mirrors:
            x = alternating_flip(x, rows, epoch, settings.seed)
        if settings.shift_px:
            x = shift(x, settings.shift_px, random)
        if settings.cutout_px:
            x = cutout(x, settings.cutout_px, random)
        return {"x": x.contiguous(memory_format=torch.channels_last), "label": self.labels[torch.from_numpy(rows)]}

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Cross-entropy in nats."""
        scores = model(batch["x"]).float()
        return {"cross_entropy": F.cross_entropy(scores, batch["label"], label_smoothing=self.settings.label_smoothing)}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Accuracy and cross-entropy on what is held out."""
        pictures, labels = self.held_out
        scores = logits(model, pictures)
        return {
            "accuracy": float((scores.argmax(1) == labels).float().mean()),
            "held_out_cross_entropy": float(F.cross_entropy(scores, labels)),
        }


def logits(model: nn.Module, pictures: Tensor) -> Tensor:
    """(N, C, H, W) uint8 -> (N, n_classes) float32 scores of an eval-mode model, on the CPU, without gradients."""
    where = next(model.parameters()).device
    found = []
    with torch.inference_mode():
        for part in pictures.split(BATCH_WITHOUT_TRAINING):
            x = part.to(where).float().div(255).contiguous(memory_format=torch.channels_last)
            found.append(model(x).float().cpu())
    return torch.cat(found)


def as_tensor(images: np.ndarray) -> Tensor:
    """(N, H, W, 3) or (N, H, W) uint8 -> (N, C, H, W), a copy."""
    channels = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return torch.from_numpy(np.array(channels, order="C"))
