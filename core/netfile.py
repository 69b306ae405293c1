"""A trained network on points in the plane as a file that leaves and comes back: safetensors, its settings inside.

Tensors are the state of core.models.mlp.MLP; metadata has "camadas" (the format's number), "settings" (JSON) and
"epoch". Points of the visitor's own go along, as "points.xy", "points.labels" and the names in metadata.
"""

import json
from dataclasses import dataclass

import numpy as np
import safetensors
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as deserialize
from safetensors.torch import save as serialize
from torch import Tensor

from core.errors import NetworkRejected, SettingsError
from core.netstate import empty, module_of, network_of
from core.plane import OWN, Settings, shape_of, unmixed
from core.points import LEAST_POINTS, MAX_CLASSES, MAX_POINTS, Points
from core.training.tiny import Network

FORMAT = "1"
MAX_BYTES = 2 * 2**20
LARGEST = 1e6  # of a number in the file


@dataclass(frozen=True)
class Loaded:
    """What a file brought back.

    Attributes:
        settings: with which the network was trained.
        network: with these settings.
        points: the visitor's own, if they went along.
    """

    settings: Settings
    network: Network
    points: Points | None


def pack(network: Network, settings: Settings, points: Points, epoch: int) -> bytes:
    """A network and what it was trained with, its points in the order of its Split, as the bytes of a file."""
    metadata = {"camadas": FORMAT, "settings": settings.model_dump_json(), "epoch": str(epoch)}
    tensors = {name: tensor.contiguous() for name, tensor in module_of(network).state_dict().items()}
    metadata["classes"] = json.dumps(points.names)
    if settings.data in OWN:
        given = unmixed(points, settings.seed)
        tensors["points.xy"], tensors["points.labels"] = torch.from_numpy(given.xy), torch.from_numpy(given.labels)
    return serialize(tensors, metadata=metadata)


def unpack(data: bytes) -> Loaded:
    """Read what `pack` wrote; the file may come from a stranger.

    Raises:
        NetworkRejected: if it is no such file.
    """
    if len(data) > MAX_BYTES:
        raise NetworkRejected("file_too_large", size_mb=len(data) / 1e6, limit_mb=MAX_BYTES // 10**6)
    try:
        kinds = {name: tensor["dtype"] for name, tensor in safetensors.deserialize(data)}
        if not set(kinds.values()) <= {"F32", "I64"}:
            raise NetworkRejected("not_ours")
        tensors = deserialize(data)
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
        settings = Settings.model_validate_json(metadata["settings"])
        names = tuple(str(name)[:40] for name in json.loads(metadata["classes"]))
    except (SafetensorError, ValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NetworkRejected("not_ours") from error
    points = _points(tensors.pop("points.xy", None), tensors.pop("points.labels", None), names)
    if not 2 <= len(names) <= MAX_CLASSES:
        raise NetworkRejected("not_ours")
    if points is None and settings.data in OWN:
        raise NetworkRejected("no_points")
    n_outputs = 1 if len(names) == 2 and settings.loss != "cross-entropy" else len(names)
    try:
        shape = shape_of(settings, n_outputs)
    except SettingsError as error:
        raise NetworkRejected("not_ours") from error
    expected = empty(shape).state_dict()
    if expected.keys() != tensors.keys() or any(expected[k].shape != tensors[k].shape for k in expected):
        raise NetworkRejected("other_shape")
    if any(expected[name].dtype != tensor.dtype for name, tensor in tensors.items()):
        raise NetworkRejected("not_ours")
    state = tensors
    if any(not torch.isfinite(t).all() or t.abs().max() > LARGEST for t in state.values() if t.is_floating_point()):
        raise NetworkRejected("not_finite")
    if any((state[name] < 0).any() for name in state if name.endswith("running_var")):
        raise NetworkRejected("not_finite")
    if points is not None:
        settings = settings.model_copy(update={"data": "my CSV"})
    return Loaded(settings, network_of(state, shape), points)


def fits(loaded: Loaded, settings: Settings, n_outputs: int) -> bool:
    """Whether a loaded network can go on with these settings."""
    wanted, there = shape_of(settings, n_outputs), loaded.network.shape
    same_sizes = wanted.sizes == there.sizes and settings.features == loaded.settings.features
    return same_sizes and wanted.activations == there.activations and wanted.batch_norm == there.batch_norm


def _points(xy: Tensor | None, labels: Tensor | None, names: tuple[str, ...]) -> Points | None:
    if xy is None and labels is None:
        return None
    if xy is None or labels is None or xy.dim() != 2 or xy.shape[1] != 2 or labels.shape != xy.shape[:1]:
        raise NetworkRejected("not_ours")
    if not xy.is_floating_point() or labels.is_floating_point() or not torch.isfinite(xy).all():
        raise NetworkRejected("not_ours")
    if not LEAST_POINTS <= len(xy) <= MAX_POINTS:
        raise NetworkRejected("not_ours")
    found = labels.long().numpy()
    if found.min() < 0 or found.max() >= len(names) or len(np.unique(found)) < 2:
        raise NetworkRejected("not_ours")
    return Points(xy.float().clamp(-1e3, 1e3).numpy(), found, names)
