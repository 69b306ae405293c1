"""Convolution, transposed convolution and pooling by hand: small matrices in, every product accounted for.

Terms as in Dumoulin, Visin (2016), A guide to convolution arithmetic for deep learning, and in torch.nn.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from core.errors import SettingsError
from core.filtering import Padding, PadMode, check_axis, convolve2d, pads_of
from core.matrices import parse, resized, write
from core.scripting import render
from core.sizes import Sizes, torch_line

Operation = Literal["convolution", "transposed convolution", "max pooling", "average pooling", "global average pooling"]

MAX_INPUT, MAX_KERNEL, MAX_CHANNELS = 12, 7, 4
MAX_TEXT = 6000  # characters of a matrix
LEAST_DIVISOR = 1e-3
INPUT = """5 2 6 8 2 0 1 2
4 3 4 5 1 9 6 3
3 9 2 4 7 7 6 9
1 3 4 6 8 2 2 1
8 4 6 2 3 1 8 8
5 8 9 0 1 0 2 3
9 2 6 6 3 6 2 1
9 8 8 2 6 3 4 5"""
KERNEL = "-1 0 1\n2 1 2\n1 -2 0"
_number: JsonDict = {"widget": "number"}
_weighted: JsonDict = {"operation": ["convolution", "transposed convolution"]}
_windowed: JsonDict = {"operation": ["convolution", "transposed convolution", "max pooling", "average pooling"]}
_padded: JsonDict = {**_number, "when": {**_windowed, "padding": ["number"]}}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation = Field(
        "convolution",
        title="Operation",
        description="What is done with the numbers under the window: a weighted sum, their greatest, or their mean. "
        "A transposed convolution spreads each number instead.",
        json_schema_extra={"widget": "select"},
    )
    input: str = Field(
        INPUT,
        max_length=MAX_TEXT,
        title="Input",
        description="Rows on lines of their own, numbers apart by spaces; channels apart by an empty line.",
        examples=["1 2 3 4 5\n6 7 8 9 0\n1 2 3 4 5\n6 7 8 9 0\n1 2 3 4 5"],
    )
    kernel: str = Field(
        KERNEL,
        max_length=MAX_TEXT,
        title="Kernel",
        description="Written as the input. One block for each input channel of a group, and so on for each filter.",
        examples=["1 2 1\n2 4 2\n1 2 1"],
    )
    padding: Literal["valid", "same", "full", "number"] = Field(
        "valid",
        title="Padding",
        description="valid: none. same: the output is as large as the input. full: every overlap counts. "
        "number: as many rows and columns as you say.",
        json_schema_extra={"when": _windowed},
    )
    padding_height: int = Field(
        1,
        ge=0,
        le=12,
        title="Padding, height",
        description="Rows added above and below.",
        json_schema_extra=_padded,
    )
    padding_width: int = Field(
        1,
        ge=0,
        le=12,
        title="Padding, width",
        description="Columns added left and right.",
        json_schema_extra=_padded,
    )
    mode: PadMode = Field(
        "zeros",
        title="Border",
        description="What the added cells hold: zeros, the picture mirrored, its edge repeated, or its other side.",
        json_schema_extra={
            "widget": "select",
            "when": {"operation": ["convolution"], "padding": ["same", "full", "number"]},
        },
    )
    stride_height: int = Field(
        1,
        ge=1,
        le=6,
        title="Stride, height",
        description="Rows from one window to the next.",
        json_schema_extra={**_number, "when": _windowed},
    )
    stride_width: int = Field(
        1,
        ge=1,
        le=6,
        title="Stride, width",
        description="Columns from one window to the next.",
        json_schema_extra={**_number, "when": _windowed},
    )
    dilation_height: int = Field(
        1,
        ge=1,
        le=3,
        title="Dilation, height",
        description="Rows from one tap of the kernel to the next.",
        json_schema_extra={**_number, "when": _weighted},
    )
    dilation_width: int = Field(
        1,
        ge=1,
        le=3,
        title="Dilation, width",
        description="Columns from one tap of the kernel to the next.",
        json_schema_extra={**_number, "when": _weighted},
    )
    groups: int = Field(
        1,
        ge=1,
        le=4,
        title="Groups",
        description="Channels are split into so many groups that do not see each other; "
        "as many groups as channels is a depthwise convolution.",
        examples=[{"groups": 2, "input": "1 2 3\n4 5 6\n7 8 9\n\n1 0 1\n0 1 0\n1 0 1", "kernel": "1 1\n\n1 -1"}],
        json_schema_extra={**_number, "when": _weighted},
    )
    divisor: float = Field(
        1.0,
        ge=-1000.0,
        le=1000.0,
        title="Divisor S",
        description="The sum is divided by it: 9 makes a 3 × 3 kernel of ones a mean.",
        json_schema_extra={**_number, "when": _weighted},
    )
    flip: bool = Field(
        False,
        title="Flip the kernel",
        description="Off: correlation, what networks call convolution. On: convolution as in mathematics.",
        json_schema_extra={"when": _weighted},
    )


EXAMPLES: dict[str, dict[str, object]] = {
    "8 × 8 by hand": {},
    "Mean of nine": {"kernel": "1 1 1\n1 1 1\n1 1 1", "divisor": 9.0, "padding": "same", "mode": "replicate"},
    "Vertical edge": {
        "input": "\n".join(["0 0 0 9 9 9"] * 6),
        "kernel": "-1 0 1\n-2 0 2\n-1 0 1",
    },
    "RGB: three channels, one sum": {
        "input": "9 9 1 1 1\n9 9 1 1 1\n9 9 1 1 1\n9 9 1 1 1\n9 9 1 1 1\n\n"
        "1 1 1 1 1\n1 9 9 9 1\n1 9 9 9 1\n1 9 9 9 1\n1 1 1 1 1\n\n"
        "2 2 2 2 2\n2 2 2 2 2\n5 5 5 5 5\n8 8 8 8 8\n8 8 8 8 8",
        "kernel": "0 0 0\n0 1 0\n0 0 0\n\n0 -1 0\n-1 4 -1\n0 -1 0\n\n-1 -1 -1\n0 0 0\n1 1 1",
    },
    "Depthwise: each channel alone": {
        "input": "1 2 3 4\n5 6 7 8\n9 8 7 6\n5 4 3 2\n\n4 4 0 0\n4 4 0 0\n0 0 4 4\n0 0 4 4",
        "kernel": "1 1\n1 1\n\n1 -1\n1 -1",
        "groups": 2,
    },
    "Dilated: a wider view": {"dilation_height": 2, "dilation_width": 2},
    "Stride 2": {"padding": "number", "stride_height": 2, "stride_width": 2},
    "Transposed: 3 × 3 becomes 7 × 7": {
        "operation": "transposed convolution",
        "input": "1 2 3\n4 5 6\n7 8 9",
        "kernel": "1 2 1\n2 4 2\n1 2 1",
        "divisor": 4.0,
        "stride_height": 2,
        "stride_width": 2,
    },
    "Max pooling 2 × 2": {
        "operation": "max pooling",
        "kernel": "1 1\n1 1",
        "stride_height": 2,
        "stride_width": 2,
    },
}


@dataclass(frozen=True)
class Worked:
    """An operation done by hand, with everything that is needed to follow it. Kernels are numbered as their text.

    Attributes:
        input: (C, H, W).
        kernel: (D, C / groups, h, w); all ones for a pooling.
        output: (D, H', W').
        sizes: the layer's arithmetic.
        shown_rows: for each row of the padded input, the row whose numbers it shows; -1 for zeros.
        shown_columns: the same for columns.
        rows: (H', h) which row of the padded input each tap of each window reads; -1 for none.
        columns: (W', w) the same for columns.
        kernel_rows: which row of the kernel each tap uses: turned round when flipped.
        kernel_columns: the same for columns.
        line: the torch.nn module that does it.
    """

    input: np.ndarray
    kernel: np.ndarray
    output: np.ndarray
    sizes: Sizes
    shown_rows: list[int]
    shown_columns: list[int]
    rows: np.ndarray
    columns: np.ndarray
    kernel_rows: list[int]
    kernel_columns: list[int]
    line: str


def work(settings: Settings) -> Worked:
    """Do what the settings say with the matrices that they hold.

    Raises:
        SettingsError: if a matrix cannot be read, or the settings do not go together.
    """
    x = parse(settings.input, "input", MAX_INPUT, MAX_CHANNELS)
    kernel = _kernel(settings, x)
    sizes = _sizes(settings, x, kernel)
    border = settings.mode if settings.operation == "convolution" else "zeros"
    pads = ((0, 0), (0, 0)) if sizes.transposed else sizes.pads
    shown = [_border_indices(side, *beside, border) for side, beside in zip(sizes.size, pads, strict=True)]
    taps = [_taps(sizes, axis) for axis in (0, 1)]
    height, width = kernel.shape[2:]
    turn = -1 if settings.flip and sizes.weighted else 1
    return Worked(
        input=x,
        kernel=kernel,
        output=_output(settings, x, kernel, sizes),
        sizes=sizes,
        shown_rows=shown[0],
        shown_columns=shown[1],
        rows=taps[0],
        columns=taps[1],
        kernel_rows=list(range(height))[::turn],
        kernel_columns=list(range(width))[::turn],
        line=torch_line(settings.operation, sizes, border),
    )


@dataclass(frozen=True)
class Counts:
    """How large the matrices are, whatever the other settings say.

    Attributes:
        channels: blocks of the input.
        filters: outputs.
        input: rows and columns.
        kernel: rows and columns.
    """

    channels: int
    filters: int
    input: tuple[int, int]
    kernel: tuple[int, int]


def counts(settings: Settings) -> Counts:
    """The sizes of the matrices.

    Raises:
        SettingsError: if one cannot be read.
    """
    x = parse(settings.input, "input", MAX_INPUT, MAX_CHANNELS)
    kernel = parse(settings.kernel, "kernel", MAX_KERNEL, MAX_CHANNELS**2)
    deep = max(1, len(x) // settings.groups)
    return Counts(len(x), max(1, len(kernel) // deep), (x.shape[1], x.shape[2]), (kernel.shape[1], kernel.shape[2]))


def resize(settings: Settings, wanted: Counts) -> dict[str, str]:
    """The texts of input and kernel in other sizes: what is cut is lost, what is added is 0.

    Raises:
        SettingsError: if a matrix cannot be read, or becomes too long to write.
    """
    x = parse(settings.input, "input", MAX_INPUT, MAX_CHANNELS)
    kernel = parse(settings.kernel, "kernel", MAX_KERNEL, MAX_CHANNELS**2)
    n_kernels = wanted.filters * max(1, wanted.channels // settings.groups)
    return {
        "input": _written("input", resized(x, wanted.channels, *wanted.input)),
        "kernel": _written("kernel", resized(kernel, n_kernels, *wanted.kernel)),
    }


def changed(text: str, where: str, block: int, row: int, column: int, said: str) -> str:
    """The text of the input or the kernel with one cell changed.

    Args:
        text: as it is.
        where: "input" or "kernel".
        block: which channel of the input, or which kernel, from 0.
        row: from 0.
        column: from 0.
        said: what was typed into the cell.

    Raises:
        SettingsError: if it is no number.
    """
    blocks = parse(text, where, MAX_INPUT if where == "input" else MAX_KERNEL, MAX_CHANNELS**2)
    try:
        value = parse(said.strip().replace(",", "."), where, 1)[0, 0, 0]
    except SettingsError as error:
        raise SettingsError("not_a_number", argument=where, row=row + 1, column=column + 1, value=said[:20]) from error
    if 0 <= block < len(blocks) and 0 <= row < blocks.shape[1] and 0 <= column < blocks.shape[2]:
        blocks[block, row, column] = value
    return _written(where, blocks)


def _written(where: str, blocks: np.ndarray) -> str:
    text = write(blocks)
    if len(text) > MAX_TEXT:
        raise SettingsError("too_long_text", argument=where, value=len(text), rule=MAX_TEXT)
    return text


def script(settings: Settings) -> str:
    """The stand-alone Python script that does what `work` does with these settings."""
    worked = work(settings)
    return render("convolution", settings=settings, worked=worked)


def _kernel(settings: Settings, x: np.ndarray) -> np.ndarray:
    """(D, C / groups, h, w): as typed, or ones of that size for a pooling."""
    blocks = parse(settings.kernel, "kernel", MAX_KERNEL, MAX_CHANNELS**2)
    if settings.operation == "global average pooling":
        return np.ones((len(x), 1, *x.shape[1:]))
    if "pooling" in settings.operation:
        return np.ones((len(x), 1, *blocks.shape[1:]))
    if len(x) % settings.groups:
        raise SettingsError("groups", value=settings.groups, rule=len(x))
    deep = len(x) // settings.groups
    if len(blocks) % deep or (len(blocks) // deep) % settings.groups or len(blocks) // deep > MAX_CHANNELS:
        raise SettingsError("kernel_blocks", value=len(blocks), rule=deep * settings.groups)
    return blocks.reshape(-1, deep, *blocks.shape[1:])


def _sizes(settings: Settings, x: np.ndarray, kernel: np.ndarray) -> Sizes:
    weighted, transposed = "convolution" in settings.operation, settings.operation == "transposed convolution"
    is_global = settings.operation == "global average pooling"
    dilation = (settings.dilation_height, settings.dilation_width) if weighted else (1, 1)
    padding: Padding = (
        settings.padding
        if settings.padding != "number"
        else (
            settings.padding_height,
            settings.padding_width,
        )
    )
    height, width = kernel.shape[2:]
    pads = pads_of((height, width), "valid" if is_global else padding, dilation)
    sizes = Sizes(
        channels=(len(x), len(kernel)),
        size=(x.shape[1], x.shape[2]),
        kernel=(height, width),
        stride=(1, 1) if is_global else (settings.stride_height, settings.stride_width),
        pads=pads,
        dilation=dilation,
        groups=settings.groups if weighted else len(x),
        weighted=weighted,
        transposed=transposed,
    )
    _check(settings, sizes)
    return sizes


def _check(settings: Settings, sizes: Sizes) -> None:
    """What torch would refuse, in words."""
    if sizes.weighted and abs(settings.divisor) < LEAST_DIVISOR:
        raise SettingsError("divisor", value=f"{settings.divisor:g}")
    if sizes.transposed:
        if settings.padding in ("same", "full"):
            raise SettingsError("transposed_padding", value=settings.padding)
        if min(sizes.out) < 1:
            raise SettingsError("nothing_left", value=max(map(max, sizes.pads)))
        return
    if not sizes.weighted:
        for (before, after), side in zip(sizes.pads, sizes.kernel, strict=True):
            if before != after:
                raise SettingsError("pooling_uneven")
            if 2 * before > side:
                raise SettingsError("pooling_padding", value=before, rule=side // 2)
    border = settings.mode if settings.operation == "convolution" else "zeros"
    for axis in (0, 1):
        check_axis(sizes.size[axis], sizes.kernel[axis], sizes.pads[axis], sizes.dilation[axis], border)


def _output(settings: Settings, x: np.ndarray, kernel: np.ndarray, sizes: Sizes) -> np.ndarray:
    if not sizes.weighted:
        return _pooled(settings.operation, x, sizes)
    if sizes.transposed:
        return _spread(x, kernel[:, :, ::-1, ::-1] if settings.flip else kernel, sizes) / settings.divisor
    found = convolve2d(
        x.transpose(1, 2, 0),
        kernel.transpose(2, 3, 1, 0),
        stride=sizes.stride,
        padding="same" if settings.padding == "same" else (sizes.pads[0][0], sizes.pads[1][0]),
        mode=settings.mode,
        dilation=sizes.dilation,
        groups=sizes.groups,
        flip=settings.flip,
        divisor=settings.divisor,
    )
    return found.reshape(*sizes.out, -1).transpose(2, 0, 1)


def _spread(x: np.ndarray, kernel: np.ndarray, sizes: Sizes) -> np.ndarray:
    import torch
    import torch.nn.functional as F

    n_in, n_out = sizes.channels
    deep, wide = n_in // sizes.groups, n_out // sizes.groups
    # torch has (C_in, C_out / groups, h, w); ours is (C_out, C_in / groups, h, w)
    weight = kernel.reshape(sizes.groups, wide, deep, *sizes.kernel).swapaxes(1, 2).reshape(n_in, wide, *sizes.kernel)
    return F.conv_transpose2d(
        torch.from_numpy(x)[None],
        torch.from_numpy(np.ascontiguousarray(weight)),
        stride=sizes.stride,
        padding=(sizes.pads[0][0], sizes.pads[1][0]),
        groups=sizes.groups,
        dilation=sizes.dilation,
    )[0].numpy()


def _pooled(operation: Operation, x: np.ndarray, sizes: Sizes) -> np.ndarray:
    import torch
    import torch.nn.functional as F

    pool = F.max_pool2d if operation == "max pooling" else F.avg_pool2d
    pads = (sizes.pads[0][0], sizes.pads[1][0])
    return pool(torch.from_numpy(x)[None], sizes.kernel, stride=sizes.stride, padding=pads)[0].numpy()


def _border_indices(size: int, before: int, after: int, mode: str) -> list[int]:
    """The row that each row of the padded input shows, -1 for zeros."""
    if mode == "zeros":
        return [-1] * before + list(range(size)) + [-1] * after
    named = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(np.arange(size), (before, after), named[mode]).tolist()  # type: ignore[call-overload]


def _taps(sizes: Sizes, axis: int) -> np.ndarray:
    """(out, k): which row (or column) of the padded input each tap reads, -1 for none."""
    out, k = np.arange(sizes.out[axis])[:, None], np.arange(sizes.kernel[axis])[None]
    stride, dilation = sizes.stride[axis], sizes.dilation[axis]
    if not sizes.transposed:
        return out * stride + k * dilation
    at = out + sizes.pads[axis][0] - k * dilation
    inside = (at % stride == 0) & (at >= 0) & (at // stride < sizes.size[axis])
    return np.where(inside, at // stride, -1)
