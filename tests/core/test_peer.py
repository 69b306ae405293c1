"""scikit-learn's network beside ours."""

import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPClassifier

from core.moons import data_of, peer_results
from core.peer import Peer, arguments, differences
from core.plane import Settings, initial_weights, shape_of
from core.training.tiny import Network, Rules


def finish(work: Peer, epoch: int) -> Peer:
    work.command("until", epoch)
    while work.step():
        pass
    return work


def test_it_trains_as_far_as_it_is_asked_to():
    settings = Settings(n_points=100)
    data = data_of(settings)
    work = Peer(settings, data)
    assert work.state().said is None
    assert not work.step()
    assert finish(work, 30).state().epoch == 30
    found = peer_results(finish(work, 80).state(), data, "test")
    assert found is not None
    assert found.accuracy >= 0.8
    assert found.confusion.sum() == 20
    work.command("until", "soon")
    assert work.until == 80


@pytest.mark.parametrize(("optimizer", "rate"), [("SGD", 0.1), ("momentum", 0.01), ("Adam", 0.01)])
def test_the_same_start_and_order_give_the_same_weights(optimizer, rate):
    """Our loop and scikit-learn's from one start, one batch an epoch, so that its order cannot matter."""
    settings = Settings(n_points=60, l2=0.01, optimizer=optimizer, learning_rate=rate, batch_size=100, layers="5 tanh")
    data = data_of(settings)
    rows = data.parts["train"]
    x, y = data.x[rows], data.y[rows]
    model = MLPClassifier(**arguments(settings, len(x)))
    model.partial_fit(x.numpy(), data.labels[rows].numpy(), classes=[0, 1])  # makes the arrays
    shape = shape_of(settings, 1)
    weights = [w.double() for w in initial_weights(shape, "Xavier", 0)]
    fresh = MLPClassifier(**arguments(settings, len(x)))
    fresh.partial_fit(x.numpy().astype(float), data.labels[rows].numpy(), classes=[0, 1])
    for at, weight in enumerate(weights):
        fresh.coefs_[at][:] = weight[:, :-1].t().numpy()
        fresh.intercepts_[at][:] = weight[:, -1].numpy()
    if optimizer == "Adam":
        fresh._optimizer.t = 0
        for moments in (fresh._optimizer.ms, fresh._optimizer.vs):
            for moment in moments:
                moment[:] = 0
    else:
        for velocity in fresh._optimizer.velocities:
            velocity[:] = 0
    ours = Network(shape, weights)
    rules = Rules(optimizer, torch.tensor([rate]).double(), l2=0.01, batch_size=100)
    for _ in range(10):
        fresh.partial_fit(x.numpy().astype(float), data.labels[rows].numpy())
        ours.train(x.double(), y.double(), torch.arange(len(x))[None], rules)
    for coefficients, weight in zip(fresh.coefs_, ours.weights, strict=True):
        assert np.allclose(coefficients.T, weight[:, :-1].numpy(), atol=1e-6)


def test_what_it_does_otherwise_is_named():
    assert differences(Settings(), 2) == []
    assert differences(Settings(layers="3 tanh\n3 relu", l1=0.01), 2) == ["layers", "l1"]
    assert differences(Settings(layers="3 gelu", loss="MSE", optimizer="RMSprop"), 2) == ["layers", "loss", "optimizer"]
    assert differences(Settings(), 3) == ["loss"]
    assert differences(Settings(loss="cross-entropy", dropout=0.5, batch_norm=True, schedule="cosine"), 3) == [
        "schedule",
        "batch_norm",
        "dropout",
    ]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numbers overflow, which is the point
def test_weights_that_run_away_are_said():
    settings = Settings(n_points=100, learning_rate=10.0, layers="32 relu\n32 relu", optimizer="momentum")
    data = data_of(settings)
    work = Peer(settings, data)
    work.x = work.x * 1e30
    assert finish(work, 40).state().has_diverged
    assert peer_results(work.state(), data, "test") is None
