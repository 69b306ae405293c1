"""A network of the quick loop as a plain module of torch.nn, and back."""

import torch
from torch import Tensor, nn

from core.models.mlp import MLP
from core.training.tiny import Network, Shape


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
