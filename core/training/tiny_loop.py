"""The inner loop of core.training.tiny as TorchScript: forward, backward and step without graph and interpreter lock.

Points are columns, (features, B). N networks at once have a dimension more in front. Lists of tensors hold one entry a
layer; activations, losses and optimizers are numbers, the places in ACTIVATIONS, LOSSES and OPTIMIZERS of tiny. The
constants are the defaults of torch.optim and torch.nn.
"""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor


def activate(kind: int, z: Tensor) -> Tensor:
    """What a layer gives for its sums."""
    if kind == 0:
        return torch.tanh(z)
    if kind == 1:
        return torch.relu(z)
    if kind == 2:
        return torch.sigmoid(z)
    if kind == 3:
        return torch.nn.functional.leaky_relu(z, 0.01)
    return torch.nn.functional.gelu(z)


def activate_back(kind: int, delta: Tensor, z: Tensor, h: Tensor) -> Tensor:
    """The gradient by what a layer gives, h, -> by its sums, z."""
    if kind == 0:
        return torch.ops.aten.tanh_backward(delta, h)
    if kind == 1:
        return torch.ops.aten.threshold_backward(delta, h, 0.0)
    if kind == 2:
        return torch.ops.aten.sigmoid_backward(delta, h)
    if kind == 3:
        return torch.ops.aten.leaky_relu_backward(delta, h, 0.01, True)
    return torch.ops.aten.gelu_backward(delta, z)


def product(a: Tensor, b: Tensor) -> Tensor:
    """(..., o, i) times (..., i, B), or times (i, B) which all share."""
    if a.dim() == 2:
        return torch.mm(a, b)
    if b.dim() == 2:
        return torch.mm(a.reshape(-1, a.size(2)), b).view(a.size(0), a.size(1), b.size(1))
    return torch.bmm(a, b)


def layers(
    x: Tensor,
    weights: list[Tensor],
    norms: list[Tensor],
    means: Tensor,
    variances: Tensor,
    activations: list[int],
    keep_all: bool,
) -> list[Tensor]:
    """What each layer gives with the batch norm of evaluation, and last the scores; or the scores alone."""
    found: list[Tensor] = []
    at = 0
    for layer in range(len(weights)):
        z = product(weights[layer], x)
        if layer == len(weights) - 1:
            found.append(z)
        else:
            if len(norms) > 0:
                n = z.size(-2)
                scale = norms[2 * layer] * torch.rsqrt(variances[..., at : at + n] + 1e-5)
                shift = norms[2 * layer + 1] - means[..., at : at + n] * scale
                z = z * scale.unsqueeze(-1) + shift.unsqueeze(-1)
                at += n
            h = activate(activations[layer], z)
            if keep_all:
                found.append(h)
            x = torch.cat([h, torch.ones_like(h[..., :1, :])], -2)
    return found


def update(
    flat: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    optimizer: int,
    negative_rate: Tensor,
    n_steps: int,
) -> None:
    """A step of the optimizer, for a gradient whose rate has the sign of going down."""
    if optimizer == 0:
        flat.addcmul_(gradient, negative_rate)
    elif optimizer == 1:
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


def buffers(weights: list[Tensor], size: int, like: Tensor) -> list[Tensor]:
    """For each hidden layer what it gives for a batch of `size`, the row of ones for the bias already below it."""
    made: list[Tensor] = []
    for layer in range(len(weights) - 1):
        rows = weights[layer].size(-2) + 1
        if weights[0].dim() == 3:
            made.append(torch.ones([weights[0].size(0), rows, size], dtype=like.dtype))
        else:
            made.append(torch.ones([rows, size], dtype=like.dtype))
    return made


def normalize(
    z: Tensor, scale: Tensor, shift: Tensor, mean_so_far: Tensor, variance_so_far: Tensor, normed: list[Tensor]
) -> Tensor:
    """Over the batch, each network by itself (Ioffe, Szegedy 2015, algorithm 1)."""
    size = z.size(-1)
    mean = z.mean(-1, keepdim=True)
    variance = z.var(-1, unbiased=False, keepdim=True)
    inverse = torch.rsqrt(variance + 1e-5)
    unit = (z - mean) * inverse
    normed.append(unit)
    normed.append(inverse)
    mean_so_far.lerp_(mean.squeeze(-1), 0.1)
    variance_so_far.lerp_(variance.squeeze(-1) * (float(size) / float(max(size - 1, 1))), 0.1)
    return unit * scale.unsqueeze(-1) + shift.unsqueeze(-1)


