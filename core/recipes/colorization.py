"""Train the U-Net that colorizes, and measure it.

    python -m core train colorization --data DIR --minutes 115

On two EPYC cores with bf16 and seed 0 that is about 9,700 steps. Median gain on photos/test 1.47 dB (the blind table:
1.18), pooled 1.27 (0.71), at the 96 pixels that the page begins with; every run is in docs/log.md.
"""

import copy
import datetime
import time
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from core.checkpoints import Card, Metric, save
from core.colorization import (
    CHECKPOINT,
    N_BINS,
    LiftedChroma,
    Predict,
    Settings,
    bins,
    colorize,
    colorize_by_table,
    predict_chroma,
    without_colour,
)
from core.colour import (
    colourfulness,
    into_gamut,
    lab_to_rgb,
    lightness,
    mean_chroma,
    mean_squared_error,
    psnr_db,
    rgb_to_lab,
)
from core.data.cache import Dataset
from core.data.reader import load, open_pictures
from core.devices import hardware
from core.errors import DatasetError
from core.models.unet import UNet
from core.training.events import Done
from core.training.fit import Batch, FitSettings
from core.training.seed import batch_generator

TEST = ("photos", "test")  # for measuring alone
SHAPE: dict[str, Any] = {"widths": [96, 192, 384], "n_blocks": [2, 2, 2], "n_up_blocks": [1, 2], "n_classes": 200}
OUTPUT_STRIDE = 4  # the net answers at a quarter of its input's size
NO_CLASS = -100
# In the file that we used, the first 250 training photos show classes that Tiny-ImageNet lacks, as the test photos do;
# the first 100 of them are held out, to choose and calibrate by photos of things that the net has not met.
N_VALIDATION_PHOTOS = 100
VALIDATION_PX = 96
N_VALIDATION_TINY = 2000
FACTORS = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4)
REPORTED = {
    "gain_median_db": "dB",
    "gain_pooled_db": "dB",
    "blind_median_db": "dB",
    "blind_pooled_db": "dB",
    "chroma_ratio": "",
    "shuffled_pooled_db": "dB",
}
LEAST_CHROMA = 5.0  # photos whose true mean chroma is below are left out of the measure: they are nearly grey


class Config(FitSettings):
    """The run's settings; the defaults are those of the checkpoint that is shipped."""

    epochs: int | None = Field(16, ge=1)
    learning_rate: float = Field(1.5e-3, gt=0)
    weight_decay: float = Field(0.05, ge=0)
    ema_decay: float = Field(0.998, ge=0, lt=1)
    keep_weights: Literal["best", "last", "mean"] = "mean"
    batch_size: int = Field(128, ge=2, description="pictures of 64 x 64; larger ones come in proportion fewer")
    sizes_px: tuple[int, ...] = Field((64, 96, 128), description="the net's input, drawn for each batch")
    size_shares: tuple[float, ...] = (0.6, 0.25, 0.15)
    photo_share: float = Field(0.08, ge=0, le=1, description="of each batch, crops of the training photos")
    smallest_crop: float = Field(0.5, gt=0, le=1, description="of a Tiny-ImageNet picture's side")
    class_weight: float = Field(0.1, ge=0, description="of the auxiliary cross-entropy")
    huber_delta: float = Field(40.0, gt=0, description="in Lab units: squared error below, absolute above")


