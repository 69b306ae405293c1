"""The one door to torchvision."""

import contextlib
import importlib
from types import ModuleType

import torch

_MISSING_OPERATORS = ("nms", "qnms")


def torchvision(part: str = "") -> ModuleType:
    """Import torchvision, or one of its parts, over whatever build of torch is here.

    The registry's build of torchvision wants CUDA libraries; over a CPU torch its import fails for want of two
    operators. They are then declared without a body: nothing here calls them.

    Args:
        part: "datasets", "models", "transforms.v2", …; empty for the package itself.

    Returns:
        The module.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in _MISSING_OPERATORS:
            with contextlib.suppress(RuntimeError):  # declared by an earlier call
                library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        globals()["_library"] = library  # the declarations live as long as this object
        importlib.import_module("torchvision")
    return importlib.import_module(f"torchvision.{part}" if part else "torchvision")
