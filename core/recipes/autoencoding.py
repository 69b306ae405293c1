"""What the recipes of autoencoders share: their data, their measure and their card."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from pydantic import Field
from scipy.stats import entropy as entropy_of
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from torch import Tensor

from core.bounds import binarised, evidence_lower_bound, importance_weighted_bound
from core.calibration import probabilities
from core.checkpoints import Card, Metric, read, read_card, save
from core.colour import mean_squared_error, psnr_db
from core.data.reader import given, holds, is_of_sets, load
from core.devices import hardware
from core.inference import predict
from core.models.autoencoder import Autoencoder, kl_to_prior
from core.recipes.classification import as_stored
from core.training.autoencoding import AutoencodingSettings, AutoencodingTask
from core.training.classification import as_tensor
from core.training.events import Done

N_IMPORTANCE = 100  # samples of the bound (Burda et al. 2016, equation 8)
SEED_OF_BITS = 0  # by which the test digits are made 0 or 1, once
N_SAMPLES = 10_000
PART = 250
MOST = 10_000  # test pictures, unless a recipe wants fewer
MOST_FOR_PCA = 20_000
STRENGTHS = (20, 40, 60, 80, 100, 120, 150, 180)  # of non-local means


class AutoencoderConfig(AutoencodingSettings):
    """How a shipped autoencoder is trained."""

    learning_rate: float = Field(2e-3, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    warmup: float = Field(0.05, ge=0, lt=1)
    ema_decay: float = Field(0.999, ge=0, lt=1)
    keep_weights: Literal["best", "last", "mean"] = "best"
    held_out_share: float = Field(0.05, gt=0, lt=1, description="of the training pictures, for the curve")


@dataclass(frozen=True)
class About:
    """What a recipe says of its checkpoint.

    Attributes:
        keeps_codes: whether the codes of the test pictures travel with the weights.
        judge: the classifier that looks at samples; empty for none.
        denoises: whether it is measured on noise.
        n_axes: how many principal axes of the training pictures travel with the weights.
        most_for_bound: of the test pictures so many, the first, take part in the bound of 100 samples.
        stranger: a data set of other things, which its squared error is to tell from its own; empty for none.
    """

    name: str
    dataset: str
    test: str
    summary: str
    arguments: dict[str, Any]
    data: Sequence[str]
    licence: str
    limits: Sequence[str]
    keeps_codes: bool = False
    judge: str = ""
    denoises: bool = False
    n_axes: int = 0
    most_for_bound: int = MOST
    stranger: str = ""


class Autoencoding(AutoencodingTask):
    """The task of a recipe: a data set, its last training pictures held out, its test set for measuring alone."""

    def __init__(self, about: About, config: AutoencoderConfig, folder: Path | None) -> None:
        torch.manual_seed(config.seed)
        pictures = as_tensor(load(about.dataset, "train", folder).stack())
        n_held_out = max(1, round(config.held_out_share * len(pictures)))
        self.config, self.folder = config, folder
        super().__init__(Autoencoder(**about.arguments), pictures[:-n_held_out], pictures[-n_held_out:], config)


def keep(
    about: About, task: Autoencoding, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path
) -> Card:
    """Measure the trained net, and write checkpoint and card."""
    model = task.model.cpu().float().eval()
    assert isinstance(model, Autoencoder)
    test = load(about.dataset, about.test, task.folder)
    tested = as_tensor(test.stack())
    model = with_kept(model, about, tested, test.labels, task.pictures)
    stored = as_stored(model)
    assert isinstance(stored, Autoencoder)
    found = measured(stored, tested, task.pictures, about)
    if about.stranger:
        strangers = as_tensor(load(about.stranger, "test", task.folder).stack())
        found |= told_apart(stored, task.held_out, tested, strangers)
    card = Card(
        name=about.name,
        summary=about.summary,
        architecture="autoencoder",
        arguments={**about.arguments, **kept_arguments(about, len(tested))},
        parameters=sum(p.numel() for p in model.parameters()),
        data=[*about.data, f"{len(task.pictures):,} for training, the last {len(task.held_out):,} of train held out"],
        command=command,
        recipe=task.config.model_dump(mode="json"),
        seed=task.config.seed,
        hardware=hardware(),
        seconds=done.seconds,
        steps=done.steps,
        metrics=[
            Metric(name=name, value=value, unit=unit_of(name), data=data_of(name, about, stored), n=n)
            for name, (value, n) in found.items()
        ],
        curve=[{"epoch": e["epoch"], "step": e["step"], **e["losses"], **e["metrics"]} for e in epochs],
        calibration=calibrated(stored, task.held_out, about),
        stored_as="bf16 kernels, float32 biases",
        date=datetime.date.today().isoformat(),
        licence=about.licence,
        limits=list(about.limits),
    )
    return save(model, card, folder)


def data_of(name: str, about: About, model: Autoencoder) -> str:
    """What a figure was measured on, in words."""
    own = f"{about.dataset} {about.test}"
    if name == "bound_100" and about.most_for_bound < MOST:
        own += f", its first {about.most_for_bound}"
    if name.startswith("sample_"):
        return f"draws from a normal distribution, named by {about.judge}"
    if name.startswith("stranger"):
        return f"{about.stranger} test{' and ' + own if name == 'stranger_auroc' else ''}, weights as stored"
    if name in ("elbo", "kl", "bound_100") and model.likelihood == "bernoulli":
        own += f", drawn once as 0 and 1 (seed {SEED_OF_BITS})"
    return f"{own}, weights as stored"


def unit_of(name: str) -> str:
    """Of a figure."""
    nats = ("elbo", "bound_100", "kl", "reconstruction", "sample_entropy")
    return "dB" if name.endswith("_db") else "nats" if name in nats else ""


def kept_arguments(about: About, n_test: int) -> dict[str, int]:
    """What the architecture is told of that travels with the weights."""
    return {"n_kept": n_test if about.keeps_codes else 0, "n_axes": about.n_axes}


def with_kept(
    model: Autoencoder, about: About, tested: Tensor, labels: np.ndarray | None, train: Tensor
) -> Autoencoder:
    """The same model with what travels with it: codes and labels of the test pictures, axes of the training ones."""
    made = Autoencoder(**{**about.arguments, **kept_arguments(about, len(tested))}).eval()
    made.load_state_dict(model.state_dict(), strict=False)
    if about.keeps_codes:
        made.kept_codes.copy_(codes_of(model, tested).flatten())
        if labels is not None:
            made.kept_labels.copy_(torch.from_numpy(labels.astype(np.uint8)))
    if about.n_axes:
        pca = fitted_pca(train, about.n_axes)
        made.kept_mean.copy_(torch.from_numpy(pca.mean_))
        made.kept_axes[: len(pca.components_)].copy_(torch.from_numpy(pca.components_))
    return made


@torch.inference_mode()
def codes_of(model: Autoencoder, pictures: Tensor) -> Tensor:
    """(N, C, H, W) uint8 -> (N, n_code) means."""
    return torch.cat([model.encode(part.float() / 255)[0] for part in pictures.split(PART)])


def dimensions(model: Autoencoder, pictures: Tensor) -> list[float]:
    """Mean KL of each number of the code, in nats."""
    with torch.inference_mode():
        found = [kl_to_prior(*model.encode(part.float() / 255)) for part in pictures.split(PART)]
    return [round(value, 4) for value in torch.cat(found).mean(0).tolist()]


@torch.inference_mode()
def reconstructed(model: Autoencoder, pictures: Tensor) -> np.ndarray:
    """(N, C, H, W) uint8 -> the same through their codes' means, float32."""
    return torch.cat([model(part.float() / 255) for part in pictures.split(PART)]).numpy()


