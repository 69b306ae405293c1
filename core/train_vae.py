"""A visitor's own variational autoencoder, trained live: reconstruction against KL, its codes and its samples."""

import math
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from core.autoencoders import shown
from core.jobs import Job, jobs
from core.models.autoencoder import Autoencoder, kl_to_prior
from core.scripting import render
from core.small_pictures import MOST_TRAINING, all_of, places
from core.training.autoencoding import AutoencodingSettings, AutoencodingTask
from core.training.events import Done, Epoch, Event, Step
from core.training.fit import fit
from core.training.seed import CHANCE
from core.work import Work, again, packed

__all__ = ["Job", "places", "shown"]
Data = Literal["digits", "MNIST", "Fashion-MNIST"]
CHUNK_S = 0.05  # of training between two looks at the commands
LOOK_S = 0.3  # between two looks at codes and samples
N_TILES = {8: 8, 28: 6}  # samples in a row, by the side of a picture
REACH = 3.0  # of the plane of codes, either way
WIDTHS = [16, 32]

EXAMPLES: dict[str, dict[str, object]] = {
    "Beta 1: the bound itself": {},
    "Beta 0: a plain autoencoder with noise": {"beta": 0.0},
    "Beta 10: the code says nothing": {"beta": 10.0},
    "Sixteen numbers": {"n_code": 16},
    "Fashion-MNIST": {"data": "Fashion-MNIST", "n_pictures": 4000, "epochs": 20},
}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Data = Field(
        "digits",
        title="Pictures",
        description="scikit-learn's digits (8 × 8) are everywhere; the others where the server has them.",
        json_schema_extra={"widget": "select"},
    )
    n_pictures: int = Field(
        1400,
        ge=100,
        le=MOST_TRAINING,
        title="Training pictures",
        description="At most; of the digits there are 1,400.",
        json_schema_extra={"step": 100},
    )
    n_code: Literal[2, 4, 8, 16, 32] = Field(
        2, title="Numbers in the code", description="Two can be drawn as they are."
    )
    beta: Literal[0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0] = Field(  # type: ignore[valid-type]
        1.0,
        title="Beta",
        description="Weight of the KL term. At 1 the loss bounds minus the logarithm of a picture's probability.",
        json_schema_extra={"widget": "select"},
    )
    likelihood: Literal["Bernoulli", "Gaussian"] = Field(
        "Bernoulli",
        title="Likelihood",
        description="Of a pixel: the chance of white, or a grey level with one learned spread.",
    )
    learning_rate: Literal[0.0003, 0.001, 0.003, 0.01] = Field(  # type: ignore[valid-type]
        0.003, title="Learning rate", description="At its peak.", json_schema_extra={"widget": "select"}
    )
    epochs: int = Field(
        60, ge=1, le=200, title="Epochs", description="Passes over the pictures, in whole batches of 64."
    )
    seed: int = Field(
        0, ge=0, le=999, title="Seed", description="Of first weights and order.", json_schema_extra={"widget": "number"}
    )


@dataclass(frozen=True)
class Trained:
    """How far a run has come.

    Attributes:
        epoch: ended so far.
        reconstruction: nats a test picture, code drawn from the posterior.
        kl: nats a test picture.
        kl_by_number: (n_code,) the same for each number of the code.
        before: (n, H, W) float32, some test pictures.
        after: (n, H, W) float32, the same through their codes' means.
        has_diverged: whether the loss is no number any more.
    """

    epoch: int
    reconstruction: float
    kl: float
    kl_by_number: np.ndarray
    before: np.ndarray
    after: np.ndarray
    has_diverged: bool


def model_of(settings: Settings) -> Autoencoder:
    """The network, with torch's first weights drawn from the seed."""
    with CHANCE, torch.random.fork_rng(devices=[]):  # other visitors' runs draw from torch's generator too
        torch.manual_seed(settings.seed)
        return Autoencoder(**shape_of(settings))


def shape_of(settings: Settings) -> dict[str, Any]:
    """Arguments of the network."""
    side = 8 if settings.data == "digits" else 28
    return {
        "n_code": settings.n_code,
        "likelihood": settings.likelihood.lower(),
        "size_px": side,
        "widths": WIDTHS,
    }


def live(settings: Settings) -> AutoencodingSettings:
    """The settings as the one loop wants them."""
    shared = settings.model_dump(include={"beta", "learning_rate", "epochs", "seed"})
    return AutoencodingSettings(
        **shared,
        batch_size=64,
        binarised_share=0.0,
        weight_decay=0.0,
        ema_decay=0.0,
        keep_weights="last",
        mixed_precision=False,
    )


