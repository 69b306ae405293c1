"""Many small networks trained at once as one batched model: the work of a sweep, of a score over seeds, of a study."""

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from core.board import Row
from core.errors import SettingsError
from core.plane import (
    OWN,
    PRIVATE,
    Settings,
    features_of,
    fingerprint,
    grid,
    initial_weights,
    n_met,
    plane_of,
    points_of,
    rate_at,
    shape_of,
    split,
)
from core.playground import Measured
from core.points import Points
from core.training.tiny import Network, Rules, Shape, classes_of, loss_of
from core.work import Work, packed

MOST = 64  # networks
CHUNK_S = 0.02  # of training between two looks at the commands
CELLS = 32  # a side of each boundary
PARTS = ("train", "validation", "test")


class Many(Work):
    """N networks that differ in widths, learning rate and first weights; all else is the first one's.

    Each meets the points in the order in which it would alone, so that (without dropout) it ends with the weights of a
    live run with its settings.

    Args:
        runs: the settings of each, 1 to 64, with the same number of layers and the same activations.
        points: own ones instead of those that the settings ask for.
        rates: learning rates, (N,), instead of those in the settings.
        l2: instead of the settings'.

    Raises:
        SettingsError: if there are too many, or they cannot be trained together.
    """

    def __init__(
        self, runs: Sequence[Settings], points: Points | None = None, rates: Tensor | None = None, l2: float = -1.0
    ) -> None:
        if not 1 <= len(runs) <= MOST:
            raise SettingsError("too_many_networks", value=len(runs), rule=MOST)
        self.runs = list(runs)
        self.settings, self.is_kept = runs[0], runs[0].data not in PRIVATE
        self.data = split(points_of(self.settings, points), self.settings)
        shapes = [shape_of(run, self.data.y.shape[1]) for run in runs]
        self.network = batched(shapes, [(run.initialization, run.weights_seed) for run in runs])
        chosen = [float(run.learning_rate) for run in runs]
        self.rates = rates if rates is not None else torch.tensor(chosen)
        self.l2 = float(self.settings.l2) if l2 < 0 else l2
        self.generator = torch.Generator().manual_seed(self.settings.seed + 1)
        rows = self.data.parts["train"]
        self.x, self.y = self.data.x[rows], self.data.y[rows]
        self.grid = features_of(grid(CELLS), self.settings.features)
        self.epoch, self.at, self.chunk = 0, 0, 1  # chunk: batches
        self.best = torch.full((len(runs),), float("inf"))
        self.best_epochs = torch.zeros(len(runs), dtype=torch.int64)
        self.stopped = torch.full((len(runs),), -1, dtype=torch.int64)  # the epoch, -1 while it goes on
        self.order = torch.zeros(0, dtype=torch.int64)
        if self.settings.patience:
            self._stop_early()
        self.history: list[tuple[int, list[float]]] = []

    def step(self) -> bool:
        """Train for some hundredths of a second; False at the end."""
        start = time.perf_counter()
        n_batches = self._advance(self.chunk)
        took = time.perf_counter() - start
        self.chunk = max(1, min(4 * self.chunk, round(n_batches * CHUNK_S / max(took, 1e-6))))
        return not self.is_done()

    def frame(self) -> bytes:
        """A header of JSON behind its length in 4 bytes, then the boundary of each network as CELLS^2 int8."""
        found = self.measured()
        said = [[m.accuracies["train"], m.accuracies["validation"], m.losses["validation"]] for m in found]
        header = {
            "epoch": self.epoch,
            "epochs": self.settings.epochs,
            "cells": CELLS,
            "single": self.data.y.shape[1] == 1,
            "n_classes": len(self.data.points.names),
            "measured": [[round(v, 7) if np.isfinite(v) else -1 for v in values] for values in said],
        }
        return packed(header, self.boundaries())

    def measured(self) -> list[Measured]:
        """Loss and accuracy of each network on each part of the points."""
        scores = self.network.scores(self.data.x)
        found: list[Measured] = [Measured({}, {}) for _ in self.runs]
        for name in PARTS:
            rows = self.data.parts[name]
            losses = loss_of(scores[:, rows], self.data.y[rows], self.settings.loss)
            right = (classes_of(scores[:, rows], self.settings.loss) == self.data.labels[rows]).double().mean(-1)
            for at, (loss, accuracy) in enumerate(zip(losses.tolist(), right.tolist(), strict=True)):
                found[at].losses[name] = loss if np.isfinite(loss) else float("inf")
                found[at].accuracies[name] = accuracy
        return found

    def is_done(self) -> bool:
        """Whether all epochs are done."""
        return self.epoch >= self.settings.epochs or bool((self.stopped >= 0).all())

    def result(self) -> list[Row]:
        """Its rows."""
        return self.rows()

    def rows(self) -> list[Row]:
        """Each network as a row of the score board."""
        shapes = [shape_of(run, self.data.y.shape[1]) for run in self.runs]
        epochs = torch.where(self.stopped >= 0, self.stopped, self.epoch).tolist()
        found = zip(self.runs, epochs, shapes, self.measured(), strict=True)
        own = fingerprint(self.data.points) if self.settings.data in OWN else ""
        return [Row(run, epoch, shape.n_parameters, how, False, own) for run, epoch, shape, how in found]

    def boundaries(self) -> np.ndarray:
        """(N, CELLS^2) int8, each as `plane_of` gives it."""
        return np.stack(
            [plane_of(scores, self.settings.loss) for scores in self.network.scores(self.grid).transpose(1, 2)]
        )

    def _advance(self, n_batches: int) -> int:
        """Train on the next batches, of the present epoch or of several whole ones; gives how many these were."""
        size = self.settings.batch_size
        per_epoch = max(1, -(-n_met(len(self.x), self.settings) // size))
        n_epochs = min(n_batches // per_epoch, self.settings.epochs - self.epoch)
        is_even = self.settings.schedule == "constant" and not self.settings.patience
        if self.at == 0 and n_epochs > 1 and is_even:
            self._train(torch.stack([self._drawn() for _ in range(n_epochs)]))
            self.epoch += n_epochs
            return n_epochs * per_epoch
        if self.at == 0:
            self.order = self._drawn()
        rows = self.order[self.at * size : (self.at + n_batches) * size]
        self._train(rows[None])
        done = max(1, -(-len(rows) // size))
        self.at += done
        if self.at >= per_epoch:
            self.epoch, self.at = self.epoch + 1, 0
            if self.settings.patience:
                self._stop_early()
        return done

    def _stop_early(self) -> None:
        """Networks whose validation loss has not got better for so long stay as they are: their rate is 0."""
        rows = self.data.parts["validation"]
        losses = loss_of(self.network.scores(self.data.x[rows]), self.data.y[rows], self.settings.loss)
        better = losses < self.best
        self.best, self.best_epochs = (
            torch.where(better, losses, self.best),
            self.best_epochs.masked_fill(better, self.epoch),
        )
        waited = self.epoch - self.best_epochs >= self.settings.patience
        self.stopped = torch.where(waited & (self.stopped < 0), self.epoch, self.stopped)
        self.rates = self.rates.masked_fill(self.stopped >= 0, 0.0)
        self.kept = (self.network.means.clone(), self.network.variances.clone())

    def _drawn(self) -> Tensor:
        order = torch.randperm(len(self.x), generator=self.generator)
        return order[: n_met(len(order), self.settings)]

    def _train(self, order: Tensor) -> None:
        noise = None
        if self.settings.dropout:
            hidden = sum(self.network.shape.sizes[1:-1])
            noise = torch.rand(len(order), len(self.runs), hidden, order.shape[1], generator=self.generator)
        rates = self.rates * rate_at(self.settings, 1.0, self.epoch)
        rules = Rules(self.settings.optimizer, rates, float(self.settings.l1), self.l2, self.settings.batch_size)
        self.network.train(self.x, self.y, order, rules, noise)
        if self.settings.patience:  # those that have stopped keep the means of their batch norm too
            stays = (self.stopped >= 0)[:, None]
            for now, before in zip((self.network.means, self.network.variances), self.kept, strict=True):
                now.copy_(torch.where(stays, before, now))


def batched(shapes: Sequence[Shape], starts: Sequence[tuple[str, int]]) -> Network:
    """Networks of several widths as one of the greatest: a mask leaves out the neurons that a narrow one lacks.

    Args:
        shapes: of each; only their hidden sizes differ.
        starts: kind and seed of the first weights of each.

    Raises:
        SettingsError: if they cannot be trained together.
    """
    if len({(len(s.sizes), s.activations, s.sizes[0], s.sizes[-1]) for s in shapes}) > 1:
        raise SettingsError("networks_differ")
    widest = tuple(max(sizes) for sizes in zip(*(s.sizes for s in shapes), strict=True))
    full = [torch.zeros(len(shapes), b, a + 1) for a, b in pairwise(widest)]
    masks = [torch.zeros_like(weights) for weights in full]
    for at, (shape, (kind, seed)) in enumerate(zip(shapes, starts, strict=True)):
        for layer, weights in enumerate(initial_weights(shape, kind, seed)):
            n_out, n_in = weights.shape[0], weights.shape[1] - 1
            for target, values in ((full[layer], weights), (masks[layer], torch.ones_like(weights))):
                target[at, :n_out, :n_in] = values[:, :-1]
                target[at, :n_out, -1] = values[:, -1]
    first = shapes[0]
    shape = Shape(widest, first.activations, first.loss, first.batch_norm, first.dropout)
    return Network(shape, full, None if len({s.sizes for s in shapes}) == 1 else masks)
