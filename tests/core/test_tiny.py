"""The written-out loop of tiny networks against torch.nn, torch.optim and autograd."""

import pytest
import torch
from torch import nn

from core.models.mlp import ACTIVATIONS as MODULES
from core.models.mlp import MLP
from core.training import tiny_loop
from core.training.tiny import ACTIVATIONS, LOSSES, OPTIMIZERS, Network, Rules, Shape, classes_of, loss_of

N_POINTS, N_EPOCHS = 83, 20  # the last of the batches of 10 is smaller
OPTIMS = {
    "SGD": lambda p, rate: torch.optim.SGD(p, rate),
    "momentum": lambda p, rate: torch.optim.SGD(p, rate, momentum=0.9),
    "Adagrad": lambda p, rate: torch.optim.Adagrad(p, rate),
    "RMSprop": lambda p, rate: torch.optim.RMSprop(p, rate),
    "Adam": lambda p, rate: torch.optim.Adam(p, rate),
}
CRITERIA = {"BCE": nn.BCEWithLogitsLoss(), "cross-entropy": nn.CrossEntropyLoss(), "MSE": nn.MSELoss()}


def points(n_classes=2, loss="BCE", seed=0):
    made = torch.Generator().manual_seed(seed)
    x = torch.randn(N_POINTS, 2, generator=made).double()
    labels = ((x[:, 0] * x[:, 1] > 0).long() + (x[:, 0] > 0.8).long() * (n_classes > 2)) % n_classes
    single = n_classes == 2 and loss != "cross-entropy"
    y = labels[:, None].double() if single else nn.functional.one_hot(labels, n_classes).double()
    return x, y


def orders(n_epochs=N_EPOCHS, seed=1):
    made = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randperm(N_POINTS, generator=made) for _ in range(n_epochs)])


def module_of(shape: Shape, seed=2) -> MLP:
    torch.manual_seed(seed)
    return MLP(shape.sizes[0], shape.sizes[1:-1], shape.activations, shape.sizes[-1], shape.batch_norm).double()


def linears(module: MLP) -> list[nn.Linear]:
    return [layer for layer in module.layers if isinstance(layer, nn.Linear)]


def weights_of(module: MLP) -> list[torch.Tensor]:
    return [torch.cat([layer.weight, layer.bias[:, None]], 1).detach().clone() for layer in linears(module)]


def plain(module, x, y, order, rules: Rules, loss: str, noise=None, dropout=0.0) -> MLP:
    """The loop that everybody would write."""
    optimizer = OPTIMS[rules.optimizer](module.parameters(), float(rules.learning_rate))
    module.train()
    for epoch in range(len(order)):
        for start in range(0, len(x), rules.batch_size):
            rows = order[epoch][start : start + rules.batch_size]
            h, used = x[rows], 0
            for layer in module.layers:
                h = layer(h)
                if type(layer) in MODULES.values() and dropout:
                    width = h.shape[1]
                    drawn = noise[epoch, used : used + width, start : start + len(rows)].T
                    h = h * (drawn >= dropout) / (1 - dropout)
                    used += width
            target = y[rows].argmax(1) if loss == "cross-entropy" else y[rows]
            total = CRITERIA[loss](h, target)
            for layer in linears(module):
                total = total + rules.l2 / 2 * layer.weight.square().sum() + rules.l1 * layer.weight.abs().sum()
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
    return module.eval()


def distance(network: Network, module: MLP, x: torch.Tensor) -> float:
    """The greatest difference between the weights of the two, and between their scores."""
    pairs = [*zip(network.weights, weights_of(module), strict=True), (network.scores(x), module(x))]
    return max(float((ours - theirs).abs().max().detach()) for ours, theirs in pairs)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_20_epochs_end_with_the_plain_loops_weights(activation, optimizer):
    shape = Shape((2, 6, 5, 1), (activation, activation))
    x, y = points()
    rules = Rules(optimizer, torch.tensor([0.05 if optimizer == "SGD" else 0.01]).double())
    module = module_of(shape)
    network = Network(shape, weights_of(module))
    network.train(x, y, orders(), rules)
    assert distance(network, plain(module, x, y, orders(), rules, "BCE"), x) < 1e-8


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("extra", ["plain", "l1 and l2", "batch norm", "dropout", "both"])
def test_so_do_other_losses_and_regularisations(loss, n_classes, extra):
    x, y = points(n_classes, loss)
    dropout = 0.3 if extra in ("dropout", "both") else 0.0
    shape = Shape((2, 7, 4, y.shape[1]), ("tanh", "relu"), loss, extra in ("batch norm", "both"), dropout)
    rules = Rules("momentum", torch.tensor([0.02]).double(), *((0.003, 0.01) if extra == "l1 and l2" else (0.0, 0.0)))
    noise = torch.rand(N_EPOCHS, 11, N_POINTS, generator=torch.Generator().manual_seed(3)).double()
    module = module_of(shape)
    network = Network(shape, weights_of(module))
    network.train(x, y, orders(), rules, noise if dropout else None)
    assert distance(network, plain(module, x, y, orders(), rules, loss, noise, dropout), x) < 1e-8


