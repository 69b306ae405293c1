"""Train the network that names ten things in small pictures, and measure it.

    python -m core train cifar10 --data DIR --epochs 44

91 minutes on two EPYC cores with bf16, other work beside it. Seed 0: top-1 92.12 % on the 10,000 test pictures, one
view of each, which were here as JPEG of quality 75; docs/log.md says what else was tried.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from core.checkpoints import Card
from core.recipes.cifar import LICENCE, data_of, refusal
from core.recipes.classification import About, Classifier, WhitenedConfig, figures, whitened
from core.recipes.classification import keep as keep_classifier
from core.training.events import Done

TEST = ("cifar10", "test")
SHAPE: dict[str, Any] = {"widths": [96, 288, 320], "depth": 3, "n_classes": 10, "n_channels": 3}


class Config(WhitenedConfig):
    """The defaults are those of the checkpoint that is shipped."""

    epochs: int | None = Field(44, ge=1)
    shift_px: int = Field(4, ge=0, le=8)
    cutout_px: int = Field(12, ge=0, le=24)


ABOUT = About(
    name="cifar10",
    dataset="cifar10",
    summary="Names one of ten things in a picture of 32 x 32 pixels.",
    architecture="whitened_cnn",
    arguments=SHAPE,
    data=(),
    licence=LICENCE,
    limits=[
        "It knows ten things: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.",
        "It sees 32 x 32 pixels: a thing that is small in the photo is lost.",
        "Of photos of other things many pass for one of the ten: the share stands under Measured.",
    ],
)


def make_task(config: Config, folder: Path | None) -> Classifier:
    """The task of this recipe on the data sets under `folder` (None for CAMADAS_DATA)."""
    return whitened(ABOUT, config, folder)


def keep(task: Classifier, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path) -> Card:
    """Calibrate, measure, write checkpoint and card; choose when to say "none of these"."""
    return keep_classifier(replace(ABOUT, data=data_of(task)), task, done, command, epochs, folder, refusal)


def evaluate(data: Path | None) -> dict[str, Any]:
    """Measure the shipped checkpoint: top1, n, images_per_s, calibration error before and after the temperature."""
    return figures(ABOUT, data)
