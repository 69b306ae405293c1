"""A stack of layers, written as text: what each one gives, costs and sees, and the network that it makes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import torch
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from torch import nn

from core.errors import SettingsError
from core.inference import alone
from core.scripting import render
from core.sizes import Sizes
from core.stack import Layer, edited, parse

# Beyond these a layer is not run here: parameters, numbers that go in or come out, multiply-adds.
MAX_PARAMETERS, MAX_NUMBERS, MAX_PRODUCTS = 128 * 2**20, 16 * 2**20, 4 * 10**9
N_RUNS, ENOUGH_S = 12, 0.05  # the quickest of a few runs counts, or of those within this time
Shape = tuple[int, ...]


ACTIVATIONS = {
    "relu": nn.ReLU,
    "leakyrelu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
STRIDED = """conv 32 3 stride=2 padding=1
relu
conv 64 3 stride=2 padding=1
relu
conv 128 3 stride=2 padding=1
relu
flatten
dropout 0.2
dense 1024
relu
dropout 0.2
dense 10"""
_LENET = """conv 6 5
tanh
avgpool 2
conv 16 5
tanh
avgpool 2
conv 120 5
tanh
flatten
dense 84
tanh
dense 10"""
_VGG = {
    "VGG-11": "64 | 128 | 256 256 | 512 512 | 512 512",
    "VGG-13": "64 64 | 128 128 | 256 256 | 512 512 | 512 512",
    "VGG-16": "64 64 | 128 128 | 256 256 256 | 512 512 512 | 512 512 512",
    "VGG-19": "64 64 | 128 128 | 256 256 256 256 | 512 512 512 512 | 512 512 512 512",
}


def _vgg(plan: str) -> dict[str, object]:
    """A network of Simonyan, Zisserman (2015), table 1: filters of its 3 x 3 convolutions, | a max pooling."""
    lines = []
    for block in plan.split(" | "):
        for filters in block.split():
            lines += [f"conv {filters} 3 padding=1", "relu"]
        lines.append("maxpool 2")
    head = ["flatten", *["dense 4096", "relu", "dropout 0.5"] * 2, "dense 1000"]
    return {"channels": 3, "height": 224, "width": 224, "stack": "\n".join(lines + head)}


EXAMPLES: dict[str, dict[str, object]] = {
    "CIFAR net with strides": {},
    "LeNet-5": {"channels": 1, "height": 32, "width": 32, "stack": _LENET},
    **{name: _vgg(plan) for name, plan in _VGG.items()},
    "One layer: 5 × 5 on 32 × 32 × 3": {"channels": 3, "height": 32, "width": 32, "stack": "conv 64 5"},
}
_typed: JsonDict = {"widget": "number"}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: int = Field(
        3, ge=1, le=1024, title="Channels", description="Of the input: 3 for colour.", json_schema_extra=_typed
    )
    height: int = Field(
        32, ge=1, le=1024, title="Height", description="Of the input, in pixels.", json_schema_extra=_typed
    )
    width: int = Field(
        32, ge=1, le=1024, title="Width", description="Of the input, in pixels.", json_schema_extra=_typed
    )
    stack: str = Field(
        STRIDED,
        max_length=4000,
        title="Layers",
        description="One layer on each line: conv 32 3 stride=2 padding=1, batchnorm, relu, maxpool 2, globalpool, "
        "dropout 0.2, flatten, dense 10.",
        examples=["conv 8 3\nrelu\nglobalpool\nflatten\ndense 10"],
    )


@dataclass(frozen=True)
class Row:
    """What there is to say about a layer of a network, for one picture.

    Attributes:
        line: the torch.nn module.
        shape: what comes out, without the batch.
        parameters: learned numbers.
        field: height and width of the input that one number can depend on.
        multiply_adds: of convolutions and dense layers.
        memory: bytes of what comes out and of the parameters, 4 each.
        seconds: of one picture through it, measured; None where it was not run.
    """

    line: str
    shape: Shape
    parameters: int
    field: tuple[int, int]
    multiply_adds: int
    memory: int
    seconds: float | None = None


@dataclass(frozen=True)
class Described:
    """A stack as far as it is possible.

    Attributes:
        layers: all of them, as written.
        rows: of the possible ones, in order.
        problem: why the layer after them is impossible, or None.
    """

    layers: list[Layer]
    rows: list[Row]
    problem: SettingsError | None


def describe(settings: Settings, *, timed: bool = True, asked: int = 0) -> Described:
    """What each layer of a stack gives, costs and sees, up to the first that is impossible.

    Args:
        settings: input and stack.
        timed: whether layers are run to measure them.
        asked: as `measured` takes it.

    Raises:
        SettingsError: if the text cannot be read.
    """
    layers = parse(settings.stack)
    shape: Shape = (settings.channels, settings.height, settings.width)
    modules: list[nn.Module] = []
    problem = None
    with torch.device("meta"):
        for layer in layers:
            try:
                modules.append(build(layer, shape))
            except SettingsError as error:
                problem = error
                break
            shape = _through(modules[-1], shape)
    rows = survey(nn.Sequential(*modules), (settings.channels, settings.height, settings.width))
    if timed:
        before: Shape = (settings.channels, settings.height, settings.width)
        for index, row in enumerate(rows):
            rows[index] = Row(**{**row.__dict__, "seconds": measured(layers[index], before, asked)})
            before = row.shape
    return Described(layers, rows, problem)


def edit(text: str, action: str, row: int, name: str, value: str) -> str:
    """The text of a stack after one change, as core.stack.edited makes it."""
    return edited(text, action, row, name, value)


def build(layer: Layer, shape: Shape) -> nn.Module:
    """The module of a layer for an input of this shape, without the batch.

    Raises:
        SettingsError: if there is none; the reason says why.
    """
    if layer.kind in ACTIVATIONS:
        return ACTIVATIONS[layer.kind]()
    if layer.kind == "dropout":
        return nn.Dropout(layer.values[0])
    if layer.kind == "flatten":
        return nn.Flatten()
    if layer.kind == "dense":
        if len(shape) != 1:
            raise SettingsError("not_flat", value=" × ".join(map(str, shape)))
        return nn.Linear(shape[0], layer["units"])
    if layer.kind == "batchnorm" and len(shape) == 1:
        return nn.BatchNorm1d(shape[0])
    if len(shape) == 1:
        raise SettingsError("already_flat", value=shape[0])
    if layer.kind == "batchnorm":
        return nn.BatchNorm2d(shape[0])
    if layer.kind == "globalpool":
        return nn.AdaptiveAvgPool2d(1)
    return _sliding(layer, shape)


def survey(net: nn.Sequential, shape: Shape) -> list[Row]:
    """What each module of a network gives, costs and sees, for one picture of this shape (C, H, W)."""
    rows, field, jump, whole = [], (1, 1), (1, 1), shape[1:]
    for module in net:
        shape = _through(module, shape)
        kernel, stride, dilation = (getattr(module, name, 1) for name in ("kernel_size", "stride", "dilation"))
        if hasattr(module, "kernel_size"):
            reach = [d * (k - 1) for k, d in zip(_pair(kernel), _pair(dilation), strict=True)]
            grown = [f + r * j for f, r, j in zip(field, reach, jump, strict=True)]
            field = (min(whole[0], grown[0]), min(whole[1], grown[1]))  # no more is seen than there is
            jump = (jump[0] * _pair(stride)[0], jump[1] * _pair(stride)[1])
        elif isinstance(module, nn.Linear | nn.AdaptiveAvgPool2d) and len(whole) == 2:
            field = (whole[0], whole[1])
        parameters = sum(p.numel() for p in module.parameters())
        weight = module.weight.numel() if isinstance(module, nn.Linear | nn.Conv2d) else 0
        places = prod(shape[1:]) if isinstance(module, nn.Conv2d) else 1
        memory = 4 * (prod(shape) + parameters)
        rows.append(Row(f"nn.{module}", shape, parameters, field, weight * places, memory))
    return rows


def sizes_of(layer: Layer, shape: Shape) -> Sizes | None:
    """The arithmetic of a convolution or pooling on an input of this shape; None for other layers."""
    if layer.kind not in ("conv", "maxpool", "avgpool"):
        return None
    is_conv = layer.kind == "conv"
    pad, side, stride = layer["padding"], layer["kernel"], layer["stride"]
    spread = layer["dilation"] if is_conv else 1
    return Sizes(
        channels=(shape[0], layer["filters"] if is_conv else shape[0]),
        size=(shape[1], shape[2]),
        kernel=(side, side),
        stride=(stride, stride),
        pads=((pad, pad), (pad, pad)),
        dilation=(spread, spread),
        groups=layer["groups"] if is_conv else shape[0],
        bias=is_conv,
        weighted=is_conv,
    )


@lru_cache(maxsize=1024)
def measured(layer: Layer, shape: Shape, asked: int = 0) -> float | None:
    """Seconds of one picture of this shape through a layer, the quickest of a few; None if it is too large to run.

    Args:
        layer: which.
        shape: of what goes in.
        asked: another number measures anew.
    """
    with torch.device("meta"):
        row = survey(nn.Sequential(build(layer, shape)), shape)[0]
    numbers = max(prod(shape), prod(row.shape))
    if row.parameters > MAX_PARAMETERS or numbers > MAX_NUMBERS or row.multiply_adds > MAX_PRODUCTS:
        return None
    return alone(_run, layer, shape)


def script(settings: Settings) -> str:
    """The stand-alone Python script: the network as an nn.Module, which prints the page's table."""
    described = describe(settings, timed=False)
    return render("layers", settings=settings, described=described)


