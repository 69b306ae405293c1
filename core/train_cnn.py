"""A visitor's own convolutional network, trained live on a few hundred small pictures, beside those that we ship."""

import math
import time
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from core.checkpoints import read_card
from core.cifar10 import NETWORKS
from core.errors import SettingsError
from core.evaluation import test_set
from core.jobs import Job, jobs
from core.layers import build
from core.scripting import render
from core.small_pictures import MOST_TRAINING, Data, Pictures, all_of
from core.stack import Layer, parse
from core.training.classification import ClassificationSettings, ClassificationTask, logits
from core.training.events import Done, Epoch, Event, Step
from core.training.fit import Optimizer, fit
from core.training.optim import MuonWithSGD
from core.work import Work, again, packed

__all__ = ["Job"]
Rate = Literal[0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]  # type: ignore[valid-type]
SHIPPED: dict[str, dict[str, str]] = {
    "MNIST": {"Digits (MNIST)": "mnist"},
    "Fashion-MNIST": {"Clothes (Fashion-MNIST)": "fashion_mnist"},
    "CIFAR-10": NETWORKS,
}
N_CLASSES = 10
MOST_PARAMETERS, MOST_PRODUCTS, MOST_NUMBERS = 2_000_000, 20_000_000, 500_000
CHUNK_S = 0.05  # of training between two looks at the commands
N_POINTS = 240  # of the loss's line
N_MISTAKES = 24

SMALL = """conv 16 3 padding=1
batchnorm
relu
maxpool 2
conv 32 3 padding=1
batchnorm
relu
maxpool 2
flatten
dropout 0.2
dense 64
relu"""
EXAMPLES: dict[str, dict[str, object]] = {
    "Two convolutions": {},
    "Without batch norm": {"stack": SMALL.replace("batchnorm\n", "")},
    "No convolution at all": {"stack": "flatten\ndense 128\nrelu"},
    "Learned by heart: 200 pictures, nothing against it": {
        "n_pictures": 200,
        "stack": SMALL.replace("dropout 0.2\n", ""),
        "shift_px": 0,
        "epochs": 40,
    },
    "The same with shifts": {"n_pictures": 200, "stack": SMALL, "shift_px": 2, "epochs": 40},
    "Muon instead of AdamW": {"optimizer": "Muon", "learning_rate": 0.03},
    "CIFAR-10 with three blocks": {
        "data": "CIFAR-10",
        "n_pictures": 5000,
        "stack": "\n".join(f"conv {n} 3 padding=1\nbatchnorm\nrelu\nmaxpool 2" for n in (32, 64, 128))
        + "\nflatten\ndropout 0.2",
        "mirrors": True,
        "shift_px": 2,
    },
}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Data = Field(
        "digits",
        title="Pictures",
        description="scikit-learn's digits (8 × 8) are everywhere; the others where the server has them.",
        json_schema_extra={"widget": "select"},
    )
    n_pictures: int = Field(
        1000,
        ge=100,
        le=MOST_TRAINING,
        title="Training pictures",
        description="So many of them are used. Few: the network learns them by heart.",
        json_schema_extra={"step": 100},
    )
    stack: str = Field(
        SMALL,
        max_length=2000,
        title="Layers",
        description="One on each line: conv 32 3 padding=1, batchnorm, relu, maxpool 2, globalpool, dropout 0.2, "
        "flatten, dense 64. The last layer, one score for each class, is added.",
        examples=["conv 8 3\nrelu\nmaxpool 2\nflatten"],
    )
    mirrors: bool = Field(
        False, title="Mirror", description="Every picture is mirrored in every second epoch. A mirrored 2 is no 2."
    )
    shift_px: int = Field(1, ge=0, le=4, title="Shift (px)", description="Pictures are moved by up to so much.")
    cutout_px: int = Field(0, ge=0, le=16, title="Cutout (px)", description="A square of this side is covered.")
    optimizer: Literal["AdamW", "SGD", "Muon"] = Field(
        "AdamW",
        title="Optimizer",
        description="Muon changes the kernels; SGD with momentum does the rest.",
    )
    learning_rate: Rate = Field(
        0.003, title="Learning rate", description="At its peak.", json_schema_extra={"widget": "select"}
    )
    batch_size: Literal[16, 32, 64, 128] = Field(64, title="Batch size", description="Pictures in a step.")
    label_smoothing: float = Field(
        0.0,
        ge=0.0,
        le=0.4,
        title="Label smoothing",
        description="Share of the target that all classes have in common.",
        json_schema_extra={"step": 0.05},
    )
    epochs: int = Field(20, ge=1, le=100, title="Epochs", description="How often it sees every picture.")
    seed: int = Field(
        0, ge=0, le=999, title="Seed", description="Of first weights and order.", json_schema_extra={"widget": "number"}
    )