class ColorizationTask:
    """Chroma from lightness on Tiny-ImageNet and the training photos, with the class as an auxiliary question."""

    def __init__(self, config: Config, folder: Path | None) -> None:
        self.config = config
        self.tiny = load("tiny_imagenet", "train", folder)
        self.pictures = self.tiny.stack()
        self.photos = load("photos", "train", folder)
        self.test = load(*TEST, folder)
        self.held_out = range(N_VALIDATION_PHOTOS)
        self.rows = range(N_VALIDATION_PHOTOS, len(self.photos))
        if not self.rows:
            raise DatasetError("too_few", name="photos", n=len(self.photos), least=N_VALIDATION_PHOTOS + 1)
        squares = [_square(self.photos.image(row), VALIDATION_PX) for row in self.held_out]
        self.validation_photos = np.stack(squares)
        self.validation_tiny = load("tiny_imagenet", "val", folder).stack()[:N_VALIDATION_TINY]
        self.n_batches = max(1, len(self.tiny) // config.batch_size)
        torch.manual_seed(config.seed)
        self.model: nn.Module = UNet(**SHAPE)

    def batch(self, epoch: int, index: int) -> Batch:
        """Lightness (B, 1, s, s), chroma (B, 2, s/4, s/4) and labels (B,), random crops at one random size s."""
        config, random = self.config, batch_generator(self.config.seed, epoch, index)
        order = np.random.default_rng((self.config.seed, epoch)).permutation(len(self.tiny))
        size = int(random.choice(config.sizes_px, p=config.size_shares))
        n = max(2, config.batch_size * config.sizes_px[0] ** 2 // size**2)
        n_photos = int(random.binomial(n, config.photo_share))
        rows = order[index * config.batch_size :][: n - n_photos]
        images = [_crop(self.pictures[row], size, config.smallest_crop, random) for row in rows]
        for photo in random.choice(self.rows, size=n_photos):
            smallest = _photo_crop(self.photos.shapes[photo], size)
            images += [_crop(self.photos.image(photo), size, smallest, random)]
        labels = np.full(len(images), NO_CLASS)
        assert self.tiny.labels is not None
        labels[: len(rows)] = self.tiny.labels[rows]
        return {**_lab_tensors(np.stack(images)), "label": torch.from_numpy(labels)}

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Huber loss of chroma and weighted cross-entropy of the class."""
        out = model.forward_features(batch["lightness"])  # type: ignore[operator]
        scale = self.config.huber_delta
        chroma = F.huber_loss(out["chroma"].float() / scale, batch["chroma"] / scale, delta=1.0)
        classes = F.cross_entropy(
            out["class_logits"].float(), batch["label"], ignore_index=NO_CLASS, label_smoothing=0.1
        )
        return {"chroma": chroma * 10, "class": torch.nan_to_num(classes) * self.config.class_weight}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Gain in chroma error over grey on the held-out photos and on Tiny-ImageNet's val, and the latter's chroma."""
        photo_gain, _ = _chroma_gain(model, self.validation_photos)
        tiny_gain, ratio = _chroma_gain(model, self.validation_tiny)
        return {"photo_gain_db": photo_gain, "tiny_gain_db": tiny_gain, "chroma_ratio": ratio}


def _chroma_gain(model: nn.Module, images: np.ndarray) -> tuple[float, float]:
    """Of (N, s, s, 3) uint8 pictures: the pooled gain in dB, and mean predicted chroma over mean true chroma."""
    grey_error, error, chroma, true_chroma = 0.0, 0.0, 0.0, 0.0
    where = next(model.parameters()).device
    for start in range(0, len(images), 250):
        batch = _lab_tensors(images[start : start + 250])
        truth, predicted = batch["chroma"], model(batch["lightness"].to(where)).float().cpu()
        grey_error += float(truth.square().sum())
        error += float((truth - predicted).square().sum())
        true_chroma += float(truth.norm(dim=1).sum())
        chroma += float(predicted.norm(dim=1).sum())
    return 10 * float(np.log10(grey_error / error)), chroma / true_chroma


def _square(image: np.ndarray, size: int) -> np.ndarray:
    """The middle of a picture, resized to (size, size, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = np.ascontiguousarray(image[top : top + side, left : left + side])
    return cv2.resize(middle, (size, size), interpolation=cv2.INTER_AREA)


def make_task(config: Config, folder: Path | None) -> ColorizationTask:
    """The task of this recipe on the data sets under `folder` (None for CAMADAS_DATA)."""
    return ColorizationTask(config, folder)


def _crop(image: np.ndarray, size: int, smallest: float, random: np.random.Generator) -> np.ndarray:
    """A random square of at least `smallest` of the shorter side, flipped or not, resized to (size, size)."""
    height, width = image.shape[:2]
    side = round(min(height, width) * random.uniform(smallest, 1.0))
    top, left = random.integers(height - side + 1), random.integers(width - side + 1)
    crop = image[top : top + side, left : left + side]
    if random.random() < 0.5:
        crop = crop[:, ::-1]
    how = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(crop), (size, size), interpolation=how)


def _photo_crop(shape: np.ndarray, size: int) -> float:
    """The smallest share of a photo's shorter side that still has `size` pixels, within reason."""
    return float(np.clip(size / min(shape[0], shape[1]), 0.4, 1.0))


def _lab_tensors(images: np.ndarray) -> dict[str, Tensor]:
    """(B, s, s, 3) uint8 -> "lightness" (B, 1, s, s) and "chroma" (B, 2, s/4, s/4), the mean of each 4 x 4 cell."""
    n, size = images.shape[:2]
    lab = torch.from_numpy(rgb_to_lab(images.reshape(n * size, size, 3)).reshape(n, size, size, 3))
    lab = lab.permute(0, 3, 1, 2)
    return {"lightness": lab[:, :1].contiguous(), "chroma": F.avg_pool2d(lab[:, 1:], OUTPUT_STRIDE)}


def fit_table(photos: Dataset, rows: range) -> np.ndarray:
    """The blind table: mean a* and b* of these photos for each of 20 ranges of L*, (20, 2) float32."""
    sums, counts = np.zeros((N_BINS, 2)), np.zeros(N_BINS)
    for index in rows:
        lab = rgb_to_lab(photos.image(index)).reshape(-1, 3)
        bin_of = bins(lab[:, 0])
        counts += np.bincount(bin_of, minlength=N_BINS)
        for channel in range(2):
            sums[:, channel] += np.bincount(bin_of, lab[:, channel + 1], N_BINS)
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)


def measure(
    photos: Dataset,
    settings: Settings,
    net: Predict | None = None,
    table: np.ndarray | None = None,
    rows: range | None = None,
) -> dict[str, Any]:
    """Measure colorization at full size against the true colours.

    Photos whose true mean chroma is under 5 are left out and counted. All gains are PSNR in dB over the grey photo.

    Args:
        photos: colour photographs that no training has seen.
        settings: as a visitor would set them.
        net: as in core.colorization.colorize; None for the shipped checkpoint.
        table: (20, 2) the blind table; None for the shipped one.
        rows: which photos; None for all.

    Returns:
        gain_mean_db, gain_median_db with its bootstrap interval (95 %) and gain_pooled_db (from the mean of all
        photos' squared errors), the same for the table (blind_…), chroma_ratio (mean chroma over mean true chroma),
        colourfulness_gap (mean of the truth's colourfulness minus the result's), shuffled_pooled_db (the gain when
        each photo gets the chroma predicted for the next one), n, n_left_out and seconds.
    """
    start = time.perf_counter()
    asked = range(len(photos)) if rows is None else rows
    kept = [i for i in asked if mean_chroma(photos.image(i)) >= LEAST_CHROMA]
    if not kept:
        raise DatasetError("no_colour", name=photos.name)
    errors: dict[str, list[float]] = {"grey": [], "net": [], "blind": [], "shuffled": []}
    chroma, gaps = np.zeros(2), []
    for position, index in enumerate(kept):
        truth = np.ascontiguousarray(photos.image(index))
        greyed = without_colour(truth)
        result = colorize(greyed, settings, net).image
        next_grey = without_colour(photos.image(kept[(position + 1) % len(kept)]))
        foreign = predict_chroma(lightness(next_grey), settings.net_px, net)[1] * settings.strength
        errors["grey"].append(mean_squared_error(greyed, truth))
        errors["net"].append(mean_squared_error(result, truth))
        errors["blind"].append(mean_squared_error(colorize_by_table(greyed, table), truth))
        errors["shuffled"].append(mean_squared_error(_with_chroma(greyed, foreign), truth))
        chroma += mean_chroma(result), mean_chroma(truth)
        gaps.append(colourfulness(truth) - colourfulness(result))
    return {
        **_gains("gain", errors["net"], errors["grey"]),
        **_gains("blind", errors["blind"], errors["grey"]),
        "median_interval_db": _median_interval(errors["net"], errors["grey"]),
        "shuffled_pooled_db": _gains("shuffled", errors["shuffled"], errors["grey"])["shuffled_pooled_db"],
        "chroma_ratio": float(chroma[0] / chroma[1]),
        "colourfulness_gap": float(np.mean(gaps)),
        "n": len(kept),
        "n_left_out": len(asked) - len(kept),
        "seconds": round(time.perf_counter() - start, 1),
    }


def keep(task: ColorizationTask, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path) -> Card:
    """Calibrate the trained net on the validation photos, measure it there and write checkpoint and card.

    The one thing calibrated is the strength of colour: the factor on the predicted chroma with the greatest sum of
    mean, median and pooled gain, multiplied into the last layer.

    Args:
        task: whose model is trained.
        done: the run's last event.
        command: that ran it.
        epochs: the run's Epoch events, as dicts.
        folder: of the checkpoint.
    """
    table, rows = fit_table(task.photos, task.rows), task.held_out
    model = task.model.cpu().float().eval()
    strengths = {
        factor: measure(task.photos, Settings(strength=factor), _net(model), table, rows) for factor in FACTORS
    }
    factor = max(strengths, key=lambda f: sum(strengths[f][f"gain_{kind}_db"] for kind in ("mean", "median", "pooled")))
    with torch.no_grad():
        model.chroma.weight *= factor  # type: ignore[union-attr, operator]
        model.chroma.bias *= factor  # type: ignore[union-attr, operator]
    card = _card(
        task,
        done,
        command,
        epochs,
        {"chroma_factor": factor, "table_ab": [[round(float(v), 2) for v in row] for row in table]},
    )
    halved = copy.deepcopy(model)
    for parameter in halved.parameters():
        if parameter.ndim >= 2:
            parameter.data = parameter.data.bfloat16().float()
    held_out = f"photos, {len(rows)} held out of train"
    for data, photos, these, net in (
        ("photos test, weights as stored", task.test, None, halved),
        (f"{held_out}, weights as stored", task.photos, rows, halved),
        (f"{held_out}, float32 weights", task.photos, rows, model),
    ):
        figures = measure(photos, Settings(), _net(net), table, these)
        card.metrics.extend(
            Metric(name=name, value=figures[name], unit=unit, data=data, n=figures["n"])
            for name, unit in REPORTED.items()
        )
    return save(model, card, folder)


def _card(task: ColorizationTask, done: Done, command: str, epochs: list[dict[str, Any]], calibration: Any) -> Card:
    curve = [
        {
            "epoch": e["epoch"],
            "step": e["step"],
            "chroma loss": e["losses"]["chroma"],
            "class loss": e["losses"]["class"],
            **e["metrics"],
        }
        for e in epochs
    ]
    return Card(
        name=CHECKPOINT,
        summary="Predicts the chroma of a photograph (CIE Lab a*, b*, at a quarter of the size) from its lightness.",
        architecture="unet",
        arguments=SHAPE,
        parameters=sum(p.numel() for p in task.model.parameters()),
        data=[
            f"Tiny-ImageNet train, {len(task.tiny):,} pictures of 64 x 64, with their classes; val for the curve",
            f"photos train, {len(task.rows)} for training, {len(task.held_out)} of other classes for calibration",
        ],
        command=command,
        recipe=task.config.model_dump(mode="json"),
        seed=task.config.seed,
        hardware=hardware(),
        seconds=done.seconds,
        steps=done.steps,
        metrics=[],
        curve=curve,
        calibration=calibration,
        stored_as="bf16 kernels, float32 norms and biases",
        date=datetime.date.today().isoformat(),
        licence="MIT for the weights; Tiny-ImageNet and the photos are for research use",
        limits=[
            "It guesses: clothes, cars and walls get the mean of what they might be, which is often a dull one.",
            "It learned from 64-pixel photographs of 200 classes; drawings, documents and microscopy are foreign.",
            "Scenes unlike its 200 classes stay pale: on the test photos half of the true chroma is there.",
            "Colour is predicted at a quarter of the network's input, so it runs over fine edges.",
        ],
    )


def _net(model: nn.Module) -> Predict:
    def net(batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(batch)).numpy()

    return net


def evaluate(data: Path | None) -> dict[str, Any]:
    """Measure the shipped checkpoint as it answers on the page: on a file or folder of photos, else on the test's."""
    return measure(load(*TEST) if data is None else open_pictures(data), Settings())


def _with_chroma(greyed: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    light = lightness(greyed)
    lifted = LiftedChroma(chroma, light.shape).rows(slice(None))
    return lab_to_rgb(into_gamut(np.concatenate([light[:, :, None], lifted], axis=2)))


def _gains(name: str, errors: list[float], grey: list[float]) -> dict[str, float]:
    gains = [psnr_db(error) - psnr_db(base) for error, base in zip(errors, grey, strict=True)]
    pooled = psnr_db(float(np.mean(errors))) - psnr_db(float(np.mean(grey)))
    return {
        f"{name}_mean_db": float(np.mean(gains)),
        f"{name}_median_db": float(np.median(gains)),
        f"{name}_pooled_db": pooled,
    }


def _median_interval(errors: list[float], grey: list[float], n_draws: int = 10_000) -> list[float]:
    gains = np.array([psnr_db(error) - psnr_db(base) for error, base in zip(errors, grey, strict=True)])
    draws = np.random.default_rng(0).choice(gains, (n_draws, len(gains)))
    return [float(bound) for bound in np.quantile(np.median(draws, axis=1), [0.025, 0.975])]
