"""What augmentation buys: the same small network with and without a pipeline, from several seeds, side by side."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from core import train_cnn
from core.augmentation import MOST_TEXT, PipelineSettings
from core.augmenter_table import AUGMENTERS
from core.errors import PipelineRejected
from core.jobs import Job, jobs
from core.pipelines import Pipeline, Runner, unsparing
from core.scripting import render
from core.small_pictures import MOST_TRAINING, Data, Pictures, all_of, places
from core.train_cnn import SMALL, first_weights, planned
from core.training.classification import ClassificationSettings, ClassificationTask
from core.training.events import Epoch
from core.training.fit import Fit, fit
from core.work import Work, again, packed

__all__ = ["Job", "places"]
CHUNK_S = 0.05  # of training between two looks at the commands
N_VALIDATION = 1000  # of the pictures that are kept from training; of scikit-learn's digits the last 397
NETWORK = SMALL.replace("dropout 0.2\n", "")  # dropout would fight learning by heart too
N_SHOWN = 16  # pictures as the network meets them
MOST_SEED = 999  # as on the page Train a CNN
N_TRIES = 5
SLOWEST_S = 0.02  # for a draw, beyond which a run would take too long

EXAMPLES: dict[str, dict[str, object]] = {
    "Digits, turned and moved": {},
    "Digits, mirrored: a change that lies": {"pipeline": "Fliplr\nFlipud"},
    "Digits, far too much": {"pipeline": "Affine rotate=-90..90 scale=0.5..1.6\nCoarseDropout\nInvert"},
    "CIFAR-10's usual two": {
        "data": "CIFAR-10",
        "n_pictures": 500,
        "pipeline": "Fliplr\nAffine scale=1..1 rotate=0..0 shear=0..0 translate_percent=-0.12..0.12 mode=reflect",
    },
    "CIFAR-10, colours too": {
        "data": "CIFAR-10",
        "n_pictures": 500,
        "pipeline": "Fliplr\nAffine mode=reflect\nMultiplyHueAndSaturation sometimes=0.5\nCutout nb_iterations=1..1",
    },
}


class Settings(PipelineSettings):
    """What a visitor can turn."""

    pipeline: str = Field(
        "Affine scale=0.9..1.1 translate_percent=-0.08..0.08 rotate=-12..12 shear=-6..6",
        max_length=MOST_TEXT,
        title="Steps as text",
        description="One on each line: an augmenter, then name=low..high or name=value, and sometimes=0.5. A line one, "
        "some of=1..2 or all begins a group of the lines below it that begin with a dash.",
        examples=["Fliplr p=1\n"],
    )
    data: Data = Field(
        "digits",
        title="Pictures",
        description="scikit-learn's digits (8 × 8) are everywhere; the others where the server has them.",
        json_schema_extra={"widget": "select"},
    )
    n_pictures: int = Field(
        200,
        ge=100,
        le=1000,
        title="Training pictures",
        description="So many of them are used. Few: the network learns them by heart.",
        json_schema_extra={"step": 50},
    )
    seed: int = Field(
        0,
        ge=0,
        le=MOST_SEED,
        title="Seed",
        description="Of first weights, order and draws.",
        json_schema_extra={"widget": "number"},
    )
    epochs: int = Field(60, ge=2, le=100, title="Epochs", description="How often it sees every picture.")
    n_seeds: Literal[2, 3, 4, 6, 8] = Field(
        4, title="Seeds", description="Networks of each kind, each from other first weights."
    )


@dataclass(frozen=True)
class Gain:
    """What came out.

    Attributes:
        without: (n_seeds,) accuracies on the validation pictures after the last epoch, trained without the pipeline.
        with_it: (n_seeds,) the same with it, from the same first weights.
        epoch: ended so far.
        epochs: in all.
    """

    without: np.ndarray
    with_it: np.ndarray
    epoch: int
    epochs: int

    @property
    def means(self) -> tuple[float, float]:
        """Mean accuracy without and with it."""
        return float(self.without.mean()), float(self.with_it.mean())

    @property
    def spreads(self) -> tuple[float, float]:
        """Standard deviation over the seeds, without and with it."""
        return float(self.without.std(ddof=1)), float(self.with_it.std(ddof=1))

    @property
    def difference(self) -> tuple[float, float]:
        """Mean of the differences of each seed's two networks, and the standard error of that mean."""
        each = self.with_it - self.without
        return float(each.mean()), float(each.std(ddof=1)) / math.sqrt(len(each))