class LiveSettings(ClassificationSettings):
    """The same for the one loop."""

    ema_decay: float = 0.0
    clip_norm: float | None = None
    keep_weights: Literal["best", "last", "mean"] = "last"
    mixed_precision: bool = False
    with_optimizer: Literal["AdamW", "SGD", "Muon"] = "AdamW"

    def optimizer(self, model: nn.Module) -> Optimizer:
        """The one that the visitor chose."""
        kernels = [p for p in model.parameters() if p.ndim == 4]
        others = [p for p in model.parameters() if p.ndim != 4]
        if self.with_optimizer == "SGD":
            return torch.optim.SGD(model.parameters(), lr=self.learning_rate, momentum=0.9, nesterov=True)
        if self.with_optimizer == "Muon" and kernels:
            return MuonWithSGD(
                kernels, [{"params": others, "lr": self.learning_rate}], self.learning_rate, rescales=False
            )
        return super().optimizer(model)


@dataclass(frozen=True)
class Trained:
    """How far a run has come.

    Attributes:
        epoch: ended so far.
        accuracy: on the test pictures.
        said: (M,) the class named of each.
        images: (n, H, W, 3) uint8, test pictures named wrongly.
        truths: their classes.
        names: what they were named.
    """

    epoch: int
    accuracy: float
    said: np.ndarray
    images: np.ndarray
    truths: list[str]
    names: list[str]


def planned(settings: Settings) -> nn.Sequential:
    """The network of these settings on torch's meta device: shapes without numbers.

    Raises:
        SettingsError: if the layers do not fit, or are too much for a live run.
    """
    shape: tuple[int, ...] = {"digits": (1, 8, 8), "CIFAR-10": (3, 32, 32)}.get(settings.data, (1, 28, 28))
    modules: list[nn.Module] = []
    products, numbers, layers = 0, prod(shape), parse(settings.stack)
    with torch.device("meta"):
        for number, layer in enumerate(layers, 1):
            modules.append(build(layer, shape))
            shape = _shape_after(modules[-1], shape)
            n = sum(p.numel() for p in modules[-1].parameters())
            products += n * (prod(shape[1:]) if len(shape) == 3 else 1)
            numbers += prod(shape)
            _check(n, products, numbers, number)
        if len(shape) != 1:
            modules.append(nn.Flatten())
        n = prod(shape) * N_CLASSES
        _check(n, products + n, numbers, len(layers) + 1)
        modules.append(build(Layer("dense", (N_CLASSES,)), (prod(shape),)))
    return nn.Sequential(*modules)


def first_weights(net: nn.Module, seed: int) -> nn.Module:
    """Give a network, which may be on torch's meta device, torch's usual first weights, drawn from this seed alone."""
    random = torch.Generator().manual_seed(seed)
    net = net.to_empty(device="cpu").train()
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            bound = module.weight[0].numel() ** -0.5
            for tensor in module.parameters():
                nn.init.uniform_(tensor, -bound, bound, generator=random)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_parameters()  # nothing is drawn
    return net


def _check(parameters: int, products: int, numbers: int, layer: int) -> None:
    if parameters > MOST_PARAMETERS:
        raise SettingsError("too_many_parameters", row=layer, value=parameters, rule=MOST_PARAMETERS)
    if products > MOST_PRODUCTS:
        raise SettingsError("too_many_products", row=layer, value=products, rule=MOST_PRODUCTS)
    if numbers > MOST_NUMBERS:
        raise SettingsError("too_many_numbers", row=layer, value=numbers, rule=MOST_NUMBERS)