def test_no_hidden_layer_and_one_batch():
    shape = Shape((2, 1), ())
    x, y = points()
    rules = Rules("SGD", torch.tensor([0.1]).double(), batch_size=500)
    module = module_of(shape)
    network = Network(shape, weights_of(module))
    network.train(x, y, orders(), rules)
    assert distance(network, plain(module, x, y, orders(), rules, "BCE"), x) < 1e-8


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("loss", ["BCE", "cross-entropy"])
def test_many_at_once_are_many_alone(loss, optimizer):
    x, y = points(3, loss)
    shape = Shape((2, 6, 4, 3), ("gelu", "tanh"), loss, batch_norm=True, dropout=0.2)
    rates = torch.tensor([0.01, 0.03, 0.1]).double()
    modules = [module_of(shape, seed) for seed in range(3)]
    together = Network(shape, [torch.stack(layer) for layer in zip(*map(weights_of, modules), strict=True)])
    noise = torch.rand(5, 3, 10, N_POINTS, generator=torch.Generator().manual_seed(3)).double()
    together.train(x, y, orders(5), Rules(optimizer, rates), noise)
    for at, module in enumerate(modules):
        alone = Network(shape, weights_of(module))
        alone.train(x, y, orders(5), Rules(optimizer, rates[at : at + 1]), noise[:, at])
        for ours, theirs in zip(together.weights, alone.weights, strict=True):
            assert torch.allclose(ours[at], theirs, atol=1e-6)
        assert torch.allclose(together.scores(x)[at], alone.scores(x), atol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_masked_neurons_are_not_there(activation):
    x, y = points()
    small, large = Shape((2, 3, 1), (activation,)), Shape((2, 8, 1), (activation,))
    weights = weights_of(module_of(small))
    padded = [torch.zeros(1, 8, 3).double(), torch.zeros(1, 1, 9).double()]
    masks = [torch.zeros(1, 8, 3).double(), torch.zeros(1, 1, 9).double()]
    padded[0][0, :3], masks[0][0, :3] = weights[0], 1
    padded[1][0, :, :3], padded[1][0, :, 8], masks[1][0, :, :3], masks[1][0, :, 8] = (
        weights[1][:, :3],
        weights[1][:, 3],
        1,
        1,
    )
    rules = Rules("Adam", torch.tensor([0.02]).double(), l2=0.01)
    alone, within = Network(small, weights), Network(large, padded, masks)
    alone.train(x, y, orders(), rules)
    within.train(x, y, orders(), rules)
    assert torch.allclose(within.scores(x)[0], alone.scores(x), atol=1e-9)
    assert not within.weights[0][0, 3:].any()


def test_a_run_in_parts_is_a_whole_run():
    x, y = points()
    shape = Shape((2, 5, 1), ("tanh",))
    rules = Rules("Adam", torch.tensor([0.05]))
    whole, parts = (Network(shape, weights_of(module_of(shape))) for _ in range(2))
    whole.train(x, y, orders(6), rules)
    for part in orders(6).split([1, 2, 3]):
        parts.train(x, y, part, rules)
    assert torch.equal(whole.flat, parts.flat)
    assert whole.n_steps == parts.n_steps == 6 * 9


def test_losses_and_classes_are_torchs():
    scores = torch.randn(7, 3, generator=torch.Generator().manual_seed(0)) * 3
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 2])
    y = nn.functional.one_hot(labels, 3).float()
    for loss in LOSSES:
        truth = CRITERIA[loss](scores, labels if loss == "cross-entropy" else y)
        assert loss_of(scores, y, loss) == pytest.approx(float(truth), rel=1e-5)
        assert torch.equal(classes_of(scores, loss), scores.argmax(1))
    single = torch.tensor([[-2.0], [0.2], [0.8]])
    assert classes_of(single, "BCE").tolist() == [0, 1, 1]
    assert classes_of(single, "MSE").tolist() == [0, 0, 1]


def test_layers_are_those_of_the_module():
    shape = Shape((2, 6, 4, 1), ("relu", "sigmoid"))
    module = module_of(shape)
    x, _ = points()
    hidden = [layer.T for layer in Network(shape, weights_of(module)).layers(x)]
    h = x
    for layer in module.layers:
        h = layer(h)
        if type(layer) in MODULES.values():
            assert torch.allclose(hidden.pop(0), h, atol=1e-9)
    assert torch.allclose(hidden[0], h, atol=1e-9)
    assert shape.n_parameters == sum(p.numel() for p in module.parameters())


def test_the_inner_loop_is_a_script():
    assert all(isinstance(getattr(tiny_loop, name), torch.jit.ScriptFunction) for name in tiny_loop.SCRIPTED)