def cnn(settings: Settings, at: int = 0) -> train_cnn.Settings:
    """Network and training of one seed, as the page Train a CNN has them."""
    return train_cnn.Settings(
        data=settings.data,
        n_pictures=settings.n_pictures,
        stack=NETWORK,
        shift_px=0,
        batch_size=32,
        epochs=settings.epochs,
        seed=(settings.seed + at) % (MOST_SEED + 1),
    )


def pictures(settings: Settings) -> Pictures:
    """Training pictures, and others of the training set to validate on: the test set is for the end of a study.

    Raises:
        DatasetError: if they are not on this machine.
    """
    found, n = all_of(settings.data), settings.n_pictures
    x, labels = found.x_test, found.labels_test  # of the digits, which have no test set of their own
    if settings.data != "digits":
        x, labels = found.x[MOST_TRAINING - N_VALIDATION :], found.labels[MOST_TRAINING - N_VALIDATION :]
    return Pictures(found.x[:n], found.labels[:n], x, labels, found.classes)


def augmented(runner: Runner, image: np.ndarray) -> np.ndarray:
    """One draw of a picture, in its own size and with its own channels: (H, W, C) uint8 -> the same, C 1 or 3."""
    drawn = runner.image(image[:, :, 0] if image.shape[2] == 1 else image)
    if drawn.ndim == 3 and image.shape[2] == 1:  # a step needed colours
        drawn = cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY)
    if drawn.shape[:2] != image.shape[:2]:
        drawn = cv2.resize(drawn, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA)
    return drawn.reshape(image.shape)


def seed_of(seed: int, epoch: int, index: int) -> int:
    """Where the draws of a batch begin."""
    return int(np.random.default_rng((seed, epoch, index)).integers(2**31))


class AugmentedTask(ClassificationTask):
    """The same task on pictures that go through a pipeline, drawn anew each time.

    Args:
        model: as ClassificationTask, like the others.
        pictures: for training.
        labels: theirs.
        held_out: for the curve.
        settings: batches, seed.
        runner: the pipeline.
    """

    def __init__(
        self,
        model: nn.Module,
        pictures: Tensor,
        labels: Tensor,
        held_out: tuple[Tensor, Tensor],
        settings: ClassificationSettings,
        runner: Runner,
    ) -> None:
        super().__init__(model, pictures, labels, held_out, settings)
        self.runner = runner

    def taken(self, rows: np.ndarray, epoch: int, index: int) -> Tensor:
        """The draws of a batch: (B,) places -> (B, C, H, W) uint8."""
        self.runner.seed(seed_of(self.settings.seed, epoch, index))
        images = self.pictures[torch.from_numpy(rows)].permute(0, 2, 3, 1).numpy()
        made = np.stack([augmented(self.runner, np.ascontiguousarray(image)) for image in images])
        return torch.from_numpy(made).permute(0, 3, 1, 2)