def _shape_after(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    with torch.inference_mode():
        return tuple(module.eval()(torch.empty(1, *shape, device="meta")).shape[1:])


def pictures(settings: Settings) -> Pictures:
    """The pictures of these settings.

    Raises:
        DatasetError: if they are not on this machine.
    """
    found, n = all_of(settings.data), settings.n_pictures
    return Pictures(found.x[:n], found.labels[:n], found.x_test, found.labels_test, found.classes)


def live(settings: Settings) -> LiveSettings:
    """The settings as the one loop wants them."""
    shared = settings.model_dump(
        include={"mirrors", "shift_px", "cutout_px", "learning_rate", "batch_size", "label_smoothing", "epochs", "seed"}
    )
    return LiveSettings(**shared, with_optimizer=settings.optimizer)


class Training(Work):
    """The work of one live run.

    Args:
        settings: of pictures, network and training.
        state: of `core.training.fit.Fit`, to go on from there.

    Raises:
        CamadasError: as `planned` and `pictures`.
    """

    is_kept = True

    def __init__(self, settings: Settings, state: dict[str, Any] | None = None) -> None:
        self.settings, self.data = settings, pictures(settings)
        held_out = (self.data.x_test, self.data.labels_test)
        self.task = ClassificationTask(
            first_weights(planned(settings), settings.seed), self.data.x, self.data.labels, held_out, live(settings)
        )
        self.events = fit(self.task, live(settings), state=state)
        self.losses: list[tuple[float, float]] = []  # epochs so far, training loss
        self.epochs: list[dict[str, float]] = []
        self.said = np.zeros(0, np.int64)
        self.step_now, self.speed, self.left_s, self.is_done = 0, 0.0, 0.0, False
        self.has_diverged = False

    def __reduce__(self) -> tuple[Any, ...]:
        seen = ("losses", "epochs", "said", "step_now", "speed", "left_s", "is_done", "has_diverged")
        kept = {name: getattr(self, name) for name in seen}
        return again, (type(self), self.settings, self.events.state(), kept)

    def step(self) -> bool:
        """Train for a few hundredths of a second; False at the end."""
        start = time.perf_counter()
        while time.perf_counter() - start < CHUNK_S and not self.is_done:
            self._note(next(self.events))
        return not self.is_done

    def frame(self) -> bytes:
        """A header as JSON after its length: where the run is, its losses, its epochs; no maps."""
        header = {
            "step": self.step_now,
            "steps": self.task.n_batches * self.settings.epochs,
            "epoch": len(self.epochs),
            "epochs": self.settings.epochs,
            "speed": round(self.speed),
            "left_s": round(self.left_s, 1),
            "diverged": self.has_diverged,
            "losses": [[round(at, 3), round(loss, 4)] for at, loss in _thinned(self.losses)],
            "held": [[round(e["held_out_cross_entropy"], 6), round(e["accuracy"], 6)] for e in self.epochs],
        }
        return packed(header)

    def result(self) -> Trained:
        """Accuracy and mistakes as they are now."""
        self.task.model.eval()
        said = logits(self.task.model, self.data.x_test).argmax(1).numpy()
        truth = self.data.labels_test.numpy()
        wrong = np.flatnonzero(said != truth)[:N_MISTAKES]
        images = self.data.x_test[wrong].permute(0, 2, 3, 1).numpy()
        return Trained(
            epoch=len(self.epochs),
            accuracy=float((said == truth).mean()),
            said=said,
            images=images.repeat(3, axis=3) if images.shape[3] == 1 else images,
            truths=[self.data.classes[at] for at in truth[wrong]],
            names=[self.data.classes[at] for at in said[wrong]],
        )

    def _note(self, event: Event) -> None:
        if isinstance(event, Step):
            self.step_now, self.speed, self.left_s = event.step, event.examples_per_s, event.left_s
            if math.isfinite(event.losses["loss"]):
                self.losses.append((event.step / self.task.n_batches, event.losses["loss"]))
            else:
                self.has_diverged = self.is_done = True
        elif isinstance(event, Epoch) and all(map(math.isfinite, event.metrics.values())):
            self.epochs.append(event.metrics)
        elif isinstance(event, Epoch):
            self.has_diverged = self.is_done = True
        elif isinstance(event, Done):
            self.is_done = True


def _thinned(losses: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most 240 points: the means of neighbours."""
    size = -(-len(losses) // N_POINTS) or 1
    parts = [losses[at : at + size] for at in range(0, len(losses), size)]
    return [(part[-1][0], sum(loss for _at, loss in part) / len(part)) for part in parts]


def about(settings: Settings) -> str:
    """What tells one run from another."""
    return "train_cnn " + settings.model_dump_json()


def start(settings: Settings, *, owner: str = "") -> Job:
    """Begin a run in the background, paused.

    Raises:
        CamadasError: if layers do not fit, pictures are not here, or the server is full.
    """
    planned(settings)
    pictures(settings)
    return jobs().start(lambda: Training(settings), about(settings), is_paused=True, owner=owner)


def trained(job: Job) -> Trained:
    """How far a run has come.

    Raises:
        JobError: if it has ended early or waits for its turn.
    """
    found: Trained = job.now(Training.result)
    return found


def n_parameters(settings: Settings) -> int:
    """Of the visitor's network.

    Raises:
        SettingsError: as `planned`.
    """
    return sum(p.numel() for p in planned(settings).parameters())


def shipped(settings: Settings) -> list[tuple[str, int, float]]:
    """Our networks for these pictures: name, parameters, and accuracy on the very test pictures of the live run."""
    if settings.data == "digits":
        return []
    truth = pictures(settings).labels_test.numpy()
    found = []
    for word, name in SHIPPED.get(settings.data, {}).items():
        card = read_card(name)
        assert card.evaluation is not None  # our classifiers' cards have it
        if test_set(name) is None:  # another copy, perhaps in another order
            continue
        said = card.evaluation.answers()[0][: len(truth)]
        found.append((word, card.parameters, float((said == truth).mean())))
    return found


def script(settings: Settings) -> str:
    """The stand-alone Python script that trains the same network in plain PyTorch to the same end."""
    return render("train_cnn", settings=settings, net=planned(settings), live=live(settings))
