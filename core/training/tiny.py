"""A second training loop, for networks of a few neurons: the backward pass is written out and runs as one script.

Why not core.training.fit: for a 2-8-8-1 network a step of autograd costs fifteen times what its arithmetic costs, and
it holds the interpreter, so that two visitors who train would stop each other's pages. Here an epoch is one call into
a TorchScript function: no graph, no allocation of gradients, no interpreter lock. Points are columns, (features, B).
A test holds it to the plain loop of torch.nn and torch.optim.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky relu", "gelu")
OPTIMIZERS = ("SGD", "momentum", "Adagrad", "RMSprop", "Adam")
LOSSES = ("BCE", "cross-entropy", "MSE")
# The other constants in the functions below are the defaults of torch.optim and torch.nn.


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
        self.weights, self.norms = self._views(self.flat)
        self._gradients, self._norm_gradients = self._views(self.gradient)
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
            self.n_steps = _train(
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
        with torch.inference_mode():
            return _layers(
                _with_ones(x).t(),
                self.weights,
                self.norms,
                self.means,
                self.variances,
                [ACTIVATIONS.index(name) for name in self.shape.activations],
            )

    def scores(self, x: Tensor) -> Tensor:
        """(n, f) features -> (n, o), or (N, n, o), before sigmoid or softmax."""
        return self.layers(x)[-1].transpose(-2, -1)


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


def _activate(kind: int, z: Tensor) -> Tensor:
    if kind == 0:
        return torch.tanh(z)
    if kind == 1:
        return torch.relu(z)
    if kind == 2:
        return torch.sigmoid(z)
    if kind == 3:
        return torch.nn.functional.leaky_relu(z, 0.01)
    return torch.nn.functional.gelu(z)


def _activate_back(kind: int, delta: Tensor, z: Tensor, h: Tensor) -> Tensor:
    if kind == 0:
        return torch.ops.aten.tanh_backward(delta, h)
    if kind == 1:
        return torch.ops.aten.threshold_backward(delta, h, 0.0)
    if kind == 2:
        return torch.ops.aten.sigmoid_backward(delta, h)
    if kind == 3:
        return torch.ops.aten.leaky_relu_backward(delta, h, 0.01, True)
    return torch.ops.aten.gelu_backward(delta, z)


def _product(a: Tensor, b: Tensor) -> Tensor:
    """(..., o, i) times (..., i, B), or times (i, B) which all share."""
    if a.dim() == 2:
        return torch.mm(a, b)
    if b.dim() == 2:
        return torch.mm(a.reshape(-1, a.size(2)), b).view(a.size(0), a.size(1), b.size(1))
    return torch.bmm(a, b)


def _layers(
    x: Tensor,
    weights: list[Tensor],
    norms: list[Tensor],
    means: Tensor,
    variances: Tensor,
    activations: list[int],
) -> list[Tensor]:
    found: list[Tensor] = []
    at = 0
    for layer in range(len(weights)):
        z = _product(weights[layer], x)
        if layer == len(weights) - 1:
            found.append(z)
        else:
            if len(norms) > 0:
                n = z.size(-2)
                scale = norms[2 * layer] * torch.rsqrt(variances[..., at : at + n] + 1e-5)
                shift = norms[2 * layer + 1] - means[..., at : at + n] * scale
                z = z * scale.unsqueeze(-1) + shift.unsqueeze(-1)
                at += n
            h = _activate(activations[layer], z)
            found.append(h)
            x = torch.cat([h, torch.ones_like(h[..., :1, :])], -2)
    return found


def _update(
    flat: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    optimizer: int,
    negative_rate: Tensor,
    n_steps: int,
) -> None:
    if optimizer == 1:
        first.mul_(0.9).add_(gradient)
        flat.addcmul_(first, negative_rate)
    elif optimizer == 2:
        second.addcmul_(gradient, gradient)
        flat.add_(gradient / second.sqrt().add_(1e-10) * negative_rate)
    elif optimizer == 3:
        second.mul_(0.99).addcmul_(gradient, gradient, value=0.01)
        flat.add_(gradient / second.sqrt().add_(1e-8) * negative_rate)
    else:
        first.lerp_(gradient, 0.1)
        second.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        below = second.sqrt().div_((1.0 - 0.999**n_steps) ** 0.5).add_(1e-8)
        flat.add_(first / below * (negative_rate / (1.0 - 0.9**n_steps)))


def _train(
    x: Tensor,
    y: Tensor,
    order: Tensor,
    noise: Tensor,
    weights: list[Tensor],
    gradients: list[Tensor],
    norms: list[Tensor],
    norm_gradients: list[Tensor],
    means: Tensor,
    variances: Tensor,
    flat: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    mask: Tensor,
    is_weight: Tensor,
    activations: list[int],
    loss: int,
    optimizer: int,
    negative_rate: Tensor,
    l1: float,
    l2: float,
    dropout: float,
    batch_size: int,
    n_steps: int,
) -> int:
    n_layers = len(weights)
    many = weights[0].dim() == 3
    is_plain = len(norms) == 0 and dropout == 0.0
    # The points in the order of an epoch lie in two buffers, so that the batches are the same views for all epochs.
    mixed = torch.empty([order.size(1), x.size(1)], dtype=x.dtype)
    targets = torch.empty([order.size(1), y.size(1)], dtype=y.dtype)
    xs = mixed.split(batch_size)
    ts = mixed.t().split(batch_size, 1)
    ys = targets.t().split(batch_size, 1)
    # A buffer for each hidden layer, the row of ones for the bias already in it; the last batch may be smaller.
    sizes: list[int] = [xs[0].size(0), xs[-1].size(0)]
    holders: list[list[Tensor]] = []
    outputs: list[list[Tensor]] = []
    turned: list[list[Tensor]] = []
    for size in sizes:
        with_ones: list[Tensor] = []
        for layer in range(n_layers - 1):
            rows = weights[layer].size(-2) + 1
            with_ones.append(
                torch.ones([weights[0].size(0), rows, size], dtype=x.dtype)
                if many
                else torch.ones([rows, size], dtype=x.dtype)
            )
        holders.append(with_ones)
        outputs.append([buffer[..., :-1, :] for buffer in with_ones])
        turned.append([buffer.transpose(-2, -1) for buffer in with_ones])
    backward = [weight[..., :-1].transpose(-2, -1) for weight in weights]  # what a gradient goes back through
    # The first layers of all networks as one matrix, and its gradient.
    joined, joined_gradient = weights[0].view(-1, x.size(1)), gradients[0].view(-1, x.size(1))
    n_out = float(weights[-1].size(-2))
    shares = [(1.0 if loss == 1 else 2.0 / n_out if loss == 2 else 1.0 / n_out) / float(size) for size in sizes]
    for epoch in range(order.size(0)):
        torch.index_select(x, 0, order[epoch], out=mixed)
        torch.index_select(y, 0, order[epoch], out=targets)
        for at in range(len(xs)):
            which = 1 if at == len(xs) - 1 else 0
            size, share = sizes[which], shares[which]
            held, activated = holders[which], outputs[which]
            zs: list[Tensor] = []
            masks: list[Tensor] = []
            normed: list[Tensor] = []
            n_hidden = 0
            scores = torch.mm(joined, ts[at])
            if many:
                scores = scores.view(weights[0].size(0), -1, size)
            for layer in range(n_layers - 1):
                z = scores
                if len(norms) > 0:
                    # over the batch, each network by itself (Ioffe, Szegedy 2015, algorithm 1)
                    width = z.size(-2)
                    mean = z.mean(-1, keepdim=True)
                    variance = z.var(-1, unbiased=False, keepdim=True)
                    inverse = torch.rsqrt(variance + 1e-5)
                    unit = (z - mean) * inverse
                    normed.append(unit)
                    normed.append(inverse)
                    means[..., n_hidden : n_hidden + width].lerp_(mean.squeeze(-1), 0.1)
                    unbiased = variance.squeeze(-1) * (float(size) / float(max(size - 1, 1)))
                    variances[..., n_hidden : n_hidden + width].lerp_(unbiased, 0.1)
                    z = unit * norms[2 * layer].unsqueeze(-1) + norms[2 * layer + 1].unsqueeze(-1)
                kind = activations[layer]
                if kind == 0:
                    torch.tanh(z, out=activated[layer])
                elif kind == 2:
                    torch.sigmoid(z, out=activated[layer])
                else:
                    activated[layer].copy_(_activate(kind, z))
                zs.append(z)
                if not is_plain:
                    width = z.size(-2)
                    if dropout > 0:
                        start = at * batch_size
                        drawn = noise[epoch, ..., n_hidden : n_hidden + width, start : start + size]
                        kept = (drawn >= dropout).to(z.dtype) / (1.0 - dropout)
                        masks.append(kept)
                        masks.append(activated[layer].clone())
                        activated[layer].mul_(kept)
                    n_hidden += width
                if many:
                    scores = torch.bmm(weights[layer + 1], held[layer])
                else:
                    scores = torch.mm(weights[layer + 1], held[layer])
            # The gradient of the loss by the scores, without the mean over the batch: `share` in the products below.
            if loss == 0:
                delta = torch.sigmoid(scores).sub_(ys[at])
            elif loss == 1:
                delta = torch.softmax(scores, -2).sub_(ys[at])
            else:
                delta = scores - ys[at]
            for back in range(n_layers - 1):
                layer = n_layers - 2 - back
                into = gradients[layer + 1]
                if many:
                    torch.baddbmm(into, delta, turned[which][layer], beta=0.0, alpha=share, out=into)
                    if n_out == 1.0 and back == 0:
                        delta = backward[layer + 1] * delta
                    else:
                        delta = torch.bmm(backward[layer + 1], delta)
                else:
                    torch.addmm(into, delta, turned[which][layer], beta=0.0, alpha=share, out=into)
                    delta = torch.mm(backward[layer + 1], delta)
                if is_plain:
                    delta = _activate_back(activations[layer], delta, zs[layer], activated[layer])
                else:
                    output = activated[layer]
                    if dropout > 0:
                        delta = delta * masks[2 * layer]
                        output = masks[2 * layer + 1]
                    delta = _activate_back(activations[layer], delta, zs[layer], output)
                    if len(norms) > 0:
                        unit, inverse = normed[2 * layer], normed[2 * layer + 1]
                        norm_gradients[2 * layer].copy_((delta * unit).sum(-1).mul_(share))
                        norm_gradients[2 * layer + 1].copy_(delta.sum(-1).mul_(share))
                        delta = delta * norms[2 * layer].unsqueeze(-1)
                        along = (delta * unit).mean(-1, keepdim=True)
                        delta = (delta - delta.mean(-1, keepdim=True) - unit * along) * inverse
            if many:
                delta = delta.reshape(-1, size)
            torch.addmm(joined_gradient, delta, xs[at], beta=0.0, alpha=share, out=joined_gradient)
            if l2 > 0:
                gradient.addcmul_(flat, is_weight, value=l2)
            if l1 > 0:
                gradient.addcmul_(flat.sign(), is_weight, value=l1)
            if mask.numel() > 0:
                gradient.mul_(mask)
            n_steps += 1
            if optimizer == 0:
                flat.addcmul_(gradient, negative_rate)
            else:
                _update(flat, gradient, first, second, optimizer, negative_rate, n_steps)
    return n_steps


SCRIPTED = ("_activate", "_activate_back", "_product", "_layers", "_update", "_train")


def script_once(functions: Sequence[str] = SCRIPTED) -> None:
    """Turn the functions of the inner loop into scripts that run without the interpreter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name in functions:
            globals()[name] = torch.jit.script(globals()[name])


script_once()