class Comparison(Work):
    """The work: all networks learn together, an epoch each in turn, so that both curves grow alike.

    Args:
        settings: pictures, pipeline, seeds.
        states: of each network's `core.training.fit.Fit`, to go on from there.

    Raises:
        CamadasError: as `pictures` and `Settings.as_pipeline`.
    """

    is_kept = True

    def __init__(self, settings: Settings, states: Sequence[dict[str, Any]] = ()) -> None:
        self.settings, data = settings, pictures(settings)
        pipeline = settings.as_pipeline()
        self.runs: list[Fit] = []
        for is_augmented in (False, True):
            for at in range(settings.n_seeds):
                own = cnn(settings, at)
                net = first_weights(planned(own), own.seed)
                given = (net, data.x, data.labels, (data.x_test, data.labels_test), train_cnn.live(own))
                task = AugmentedTask(*given, Runner(pipeline)) if is_augmented else ClassificationTask(*given)
                state = states[len(self.runs)] if states else None
                self.runs.append(fit(task, train_cnn.live(own), state=state))
        self.accuracies: list[list[float]] = [[] for _ in self.runs]
        self.seconds = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {"accuracies": self.accuracies, "seconds": self.seconds}
        return again, (type(self), self.settings, [run.state() for run in self.runs], kept)

    def step(self) -> bool:
        """Train for a few hundredths of a second; False at the end."""
        start = time.perf_counter()
        while not self._is_over() and time.perf_counter() - start < CHUNK_S:
            which = min(range(len(self.runs)), key=lambda at: len(self.accuracies[at]))
            event = next(self.runs[which])
            if isinstance(event, Epoch):
                self.accuracies[which].append(event.metrics["accuracy"])
        self.seconds += time.perf_counter() - start
        return not self._is_over()

    def frame(self) -> bytes:
        """A header as JSON after its length: both curves, mean, least and greatest of each epoch."""
        done, total = sum(map(len, self.accuracies)), len(self.runs) * self.settings.epochs
        header = {
            "step": done,
            "steps": total,
            "epoch": self._epoch(),
            "epochs": self.settings.epochs,
            "seeds": self.settings.n_seeds,
            "left_s": round(self.seconds * (total - done) / done, 1) if done else 0,
            "without": self._curve(0),
            "with": self._curve(self.settings.n_seeds),
        }
        return packed(header)

    def result(self) -> Gain:
        """The accuracies as they are now."""
        n, epoch = self.settings.n_seeds, self._epoch()
        last = np.array([seen[epoch - 1] if epoch else math.nan for seen in self.accuracies])
        return Gain(last[:n], last[n:], epoch, self.settings.epochs)

    def _epoch(self) -> int:
        """Ended by all."""
        return min(map(len, self.accuracies))

    def _is_over(self) -> bool:
        return self._epoch() == self.settings.epochs

    def _curve(self, first: int) -> list[list[float]]:
        """Mean and mean plus and minus a standard deviation over the seeds, after each epoch."""
        seen = np.array([each[: self._epoch()] for each in self.accuracies[first : first + self.settings.n_seeds]])
        mean, spread = seen.mean(axis=0), seen.std(axis=0, ddof=1)
        return np.stack([mean, mean - spread, mean + spread], axis=1).round(6).tolist()


def shown(settings: Settings) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Training pictures as they are, and a draw of each.

    Returns:
        Twice (H, W, 3) uint8.

    Raises:
        CamadasError: as `Comparison`.
    """
    images = pictures(settings).x[:N_SHOWN].permute(0, 2, 3, 1).numpy()
    runner = Runner(settings.as_pipeline())
    made = [augmented(runner, np.ascontiguousarray(image)) for image in images]
    return [_coloured(image) for image in images], [_coloured(image) for image in made]


def _coloured(image: np.ndarray) -> np.ndarray:
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def about(settings: Settings) -> str:
    """What tells one run from another."""
    return "augmentation_gain " + settings.model_dump_json()


def start(settings: Settings, *, owner: str = "") -> Job:
    """Begin a run in the background, paused.

    Raises:
        CamadasError: if the pipeline cannot be read or is too slow, pictures are not here, or the server is full.
    """
    check(settings.as_pipeline(), pictures(settings))
    return jobs().start(lambda: Comparison(settings), about(settings), is_paused=True, owner=owner)


def check(pipeline: Pipeline, data: Pictures) -> None:
    """Refuse a pipeline whose draws of these pictures take too long.

    Raises:
        PipelineRejected: if it is so, or if a step cannot do with them.
    """
    image = np.ascontiguousarray(data.x[0].permute(1, 2, 0).numpy())
    runner = Runner(unsparing(pipeline), deadline=time.perf_counter() + 100 * SLOWEST_S)
    augmented(runner, image)  # the first one also loads
    for tries_left in reversed(range(N_TRIES)):  # a busy machine makes a quick draw slow now and then
        runner.deadline = time.perf_counter() + SLOWEST_S
        try:
            augmented(runner, image)
            return
        except PipelineRejected as error:
            if error.reason != "too_slow" or not tries_left:
                raise


def gained(job: Job) -> Gain:
    """How far a run has come.

    Raises:
        JobError: if it has ended early or waits for its turn.
    """
    found: Gain = job.now(Comparison.result)
    return found


def script(settings: Settings) -> str:
    """The stand-alone Python script that makes the same comparison with imgaug and plain PyTorch.

    Raises:
        PipelineRejected: as `Settings.as_pipeline`.
    """
    return render(
        "augmentation_gain",
        settings=settings,
        pipeline=settings.as_pipeline(),
        known=AUGMENTERS,
        needs_colour=Runner(settings.as_pipeline()).needs_colour,
        seeds=[cnn(settings, at).seed for at in range(settings.n_seeds)],
        most=MOST_TRAINING,
        n_validation=N_VALIDATION,
        net=planned(cnn(settings)),
        cnn=cnn(settings),
        live=train_cnn.live(cnn(settings)),
    )
