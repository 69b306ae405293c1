"""Train the network that names ten things in small pictures, and measure it.

python -m core train cifar10 --data DIR --epochs 44
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from core.calibration import energy, entropy, separation
from core.checkpoints import Card, Metric
from core.cifar10 import as_seen
from core.data.cache import Dataset
from core.data.reader import load
from core.errors import DatasetError
from core.models.whitened_cnn import WhitenedCNN
from core.recipes.classification import About, Classifier, WhitenedConfig, answers, as_stored, figures
from core.recipes.classification import keep as keep_classifier
from core.training.events import Done

TEST = ("cifar10", "test")
SHAPE: dict[str, Any] = {"widths": [96, 288, 320], "depth": 3, "n_classes": 10, "n_channels": 3}
SIDE_PX = 32
KNOWN_SHARE = 0.95  # of the pictures held out passes the threshold of "none of these"
N_FOREIGN = 5000
# Tiny-ImageNet's classes that are one of the ten things or a near relative: they are left out of "other things".
RELATED = """
bullfrog; tailed frog; goose; black stork; king penguin; albatross; Chihuahua; Yorkshire terrier; golden retriever;
Labrador retriever; German shepherd; standard poodle; tabby; Persian cat; Egyptian cat; cougar; lion; gazelle;
beach wagon; convertible; limousine; sports car; police van; moving van; school bus; trolleybus; tractor; go-kart;
lifeboat; gondola; projectile
"""
DATA = ("CIFAR-10 (Krizhevsky 2009), 32 x 32, as JPEG of quality 75 with halved chroma, which costs some accuracy",)
LICENCE = "MIT for the weights; CIFAR-10's pictures come without a licence and are used for research"


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
    data=(*DATA, "Tiny-ImageNet train, classes unlike the ten: to choose between energy and entropy"),
    licence=LICENCE,
    limits=[
        "It knows ten things: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.",
        "It sees 32 x 32 pixels: a thing that is small in the photo is lost.",
        "Of photos of other things many pass for one of the ten: the share stands under Measured.",
    ],
)


def make_task(config: Config, folder: Path | None) -> Classifier:
    """The task of this recipe on the data sets under `folder` (None for CAMADAS_DATA)."""
    torch.manual_seed(config.seed)
    model = WhitenedCNN(**SHAPE)
    task = Classifier(ABOUT.dataset, model, config, folder)
    model.fit_input(task.pictures[:5000].float() / 255)
    return task


def keep(task: Classifier, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path) -> Card:
    """Calibrate, measure, write checkpoint and card; choose when to say "none of these"."""
    return keep_classifier(ABOUT, task, done, command, epochs, folder, refusal)


def evaluate(data: Path | None) -> dict[str, Any]:
    """Measure the shipped checkpoint: top1, n, images_per_s, calibration error before and after the temperature."""
    return figures(ABOUT, data)


def refusal(task: Classifier, temperature: float) -> tuple[dict[str, Any], list[Metric]]:
    """When to say "none of these", and how often that is right.

    Energy or entropy, whichever parts held-out pictures better from training photos of other things; the threshold
    lets 95 % of the held-out pictures pass. Both are then measured on pictures that neither choice has seen.

    Args:
        task: whose model is trained.
        temperature: of the probabilities.

    Returns:
        Calibration ("refusal", "threshold") and metrics.
    """
    stored = as_stored(task.model)
    known, tested = answers(stored, task.held_out_images), answers(stored, task.test.stack())
    seen, unseen = (
        answers(stored, other_things(load("tiny_imagenet", part, task.folder))) for part in ("train", "val")
    )
    scores = {"energy": energy, "entropy": entropy}
    parted = {name: separation(score(known, temperature), score(seen, temperature)) for name, score in scores.items()}
    chosen = max(parted, key=lambda name: parted[name])
    threshold = float(np.quantile(scores[chosen](known, temperature), KNOWN_SHARE))
    refused, turned = (scores[chosen](x, temperature) > threshold for x in (tested, unseen))
    strange = "tiny_imagenet val, classes unlike the ten"
    area = separation(scores[chosen](tested, temperature), scores[chosen](unseen, temperature))
    metrics = [
        Metric(name="refused", value=float(refused.mean()), unit="", data="cifar10 test", n=len(refused)),
        Metric(name="refused", value=float(turned.mean()), unit="", data=strange, n=len(turned)),
        Metric(name="separation", value=area, unit="", data=f"cifar10 test against {strange}", n=len(turned)),
    ]
    return {"refusal": chosen, "threshold": round(threshold, 5)}, metrics


def other_things(data: Dataset) -> np.ndarray:
    """(n, 32, 32, 3) uint8: pictures whose class is none of the ten things, as the net sees them, at most 5,000.

    Raises:
        DatasetError: if the pictures have no labels.
    """
    if data.labels is None:
        raise DatasetError("no_labels", name=data.name)
    related = {name.strip() for name in RELATED.split(";")}
    foreign = [number for number, name in enumerate(data.classes) if name.split(",")[0] not in related]
    rows = np.flatnonzero(np.isin(data.labels, foreign)) if foreign else np.arange(len(data))
    return np.stack([as_seen(data.image(int(row))) for row in rows[:N_FOREIGN]])
