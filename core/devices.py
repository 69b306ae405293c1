"""Where tensors are computed, and in what precision."""

import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from core.host import host

if TYPE_CHECKING:
    import torch

DRIVER = Path("/proc/driver/nvidia/gpus")  # a folder for each GPU


@cache
def device() -> "torch.device":
    """The GPU where there is one, else the CPU; CAMADAS_DEVICE names another."""
    import torch

    named = host().device
    if named:
        return torch.device(named)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def gains_from_bf16(where: "torch.device") -> bool:
    """Whether bf16 is faster than float32 there: GPUs since Ampere, CPUs with AMX or AVX512-bf16."""
    import torch

    if where.type == "cuda":
        return torch.cuda.get_device_capability(where)[0] >= 8
    return where.type == "cpu" and cpu_has_bf16()


def gpu_name() -> str | None:
    """The name of the NVIDIA GPU that torch uses, or None. Before torch is there, the driver's files are asked."""
    if not device.cache_info().currsize:
        return _drivers_gpu_name()
    if device().type != "cuda":
        return None
    import torch

    return torch.cuda.get_device_name(device())


def _drivers_gpu_name() -> str | None:
    hidden = host().device == "cpu" or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    if hidden or version("torch").endswith("+cpu"):
        return None
    for information in sorted(DRIVER.glob("*/information")):
        for line in information.read_text().splitlines():
            if line.startswith("Model:"):
                return line.removeprefix("Model:").strip()
    return None


def n_cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def hardware() -> str:
    """This machine in words, for a checkpoint's card.

    >>> "core" in hardware()
    True
    """
    cpu = f"{_cpu_model()}, {n_cores()} cores{', bf16' if cpu_has_bf16() else ''}"
    return f"{gpu_name()} with {cpu}" if gpu_name() else cpu


@cache
def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bf16 (AVX512-bf16 or AMX), as the kernel lists its flags."""
    flags = _cpu_field("flags").split()
    return "amx_bf16" in flags or "avx512_bf16" in flags


def _cpu_model() -> str:
    return _cpu_field("model name") or platform.processor() or platform.machine()


def _cpu_field(name: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # no Linux
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == name), "")