def _run(layer: Layer, shape: Shape) -> float:
    with torch.device("meta"):
        module = build(layer, shape)
    module = module.to_empty(device="cpu").eval()
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.data.fill_(1)  # of no number comes an answer that is late
    x, taken = torch.rand(1, *shape), []
    with torch.inference_mode():
        for _ in range(N_RUNS):
            start = time.perf_counter()
            module(x)
            taken.append(time.perf_counter() - start)
            if sum(taken) > ENOUGH_S:
                break
    return min(taken)


def _through(module: nn.Module, shape: Shape) -> Shape:
    with torch.inference_mode():
        return tuple(module.to("meta").eval()(torch.empty(1, *shape, device="meta")).shape[1:])


def _sliding(layer: Layer, shape: Shape) -> nn.Module:
    side, stride, pad = layer["kernel"], layer["stride"], layer["padding"]
    reach = (layer["dilation"] if layer.kind == "conv" else 1) * (side - 1) + 1
    if layer.kind != "conv" and 2 * pad > side:
        raise SettingsError("pooling_padding", value=pad, rule=side // 2)
    if reach > min(shape[1:]) + 2 * pad:
        raise SettingsError("kernel_too_large", value=reach, rule=min(shape[1:]) + 2 * pad)
    if layer.kind == "conv":
        filters, groups = layer["filters"], layer["groups"]
        for channels in (shape[0], filters):
            if channels % groups:
                raise SettingsError("groups", value=groups, rule=channels)
        return nn.Conv2d(shape[0], filters, side, stride, pad, layer["dilation"], groups)
    return nn.MaxPool2d(side, stride, pad) if layer.kind == "maxpool" else nn.AvgPool2d(side, stride, pad)


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def total(rows: Sequence[Row]) -> Row:
    """The sums over a stack; the shape and the field are the last layer's."""
    seconds = [row.seconds for row in rows]
    return Row(
        "",
        rows[-1].shape if rows else (),
        sum(row.parameters for row in rows),
        rows[-1].field if rows else (1, 1),
        sum(row.multiply_adds for row in rows),
        sum(row.memory for row in rows),
        None if None in seconds else sum(s for s in seconds if s is not None),
    )