def activate_into(kind: int, z: Tensor, into: Tensor) -> None:
    """What a layer gives for its sums, into a buffer."""
    if kind == 0:
        torch.tanh(z, out=into)
    elif kind == 2:
        torch.sigmoid(z, out=into)
    else:
        into.copy_(activate(kind, z))


def forward(
    scores: Tensor,
    weights: list[Tensor],
    norms: list[Tensor],
    means: Tensor,
    variances: Tensor,
    activations: list[int],
    held: list[Tensor],
    activated: list[Tensor],
    noise: Tensor,
    dropout: float,
    zs: list[Tensor],
    masks: list[Tensor],
    normed: list[Tensor],
) -> Tensor:
    """From the first layer's sums to the scores; what the way back needs goes into zs, masks and normed."""
    n_hidden = 0
    for layer in range(len(weights) - 1):
        z = scores
        width = z.size(-2)
        if len(norms) > 0:
            rows = [n_hidden, n_hidden + width]
            mean, variance = means[..., rows[0] : rows[1]], variances[..., rows[0] : rows[1]]
            z = normalize(z, norms[2 * layer], norms[2 * layer + 1], mean, variance, normed)
        activate_into(activations[layer], z, activated[layer])
        zs.append(z)
        if dropout > 0:
            drawn = noise[..., n_hidden : n_hidden + width, :]
            kept = (drawn >= dropout).to(z.dtype) / (1.0 - dropout)
            masks.append(kept)
            masks.append(activated[layer].clone())
            activated[layer].mul_(kept)
        n_hidden += width
        if weights[0].dim() == 3:
            scores = torch.bmm(weights[layer + 1], held[layer])
        else:
            scores = torch.mm(weights[layer + 1], held[layer])
    return scores


def hidden_back(
    delta: Tensor,
    kind: int,
    z: Tensor,
    output: Tensor,
    layer: int,
    masks: list[Tensor],
    norms: list[Tensor],
    norm_gradients: list[Tensor],
    normed: list[Tensor],
    share: float,
) -> Tensor:
    """The gradient by what a hidden layer gives -> by its sums; that of its batch norm is written down."""
    if len(masks) > 0:
        delta = delta * masks[2 * layer]
        output = masks[2 * layer + 1]
    delta = activate_back(kind, delta, z, output)
    if len(norms) > 0:
        unit, inverse = normed[2 * layer], normed[2 * layer + 1]
        norm_gradients[2 * layer].copy_((delta * unit).sum(-1).mul_(share))
        norm_gradients[2 * layer + 1].copy_(delta.sum(-1).mul_(share))
        delta = delta * norms[2 * layer].unsqueeze(-1)
        along = (delta * unit).mean(-1, keepdim=True)
        delta = (delta - delta.mean(-1, keepdim=True) - unit * along) * inverse
    return delta


def backward(
    delta: Tensor,
    back_through: list[Tensor],
    gradients: list[Tensor],
    turned: list[Tensor],
    activations: list[int],
    zs: list[Tensor],
    activated: list[Tensor],
    masks: list[Tensor],
    norms: list[Tensor],
    norm_gradients: list[Tensor],
    normed: list[Tensor],
    share: float,
) -> Tensor:
    """The gradient by the scores -> by the first layer's sums; those by the other layers are written down."""
    is_plain = len(norms) == 0 and len(masks) == 0
    for back in range(len(gradients) - 1):
        layer = len(gradients) - 2 - back
        into = gradients[layer + 1]
        if delta.dim() == 3:
            torch.baddbmm(into, delta, turned[layer], beta=0.0, alpha=share, out=into)
            if back == 0 and delta.size(1) == 1:
                delta = back_through[layer + 1] * delta
            else:
                delta = torch.bmm(back_through[layer + 1], delta)
        else:
            torch.addmm(into, delta, turned[layer], beta=0.0, alpha=share, out=into)
            delta = torch.mm(back_through[layer + 1], delta)
        kind, z, output = activations[layer], zs[layer], activated[layer]
        if is_plain:
            delta = activate_back(kind, delta, z, output)
        else:
            delta = hidden_back(delta, kind, z, output, layer, masks, norms, norm_gradients, normed, share)
    return delta


