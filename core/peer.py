"""The same network by scikit-learn: the work of a job that trains an MLPClassifier beside a live run."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from core.plane import PRIVATE, Settings, Split, features_of, grid, parse_layers
from core.playground import MAP_CELLS
from core.work import Work

ACTIVATIONS = {"tanh": "tanh", "relu": "relu", "sigmoid": "logistic"}
CHUNK_S = 0.03  # of training between two looks at the commands


@dataclass(frozen=True)
class PeerState:
    """How scikit-learn's network stands.

    Attributes:
        epoch: epochs trained.
        has_diverged: whether its weights have run away.
        said: (n,) the class of each point, or None.
        plane: (MAP_CELLS^2,) int8, as `core.plane.plane_of` gives one, or None.
    """

    epoch: int
    has_diverged: bool
    said: np.ndarray | None
    plane: np.ndarray | None


class Peer(Work):
    """An MLPClassifier with a run's settings, trained as far as the run is.

    Args:
        settings: of the run.
        data: its points.
    """

    def __init__(self, settings: Settings, data: Split) -> None:
        self.data, self.epoch, self.until = data, 0, 0
        self.is_kept = settings.data not in PRIVATE
        rows = data.parts["train"]
        self.x, self.labels = data.x[rows].numpy(), data.labels[rows].numpy()
        self.model = MLPClassifier(**arguments(settings, len(self.x)))
        self.features, self.classes, self.has_diverged = settings.features, np.arange(len(data.points.names)), False

    def step(self) -> bool:
        """Train a few epochs; False when the run is caught up with."""
        start = time.perf_counter()
        while self.epoch < self.until and not self.has_diverged and time.perf_counter() - start < CHUNK_S:
            try:
                self.model.partial_fit(self.x, self.labels, classes=self.classes)
                self.epoch += 1
            except ValueError:  # what scikit-learn says to weights that have run away
                self.has_diverged = True
        return self._goes_on()

    def command(self, name: str, value: Any) -> bool:
        """ "until": the epoch to train to."""
        if name == "until" and isinstance(value, int):
            self.until = value
        return self._goes_on()

    def result(self) -> PeerState:
        """What it said last."""
        return self.state()

    def state(self) -> PeerState:
        """What it says now; nothing before its first epoch, and when it has run away."""
        if self.epoch == 0 or self.has_diverged:
            return PeerState(self.epoch, self.has_diverged, None, None)
        shares = self.model.predict_proba(features_of(grid(MAP_CELLS), self.features).numpy())
        if shares.shape[1] == 2:
            share = np.clip(shares[:, 1], 1e-7, 1 - 1e-7)
            plane = np.clip(np.log(share / (1 - share)), -4, 4) * (127 / 4)
        else:
            plane = shares.argmax(1)
        return PeerState(self.epoch, False, self.model.predict(self.data.x.numpy()), plane.astype(np.int8))

    def _goes_on(self) -> bool:
        return self.epoch < self.until and not self.has_diverged


def arguments(settings: Settings, n_train: int) -> dict[str, Any]:
    """What MLPClassifier is given. It divides its L2 by the points of a batch, so it gets as many times ours."""
    layers = parse_layers(settings.layers)
    momentum = 0.9 if settings.optimizer == "momentum" else 0.0
    size = min(settings.batch_size, n_train)
    return {
        "hidden_layer_sizes": tuple(n for n, _activation in layers),
        "activation": ACTIVATIONS.get(layers[0][1], "relu") if layers else "identity",
        "solver": "sgd" if settings.optimizer in ("SGD", "momentum") else "adam",
        "alpha": float(settings.l2) * size,
        "batch_size": size,
        "learning_rate_init": float(settings.learning_rate),
        "momentum": momentum,
        "nesterovs_momentum": False,
        "random_state": settings.weights_seed,
    }


def differences(settings: Settings, n_classes: int) -> list[str]:
    """What scikit-learn's network does not share with ours, as names of settings."""
    activations = {activation for _n, activation in parse_layers(settings.layers)}
    unlike = {
        "layers": len(activations) > 1 or not activations <= ACTIVATIONS.keys(),
        "loss": settings.loss == "MSE" or (settings.loss == "BCE" and n_classes > 2),
        "optimizer": settings.optimizer in ("Adagrad", "RMSprop"),
        "schedule": settings.schedule != "constant",
        "l1": float(settings.l1) > 0,
        "batch_norm": settings.batch_norm,
        "dropout": settings.dropout > 0,
    }
    return [name for name, differs in unlike.items() if differs]