class Training(Work):
    """The work of one live run.

    Args:
        settings: of pictures, network and training.
        state: of `core.training.fit.Fit`, to go on from there.

    Raises:
        DatasetError: if the pictures are not on this machine.
    """

    is_kept = True

    def __init__(self, settings: Settings, state: dict[str, Any] | None = None) -> None:
        found = all_of(settings.data)
        self.settings, self.test, self.labels = settings, found.x_test, found.labels_test.numpy()
        self.model = model_of(settings)
        self.task = AutoencodingTask(self.model, found.x[: settings.n_pictures], found.x_test, live(settings))
        self.events = fit(self.task, live(settings), state=state)
        self.epochs: list[tuple[float, float]] = []  # reconstruction and KL, held out
        self.step_now, self.left_s, self.is_done, self.has_diverged = 0, 0.0, False, False
        side = found.x.shape[-1]
        self.n_tiles = N_TILES[side]
        random = np.random.default_rng(settings.seed)
        self.draws = torch.from_numpy(random.standard_normal((self.n_tiles**2, settings.n_code), np.float32))
        self.has_looked_last = False
        self.looked_at, self.look = -math.inf, (np.zeros((0, 2), np.int8), np.zeros((0, side, side), np.uint8))

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {name: getattr(self, name) for name in ("epochs", "step_now", "left_s", "is_done", "has_diverged")}
        return again, (type(self), self.settings, self.events.state(), kept)

    def step(self) -> bool:
        """Train for a few hundredths of a second; False at the end."""
        start = time.perf_counter()
        while time.perf_counter() - start < CHUNK_S and not self.is_done:
            self._note(next(self.events))
        return not self.is_done

    def frame(self) -> bytes:
        """Where the run is, its epochs; then the codes of the test pictures as int8 pairs, and samples as uint8."""
        codes, samples = self._look()
        header = {
            "step": self.step_now,
            "steps": self.task.n_batches * self.settings.epochs,
            "epoch": len(self.epochs),
            "epochs": self.settings.epochs,
            "left_s": round(self.left_s, 1),
            "diverged": self.has_diverged,
            "held": [[round(value, 4) for value in pair] for pair in self.epochs],
            "codes": len(codes),
            "labels": self.labels[: len(codes)].tolist(),
            "tiles": self.n_tiles,
            "side": samples.shape[-1],
        }
        return packed(header, codes, samples)

    def result(self) -> Trained:
        """Loss, code and pictures as they are now."""
        self.model.eval()
        x = self._on_device(self.test) / 255
        with torch.inference_mode():
            by_number = kl_to_prior(*self.model.encode(x)).mean(0).cpu().numpy()
            after = self.model(x[: self.n_tiles])[:, 0].cpu().numpy()
        reconstruction, kl = self.epochs[-1] if self.epochs else (math.nan, math.nan)
        before = x[: self.n_tiles, 0].cpu().numpy()
        return Trained(len(self.epochs), reconstruction, kl, by_number, before, after, self.has_diverged)

    def _look(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes of the test pictures, the two numbers that tell most, -127 to 127 over the plane; and samples."""
        now = time.monotonic()
        if self.has_looked_last or (now - self.looked_at < LOOK_S and not self.is_done):
            return self.look
        is_training = self.model.training
        self.model.eval()
        with torch.inference_mode():
            mean, log_variance = self.model.encode(self._on_device(self.test) / 255)
            two = kl_to_prior(mean, log_variance).mean(0).argsort(descending=True)[:2].sort().values
            codes = (mean[:, two] / REACH * 127).clamp(-127, 127).round().to(torch.int8).cpu().numpy()
            samples = _levels(self.model.decode(self._on_device(self.draws)))
        self.model.train(is_training)
        self.looked_at, self.look, self.has_looked_last = now, (codes, samples), self.is_done
        return self.look

    def _on_device(self, x: Tensor) -> Tensor:
        """Where the loop has brought the model, float32."""
        return x.to(next(self.model.parameters()).device).float()

    def _note(self, event: Event) -> None:
        if isinstance(event, Step):
            self.step_now, self.left_s = event.step, event.left_s
            self.has_diverged = not math.isfinite(event.losses["loss"])
        elif isinstance(event, Epoch):
            kl = event.metrics["held_out_kl"]
            reconstruction = -event.metrics["bound"] - self.settings.beta * kl
            self.has_diverged = not math.isfinite(reconstruction + kl)
            if not self.has_diverged:
                self.epochs.append((reconstruction, kl))
        self.is_done = self.has_diverged or isinstance(event, Done)


def _levels(x: Tensor) -> np.ndarray:
    """(n, 1, H, W), 0 to 1 -> (n, H, W) uint8."""
    found: np.ndarray = (255 * x[:, 0]).nan_to_num().round().to(torch.uint8).cpu().numpy()
    return found


def about(settings: Settings) -> str:
    """What tells one run from another."""
    return "train_vae " + settings.model_dump_json()


def classes_of(settings: Settings) -> tuple[str, ...]:
    """Names of what the pictures show."""
    return all_of(settings.data).classes


def start(settings: Settings, *, owner: str = "") -> Job:
    """Begin a run in the background, paused.

    Raises:
        CamadasError: if pictures are not here, or the server is full.
    """
    all_of(settings.data)
    return jobs().start(lambda: Training(settings), about(settings), is_paused=True, owner=owner)


def trained(job: Job) -> Trained:
    """How far a run has come.

    Raises:
        JobError: if it has ended early or waits for its turn.
    """
    found: Trained = job.now(Training.result)
    return found


def script(settings: Settings) -> str:
    """The stand-alone Python script that trains the same network in plain PyTorch."""
    return render("train_vae", settings=settings, shape=shape_of(settings), live=live(settings))