def loss_back(loss: int, scores: Tensor, y: Tensor) -> Tensor:
    """The gradient of the loss by the scores, without the mean over the batch."""
    if loss == 0:
        return torch.sigmoid(scores).sub_(y)
    if loss == 1:
        return torch.softmax(scores, -2).sub_(y)
    return scores - y


def train(
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
    """Epochs over the points in the given orders, as core.training.tiny.Network.train says; gives the steps so far."""
    many = weights[0].dim() == 3
    # The points in the order of an epoch lie in two buffers, so that the batches are the same views for all epochs.
    mixed = torch.empty([order.size(1), x.size(1)], dtype=x.dtype)
    targets = torch.empty([order.size(1), y.size(1)], dtype=y.dtype)
    xs = mixed.split(batch_size)
    ts = mixed.t().split(batch_size, 1)
    ys = targets.t().split(batch_size, 1)
    # What the hidden layers give, for whole batches and for the last one, which may be smaller.
    sizes: list[int] = [xs[0].size(0), xs[-1].size(0)]
    holders = [buffers(weights, size, x) for size in sizes]
    outputs = [[buffer[..., :-1, :] for buffer in held] for held in holders]
    turned = [[buffer.transpose(-2, -1) for buffer in held] for held in holders]
    back_through = [weight[..., :-1].transpose(-2, -1) for weight in weights]
    # The first layers of all networks as one matrix, and its gradient.
    joined, joined_gradient = weights[0].view(-1, x.size(1)), gradients[0].view(-1, x.size(1))
    n_out = float(weights[-1].size(-2))
    shares = [(1.0 if loss == 1 else 2.0 / n_out if loss == 2 else 1.0 / n_out) / float(size) for size in sizes]
    for epoch in range(order.size(0)):
        torch.index_select(x, 0, order[epoch], out=mixed)
        torch.index_select(y, 0, order[epoch], out=targets)
        for at in range(len(xs)):
            which = 1 if at == len(xs) - 1 else 0
            size, held, activated = sizes[which], holders[which], outputs[which]
            zs: list[Tensor] = []
            masks: list[Tensor] = []
            normed: list[Tensor] = []
            drawn = noise
            if dropout > 0:
                drawn = noise[epoch, ..., at * batch_size : at * batch_size + size]
            scores = torch.mm(joined, ts[at])
            if many:
                scores = scores.view(weights[0].size(0), -1, size)
            scores = forward(
                scores,
                weights,
                norms,
                means,
                variances,
                activations,
                held,
                activated,
                drawn,
                dropout,
                zs,
                masks,
                normed,
            )
            delta = backward(
                loss_back(loss, scores, ys[at]),
                back_through,
                gradients,
                turned[which],
                activations,
                zs,
                activated,
                masks,
                norms,
                norm_gradients,
                normed,
                shares[which],
            )
            if many:
                delta = delta.reshape(-1, size)
            torch.addmm(joined_gradient, delta, xs[at], beta=0.0, alpha=shares[which], out=joined_gradient)
            if l2 > 0:
                gradient.addcmul_(flat, is_weight, value=l2)
            if l1 > 0:
                gradient.addcmul_(flat.sign(), is_weight, value=l1)
            if mask.numel() > 0:
                gradient.mul_(mask)
            n_steps += 1
            update(flat, gradient, first, second, optimizer, negative_rate, n_steps)
    return n_steps


# Those that are called stand before those that call them.
SCRIPTED = (
    "activate",
    "activate_back",
    "activate_into",
    "product",
    "layers",
    "buffers",
    "normalize",
    "forward",
    "hidden_back",
    "backward",
    "loss_back",
    "update",
    "train",
)


def script_once(functions: Sequence[str] = SCRIPTED) -> None:
    """Turn the functions of the inner loop into scripts that run without the interpreter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name in functions:
            globals()[name] = torch.jit.script(globals()[name])


script_once()
