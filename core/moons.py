"""A small network on points in the plane, trained live: what it is, and the work of its background job."""

import json
import struct
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from torch import Tensor

from core.errors import SettingsError
from core.jobs import JOBS, Job
from core.points import MAX_POINTS, SPAN, Points, beside, labelled, made, read_csv
from core.scripting import render
from core.training.tiny import ACTIVATIONS, Network, Rules, Shape, classes_of, loss_of

Feature = Literal["x", "y", "x²", "y²", "xy", "sin 2x", "sin 2y"]
OwnPoints = Points
OWN = ("my CSV", "my clicks")  # data that a visitor gives
FIRST_CLICKS = ((-1.5, -0.8, 0), (-1.0, 1.2, 0), (1.5, 0.8, 1), (1.0, -1.2, 1))
MAX_LAYERS, MAX_WIDTH = 6, 64
CHUNK_S = 0.012  # of training between two looks at the commands
MAP_CELLS, NEURON_CELLS = 60, 18  # a side
KEPT = 256  # moments that can be scrubbed back to; beyond, every second one is dropped
MAX_HISTORY = 4096
DIVERGED = 1e4  # a loss beyond which nothing comes back
RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PACES = (30, 5, 100, 0)
STRENGTHS = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
_select: JsonDict = {"widget": "select"}


