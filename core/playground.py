"""The work of one live run: a small network on points in the plane, trained in small chunks and commanded."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.plane import (
    PRIVATE,
    Settings,
    Split,
    features_of,
    grid,
    initial_weights,
    n_met,
    plane_of,
    points_of,
    rate_at,
    shape_of,
    split,
    squeezed,
)
from core.points import Points
from core.training.tiny import Network, Rules, classes_of, loss_of
from core.work import Work, packed

CHUNK_S = 0.012  # of training between two looks at the commands
MAP_CELLS, NEURON_CELLS = 60, 18  # a side
KEPT, KEPT_BYTES = 256, 4 * 2**20  # moments that can be scrubbed back to, at most; beyond, every second one is dropped
MAX_HISTORY = 4096
DIVERGED = 1e4  # a loss beyond which nothing comes back
PACES = (30, 5, 100, 0)


@dataclass(frozen=True)
class Measured:
    """How a network does.

    Attributes:
        losses, accuracies: by part: train, validation, test. A loss that has run away is inf.
    """

    losses: dict[str, float]
    accuracies: dict[str, float]


@dataclass(frozen=True)
class Snapshot:
    """A live run at the moment that is shown.

    Attributes:
        settings: with which it was started.
        data: its points.
        network: a copy.
        epoch: that is shown.
        last_epoch: that it has come to.
        touched: whether it is something else than its settings alone would give: weights or rates were changed by
            hand, it was trained by single steps, or it began as the network of a file.
    """

    settings: Settings
    data: Split
    network: Network
    epoch: int
    last_epoch: int
    touched: bool

    def measured(self) -> Measured:
        """Loss and accuracy of each part."""
        return measured(self.network, self.data, self.settings.loss)


@dataclass
class Moment:
    """How the network was at the end of an epoch."""

    epoch: int
    flat: Tensor
    means: Tensor
    variances: Tensor


class Playground(Work):
    """The work of one live run: trains in small chunks, hears commands, and says how things stand.

    Args:
        settings: of data, network and training.
        points: own ones instead of those that the settings ask for.
        begun: a network to go on with, of the settings' sizes; first weights without it.
    """

    def __init__(self, settings: Settings, points: Points | None = None, begun: Network | None = None) -> None:
        self.settings, self.is_kept = settings, settings.data not in PRIVATE
        self.data = split(points or points_of(settings), settings)
        shape = shape_of(settings, self.data.y.shape[1])
        first = initial_weights(shape, settings.initialization, settings.weights_seed)
        self.network = Network(shape, first) if begun is None else begun.reshaped(shape)
        self.touched = begun is not None
        self.rate, self.l1, self.l2 = float(settings.learning_rate), float(settings.l1), float(settings.l2)
        self.generator = torch.Generator().manual_seed(settings.seed + 1)
        self.epoch, self.chunk, self.why = 0, 1, ""
        self.pace = PACES[0]  # epochs a second that are looked at; 0 for all that the machine can do
        self.due = 0.0
        self.best, self.best_epoch = float("inf"), 0
        self.history: list[tuple[int, float, float, float]] = []
        self.every = 1  # epochs between two entries of the history
        self.kept: list[Moment] = []
        self.kept_every = 1
        self.shown: Moment | None = None  # what is scrubbed back to
        self.speed: deque[tuple[float, int]] = deque(maxlen=40)  # moments and the epochs by then
        self.grid = features_of(grid(MAP_CELLS), settings.features)
        self.small_grid = features_of(grid(NEURON_CELLS), settings.features)
        self._note()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on in another process, whose clock is another one."""
        self.__dict__.update(state)
        self.due = 0.0
        self.speed.clear()

    def rest_s(self) -> float | None:
        """Until the next epoch is due at the visitor's pace; None without one."""
        return max(0.0, self.due - time.perf_counter()) if self.pace else None

    def step(self) -> bool:
        """Train for about a hundredth of a second, or an epoch at a pace; False at the end."""
        start = time.perf_counter()
        if self.pace:
            self.due = max(self.due, start - 1 / self.pace) + 1 / self.pace
        n = min(1 if self.pace else self.chunk, self.settings.epochs - self.epoch)
        if n > 0:
            n = self._go_on(n)
            took = time.perf_counter() - start
            self.speed.append((time.perf_counter(), self.epoch))
            self.chunk = max(1, min(64, round(n * CHUNK_S / max(took, 1e-6))))
        return not self._is_over()

    def command(self, name: str, value: Any) -> bool:
        """Hear a visitor: "step", "epoch", "rate", "l1", "l2", "pace", "weight", "scrub", "live"."""
        match name, value:
            case "step", _:
                self.touched = True  # not what the settings alone would give
                self.shown = None
                self._train(1, n_points=self.settings.batch_size)
                self._note()
            case "epoch", _ if self.epoch < self.settings.epochs:
                self._go_on(1)
            case "rate" | "l1" | "l2", float() | int() if 0 <= value <= 100:
                self.touched |= getattr(self, name) != value
                setattr(self, name, float(value))
            case "pace", int() if value in PACES:
                self.pace, self.due = value, 0.0
            case "weight", [int(layer), int(row), int(column), float() | int() as number] if self.shown is None:
                self._set_weight(layer, row, column, number)
            case "scrub", int():
                self.shown = min(self.kept, key=lambda moment: abs(moment.epoch - value), default=None)
            case "live", _:
                self.shown = None
        return False

    def _go_on(self, n_epochs: int) -> int:
        """Train so many epochs and note how it did, where it may have to stop after each of them; gives how many."""
        self.shown = None
        if not self.settings.patience:
            self._train(n_epochs)
            self._note()
            return n_epochs
        for done in range(1, n_epochs + 1):
            self._train(1)
            self._note()
            if self._is_over():
                return done
        return n_epochs

    def result(self) -> Snapshot:
        """The moment that was shown last."""
        return self.snapshot()

    def frame(self) -> bytes:
        """A header of JSON behind its length in 4 bytes, then the maps as int8: the plane's, and each neuron's.

        The plane has MAP_CELLS^2 cells: for two classes the score squeezed into -127 to 127, else the class.
        """
        network = self._network()
        found = measured(network, self.data, self.settings.loss)
        scores = network.layers(self.grid)[-1]
        plane = plane_of(scores, self.settings.loss)
        hidden = network.layers(self.small_grid)[:-1]
        maps = [squeezed(layer) for layer in hidden]
        (first, before), (last, now) = (self.speed[0], self.speed[-1]) if self.speed else ((0.0, 0), (0.0, 0))
        header = {
            "epoch": self.shown.epoch if self.shown else self.epoch,
            "last_epoch": self.epoch,
            "epochs": self.settings.epochs,
            "epochs_per_s": round((now - before) / (last - first), 1) if last > first else 0,
            "why": self.why,
            "rate": rate_at(self.settings, self.rate, self.epoch),
            "pace": self.pace,
            "base_rate": self.rate,
            "l1": self.l1,
            "l2": self.l2,
            "cells": MAP_CELLS,
            "neuron_cells": NEURON_CELLS,
            "n_classes": len(self.data.points.names),
            "widths": [len(m) for m in maps],
            "weights": [[[round(float(w), 3) for w in row] for row in layer.tolist()] for layer in network.weights],
            "history": _thinned(self.history),
            "measured": {
                part: {"loss": _sent(found.losses[part]), "accuracy": round(found.accuracies[part], 4)}
                for part in self.data.parts
            },
            "scrubbed": self.shown is not None,
            "kept": [self.kept[0].epoch, self.kept[-1].epoch] if self.kept else [0, 0],
        }
        return packed(header, plane, *maps)

    def snapshot(self) -> Snapshot:
        """The moment that is shown, to look at from another thread."""
        epoch = self.shown.epoch if self.shown else self.epoch
        return Snapshot(self.settings, self.data, self._copy(), epoch, self.epoch, self.touched)

    def _train(self, n_epochs: int, n_points: int | None = None) -> None:
        if self.settings.schedule != "constant" and n_epochs > 1:  # each epoch has a rate of its own
            for _ in range(n_epochs):
                self._train(1)
            return
        rows = self.data.parts["train"]
        x, y = self.data.x[rows], self.data.y[rows]
        order = torch.stack([torch.randperm(len(x), generator=self.generator) for _ in range(n_epochs)])
        order = order[:, : n_points or n_met(len(x), self.settings)]
        noise = None
        if self.settings.dropout:
            hidden = sum(self.network.shape.sizes[1:-1])
            noise = torch.rand(n_epochs, hidden, order.shape[1], generator=self.generator)
        rate = torch.tensor([rate_at(self.settings, self.rate, self.epoch)])
        rules = Rules(self.settings.optimizer, rate, self.l1, self.l2, self.settings.batch_size)
        self.network.train(x, y, order, rules, noise)
        self.epoch += n_epochs if n_points is None else 0

    def _note(self) -> None:
        """Keep the losses and, now and then, the whole network."""
        found = measured(self.network, self.data, self.settings.loss)
        train, validation = found.losses["train"], found.losses["validation"]
        if self.epoch % self.every == 0 or not self.history:
            self.history.append((self.epoch, _sent(train), _sent(validation), round(found.accuracies["validation"], 4)))
        if len(self.history) > MAX_HISTORY:
            self.history, self.every = self.history[::2], self.every * 2
        if not self.kept or self.epoch - self.kept[-1].epoch >= self.kept_every:
            network = self.network
            copies = (network.flat.clone(), network.means.clone(), network.variances.clone())
            self.kept.append(Moment(self.epoch, *copies))
        if len(self.kept) > min(KEPT, KEPT_BYTES // self.network.flat.nbytes):
            self.kept, self.kept_every = self.kept[::2], self.kept_every * 2
        if validation < self.best:
            self.best, self.best_epoch = validation, self.epoch
        if train > DIVERGED or not torch.isfinite(self.network.flat).all():
            self.why = "diverged"

    def _is_over(self) -> bool:
        if self.why != "diverged":
            waited = self.epoch - self.best_epoch
            if self.settings.patience and waited >= self.settings.patience:
                self.why = "early stopping"
            elif self.epoch >= self.settings.epochs:
                self.why = "finished"
            else:
                self.why = ""
        return bool(self.why)

    def _set_weight(self, layer: int, row: int, column: int, value: float | int) -> None:
        weights = self.network.weights
        if 0 <= layer < len(weights) and -100 <= value <= 100:
            view = weights[layer]
            if 0 <= row < view.shape[0] and 0 <= column < view.shape[1]:
                view[row, column] = value
                self.touched = True

    def _network(self) -> Network:
        """The network as it is, or as it was where the visitor scrubbed back to."""
        return self.network if self.shown is None else self._copy()

    def _copy(self) -> Network:
        copy = self.network.reshaped(self.network.shape)
        if self.shown is not None:
            copy.flat.copy_(self.shown.flat)
            copy.means, copy.variances = self.shown.means.clone(), self.shown.variances.clone()
        return copy


def measured(network: Network, data: Split, loss: str) -> Measured:
    """Loss and accuracy of each part of the data."""
    scores, found = network.scores(data.x), Measured({}, {})
    for name, rows in data.parts.items():
        value = float(loss_of(scores[rows], data.y[rows], loss))
        found.losses[name] = value if np.isfinite(value) else float("inf")
        right = classes_of(scores[rows], loss) == data.labels[rows]
        found.accuracies[name] = float(right.double().mean())
    return found


def _thinned(history: list[tuple[int, float, float, float]]) -> list[tuple[int, float, float, float]]:
    """At most about 600 entries, the last one always."""
    step = max(1, len(history) // 300) if len(history) > 600 else 1
    return history[::step] + ([history[-1]] if (len(history) - 1) % step else [])


def _sent(loss: float) -> float:
    """A loss as JSON can have it: -1 for one that has run away."""
    return round(loss, 5) if loss < float("inf") else -1


def feature_maps(settings: Settings) -> np.ndarray:
    """(f, NEURON_CELLS^2) int8: what each feature is over the plane."""
    return squeezed(features_of(grid(NEURON_CELLS), settings.features).t())
