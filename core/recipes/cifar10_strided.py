"""Train the classic network of a first course on CIFAR-10, and measure it.

python -m core train cifar10_strided --data DIR --epochs 20
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field

from core.checkpoints import Card
from core.models.strided_cnn import StridedCNN
from core.recipes.cifar import LICENCE, data_of, refusal
from core.recipes.classification import About, Classifier, ClassifierConfig, figures
from core.recipes.classification import keep as keep_classifier
from core.training.events import Done

TEST = ("cifar10", "test")
SHAPE: dict[str, Any] = {"widths": [32, 64, 128], "n_hidden": 1024, "dropout": 0.2, "n_classes": 10, "size_px": 32}


class Config(ClassifierConfig):
    """As a first course trains it: AdamW, no augmentation."""

    epochs: int | None = Field(20, ge=1)
    batch_size: int = Field(128, ge=2)
    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(1e-2, ge=0)
    ema_decay: float = Field(0.0, ge=0, lt=1)
    keep_weights: Literal["best", "last", "mean"] = "best"
    mirrors: bool = False
    shift_px: int = Field(0, ge=0, le=8)


ABOUT = About(
    name="cifar10_strided",
    dataset="cifar10",
    summary="Names one of ten things in a picture of 32 x 32 pixels, as the small network of a first course does.",
    architecture="strided_cnn",
    arguments=SHAPE,
    data=(),
    licence=LICENCE,
    limits=["It is here for comparison: about three pictures in ten are named wrongly."],
)


def make_task(config: Config, folder: Path | None) -> Classifier:
    """The task of this recipe on the data sets under `folder` (None for CAMADAS_DATA)."""
    torch.manual_seed(config.seed)
    return Classifier(ABOUT.dataset, StridedCNN(**SHAPE), config, folder)


def keep(task: Classifier, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path) -> Card:
    """Calibrate, measure, write checkpoint and card."""
    return keep_classifier(replace(ABOUT, data=data_of(task)), task, done, command, epochs, folder, refusal)


def evaluate(data: Path | None) -> dict[str, Any]:
    """Measure the shipped checkpoint: top1, n, images_per_s, calibration error before and after the temperature."""
    return figures(ABOUT, data)