EXAMPLES: dict[str, dict[str, object]] = {
    "Two moons": {},
    "A line is not enough: XOR without hidden layer": {"data": "XOR", "layers": "", "noise": 0.05},
    "XOR with the right feature": {"data": "XOR", "layers": "", "noise": 0.05, "features": ("x", "y", "xy")},
    "XOR with three neurons": {"data": "XOR", "layers": "3 tanh", "noise": 0.05},
    "A step too far": {"learning_rate": 10.0, "layers": "8 relu\n8 relu", "optimizer": "momentum"},
    "Dead neurons": {"learning_rate": 0.3, "optimizer": "momentum", "layers": "8 relu\n8 relu", "data": "circles"},
    "All the same: weights of zero": {"initialization": "zeros", "layers": "8 tanh"},
    "Learned by heart": {
        "n_points": 40,
        "noise": 0.5,
        "layers": "32 relu\n32 relu",
        "train_share": 0.5,
        "optimizer": "Adam",
        "learning_rate": 0.01,
    },
    "The same, held back": {
        "n_points": 40,
        "noise": 0.5,
        "layers": "32 relu\n32 relu",
        "train_share": 0.5,
        "optimizer": "Adam",
        "learning_rate": 0.01,
        "l2": 0.03,
    },
    "A deep chain of sigmoids": {"layers": "6 sigmoid\n6 sigmoid\n6 sigmoid\n6 sigmoid\n6 sigmoid", "data": "circles"},
    "The spiral": {
        "data": "spiral",
        "n_classes": 2,
        "noise": 0.0,
        "layers": "16 tanh\n16 tanh",
        "optimizer": "Adam",
        "learning_rate": 0.01,
    },
    "Five classes": {"data": "blobs", "n_classes": 5, "loss": "cross-entropy", "layers": "8 relu", "noise": 0.1},
}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Literal["moons", "circles", "XOR", "spiral", "blobs", "function", "my CSV", "my clicks"] = Field(
        "moons",
        title="Data",
        description="Which points are to be told apart. function: above and below its graph. Or your own.",
        json_schema_extra=_select,
    )
    expression: str = Field(
        "sin(2*x)",
        max_length=80,
        title="Function of x",
        description="Numbers, x, + - * / ** and sin, cos, exp, log, sqrt, abs, tanh.",
        examples=["x**2 - 1"],
        json_schema_extra={"when": {"data": ["function"]}},
    )
    n_classes: int = Field(
        3,
        ge=2,
        le=10,
        title="Classes",
        description="Of the blobs, and arms of the spiral.",
        json_schema_extra={"widget": "number", "when": {"data": ["blobs", "spiral"]}},
    )
    n_points: int = Field(
        300, ge=20, le=1000, title="Points", description="Of all three parts.", json_schema_extra={"step": 10}
    )
    noise: float = Field(
        0.15,
        ge=0.0,
        le=0.6,
        title="Noise",
        description="How far points stray from their shape.",
        json_schema_extra={"step": 0.05},
    )
    train_share: float = Field(
        0.6,
        ge=0.1,
        le=0.8,
        title="Share to train on",
        description="The rest is halved: to choose by (validation), and to judge by at the end (test).",
        json_schema_extra={"step": 0.05},
    )
    layers: str = Field(
        "6 tanh\n4 tanh",
        max_length=200,
        title="Hidden layers",
        description="Neurons and activation of each, one a line: tanh, relu, sigmoid, leaky relu or gelu.",
        examples=["3 relu"],
    )
    features: tuple[Feature, ...] = Field(
        ("x", "y"),
        min_length=1,
        title="Features",
        description="What the network is told about a point.",
        examples=[("x", "y", "xy")],
    )
    initialization: Literal["Xavier", "He", "normal", "zeros"] = Field(
        "Xavier",
        title="Initial weights",
        description="Xavier and He fit their spread to the number of neurons; zeros make all neurons the same.",
        json_schema_extra=_select,
    )
    loss: Literal["BCE", "cross-entropy", "MSE"] = Field(
        "BCE",
        title="Loss",
        description="BCE looks at each output by itself, cross-entropy at all together, MSE at plain distances.",
    )
    optimizer: Literal["SGD", "momentum", "Adagrad", "RMSprop", "Adam"] = Field(
        "SGD", title="Optimizer", description="How a gradient becomes a step.", json_schema_extra=_select
    )
    learning_rate: Literal[0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0] = Field(  # type: ignore[valid-type]
        0.1, title="Learning rate", description="How long a step is.", json_schema_extra=_select
    )
    schedule: Literal["constant", "cosine", "steps"] = Field(
        "constant",
        title="Schedule",
        description="cosine lets the rate fall to 0 by the last epoch; steps halves it five times on the way.",
        json_schema_extra=_select,
    )
    batch_size: Literal[1, 5, 10, 30, 100, 1000] = Field(
        10, title="Batch size", description="Points a step.", json_schema_extra=_select
    )
    l1: Literal[0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1] = Field(  # type: ignore[valid-type]
        0.0, title="L1", description="Pulls weights to 0 and leaves few.", json_schema_extra=_select
    )
    l2: Literal[0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1] = Field(  # type: ignore[valid-type]
        0.0, title="L2", description="Keeps weights small.", json_schema_extra=_select
    )
    batch_norm: bool = Field(False, title="Batch norm", description="Before each activation.")
    dropout: float = Field(
        0.0,
        ge=0.0,
        le=0.8,
        title="Dropout",
        description="Share of the neurons that each step leaves out.",
        json_schema_extra={"step": 0.1},
    )
    epochs: int = Field(
        2000, ge=10, le=10000, title="Epochs", description="After which it ends.", json_schema_extra={"step": 10}
    )
    patience: int = Field(
        0,
        ge=0,
        le=2000,
        title="Early stopping",
        description="Epochs without a better validation loss after which it ends; 0: never.",
        json_schema_extra={"step": 10},
    )
    seed: int = Field(
        0,
        ge=0,
        le=999,
        title="Seed",
        description="Of points, weights and order.",
        json_schema_extra={"widget": "number"},
    )


@dataclass(frozen=True)
class Split:
    """Points in three parts, as the network gets them.

    Attributes:
        points: all of them, in the order of x and y below.
        x: (n, f) features.
        y: (n, o) targets.
        labels: (n,) classes.
        parts: names to the rows of each part: train, validation, test.
    """

    points: Points
    x: Tensor
    y: Tensor
    labels: Tensor
    parts: dict[str, slice]


