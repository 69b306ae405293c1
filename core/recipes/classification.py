"""What the recipes of classifiers share: their data, their calibration, their measure and their card."""

import copy
import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from core.calibration import fit_temperature
from core.checkpoints import Card, Metric, read_card, save
from core.data.cache import Dataset
from core.data.reader import given, load, source_of
from core.devices import device, gains_from_bf16, hardware
from core.errors import DatasetError
from core.inference import predict
from core.measures import evaluate
from core.models.whitened_cnn import WhitenedCNN
from core.training.classification import ClassificationSettings, ClassificationTask, as_tensor, logits
from core.training.events import Done
from core.training.fit import Optimizer
from core.training.optim import MuonWithSGD, up_and_down

N_WHITENING = 5000  # pictures that the first layer is made from


class ClassifierConfig(ClassificationSettings):
    """How a shipped classifier is trained."""

    held_out_share: float = Field(
        0.05, gt=0, lt=1, description="of the training pictures, for curve, temperature and threshold"
    )
    clip_norm: float | None = None
    keep_weights: Literal["best", "last", "mean"] = "last"


class WhitenedConfig(ClassifierConfig):
    """How a whitened network is trained: Muon for its kernels, SGD for the rest."""

    batch_size: int = Field(1000, ge=2)
    learning_rate: float = Field(0.24, gt=0, description="of Muon, for the kernels")
    head_rate: float = Field(0.67, gt=0, description="of SGD, for the last layer")
    bias_rate: float = Field(0.053, gt=0, description="of SGD, for all biases")
    weight_decay: float = Field(0.002, ge=0, description="of what SGD changes: the share taken away at the peak")
    warmup: float = Field(0.0, ge=0, lt=1)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    ema_decay: float = Field(0.99, ge=0, lt=1)

    def optimizer(self, model: nn.Module) -> Optimizer:
        """Whitening kernels and the norms' scales stay as they are."""
        named = dict(model.named_parameters())
        kernels = [p for name, p in named.items() if p.ndim == 4 and not name.startswith("whiten")]
        head = [p for p in named.values() if p.ndim == 2]
        biases = [p for name, p in named.items() if name.endswith("bias")]
        trained = {id(p) for p in (*kernels, *head, *biases)}
        for p in named.values():
            p.requires_grad_(id(p) in trained)
        groups = [
            {"params": head, "lr": self.head_rate, "weight_decay": self.weight_decay / self.head_rate},
            {"params": biases, "lr": self.bias_rate, "weight_decay": self.weight_decay / self.bias_rate},
        ]
        return MuonWithSGD(kernels, groups, self.learning_rate)

    def factor(self, progress: float) -> float:
        """Down in a straight line."""
        return up_and_down(progress, self.warmup)


class Classifier(ClassificationTask):
    """The task of a recipe: a data set, its last training pictures held out, its test set for measuring alone."""

    def __init__(
        self, name: str, model: nn.Module, config: ClassifierConfig, folder: Path | None, test: str = "test"
    ) -> None:
        train = load(name, "train", folder)
        self.test = load(name, test, folder)
        pictures, labels = tensors(train)
        n_held_out = max(1, round(config.held_out_share * len(train)))
        kept, held_out = slice(None, -n_held_out), slice(-n_held_out, None)
        self.held_out_images = train.stack()[held_out]
        self.folder, self.config = folder, config
        super().__init__(model, pictures[kept], labels[kept], (pictures[held_out], labels[held_out]), config)


@dataclass(frozen=True)
class About:
    """What a recipe says of its checkpoint."""

    name: str
    dataset: str
    summary: str
    architecture: str
    arguments: dict[str, Any]
    data: Sequence[str]
    licence: str
    limits: Sequence[str]


def whitened(about: About, config: WhitenedConfig, folder: Path | None) -> Classifier:
    """The task of a whitened network: first weights by the seed, its first layer from the training pictures."""
    torch.manual_seed(config.seed)
    model = WhitenedCNN(**about.arguments)
    task = Classifier(about.dataset, model, config, folder)
    model.fit_input(task.pictures[:N_WHITENING].float() / 255)
    return task


def tensors(data: Dataset) -> tuple[Tensor, Tensor]:
    """All pictures, (N, C, H, W) uint8, and their labels, (N,) int64."""
    return as_tensor(data.stack()), torch.from_numpy(labels_of(data).copy())


def labels_of(data: Dataset) -> np.ndarray:
    """(N,) int64.

    Raises:
        DatasetError: if the pictures have no labels.
    """
    if data.labels is None:
        raise DatasetError("no_labels", name=data.name)
    return data.labels


Refusal = Callable[[Classifier, float], tuple[dict[str, Any], list[Metric]]]


