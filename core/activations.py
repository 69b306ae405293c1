"""What every layer of a network makes of a picture, and the first filters once more, through OpenCV."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from core.checkpoints import read
from core.cifar10 import NETWORKS, SIDE_PX, as_seen, beside, enlarged
from core.inference import alone
from core.models.whitened_cnn import WhitenedCNN
from core.scripting import render

__all__ = ["NETWORKS", "as_seen", "beside", "enlarged"]
Network = Literal["Whitened network", "Classic network"]
BLUE, PAPER, ORANGE = (43, 108, 176), (250, 248, 244), (194, 87, 12)  # negative, zero, positive


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: Network = Field("Whitened network", title="Network", description="Which one the photo goes through.")
    scale: Literal["each map", "whole layer"] = Field(
        "each map",
        title="Colours",
        description="Full colour is the largest number of each map, or of the whole layer: then weak maps stay pale.",
    )


@dataclass(frozen=True)
class Step:
    """One layer of a network.

    Attributes:
        name: as in the module, such as blocks.block1.conv1.
        kind: of torch.nn, such as Conv2d.
        shape: what comes out, without the batch: (C, H, W) or (n,).
        parameters: learned numbers.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Filter:
    """One filter of the first layer and what it makes of the picture, by torch and by OpenCV.

    Attributes:
        kernel: (C, h, w) float32.
        bias: added to every sum.
        by_torch: (H, W) float32, the layer's map.
        by_opencv: (H, W) float32, the sum of cv2.filter2D over the channels.
    """

    kernel: np.ndarray
    bias: float
    by_torch: np.ndarray
    by_opencv: np.ndarray

    @property
    def difference(self) -> float:
        """The greatest distance between the two."""
        return float(np.abs(self.by_torch - self.by_opencv).max())


@cache
def steps(network: str) -> list[Step]:
    """The layers of a network in the order in which a picture passes them.

    Raises:
        CheckpointError: as core.checkpoints.read.
    """
    net = _net(network)
    found: list[Step] = []

    def note(name: str, module: nn.Module, out: Tensor) -> None:
        n = sum(p.numel() for p in module.parameters())
        found.append(Step(name, type(module).__name__, tuple(out.shape[1:]), n))

    alone(_through, net, torch.zeros(1, 3, SIDE_PX, SIDE_PX), note)
    return found


def activations(seen: np.ndarray, network: str) -> list[np.ndarray]:
    """What comes out of every layer, in the order of `steps`.

    Args:
        seen: (32, 32, 3) uint8.
        network: a checkpoint.

    Returns:
        Float32 arrays without the batch: (C, H, W) or (n,).
    """
    found: list[np.ndarray] = []

    def note(_name: str, _module: nn.Module, out: Tensor) -> None:
        found.append(out[0].numpy().copy())

    alone(_through, _net(network), _as_input(seen), note)
    return found


def coloured(maps: np.ndarray, scale: str) -> np.ndarray:
    """Maps in the colours of signs: blue below 0, orange above.

    Args:
        maps: (C, H, W) or (n,) float32; n numbers become n maps of one pixel.
        scale: "each map" or "whole layer": what full colour stands for.

    Returns:
        (C, H, W, 3) uint8.
    """
    maps = maps[:, None, None] if maps.ndim == 1 else maps
    most = np.abs(maps).max(axis=(1, 2) if scale == "each map" and maps.shape[1] > 1 else None, keepdims=True)
    share = (maps / np.maximum(most, 1e-12))[..., None]
    end = np.where(share < 0, np.array(BLUE), np.array(ORANGE))
    return np.round(np.array(PAPER) + (end - np.array(PAPER)) * np.abs(share)).astype(np.uint8)


def first_filter(seen: np.ndarray, network: str, channel: int) -> Filter:
    """A filter of the first convolution, applied to the picture by torch and by cv2.filter2D.

    A convolution of networks is a sum over the channels of what cv2.filter2D does to each (a correlation, the anchor
    at the kernel's corner), plus the bias; a stride leaves out rows and columns of the result, and without padding
    the places at the border where the kernel does not fit are cut off.

    Args:
        seen: (32, 32, 3) uint8.
        network: a checkpoint.
        channel: which filter, from 0.
    """
    net = _net(network)
    conv = next(module for module in net.modules() if isinstance(module, nn.Conv2d))
    x = _normalised(net, _as_input(seen))[0].numpy()
    kernel, bias = conv.weight[channel].numpy(), float(conv.bias[channel]) if conv.bias is not None else 0.0
    sums = filtered(x, kernel, bias, conv.stride[0])
    with torch.inference_mode():
        of_layer = F.conv2d(torch.from_numpy(x)[None], conv.weight, conv.bias, conv.stride)  # no hook sees it
    return Filter(kernel, bias, of_layer[0, channel].numpy(), sums)


def kernel_picture(kernel: np.ndarray) -> np.ndarray:
    """A kernel in the colours of signs, its channels side by side: (C, h, w) float32 -> (h, C (w + 1) - 1, 3) uint8."""
    parts = coloured(kernel, "whole layer")
    gap = np.full((kernel.shape[1], 1, 3), 255, np.uint8)
    return np.hstack([piece for part in parts for piece in (part, gap)][:-1])


def filtered(x: np.ndarray, kernel: np.ndarray, bias: float, stride: int) -> np.ndarray:
    """A convolution without padding through cv2.filter2D: (C, H, W) float32 and (C, h, w) -> (H', W') float32."""
    total = sum(
        cv2.filter2D(np.ascontiguousarray(x[c]), cv2.CV_32F, np.ascontiguousarray(kernel[c]), anchor=(0, 0))
        for c in range(len(x))
    )
    fits = np.asarray(total)[: x.shape[1] - kernel.shape[1] + 1, : x.shape[2] - kernel.shape[2] + 1]
    return fits[::stride, ::stride] + np.float32(bias)


def script(settings: Settings) -> str:
    """The stand-alone Python script that prints every layer's shape and draws its maps."""
    return render("activations", settings=settings, name=NETWORKS[settings.network])


Note = Callable[[str, nn.Module, Tensor], None]


def _through(net: nn.Module, x: Tensor, note: Note) -> None:
    """Send a batch through a network and tell of every layer that has no layers inside."""
    hooks = [
        module.register_forward_hook(lambda m, _x, out, name=name: note(name, m, out))
        for name, module in net.named_modules()
        if not any(module.children()) and not isinstance(module, nn.Sequential)
    ]
    try:
        with torch.inference_mode():
            net(x)
    finally:
        for hook in hooks:
            hook.remove()


@cache
def _net(network: str) -> nn.Module:
    """In float32 on the CPU, so that the numbers are the formula's; not the resident one, which hooks would see."""
    return read(network)[0]


def _as_input(seen: np.ndarray) -> Tensor:
    return torch.from_numpy(seen.transpose(2, 0, 1)[None].astype(np.float32) / 255)


def _normalised(net: nn.Module, x: Tensor) -> Tensor:
    """What the first convolution gets."""
    return (x - net.mean[:, None, None]) / net.spread[:, None, None] if isinstance(net, WhitenedCNN) else x
