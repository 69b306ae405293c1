"""The one training loop, a generator of events: a page draws them, the terminal prints them; to stop, stop asking."""

import contextlib
import json
import math
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from core.devices import device, gains_from_bf16
from core.errors import SettingsError
from core.training import parallel
from core.training.ema import averaged
from core.training.events import Done, Epoch, Event, Step
from core.training.optim import adamw, warmup_cosine
from core.training.seed import CHANCE, seed_step

Batch = dict[str, Tensor]


class Task(Protocol):
    """What is trained: a model, its batches, its loss and how it is measured.

    `batch` is a function of its arguments alone, so that a resumed run meets the batches that it would have met. A task
    whose `draws` is False promises that neither its model nor its losses draw from torch's generator, and so needs no
    turn at it; without this attribute it may draw.
    """

    model: nn.Module
    n_batches: int

    def batch(self, epoch: int, index: int) -> Batch:
        """Batch `index` of `epoch` (both from 0): tensors whose first dimension is the batch."""
        ...

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The loss as named parts, each already weighted; their sum is minimised."""
        ...

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Metrics of an eval-mode model; the first one decides which weights are best: greater is better."""
        ...


class Optimizer(Protocol):
    """What the loop asks of torch's optimizers and of ours."""

    @property
    def param_groups(self) -> list[dict[str, Any]]: ...
    def zero_grad(self, set_to_none: bool = True) -> None: ...
    def step(self) -> object: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: dict[str, Any]) -> None: ...


class FitSettings(BaseModel):
    """How long and how fast to train."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int | None = Field(10, ge=1, description="epochs, if `minutes` does not end the run first")
    minutes: float | None = Field(None, gt=0, description="minutes of training; the schedule then follows the clock")
    learning_rate: float = Field(1e-3, gt=0, description="at the schedule's peak")
    weight_decay: float = Field(0.02, ge=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the run in which the learning rate goes up")
    ema_decay: float = Field(0.999, ge=0, lt=1, description="of the averaged weights that are kept")
    clip_norm: float | None = Field(1.0, gt=0, description="greatest norm of the gradient; None for any")
    keep_weights: Literal["best", "last", "mean"] = Field(
        "best", description="the averaged weights of the best epoch, of the last step, or the mean of the two"
    )
    patience: int | None = Field(None, ge=1, description="epochs without a better metric before the run ends")
    mixed_precision: bool = Field(True, description="bf16 where the device gains by it")
    save_every: int = Field(200, ge=1, description="steps between two states for --resume")
    seed: int = 0

    def optimizer(self, model: nn.Module) -> Optimizer:
        """What changes the model's parameters."""
        return adamw(model, self.learning_rate, self.weight_decay)

    def factor(self, progress: float) -> float:
        """On all learning rates, when so much of the run is over, 0 to 1."""
        return warmup_cosine(progress, self.warmup)


def fit(
    task: Task,
    settings: FitSettings,
    state_file: Path | None = None,
    *,
    resume: bool = False,
    state: dict[str, Any] | None = None,
) -> "Fit":
    """Train `task.model` in place; when the run is done the model holds averaged weights, in eval mode.

    Under torchrun each process computes a part of every batch (core.training.parallel).

    Args:
        task: what to train.
        settings: for how long, how fast.
        state_file: where the state for a later `resume` is kept; None keeps none.
        resume: go on from `state_file` where it exists, for longer if `epochs` or `minutes` say so. With the same
            epochs (and without minutes) the run ends with the very weights of an uninterrupted one.
        state: from `Fit.state`, to go on from there.

    Yields:
        A Step after each optimizer step, an Epoch after each epoch, a Done at the end.

    Raises:
        SettingsError: if the state comes from a run with other settings than these.
    """
    run = _Run(task, settings)
    if state is not None:
        run.restore(state)
    elif resume and state_file is not None and state_file.exists():
        run.restore(torch.load(state_file, map_location=run.device, weights_only=True))
    return Fit(run, state_file)


class Fit(Iterator[Event]):
    """A run that goes on by one event whenever it is asked. Made by `fit`."""

    def __init__(self, run: "_Run", state_file: Path | None) -> None:
        self._run, self._file, self._is_over = run, state_file, False

    def __next__(self) -> Event:
        """The next event."""
        run = self._run
        event: Event
        if self._is_over:
            raise StopIteration
        if run.owes_epoch:
            event = run.end_epoch()
            self._save()
        elif (why := run.over()) is not None:
            event = run.finish(why)
            self._is_over = True
        else:
            event = run.take_step(run.step % run.task.n_batches)
            if not run.owes_epoch and run.step % run.settings.save_every == 0:
                self._save()
        return event

    def state(self) -> dict[str, Any]:
        """What `fit` needs to go on from here, tensors and plain values."""
        return self._run.state()

    def _save(self) -> None:
        """Write the state so that a kill at any moment leaves the old file or the new one."""
        if self._file is None or parallel.rank() != 0:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_suffix(".new")
        with open(unfinished, "wb") as out:
            torch.save(self.state(), out)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(self._file)