def parse_layers(text: str) -> list[tuple[int, str]]:
    """Neurons and activation of each hidden layer.

    Raises:
        SettingsError: for a line that says neither, or too many of either.

    >>> parse_layers("6 tanh, 4 leaky relu")
    [(6, 'tanh'), (4, 'leaky relu')]
    """
    lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    if len(lines) > MAX_LAYERS:
        raise SettingsError("too_many_layers", value=len(lines), rule=MAX_LAYERS)
    found = []
    for number, line in enumerate(lines, 1):
        count, _, activation = line.partition(" ")
        activation = " ".join(activation.split()).lower() or "tanh"
        if activation not in ACTIVATIONS:
            raise SettingsError("no_layer", row=number, value=activation[:20], rule=", ".join(ACTIVATIONS))
        if not count.isdecimal() or not 1 <= int(count) <= MAX_WIDTH:
            rule = f"1 … {MAX_WIDTH}"
            raise SettingsError("layer_value", row=number, argument="neurons", rule=rule, value=count[:20])
        found.append((int(count), activation))
    return found


def points_of(settings: Settings, own: Points | None = None) -> Points:
    """The points that the settings ask for: the visitor's own, where they ask for them and there are some.

    Raises:
        ExpressionError: if the function is none.
    """
    if settings.data in OWN:
        return own or made("moons", settings.n_points, settings.noise, 2, settings.seed)
    if settings.data == "function":
        return beside(settings.expression, settings.n_points, settings.noise, settings.seed)
    return made(settings.data, settings.n_points, settings.noise, settings.n_classes, settings.seed)


def features_of(xy: Tensor, names: Sequence[Feature]) -> Tensor:
    """(n, 2) coordinates -> (n, f) features, in the order of `names`."""
    x, y = xy[:, 0], xy[:, 1]
    columns = {
        "x": x,
        "y": y,
        "x²": x * x,
        "y²": y * y,
        "xy": x * y,
        "sin 2x": torch.sin(2 * x),
        "sin 2y": torch.sin(2 * y),
    }
    return torch.stack([columns[name] for name in names], 1)


def split(points: Points, settings: Settings) -> Split:
    """Mix the points by the seed and part them into train, validation and test."""
    order = np.random.default_rng((settings.seed, 1)).permutation(len(points.labels))
    mixed = Points(points.xy[order], points.labels[order], points.names)
    n = len(order)
    first = min(max(round(settings.train_share * n), 1), n - 2)
    second = first + (n - first) // 2
    labels = torch.from_numpy(np.ascontiguousarray(mixed.labels))
    n_classes = len(points.names)
    is_single = n_classes == 2 and settings.loss != "cross-entropy"
    y = labels[:, None].float() if is_single else torch.nn.functional.one_hot(labels, n_classes).float()
    parts = {"train": slice(0, first), "validation": slice(first, second), "test": slice(second, n)}
    return Split(mixed, features_of(torch.from_numpy(mixed.xy), settings.features), y, labels, parts)


def shape_of(settings: Settings, n_outputs: int) -> Shape:
    """The network that the settings ask for.

    Raises:
        SettingsError: if the layers cannot be read.
    """
    layers = parse_layers(settings.layers)
    sizes = (len(settings.features), *(n for n, _activation in layers), n_outputs)
    return Shape(sizes, tuple(a for _n, a in layers), settings.loss, settings.batch_norm, settings.dropout)


def initial_weights(shape: Shape, kind: str, seed: int) -> list[Tensor]:
    """(n_out, n_in + 1) for each layer, biases 0: Xavier (Glorot, Bengio 2010), He et al. (2015), N(0, 1) or zeros."""
    generator = torch.Generator().manual_seed(seed)
    made_weights = []
    for n_in, n_out in zip(shape.sizes, shape.sizes[1:], strict=False):
        scale = {"Xavier": (2 / (n_in + n_out)) ** 0.5, "He": (2 / n_in) ** 0.5, "normal": 1.0, "zeros": 0.0}[kind]
        weights = scale * torch.randn(n_out, n_in, generator=generator)
        made_weights.append(torch.cat([weights, torch.zeros(n_out, 1)], 1))
    return made_weights


