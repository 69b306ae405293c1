"""A second training loop, for networks of a few neurons: the backward pass is written out and runs as one script.

Why not core.training.fit: for a 2-8-8-1 network a step of autograd costs fifteen times what its arithmetic costs, and
it holds the interpreter, so that two visitors who train would stop each other's pages. Here an epoch is one call into
a TorchScript function: no graph, no allocation of gradients, no interpreter lock. Points are columns, (features, B).
A test holds it to the plain loop of torch.nn and torch.optim.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.training import tiny_loop

ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky relu", "gelu")
OPTIMIZERS = ("SGD", "momentum", "Adagrad", "RMSprop", "Adam")
LOSSES = ("BCE", "cross-entropy", "MSE")


@dataclass(frozen=True)
class Shape:
    """What a network is made of.

    Attributes:
        sizes: numbers in, neurons of each hidden layer, numbers out.
        activations: one of ACTIVATIONS for each hidden layer.
        loss: one of LOSSES.
        batch_norm: before each activation.
        dropout: share of each hidden layer that is left out of a step, 0 to 0.9.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str = "BCE"
    batch_norm: bool = False
    dropout: float = 0.0

    @property
    def n_parameters(self) -> int:
        """All learned numbers of one network."""
        weights = sum((a + 1) * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))
        return weights + (2 * sum(self.sizes[1:-1]) if self.batch_norm else 0)


@dataclass
class Rules:
    """How a step changes the parameters; may be changed between two epochs.

    Attributes:
        optimizer: one of OPTIMIZERS.
        learning_rate: (1,) or (N,), one a network.
        l1: factor on the sum of |weight|, biases left out.
        l2: factor on half the sum of weight^2, biases left out.
        batch_size: points a step.
    """

    optimizer: str
    learning_rate: Tensor
    l1: float = 0.0
    l2: float = 0.0
    batch_size: int = 10