def measured(model: Autoencoder, test: Tensor, train: Tensor, about: About) -> dict[str, tuple[float, int]]:
    """All figures of an autoencoder, each with the number of pictures behind it.

    Args:
        model: on the CPU, in eval mode.
        test: (N, C, H, W) uint8.
        train: (M, C, H, W) uint8, for the principal components.
        about: what it is.

    Returns:
        mse, psnr_db and pca_mse; elbo, kl and bound_100 of a variational one, on digits drawn as 0 and 1 where its
        likelihood is Bernoulli's; sample_confidence and sample_entropy where there is a judge.
    """
    n = len(test)
    y = test.numpy().astype(np.float32) / 255
    mse = float(((reconstructed(model, test) - y) ** 2).mean())
    figures: dict[str, tuple[float, int]] = {
        "mse": (mse, n),
        "psnr_db": (-10 * float(np.log10(mse)), n),
        "pca_mse": (pca_mse(train, test, model.n_code), n),
    }
    if model.is_variational:
        x = torch.from_numpy(binarised(test.numpy(), SEED_OF_BITS)) if model.likelihood == "bernoulli" else test
        elbo, kl = evidence_lower_bound(model, x)
        figures |= {"elbo": (elbo, n), "kl": (kl, n)}
        some = x[: about.most_for_bound]
        figures["bound_100"] = (importance_weighted_bound(model, some, N_IMPORTANCE), len(some))
    if about.denoises:
        figures |= {name: (value, n) for name, value in against_noise(model, train, test).items()}
    if about.judge:
        confidence, spread = judged(model, about.judge, N_SAMPLES)
        figures |= {"sample_confidence": (confidence, N_SAMPLES), "sample_entropy": (spread, N_SAMPLES)}
    return figures