def rate_at(settings: Settings, rate: float, epoch: int) -> float:
    """The learning rate of an epoch, counted from 0."""
    done = min(1.0, epoch / settings.epochs)
    if settings.schedule == "cosine":
        return rate * 0.5 * (1 + float(np.cos(np.pi * done)))
    return rate * 0.5 ** int(6 * done) if settings.schedule == "steps" else rate


@dataclass
class Moment:
    """How the network was at the end of an epoch."""

    epoch: int
    flat: Tensor
    means: Tensor
    variances: Tensor


class Playground:
    """The work of one live run: trains in small chunks, hears commands, and says how things stand.

    Args:
        settings: of data, network and training.
        points: own ones instead of those that the settings ask for.
    """

    def __init__(self, settings: Settings, points: Points | None = None) -> None:
        self.settings = settings
        self.data = split(points or points_of(settings), settings)
        shape = shape_of(settings, self.data.y.shape[1])
        self.network = Network(shape, initial_weights(shape, settings.initialization, settings.seed))
        self.rate, self.l1, self.l2 = float(settings.learning_rate), float(settings.l1), float(settings.l2)
        self.generator = torch.Generator().manual_seed(settings.seed + 1)
        self.epoch, self.chunk, self.why = 0, 1, ""
        self.pace = PACES[0]  # epochs a second that are looked at; 0 for all that the machine can do
        self.due = 0.0
        self.best, self.best_epoch = float("inf"), 0
        self.history: list[tuple[int, float, float, float]] = []
        self.every = 1  # epochs between two entries of the history
        self.kept: list[Moment] = []
        self.kept_every = 1
        self.shown: Moment | None = None  # what is scrubbed back to
        self.speed: deque[tuple[float, int]] = deque(maxlen=40)  # moments and the epochs by then
        self.grid = features_of(_grid(MAP_CELLS), settings.features)
        self.small_grid = features_of(_grid(NEURON_CELLS), settings.features)
        self._note()

    def step(self) -> bool:
        """Train for about a hundredth of a second; False at the end."""
        start = time.perf_counter()
        if self.pace:
            time.sleep(max(0.0, min(1.0, self.due - start)))
            self.due = max(self.due, start) + 1 / self.pace
            start = time.perf_counter()
        n = min(1 if self.pace else self.chunk, self.settings.epochs - self.epoch)
        if n > 0:
            self._train(n)
            took = time.perf_counter() - start
            self.speed.append((time.perf_counter(), self.epoch))
            self.chunk = max(1, min(64, round(n * CHUNK_S / max(took, 1e-6))))
            self._note()
        return not self._is_over()

    def command(self, name: str, value: Any) -> bool:
        """Hear a visitor: "step", "epoch", "rate", "l1", "l2", "pace", "weight", "scrub", "live"."""
        match name, value:
            case "step", _:
                self._train(1, n_points=self.settings.batch_size)
                self._note()
            case "epoch", _:
                self._train(1)
                self._note()
            case "rate" | "l1" | "l2", float() | int() if 0 <= value <= 100:
                setattr(self, name, float(value))
            case "pace", int() if value in PACES:
                self.pace, self.due = value, 0.0
            case "weight", [int(layer), int(row), int(column), float() | int() as number]:
                self._set_weight(layer, row, column, float(number))
            case "scrub", int():
                self.shown = min(self.kept, key=lambda moment: abs(moment.epoch - value), default=None)
            case "live", _:
                self.shown = None
        return False

    def frame(self) -> bytes:
        """A header of JSON behind its length in 4 bytes, then the maps as int8: the plane's, and each neuron's.

        The plane has MAP_CELLS^2 cells: for two classes the score squeezed into -127 to 127, else the class.
        """
        network = self._network()
        scores = network.layers(self.grid)[-1]
        plane = self._plane(scores)
        hidden = network.layers(self.small_grid)[:-1]
        maps = [_squeezed(layer) for layer in hidden]
        (first, before), (last, now) = (self.speed[0], self.speed[-1]) if self.speed else ((0.0, 0), (0.0, 0))
        header = {
            "epoch": self.shown.epoch if self.shown else self.epoch,
            "last_epoch": self.epoch,
            "epochs": self.settings.epochs,
            "epochs_per_s": round((now - before) / (last - first), 1) if last > first else 0,
            "why": self.why,
            "rate": rate_at(self.settings, self.rate, self.epoch),
            "pace": self.pace,
            "base_rate": self.rate,
            "l1": self.l1,
            "l2": self.l2,
            "cells": MAP_CELLS,
            "neuron_cells": NEURON_CELLS,
            "n_classes": len(self.data.points.names),
            "widths": [len(m) for m in maps],
            "weights": [[[round(float(w), 3) for w in row] for row in layer.tolist()] for layer in network.weights],
            "history": self.history[-600:] if len(self.history) <= 600 else self.history[:: len(self.history) // 300],
            "measured": self.measured(network),
            "scrubbed": self.shown is not None,
            "kept": [self.kept[0].epoch, self.kept[-1].epoch] if self.kept else [0, 0],
        }
        packed = json.dumps(header, allow_nan=False, default=str).encode()
        body = plane.tobytes() + b"".join(m.tobytes() for m in maps)
        return struct.pack("<I", len(packed)) + packed + body

    def measured(self, network: Network) -> dict[str, dict[str, float]]:
        """Loss and accuracy of each part of the data."""
        scores = network.scores(self.data.x)
        found = {}
        for name, rows in self.data.parts.items():
            loss = float(loss_of(scores[rows], self.data.y[rows], self.settings.loss))
            right = (classes_of(scores[rows], self.settings.loss) == self.data.labels[rows]).float().mean()
            found[name] = {"loss": round(loss, 5) if np.isfinite(loss) else -1.0, "accuracy": round(float(right), 4)}
        return found

    def _train(self, n_epochs: int, n_points: int | None = None) -> None:
        rows = self.data.parts["train"]
        x, y = self.data.x[rows], self.data.y[rows]
        order = torch.stack([torch.randperm(len(x), generator=self.generator) for _ in range(n_epochs)])[:, :n_points]
        noise = None
        if self.settings.dropout:
            hidden = sum(self.network.shape.sizes[1:-1])
            noise = torch.rand(n_epochs, hidden, order.shape[1], generator=self.generator)
        rate = torch.tensor([rate_at(self.settings, self.rate, self.epoch)])
        rules = Rules(self.settings.optimizer, rate, self.l1, self.l2, self.settings.batch_size)
        self.network.train(x, y, order, rules, noise)
        self.epoch += n_epochs if n_points is None else 0

    def _note(self) -> None:
        """Keep the losses and, now and then, the whole network."""
        found = self.measured(self.network)
        train, validation = found["train"]["loss"], found["validation"]["loss"]
        if self.epoch % self.every == 0 or not self.history:
            self.history.append((self.epoch, train, validation, found["validation"]["accuracy"]))
        if len(self.history) > MAX_HISTORY:
            self.history, self.every = self.history[::2], self.every * 2
        if not self.kept or self.epoch - self.kept[-1].epoch >= self.kept_every:
            network = self.network
            copies = (network.flat.clone(), network.means.clone(), network.variances.clone())
            self.kept.append(Moment(self.epoch, *copies))
        if len(self.kept) > KEPT:
            self.kept, self.kept_every = self.kept[::2], self.kept_every * 2
        if 0 <= validation < self.best:
            self.best, self.best_epoch = validation, self.epoch
        if train < 0 or train > DIVERGED or not torch.isfinite(self.network.flat).all():
            self.why = "diverged"

    def _is_over(self) -> bool:
        if self.why != "diverged":
            waited = self.epoch - self.best_epoch
            if self.settings.patience and waited >= self.settings.patience:
                self.why = "early stopping"
            elif self.epoch >= self.settings.epochs:
                self.why = "finished"
            else:
                self.why = ""
        return bool(self.why)

    def _set_weight(self, layer: int, row: int, column: int, value: float) -> None:
        weights = self.network.weights
        if 0 <= layer < len(weights) and abs(value) <= 100:
            view = weights[layer]
            if 0 <= row < view.shape[0] and 0 <= column < view.shape[1]:
                view[row, column] = value

    def _network(self) -> Network:
        """The network as it is, or as it was where the visitor scrubbed back to."""
        if self.shown is None:
            return self.network
        past = Network(self.network.shape, [w.clone() for w in self.network.weights])
        past.flat.copy_(self.shown.flat)
        past.means, past.variances = self.shown.means, self.shown.variances
        return past

    def _plane(self, scores: Tensor) -> np.ndarray:
        if len(scores) == 1:
            low, high = (-1.0, 1.0) if self.settings.loss == "MSE" else (-4.0, 4.0)
            value = scores[0] * 2 - 1 if self.settings.loss == "MSE" else scores[0]
            return (torch.nan_to_num(value).clamp(low, high) * (127 / high)).to(torch.int8).numpy()
        return torch.nan_to_num(scores).argmax(0).to(torch.int8).numpy()


def feature_maps(settings: Settings) -> np.ndarray:
    """(f, NEURON_CELLS^2) int8: what each feature is over the plane."""
    return _squeezed(features_of(_grid(NEURON_CELLS), settings.features).t())


def clicked(clicks: Sequence[tuple[float, float, int]]) -> Points:
    """The points that a visitor has clicked into the plane, after the four that are there from the start.

    Args:
        clicks: x, y and class from 0.
    """
    all_clicks = [*FIRST_CLICKS, *clicks][:MAX_POINTS]
    xy = np.array([click[:2] for click in all_clicks])
    return labelled(np.clip(xy, -SPAN, SPAN), [str(click[2] + 1) for click in all_clicks])


def table(data: bytes) -> Points:
    """The points of a CSV file, as core.points.read_csv reads it."""
    return read_csv(data)


def about(settings: Settings, points: Points) -> str:
    """What tells one run from another: the settings, and the points where they are the visitor's own."""
    if settings.data not in OWN:
        return settings.model_dump_json()
    return settings.model_dump_json() + sha256(points.xy.tobytes() + points.labels.tobytes()).hexdigest()


def data_of(settings: Settings, own: Points | None = None) -> Split:
    """The points of a run with these settings, in its order and parts.

    Raises:
        CamadasError: if they cannot be made, or the network cannot.
    """
    shape_of(settings, 1)
    return split(points_of(settings, own), settings)


def start(settings: Settings, own: Points | None = None) -> Job:
    """Begin a live run in the background, paused.

    Raises:
        CamadasError: if the settings make no network or no points, or the server is full.
    """
    points = points_of(settings, own)
    shape_of(settings, 1)  # what is wrong with it is said before it waits for its turn
    return JOBS.start(lambda: Playground(settings, points), about=about(settings, points), is_paused=True)


def find(token: str) -> Job | None:
    """The run of this token, while it is known."""
    return JOBS.find(token)


def script(settings: Settings) -> str:
    """The stand-alone Python script that trains the same network on the same points in plain PyTorch."""
    return render("moons", settings=settings, layers=parse_layers(settings.layers))


def _grid(cells: int) -> Tensor:
    """(cells^2, 2): the middles of the cells of the plane, row by row from the top left."""
    at = (torch.arange(cells) + 0.5) / cells * 2 * SPAN - SPAN
    y, x = torch.meshgrid(-at, at, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)


def _squeezed(values: Tensor) -> np.ndarray:
    """(neurons, cells) numbers as int8, the greatest of each neuron as 127."""
    values = torch.nan_to_num(values)
    most = values.abs().amax(1, keepdim=True).clamp(min=1e-6)
    return (values / most * 127).to(torch.int8).numpy()