def keep(
    about: About,
    task: Classifier,
    done: Done,
    command: str,
    epochs: list[dict[str, Any]],
    folder: Path,
    refusal: Refusal | None = None,
) -> Card:
    """Calibrate the trained net on the pictures held out, measure it, and write checkpoint and card.

    Args:
        about: what stands in the card.
        task: whose model is trained.
        done: the run's last event.
        command: that ran it.
        epochs: the run's Epoch events, as dicts.
        folder: of the checkpoint.
        refusal: task and temperature -> when to say "none of these", and how well that goes.
    """
    model = task.model.cpu().float().eval()
    stored = as_stored(model)
    labels = task.held_out[1].numpy()
    temperature = fit_temperature(answers(stored, task.held_out_images), labels)
    tested = labels_of(task.test)
    measured = evaluate(
        answers(stored, task.test.stack()), tested, task.test.stack(), source_of(about.dataset).classes, temperature
    )
    on_test, on_held_out = f"{about.dataset} test", f"{about.dataset}, held out of train"
    exact = float((answers(model, task.held_out_images).argmax(1) == labels).mean())
    halved = float((answers(stored, task.held_out_images).argmax(1) == labels).mean())
    metrics = [
        Metric(name="top1", value=measured.top1, unit="", data=f"{on_test}, weights as stored", n=measured.n),
        Metric(name="ece_before", value=measured.ece_before, unit="", data=f"{on_test}, T = 1", n=measured.n),
        Metric(name="ece_after", value=measured.ece_after, unit="", data=f"{on_test}, T fitted", n=measured.n),
        Metric(name="top1", value=halved, unit="", data=f"{on_held_out}, weights as stored", n=len(labels)),
        Metric(name="top1", value=exact, unit="", data=f"{on_held_out}, float32 weights", n=len(labels)),
    ]
    when, how_well = refusal(task, temperature) if refusal else ({}, [])
    card = Card(
        name=about.name,
        summary=about.summary,
        architecture=about.architecture,
        arguments=about.arguments,
        parameters=sum(p.numel() for p in model.parameters()),
        data=[*about.data, f"{len(task.pictures):,} for training, the last {len(labels):,} of train held out"],
        command=command,
        recipe=task.config.model_dump(mode="json"),
        seed=task.config.seed,
        hardware=hardware(),
        seconds=done.seconds,
        steps=done.steps,
        metrics=metrics + how_well,
        curve=[
            {"epoch": e["epoch"], "step": e["step"], "loss": e["losses"]["cross_entropy"], **e["metrics"]}
            for e in epochs
        ],
        calibration={"temperature": round(temperature, 4), **when},
        evaluation=measured,
        stored_as="bf16 kernels, float32 norms and biases",
        date=datetime.date.today().isoformat(),
        licence=about.licence,
        limits=list(about.limits),
    )
    return save(model, card, folder)


def as_stored(model: nn.Module) -> nn.Module:
    """A copy whose matrices and kernels went through bf16, as in the file."""
    halved = copy.deepcopy(model)
    for tensor in halved.state_dict().values():
        if tensor.ndim >= 2:
            tensor.copy_(tensor.bfloat16())
    return halved


def answers(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """(n, H, W[, 3]) uint8 -> (n, n_classes) float32 logits, computed in bf16 where the device gains by it."""
    where = device()
    model = model.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.autocast(where.type, torch.bfloat16, enabled=gains_from_bf16(where)):
        found: np.ndarray = logits(model, as_tensor(images)).numpy()
    model.cpu()
    return found


def figures(about: About, data: Path | None) -> dict[str, Any]:
    """What the terminal prints of the shipped checkpoint, as it answers on the page.

    Args:
        about: which one.
        data: a Parquet file with labels, a folder of labelled pictures, or a folder of data sets; None for the
            data set's own test split.

    Returns:
        top1, n, images_per_s, ece_before and ece_after (expected calibration error) and temperature.

    Raises:
        DatasetError: if there are no labelled pictures.
    """
    test = given(about.dataset, "test", data)
    labels, images = labels_of(test), test.stack()
    predict(about.name, _batch(images[:1]))  # loads it
    start = time.perf_counter()
    found = np.concatenate([predict(about.name, _batch(images[at : at + 500])) for at in range(0, len(images), 500)])
    seconds = time.perf_counter() - start
    temperature = read_card(about.name).calibration["temperature"]
    measured = evaluate(found, labels, images, source_of(about.dataset).classes, temperature)
    return {
        "top1": measured.top1,
        "n": measured.n,
        "images_per_s": round(len(images) / seconds, 1),
        "ece_before": measured.ece_before,
        "ece_after": measured.ece_after,
        "temperature": temperature,
    }


def _batch(images: np.ndarray) -> np.ndarray:
    found: np.ndarray = as_tensor(images).numpy().astype(np.float32) / 255
    return found