def against_noise(
    model: Autoencoder, train: Tensor, test: Tensor, sigma: float = 0.5, seed: int = 0
) -> dict[str, float]:
    """PSNR of noisy digits as they are, through the model and through OpenCV's non-local means (Buades et al. 2005).

    Non-local means gets the strength that is best on 500 training pictures.

    Args:
        model: on the CPU.
        train: (M, 1, H, W) uint8.
        test: (N, 1, H, W) uint8.
        sigma: of the noise, for pictures from 0 to 1; what leaves this range is cut, and all is rounded to 8 bits.
        seed: of the noise.

    Returns:
        noisy_psnr_db, denoised_psnr_db, non_local_means_psnr_db, over all pixels.
    """
    random = np.random.default_rng(seed)

    def noised(y: np.ndarray) -> np.ndarray:
        noise = random.standard_normal(y.shape, np.float32) * np.float32(sigma)
        return np.round((y / np.float32(255) + noise).clip(0, 1) * 255).astype(np.uint8)

    def by_means(noisy: np.ndarray, h: float) -> np.ndarray:
        return np.stack([cv2.fastNlMeansDenoising(image[0], None, h, 3, 13) for image in noisy])[:, None]

    y, known = test.numpy(), train[:500].numpy()
    noisy, noisy_known = noised(y), noised(known)
    best = max(STRENGTHS, key=lambda h: psnr_db(mean_squared_error(by_means(noisy_known, h), known)))
    return {
        "noisy_psnr_db": psnr_db(mean_squared_error(noisy, y)),
        "denoised_psnr_db": psnr_db(mean_squared_error(reconstructed(model, torch.from_numpy(noisy)) * 255, y)),
        "non_local_means_psnr_db": psnr_db(mean_squared_error(by_means(noisy, best), y)),
    }


def calibrated(model: Autoencoder, held_out: Tensor, about: About) -> dict[str, Any]:
    """What the page needs to know besides the weights: KL of each number, and how large errors are."""
    found: dict[str, Any] = {}
    if model.is_variational:
        found["kl_by_dimension"] = dimensions(model, held_out)
    if about.n_axes:
        codes = codes_of(model, held_out).numpy()
        low, high = np.quantile(codes, [0.001, 0.999], axis=0)
        found["code_range"] = [[round(float(value), 3) for value in ends] for ends in (low, high)]
    if about.stranger:
        quantiles = np.quantile(errors(model, held_out), np.linspace(0, 1, 101))
        found["error_quantiles"] = [float(f"{value:.4g}") for value in quantiles]
    return found


