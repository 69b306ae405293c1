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
from torch import Tensor, nn

from core.errors import NetworkRejected, SettingsError
from core.models.mlp import MLP
from core.plane import OWN, Settings, shape_of, unmixed
from core.points import LEAST_POINTS, MAX_CLASSES, MAX_POINTS, Points
from core.training.tiny import Network, Shape

FORMAT = "1"
MAX_BYTES = 2 * 2**20
LARGEST = 1e6  # of a number in the file


@dataclass(frozen=True)
class Loaded:
    """What a file brought back.

    Attributes:
        settings: with which the network was trained.
        shape: of the network.
        state: of its MLP.
        points: the visitor's own, if they went along.
    """

    settings: Settings
    shape: Shape
    state: dict[str, Tensor]
    points: Points | None

    def network(self) -> Network:
        """The network, ready to go on."""
        return network_of(self.state, self.shape)


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
        safetensors.deserialize(data)
        tensors = deserialize(data)
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
        settings = Settings.model_validate_json(metadata["settings"])
        names = tuple(str(name)[:40] for name in json.loads(metadata["classes"]))
    except (SafetensorError, ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
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
    state = {name: tensor.to(expected[name].dtype) for name, tensor in tensors.items()}
    if any(not torch.isfinite(t).all() or t.abs().max() > LARGEST for t in state.values() if t.is_floating_point()):
        raise NetworkRejected("not_finite")
    if any((state[name] < 0).any() for name in state if name.endswith("running_var")):
        raise NetworkRejected("not_finite")
    if points is not None:
        settings = settings.model_copy(update={"data": "my CSV"})
    return Loaded(settings, shape, state, points)


def empty(shape: Shape) -> MLP:
    """The module of this shape."""
    sizes = shape.sizes
    return MLP(sizes[0], sizes[1:-1], shape.activations, sizes[-1], shape.batch_norm, shape.dropout)


def module_of(network: Network) -> MLP:
    """The same network as a plain module of torch.nn, in eval mode."""
    module, at = empty(network.shape), 0
    linears = [layer for layer in module.layers if isinstance(layer, nn.Linear)]
    norms = [layer for layer in module.layers if isinstance(layer, nn.BatchNorm1d)]
    with torch.no_grad():
        for linear, weights in zip(linears, network.weights, strict=True):
            linear.weight.copy_(weights[:, :-1])
            linear.bias.copy_(weights[:, -1])
        for which, norm in enumerate(norms):
            rows = slice(at, at := at + norm.num_features)
            norm.weight.copy_(network.norms[2 * which])
            norm.bias.copy_(network.norms[2 * which + 1])
            norm.running_mean = network.means[rows].clone()
            norm.running_var = network.variances[rows].clone()
    return module.eval()


def network_of(state: dict[str, Tensor], shape: Shape) -> Network:
    """A network of the quick loop with the state of a plain module of this shape."""
    module, at = empty(shape), 0
    module.load_state_dict(state)
    linears = [layer for layer in module.layers if isinstance(layer, nn.Linear)]
    norms = [layer for layer in module.layers if isinstance(layer, nn.BatchNorm1d)]
    network = Network(shape, [torch.cat([layer.weight, layer.bias[:, None]], 1).detach() for layer in linears])
    for which, norm in enumerate(norms):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        rows = slice(at, at := at + norm.num_features)
        network.norms[2 * which].copy_(norm.weight.detach())
        network.norms[2 * which + 1].copy_(norm.bias.detach())
        network.means[rows], network.variances[rows] = norm.running_mean, norm.running_var
    return network


def fits(loaded: Loaded, settings: Settings, n_outputs: int) -> bool:
    """Whether a loaded network can go on with these settings."""
    shape = shape_of(settings, n_outputs)
    same = (shape.sizes, shape.activations, shape.batch_norm, settings.features)
    return same == (loaded.shape.sizes, loaded.shape.activations, loaded.shape.batch_norm, loaded.settings.features)


def _points(xy: Tensor | None, labels: Tensor | None, names: tuple[str, ...]) -> Points | None:
    if xy is None and labels is None:
        return None
    if xy is None or labels is None or xy.dim() != 2 or xy.shape[1] != 2 or labels.shape != xy.shape[:1]:
        raise NetworkRejected("not_ours")
    if not LEAST_POINTS <= len(xy) <= MAX_POINTS or labels.is_floating_point() or not torch.isfinite(xy).all():
        raise NetworkRejected("not_ours")
    found = labels.long().numpy()
    if found.min() < 0 or found.max() >= len(names) or len(np.unique(found)) < 2:
        raise NetworkRejected("not_ours")
    return Points(xy.float().clamp(-1e3, 1e3).numpy(), found, names)
