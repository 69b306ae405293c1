"""A network on points in the plane: its settings, the points as it gets them, and its first weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from torch import Tensor

from core.errors import SettingsError
from core.points import SPAN, Points, beside, formula, made
from core.training.tiny import ACTIVATIONS, Shape

Feature = Literal["x", "y", "x²", "y²", "xy", "sin 2x", "sin 2y"]
Rate = Literal[0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]  # type: ignore[valid-type]
Strength = Literal[0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]  # type: ignore[valid-type]
RATES, STRENGTHS = get_args(Rate), get_args(Strength)
OWN = ("my CSV", "my clicks", "my photo")  # data that a visitor gives
PRIVATE = ("my CSV", "my photo")  # and that is never written down
MAX_LAYERS, MAX_WIDTH = 6, 64
_select: JsonDict = {"widget": "select"}


class Common(BaseModel):
    """What one network and many that are compared have in common: points, features, training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Literal["moons", "circles", "XOR", "spiral", "blobs", "function", "my CSV", "my clicks", "my photo"] = Field(
        "moons",
        title="Data",
        description="Which points are to be told apart. function: above and below its graph. Or your own; of a photo, "
        "its dark places and its light ones.",
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
    schedule: Literal["constant", "cosine", "steps"] = Field(
        "constant",
        title="Schedule",
        description="cosine lets the rate fall to 0 by the last epoch; steps halves it five times on the way.",
        json_schema_extra=_select,
    )
    batch_size: Literal[1, 5, 10, 30, 100, 1000] = Field(
        10, title="Batch size", description="Points a step.", json_schema_extra=_select
    )
    l1: Strength = Field(0.0, title="L1", description="Pulls weights to 0 and leaves few.", json_schema_extra=_select)
    l2: Strength = Field(0.0, title="L2", description="Keeps weights small.", json_schema_extra=_select)
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
    seed: int = Field(
        0,
        ge=0,
        le=999,
        title="Seed of the points",
        description="Of the points, their three parts, and the order in which they are met.",
        json_schema_extra={"widget": "number"},
    )


class Settings(Common):
    """One network."""

    layers: str = Field(
        "6 tanh\n4 tanh",
        max_length=200,
        title="Hidden layers",
        description="Neurons and activation of each, one a line: tanh, relu, sigmoid, leaky relu or gelu.",
        examples=["3 relu"],
    )
    learning_rate: Rate = Field(
        0.1, title="Learning rate", description="How long a step is.", json_schema_extra=_select
    )
    patience: int = Field(
        0,
        ge=0,
        le=2000,
        title="Early stopping",
        description="Epochs without a better validation loss after which it ends; 0: never.",
        json_schema_extra={"step": 10},
    )
    weights_seed: int = Field(
        0,
        ge=0,
        le=999,
        title="Seed of the weights",
        description="Another one is another start on the same points.",
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


def points_of(settings: Common, own: Points | None = None) -> Points:
    """The points that the settings ask for: the visitor's own, where they ask for them and there are some.

    Raises:
        ExpressionError: if the function is none.
    """
    if settings.data in OWN:
        return own or made("moons", settings.n_points, settings.noise, 2, settings.seed)
    if settings.data == "function":
        return beside(settings.expression, settings.n_points, settings.noise, settings.seed)
    return made(settings.data, settings.n_points, settings.noise, settings.n_classes, settings.seed)


def formula_of(settings: Common) -> str:
    """The function that parts the points, as Python; empty where there is none."""
    return formula(settings.expression) if settings.data == "function" else ""


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


def fingerprint(points: Points) -> str:
    """What tells points from others, in whatever order they stand."""
    order = np.lexsort((points.labels, points.xy[:, 1], points.xy[:, 0]))
    return sha256(points.xy[order].tobytes() + points.labels[order].tobytes()).hexdigest()


def unmixed(points: Points, seed: int) -> Points:
    """The points of a Split in the order in which `split` was given them."""
    back = np.argsort(mixing(len(points.labels), seed))
    return Points(points.xy[back], points.labels[back], points.names)


def points_file(settings: Common, data: Split) -> str:
    """The points as CSV (x, y, label), in the order in which the script parts them as the page does."""
    given = unmixed(data.points, settings.seed)
    names = [name.replace(",", ";") for name in given.names]
    rows = zip(given.xy, given.labels, strict=True)
    return "\n".join(f"{x:.5f},{y:.5f},{names[label]}" for (x, y), label in rows)


def mixing(n: int, seed: int) -> np.ndarray:
    """The order into which n points are mixed."""
    return np.random.default_rng((seed, 1)).permutation(n)


def split(points: Points, settings: Common) -> Split:
    """Mix the points by the seed and part them into train, validation and test."""
    order = mixing(len(points.labels), settings.seed)
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


def n_met(n: int, settings: Common) -> int:
    """How many of n points an epoch meets: batch norm leaves a last batch of one out, as it has no spread."""
    return n - 1 if settings.batch_norm and n % settings.batch_size == 1 else n


def shape_of(settings: Settings, n_outputs: int) -> Shape:
    """The network that the settings ask for.

    Raises:
        SettingsError: if the layers cannot be read, or batch norm is asked for with steps of one point.
    """
    if settings.batch_norm and settings.batch_size == 1:
        raise SettingsError("batch_norm_of_one")
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


def rate_at(settings: Common, rate: float, epoch: int) -> float:
    """The learning rate of an epoch, counted from 0."""
    done = min(1.0, epoch / settings.epochs)
    if settings.schedule == "cosine":
        return rate * 0.5 * (1 + float(np.cos(np.pi * done)))
    return rate * 0.5 ** int(6 * done) if settings.schedule == "steps" else rate


def grid(cells: int) -> Tensor:
    """(cells^2, 2): the middles of the cells of the plane, row by row from the top left."""
    at = (torch.arange(cells) + 0.5) / cells * 2 * SPAN - SPAN
    y, x = torch.meshgrid(-at, at, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)


def squeezed(values: Tensor) -> np.ndarray:
    """(neurons, cells) numbers as int8, the greatest of each neuron as 127."""
    values = torch.nan_to_num(values)
    most = values.abs().amax(1, keepdim=True).clamp(min=1e-6)
    return (values / most * 127).to(torch.int8).numpy()


def plane_of(scores: Tensor, loss: str) -> np.ndarray:
    """Scores (o, cells) as int8: of a single output squeezed into -127 to 127, of several the greatest one's class."""
    if len(scores) > 1:
        return torch.nan_to_num(scores).argmax(0).to(torch.int8).numpy()
    low, high = (-1.0, 1.0) if loss == "MSE" else (-4.0, 4.0)
    value = scores[0] * 2 - 1 if loss == "MSE" else scores[0]
    return (torch.nan_to_num(value).clamp(low, high) * (127 / high)).to(torch.int8).numpy()
