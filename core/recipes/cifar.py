"""What the recipes on CIFAR-10 share: their data, and when their networks say "none of these"."""

from typing import Any

import numpy as np

from core.calibration import energy, entropy, separation
from core.checkpoints import Metric
from core.cifar10 import as_seen
from core.data.cache import Dataset
from core.data.reader import data_folder, load
from core.errors import DatasetError
from core.recipes.classification import Classifier, answers, as_stored

KNOWN_SHARE = 0.95  # of the pictures held out passes the threshold of "none of these"
N_FOREIGN = 5000
# Tiny-ImageNet's classes that are one of the ten things or a near relative: they are left out of "other things".
RELATED = """
bullfrog; tailed frog; goose; black stork; king penguin; albatross; Chihuahua; Yorkshire terrier; golden retriever;
Labrador retriever; German shepherd; standard poodle; tabby; Persian cat; Egyptian cat; cougar; lion; gazelle;
beach wagon; convertible; limousine; sports car; police van; moving van; school bus; trolleybus; tractor; go-kart;
lifeboat; gondola; projectile
"""
LICENCE = "MIT for the weights; CIFAR-10's pictures come without a licence and are used for research"


def data_of(task: Classifier) -> tuple[str, ...]:
    """What the network was trained and measured on."""
    is_jpeg = ((task.folder or data_folder()) / "cifar10-jpeg").is_dir()
    kept = "as JPEG of quality 75 with halved chroma, train and test alike" if is_jpeg else "as published"
    others = "Tiny-ImageNet train, classes unlike the ten: to choose between energy and entropy"
    return f"CIFAR-10 (Krizhevsky 2009), 32 x 32, {kept}", others


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
