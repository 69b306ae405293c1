"""Train the encoder of style transfer: it names what a small photo shows, and its features are what is used.

    python -m core train tiny_vgg --data DIR --epochs 6

31 minutes on two EPYC cores with bf16, beside other work. Seed 0, one run: top-1 35.4 %, top-5 65.0 % of the 5,000
validation pictures. It had not come to its end: the last epochs still gained two to three points each.
"""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from core.checkpoints import Card, Metric, read, save
from core.data.reader import load
from core.devices import hardware
from core.models.tiny_vgg import TinyVGG
from core.recipes.classification import Classifier, WhitenedConfig, answers, as_stored, labels_of
from core.training.events import Done
from core.training.seed import batch_generator

NAME = "tiny_vgg"
TEST = ("tiny_imagenet", "val")
SHAPE: dict[str, Any] = {"widths": [32, 64, 128, 256], "n_classes": 200}


class Config(WhitenedConfig):
    """Muon for the kernels, SGD for the rest; photos are mirrored, and cropped, which also saves half of the time."""

    epochs: int | None = Field(6, ge=1)
    batch_size: int = Field(125, ge=2)
    held_out_share: float = Field(0.025, gt=0, lt=1)
    learning_rate: float = Field(0.08, gt=0, description="of Muon, for the kernels")
    head_rate: float = Field(0.1, gt=0, description="of SGD, for the last layer")
    label_smoothing: float = Field(0.05, ge=0, lt=1)
    shift_px: int = Field(0, ge=0, le=8)
    crop_px: int = Field(48, ge=8, le=64, description="side of the square that is cut out of each photo")
    ema_decay: float = Field(0.997, ge=0, lt=1)


class Cropped(Classifier):
    """The task: every time another square of each photo is seen; measured on whole photos."""

    config: Config

    def taken(self, rows: np.ndarray, epoch: int, index: int) -> Tensor:
        """(B,) places -> (B, 3, crop_px, crop_px) uint8."""
        side = self.config.crop_px
        random = batch_generator(self.config.seed + 1, epoch, index)
        most = self.pictures.shape[-1] - side
        corners = random.integers(0, most + 1, (len(rows), 2)).tolist()
        crops = [
            self.pictures[row, :, top : top + side, left : left + side]
            for row, (top, left) in zip(rows.tolist(), corners, strict=True)
        ]
        return torch.stack(crops)


def make_task(config: Config, folder: Path | None) -> Classifier:
    """The task of this recipe on the data sets under `folder` (None for CAMADAS_DATA)."""
    torch.manual_seed(config.seed)
    return Cropped(TEST[0], TinyVGG(**SHAPE), config, folder, test=TEST[1])


def keep(task: Classifier, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path) -> Card:
    """Fold the norms, measure, write checkpoint and card."""
    trained = task.model.cpu().float().eval()
    assert isinstance(trained, TinyVGG)
    model = trained.folded()
    found = measured(as_stored(model), task.test.stack(), labels_of(task.test))
    n_train, n_held_out, n_test = len(task.pictures), len(task.held_out[1]), len(task.test)
    card = Card(
        name=NAME,
        summary="Names what a photo of 64 x 64 pixels shows; its features are those that style transfer works with.",
        architecture=NAME,
        arguments={**SHAPE, "has_norms": False},
        parameters=sum(p.numel() for p in model.parameters()),
        data=[
            "Tiny-ImageNet (Stanford CS231n), 64 x 64, 200 classes, 400 pictures of each",
            f"{n_train:,} for training, the last {n_held_out:,} of train held out",
        ],
        command=command,
        recipe=task.config.model_dump(mode="json"),
        seed=task.config.seed,
        hardware=hardware(),
        seconds=done.seconds,
        steps=done.steps,
        metrics=[
            Metric(name=name, value=value, unit="", data=f"{' '.join(TEST)}, weights as stored", n=n_test)
            for name, value in found.items()
        ],
        curve=[
            {"epoch": e["epoch"], "step": e["step"], "loss": e["losses"]["cross_entropy"], **e["metrics"]}
            for e in epochs
        ],
        calibration={},
        stored_as="bf16 kernels, float32 biases; batch norms folded into the convolutions",
        date=datetime.date.today().isoformat(),
        licence="MIT for the weights; Tiny-ImageNet's pictures are for research use",
        limits=["It is made to give features, not to name things: the 200 classes are those of Tiny-ImageNet alone."],
    )
    return save(model, card, folder)


def measured(model: TinyVGG | torch.nn.Module, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """top1 and top5, the shares of (n, 64, 64, 3) uint8 pictures whose class is the first, or among the first five."""
    best = np.argsort(-answers(model, images), axis=1)[:, :5]
    hit = best == labels[:, None]
    return {"top1": float(hit[:, 0].mean()), "top5": float(hit.any(axis=1).mean())}


def evaluate(data: Path | None) -> dict[str, Any]:
    """Measure the shipped checkpoint on Tiny-ImageNet's validation pictures: top1, top5 and n."""
    model, _ = read(NAME)
    test = load(*TEST, data)
    return {**measured(model, test.stack(), labels_of(test)), "n": len(test)}