def errors(model: Autoencoder, pictures: Tensor) -> np.ndarray:
    """Mean squared error of each picture: (N, C, H, W) uint8 -> (N,)."""
    y = pictures.numpy().astype(np.float32) / 255
    found: np.ndarray = ((reconstructed(model, pictures) - y) ** 2).mean(axis=(1, 2, 3))
    return found


def told_apart(model: Autoencoder, held_out: Tensor, own: Tensor, strangers: Tensor) -> dict[str, tuple[float, int]]:
    """How well the squared error tells other pictures from its own.

    Returns:
        false_alarms and strangers_found, the shares above the limit that 95 % of the pictures held out keep; and
        stranger_auroc, the area under the ROC curve; each with its number of pictures.
    """
    limit = float(np.quantile(errors(model, held_out), 0.95))
    mine, theirs = errors(model, own), errors(model, strangers)
    is_strange = np.repeat([False, True], [len(mine), len(theirs)])
    area = float(roc_auc_score(is_strange, np.concatenate([mine, theirs])))
    return {
        "false_alarms": (float((mine > limit).mean()), len(mine)),
        "strangers_found": (float((theirs > limit).mean()), len(theirs)),
        "stranger_auroc": (area, len(is_strange)),
    }


def pca_mse(train: Tensor, test: Tensor, n_components: int) -> float:
    """Squared error, a pixel, of test pictures through the first principal components of the training pictures."""
    new = test.flatten(1).numpy().astype(np.float32) / 255
    pca = fitted_pca(train, n_components)
    return float(((pca.inverse_transform(pca.transform(new)) - new) ** 2).mean())


def fitted_pca(train: Tensor, n_components: int) -> PCA:
    """The first principal components of (N, C, H, W) uint8 pictures, taken as 0 to 1."""
    known = train[:MOST_FOR_PCA].flatten(1).numpy().astype(np.float32) / 255
    return PCA(min(n_components, *known.shape), svd_solver="randomized", random_state=0).fit(known)


@torch.inference_mode()
def judged(model: Autoencoder, judge: str, n: int, seed: int = 0) -> tuple[float, float]:
    """What a classifier says of pictures decoded from the prior.

    Args:
        model: on the CPU.
        judge: checkpoint of the classifier; its calibrated probabilities count.
        n: how many samples.
        seed: of the codes.

    Returns:
        The mean greatest probability, and the entropy of the labels named in nats (that of ten equal classes is
        2.303): samples that are clear, and of all kinds.
    """
    random = np.random.default_rng(seed)
    codes = torch.from_numpy(random.standard_normal((n, model.n_code), np.float32))
    said = [predict(judge, model.decode(part).numpy()) for part in codes.split(PART)]
    likely = probabilities(np.concatenate(said), read_card(judge).calibration["temperature"])
    shares = np.bincount(likely.argmax(1), minlength=likely.shape[1]) / n
    return float(likely.max(1).mean()), float(entropy_of(shares))


def figures(about: About, data: Path | None) -> dict[str, Any]:
    """What the terminal prints of the shipped checkpoint.

    Args:
        about: which one.
        data: pictures to measure on, as core.data.reader.given takes them; where they come without training pictures,
            those under CAMADAS_DATA are taken for the principal components, and None takes all from there.

    Raises:
        DatasetError: if there are no pictures.
    """
    model, card = read(about.name)
    assert isinstance(model, Autoencoder)
    test = as_tensor(given(about.dataset, about.test, data).stack())
    known = data if data is not None and holds(about.dataset, "train", data) else None
    train = as_tensor(given(about.dataset, "train", known).stack())
    n_held_out = max(1, round(card.recipe["held_out_share"] * len(train)))
    strangers = None
    if about.stranger:
        there = data if data is not None and is_of_sets(about.stranger, data) else None
        strangers = as_tensor(load(about.stranger, "test", there).stack())
    found = measured(model, test, train[:-n_held_out], about)
    if strangers is not None:
        found |= told_apart(model, train[-n_held_out:], test, strangers)
    return {name: value for name, (value, _n) in found.items()}