class Network:
    """One tiny network, or N of one shape trained at once, with the state of their optimizer.

    All parameters lie in one flat tensor, layer after layer, each layer (N, n_out, n_in + 1) with the bias last, so
    that an optimizer is a few operations on the whole, and the first layers of all networks one product.

    Args:
        shape: of each.
        weights: for each layer (N, n_out, n_in + 1), or (n_out, n_in + 1) for one network.
        masks: of the same shapes, 1 where a weight exists; None if all do.
    """

    def __init__(self, shape: Shape, weights: Sequence[Tensor], masks: Sequence[Tensor] | None = None) -> None:
        self.shape = shape
        self.n = len(weights[0]) if weights[0].dim() == 3 else 0
        many = (self.n,) if self.n else ()
        norms = [weights[0].new_full((*many, n), scale) for n in self._normed() for scale in (1.0, 0.0)]
        self.flat = torch.cat([tensor.flatten() for tensor in (*weights, *norms)])
        self.gradient, self.first, self.second = (torch.zeros_like(self.flat) for _ in range(3))
        self._look_in()
        self._is_weight = torch.zeros_like(self.flat)
        for view in self._views(self._is_weight)[0]:
            view[..., :-1] = 1
        self.mask = self.flat.new_zeros(0)
        if masks is not None:
            self.mask = torch.ones_like(self.flat)
            for view, mask in zip(self._views(self.mask)[0], masks, strict=True):
                view.copy_(mask)
        self.means = self.flat.new_zeros(*many, sum(self._normed()))
        self.variances = torch.ones_like(self.means)
        self.n_steps = 0

    def _look_in(self) -> None:
        """Weights and gradients are views: what changes the one changes the other."""
        self.weights, self.norms = self._views(self.flat)
        self._gradients, self._norm_gradients = self._views(self.gradient)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._look_in()  # pickle has made copies of them

    def reshaped(self, shape: Shape) -> "Network":
        """A copy with a new optimizer, perhaps of another loss or dropout; the sizes must be the same."""
        copy = Network(shape, [weights.clone() for weights in self.weights])
        copy.flat.copy_(self.flat)
        copy.means, copy.variances = self.means.clone(), self.variances.clone()
        return copy

    def _normed(self) -> tuple[int, ...]:
        return self.shape.sizes[1:-1] if self.shape.batch_norm else ()

    def _views(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Views into a flat tensor: the layers' weights, and the scales and shifts of batch norm."""
        many = (self.n,) if self.n else ()
        shapes = [(*many, b, a + 1) for a, b in zip(self.shape.sizes, self.shape.sizes[1:], strict=False)]
        n_layers = len(shapes)
        shapes += [(*many, n) for n in self._normed() for _ in range(2)]
        parts = flat.split([math.prod(shape) for shape in shapes])
        views = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
        return views[:n_layers], views[n_layers:]

    def rates(self, rates: Tensor) -> Tensor:
        """Learning rates of the networks, (N,) or (1,), as one for each parameter, or one for all."""
        if not self.n:
            return rates
        spread = torch.empty_like(self.flat)
        weights, norms = self._views(spread)
        for view in (*weights, *norms):
            view.copy_(rates.view(-1, *[1] * (view.dim() - 1)).expand_as(view))
        return spread

    def train(self, x: Tensor, y: Tensor, order: Tensor, rules: Rules, noise: Tensor | None = None) -> None:
        """Epochs over all points, in place.

        Args:
            x: (n, f) features.
            y: (n, o) targets: 0 or 1, one column a class but for a single output.
            order: (epochs, n) the points in the order of each epoch; fewer than all if only some are to be met.
            rules: of the steps.
            noise: for dropout (epochs, hidden neurons, n), or (epochs, N, hidden neurons, n), uniform in [0, 1).
        """
        if noise is None:
            noise = x.new_zeros(0)
        with torch.inference_mode():
            self.n_steps = tiny_loop.train(
                _with_ones(x),
                y,
                order,
                noise,
                self.weights,
                self._gradients,
                self.norms,
                self._norm_gradients,
                self.means,
                self.variances,
                self.flat,
                self.gradient,
                self.first,
                self.second,
                self.mask,
                self._is_weight,
                [ACTIVATIONS.index(name) for name in self.shape.activations],
                LOSSES.index(self.shape.loss),
                OPTIMIZERS.index(rules.optimizer),
                -self.rates(rules.learning_rate),
                rules.l1,
                rules.l2,
                self.shape.dropout,
                rules.batch_size,
                self.n_steps,
            )

    def layers(self, x: Tensor) -> list[Tensor]:
        """What each hidden layer gives for features (n, f), and last the scores: (neurons, n), or (N, neurons, n)."""
        return self._forward(x, keep_all=True)

    def scores(self, x: Tensor) -> Tensor:
        """(n, f) features -> (n, o), or (N, n, o), before sigmoid or softmax."""
        return self._forward(x, keep_all=False)[-1].transpose(-2, -1)

    def _forward(self, x: Tensor, *, keep_all: bool) -> list[Tensor]:
        kinds = [ACTIVATIONS.index(name) for name in self.shape.activations]
        with torch.inference_mode():
            return tiny_loop.layers(
                _with_ones(x).t(), self.weights, self.norms, self.means, self.variances, kinds, keep_all
            )


def loss_of(scores: Tensor, y: Tensor, loss: str) -> Tensor:
    """Mean loss of scores (..., n, o) against targets (n, o): (...)."""
    if loss == "MSE":
        return (scores - y).square().mean((-2, -1))
    if loss == "BCE":
        zero = torch.zeros_like(scores)
        return (torch.logaddexp(zero, scores) - scores * y).mean((-2, -1))
    return (torch.logsumexp(scores, -1) - (scores * y).sum(-1)).mean(-1)


def classes_of(scores: Tensor, loss: str) -> Tensor:
    """The class that scores (..., n, o) say: (..., n) int64."""
    if scores.shape[-1] > 1:
        return scores.argmax(-1)
    return (scores[..., 0] > (0.5 if loss == "MSE" else 0.0)).long()


def _with_ones(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones_like(x[..., :1])], -1)
