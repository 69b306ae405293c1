"""Checkpoints: NAME.safetensors holds the tensors and, as JSON in its header, the card; NAME.md is the card to read.

Cards are read without torch; a module is built once a process and stays resident.
"""

import hashlib
import importlib
import json
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError

from core.answers import Evaluation
from core.errors import CheckpointError
from core.models import MODELS

if TYPE_CHECKING:
    from torch import nn

FOLDER = Path(__file__).parent.parent / "checkpoints"


class Metric(BaseModel):
    """One measured figure."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    unit: str
    data: str
    n: int


class Card(BaseModel):
    """What a checkpoint is, where it comes from and what it can and cannot do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str
    architecture: str
    arguments: dict[str, Any]
    parameters: int
    data: list[str]
    command: str
    recipe: dict[str, Any]
    seed: int
    hardware: str
    seconds: float
    steps: int
    metrics: list[Metric]
    curve: list[dict[str, float]]
    calibration: dict[str, Any]
    evaluation: Evaluation | None = None
    stored_as: str
    date: str
    licence: str
    limits: list[str]
    tensors_sha256: str = ""


def path_of(name: str, folder: Path = FOLDER) -> Path:
    """The file of a checkpoint."""
    return folder / f"{name}.safetensors"


def names(folder: Path = FOLDER) -> list[str]:
    """The checkpoints that are there, in alphabetical order."""
    return sorted(file.stem for file in folder.glob("*.safetensors"))


def read_card(name: str, folder: Path = FOLDER) -> Card:
    """The card in a checkpoint's header; no tensor is read.

    Raises:
        CheckpointError: if the file is missing, unreadable or has no card.
    """
    file = path_of(name, folder)
    if not file.is_file():
        raise CheckpointError("missing", file=file.name, name=name)
    try:
        with safetensors.safe_open(file, framework="np") as header:
            metadata = header.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CheckpointError("unreadable", file=file.name, why=error) from error
    try:
        return Card.model_validate_json(metadata["card"])
    except (KeyError, ValidationError) as error:
        raise CheckpointError("no_card", file=file.name) from error


def render_card(card: Card) -> str:
    """The card as Markdown: the content of NAME.md."""
    from core.scripting import templates

    return templates().get_template("card.md.jinja").render(card=card)


def save(module: "nn.Module", card: Card, folder: Path = FOLDER, *, half: bool = True) -> Card:
    """Write NAME.safetensors and NAME.md.

    Args:
        module: whose state is stored.
        card: about it; the hash of the tensors is filled in here.
        folder: where to.
        half: store floating-point tensors with two or more dimensions in bfloat16, the rest as they are.

    Returns:
        The card with its hash.
    """
    import torch
    from safetensors.torch import save as serialize

    from core.files import write_whole

    def stored(tensor: "torch.Tensor") -> "torch.Tensor":
        tensor = tensor.detach().cpu().contiguous()
        return tensor.to(torch.bfloat16) if half and tensor.is_floating_point() and tensor.ndim >= 2 else tensor

    tensors = {name: stored(tensor) for name, tensor in module.state_dict().items()}
    card = card.model_copy(update={"tensors_sha256": _hash(serialize(tensors))})
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path_of(card.name, folder), serialize(tensors, metadata={"card": card.model_dump_json()}))
    write_whole(folder / f"{card.name}.md", render_card(card).encode())
    return card


def read(name: str, folder: Path = FOLDER) -> tuple["nn.Module", Card]:
    """Build a checkpoint's module on the CPU in float32 and eval mode, and give its card.

    Raises:
        CheckpointError: if the file is missing, unreadable, has another hash than its card says, or does not fit
            the architecture that it names.
    """
    import torch
    from safetensors.torch import load as deserialize

    card, file = read_card(name, folder), path_of(name, folder)
    data = file.read_bytes()
    try:
        if _hash(data) != card.tensors_sha256:
            raise CheckpointError("wrong_hash", file=file.name)
        tensors = {key: t.float() if t.is_floating_point() else t for key, t in deserialize(data).items()}
    except SafetensorError as error:
        raise CheckpointError("unreadable", file=file.name, why=error) from error
    if card.architecture not in MODELS:
        raise CheckpointError("tensors_differ", file=file.name, architecture=card.architecture, why="it is not known")
    module_name, attribute = MODELS[card.architecture].split(":")
    try:
        with torch.device("meta"):
            module: nn.Module = getattr(importlib.import_module(module_name), attribute)(**card.arguments)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError("tensors_differ", file=file.name, architecture=card.architecture, why=error) from error
    why = _difference(module.state_dict(), tensors)
    if why:
        raise CheckpointError("tensors_differ", file=file.name, architecture=card.architecture, why=why)
    module.load_state_dict(tensors, assign=True)
    return module.eval().requires_grad_(False), card


def load(name: str) -> "nn.Module":
    """The resident module of a checkpoint: built once a process however many threads ask, in eval mode, on the GPU
    where there is one, its kernels in bf16 and channels_last where the device gains by it.

    Raises:
        CheckpointError: as `read`.
    """
    with _lock:
        return _resident(name)


_lock = threading.Lock()


@cache
def _resident(name: str) -> "nn.Module":
    import torch

    from core import meters
    from core.devices import device, gains_from_bf16

    meters.LOADS.labels(name).inc()
    where = device()
    module = read(name)[0].to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if gains_from_bf16(where):
        for layer in module.modules():
            if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d | torch.nn.Linear):
                layer.to(torch.bfloat16)
    return module


def _difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """What keeps `found` from being the state `expected`, in words; empty when nothing does."""
    if missing := sorted(expected.keys() - found.keys()):
        return f"{missing[0]} is missing"
    if strange := sorted(found.keys() - expected.keys()):
        return f"{strange[0]} is not part of it"
    for key, tensor in expected.items():
        if tensor.shape != found[key].shape:
            return f"{key} has the shape {tuple(found[key].shape)} instead of {tuple(tensor.shape)}"
    return ""


def _hash(data: bytes) -> str:
    """SHA-256 over the tensors of a serialized file: names, types, shapes and bytes, without the metadata."""
    digest = hashlib.sha256()
    for name, tensor in sorted(safetensors.deserialize(data)):
        digest.update(json.dumps([name, tensor["dtype"], list(tensor["shape"])]).encode())
        digest.update(tensor["data"])
    return digest.hexdigest()