class _Run:
    """The state of a run and what changes it."""

    def __init__(self, task: Task, settings: FitSettings) -> None:
        self.task, self.settings = task, settings
        self.device = device()
        self.model = task.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.losses = parallel.shared(self.model, task.losses)
        self.average = averaged(self.model, settings.ema_decay)
        self.optimizer = settings.optimizer(self.model)
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.step, self.seconds, self.epochs_without_gain = 0, 0.0, 0
        self.owes_epoch = False  # all its steps are taken
        self.best: dict[str, float] = {}
        self.best_weights: dict[str, Tensor] = {}
        self.sums: dict[str, float] = defaultdict(float)
        self.n_summed = 0
        self.examples_per_s = 0.0

    @property
    def epoch(self) -> int:
        return self.step // self.task.n_batches

    def progress(self) -> float:
        """How much of the run is over, 0 to 1."""
        shares = [0.0]
        if self.settings.epochs is not None:
            shares.append(self.step / (self.settings.epochs * self.task.n_batches))
        if self.settings.minutes is not None:
            shares.append(self.seconds / (self.settings.minutes * 60))
        return min(1.0, max(shares))

    def over(self) -> str | None:
        if self.settings.patience is not None and self.epochs_without_gain >= self.settings.patience:
            return "early_stopping"
        if self.progress() < 1:
            return None
        by_epochs = self.settings.epochs is not None and self.epoch >= self.settings.epochs
        return "finished" if by_epochs else "time"

    def take_step(self, index: int) -> Step:
        start = time.perf_counter()
        epoch = self.epoch
        factor = self.settings.factor(self.progress())
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        own, weight = parallel.part(self.task.batch(epoch, index))
        batch = {name: x.to(self.device, non_blocking=True) for name, x in own.items()}
        self.model.train()
        draws = getattr(self.task, "draws", True)
        with CHANCE if draws else contextlib.nullcontext(), self._precision():
            if draws:
                seed_step(self.settings.seed + SEEDS_APART * parallel.rank(), self.step)
            losses = self.losses(batch)
        total = torch.stack(list(losses.values())).sum()
        self.optimizer.zero_grad(set_to_none=True)
        (total * weight).backward()
        if self.settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        self.optimizer.step()
        self.average.update_parameters(self.model)
        self.step += 1
        values = {"loss": float(total.detach()), **{name: float(loss.detach()) for name, loss in losses.items()}}
        values = parallel.mean(values, weight)
        for name, value in values.items():
            self.sums[name] += value
        self.n_summed += 1
        took = parallel.firsts(lambda: time.perf_counter() - start)  # all must end after the same step
        self.seconds += took
        self._count(parallel.size() * len(next(iter(batch.values()))) / took)
        progress = self.progress()
        self.owes_epoch = self.step % self.task.n_batches == 0 or progress >= 1
        left = self.seconds * (1 - progress) / progress if progress else math.inf
        return Step(self.step, epoch + 1, values, self.peaks[0] * factor, self.examples_per_s, left)

    def end_epoch(self) -> Epoch:
        start = time.perf_counter()
        average = self.average.module.eval()
        with torch.inference_mode(), self._precision():
            metrics = parallel.firsts(lambda: self.task.validate(average))
        deciding = next(iter(metrics), None)
        is_best = deciding is None or not self.best or not metrics[deciding] <= self.best[deciding]
        if is_best:
            self.best = metrics
            self.best_weights = {name: tensor.clone() for name, tensor in average.state_dict().items()}
        self.epochs_without_gain = 0 if is_best else self.epochs_without_gain + 1
        means = {name: total / self.n_summed for name, total in self.sums.items()}
        self.sums.clear()
        self.n_summed = 0
        self.seconds += parallel.firsts(lambda: time.perf_counter() - start)
        self.owes_epoch = False
        epoch = (self.step - 1) // self.task.n_batches + 1
        return Epoch(epoch, self.step, means, metrics, is_best)

    def finish(self, why: str) -> Done:
        last = self.average.module.state_dict()
        best = self.best_weights or last  # none if a resumed run was made shorter than its first epoch
        mean = {name: (x + best[name]) / 2 if x.is_floating_point() else x for name, x in last.items()}
        self.model.load_state_dict({"best": best, "last": last, "mean": mean}[self.settings.keep_weights])
        self.model.eval()
        n_epochs = math.ceil(self.step / self.task.n_batches)
        return Done(why, n_epochs, self.step, self.seconds, self.best)

    def state(self) -> dict[str, Any]:
        """All that a later run needs to go on."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best_weights": self.best_weights,
            "numbers": {name: getattr(self, name) for name in _NUMBERS},
            "sums": dict(self.sums),
            "settings": self.settings.model_dump_json(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        before, now = (json.loads(text) for text in (state["settings"], self.settings.model_dump_json()))
        for name in now.keys() - MAY_CHANGE:
            if before.get(name) != now[name]:
                raise SettingsError("resumed", argument=name, value=now[name], rule=before.get(name))
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.best_weights = state["best_weights"]
        self.sums.update(state["sums"])
        for name, value in state["numbers"].items():
            setattr(self, name, value)

    def _precision(self) -> contextlib.AbstractContextManager[object]:
        if self.settings.mixed_precision and gains_from_bf16(self.device):
            return torch.autocast(self.device.type, torch.bfloat16)
        return contextlib.nullcontext()

    def _count(self, examples_per_s: float) -> None:
        known = self.examples_per_s
        self.examples_per_s = examples_per_s if not known else 0.9 * known + 0.1 * examples_per_s


MAY_CHANGE = {"epochs", "minutes", "keep_weights"}  # in a resumed run; its schedule follows the new length
_NUMBERS = ("step", "seconds", "epochs_without_gain", "best", "n_summed", "owes_epoch")
SEEDS_APART = 1_000_003  # of what two processes draw
