"""A picture through an autoencoder: encoder, code, decoder, and what the loss says of it."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeVar

import cv2
import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from torch import Tensor

from core.checkpoints import Card, Metric, load, read_card
from core.cifar10 import square
from core.devices import device, gains_from_bf16
from core.drawing import DIGITS, centred, digit_of, drawn, parse, written
from core.errors import SettingsError
from core.inference import in_turn
from core.models.autoencoder import Autoencoder, kl_to_prior
from core.scripting import render

__all__ = ["parse", "written"]
Network = Literal[
    "Autoencoder, 2 numbers",
    "Autoencoder, 32 numbers",
    "VAE, 2 numbers",
    "VAE, 32 numbers",
    "VAE of photos",
]
NETWORKS: dict[str, str] = {
    "Autoencoder, 2 numbers": "ae_mnist_2",
    "Autoencoder, 32 numbers": "ae_mnist_32",
    "VAE, 2 numbers": "vae_mnist_2",
    "VAE, 32 numbers": "vae_mnist_32",
    "VAE of photos": "vae_photos",
}
OF_PHOTOS = "VAE of photos"
_of_digits: JsonDict = {"when": {"network": [name for name in NETWORKS if name != OF_PHOTOS]}}
MOST_TEXT = 6000
FARTHEST = 99.0  # that a number of the code is moved to, either way
PHOTO_PX = 64  # side of what the network of photos sees
SHOWN_PX, GAP_PX = 280, 4
T = TypeVar("T")


HOUSE = "25,80 25,45 50,20 75,45 75,80 25,80; 43,80 43,60 57,60 57,80"
EXAMPLES: dict[str, dict[str, object]] = {
    "A three": {},
    "A three in two numbers": {"network": "VAE, 2 numbers"},
    "Half a four, half a nine": {"strokes": "62,85 62,15 34,24 30,50 62,50"},
    "No digit: a house": {"strokes": HOUSE},
    "A house, without a prior": {"strokes": HOUSE, "network": "Autoencoder, 32 numbers"},
    "One number pulled": {"moved": "1:2.5"},
    "Your photo in 128 numbers": {"network": OF_PHOTOS},
}


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: Network = Field(
        "VAE, 32 numbers",
        title="Network",
        description="Four have learned from the same 57,000 digits of MNIST, one from 76,000 photos of 64 × 64 pixels.",
        json_schema_extra={"widget": "select"},
    )
    source: Literal["drawing", "photo"] = Field(
        "drawing",
        title="Digit from",
        description="Draw it, or take a photo of a digit on plain paper.",
        json_schema_extra=_of_digits,
    )
    strokes: str = Field(
        DIGITS["3"],
        max_length=MOST_TEXT,
        title="Strokes",
        description="Points as across,down in hundredths; a semicolon ends a stroke.",
        examples=["20,30 70,80; 30,60 60,30"],
        json_schema_extra=_of_digits,
    )
    brush: float = Field(
        0.09,
        ge=0.03,
        le=0.2,
        title="Brush",
        description="Width, as a share of the side.",
        json_schema_extra={"step": 0.01, **_of_digits},
    )
    is_centred: bool = Field(
        True,
        title="Centre as MNIST does",
        description="20 pixels large, its centre of mass in the middle of 28 × 28: the networks know no other digits.",
        json_schema_extra=_of_digits,
    )
    moved: str = Field(
        "",
        max_length=1500,
        title="Changed numbers",
        description="Place in the code and value, such as 3:1.5 12:-2.",
        examples=["1:1.5 2:-2"],
    )
    temperature: float = Field(
        1.0,
        ge=0.0,
        le=2.0,
        title="Temperature",
        description="On the standard deviation of the draws: 1 is the prior, 0 its middle.",
        json_schema_extra={"step": 0.05},
    )
    draw: int = Field(
        0, ge=0, le=999, title="Draw", description="Seed of the samples.", json_schema_extra={"widget": "number"}
    )


@dataclass(frozen=True)
class Coded:
    """A picture, its code, and what came back.

    Attributes:
        picture: (28, 28) or (64, 64, 3) uint8, what went in.
        mean: (n_code,) float32, of the posterior; for a plain autoencoder the code.
        sigma: (n_code,) its standard deviations; 0 for a plain autoencoder.
        kl: (n_code,) what each number adds to the KL term, in nats; 0 for a plain autoencoder.
        order: (n_code,) the numbers by how much they tell on average, most first.
        code: (n_code,) what was decoded: the mean, with the visitor's changes.
        decoded: as the picture, float32, 0 to 1.
        reconstruction: -log p(x | mean) in nats, of the code without changes; of a network without a likelihood the
            sum of the squared errors.
        likelihood: "none", "bernoulli" or "gaussian".
        farthest: what a number of this network's codes reaches on known digits, either way.
    """

    picture: np.ndarray
    mean: np.ndarray
    sigma: np.ndarray
    kl: np.ndarray
    order: np.ndarray
    code: np.ndarray
    decoded: np.ndarray
    reconstruction: float
    likelihood: str
    farthest: float

    @property
    def mse(self) -> float:
        """Mean squared error of what came back, a pixel, for pictures from 0 to 1."""
        return float(((self.decoded - self.picture.astype(np.float32) / 255) ** 2).mean())

    @property
    def squared_error(self) -> float:
        """Summed over all pixels."""
        return self.mse * self.picture.size

    @property
    def psnr_db(self) -> float:
        """The same as a peak signal-to-noise ratio."""
        return -10 * math.log10(max(self.mse, 1e-10))

    @property
    def reach(self) -> int:
        """How far sliders of this code go, either way: four standard deviations of a prior, or as far as codes do."""
        return min(int(FARTHEST), max(4, math.ceil(self.farthest), math.ceil(float(np.abs(self.mean).max()))))

    @property
    def is_changed(self) -> bool:
        """Whether the visitor has moved a number."""
        return not np.array_equal(self.code, self.mean)


def picture_of(settings: Settings, photo: np.ndarray) -> np.ndarray:
    """The digit or the small photo that goes in.

    Args:
        settings: network, strokes or photo.
        photo: (H, W, 3) uint8, the visitor's.

    Returns:
        (28, 28) uint8, white on black; for the network of photos (64, 64, 3), the middle of the photo.

    Raises:
        SettingsError: "nothing_drawn" if there is no digit on it; as core.drawing.parse.
    """
    if settings.network == OF_PHOTOS:
        return reduced(middle(photo))
    if settings.source == "photo":
        cut = digit_of(middle(photo))
        image = centred(cut) if settings.is_centred else cv2.resize(cut, (28, 28), interpolation=cv2.INTER_AREA)
    else:
        plain = drawn(parse(settings.strokes), settings.brush)
        image = centred(plain) if settings.is_centred else plain
    if not image.any():
        raise SettingsError("nothing_drawn", argument="strokes")
    return image


def middle(photo: np.ndarray) -> np.ndarray:
    """The greatest square in the middle of a picture: (H, W, 3) -> (side, side, 3), a view."""
    top, left, side = square(*photo.shape[:2])
    return photo[top : top + side, left : left + side]


def reduced(image: np.ndarray) -> np.ndarray:
    """A square as the network of photos sees it: (side, side, 3) uint8 -> (64, 64, 3) uint8."""
    how = cv2.INTER_AREA if len(image) > PHOTO_PX else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image), (PHOTO_PX, PHOTO_PX), interpolation=how)


def changes(moved: str, n_code: int) -> dict[int, float]:
    """The numbers that the visitor has moved: place from 1 in text, from 0 here.

    Raises:
        SettingsError: if it is written in another way; places beyond the code are left out.

    >>> changes("3:1.5 12:-2", 8)
    {2: 1.5}
    """
    found = {}
    for word in moved.split():
        if not (match := re.fullmatch(r"(\d{1,3}):(-?\d{1,2}(?:\.\d{1,3})?)", word)):
            raise SettingsError("moved", argument="moved", value=word[:20])
        at, value = int(match[1]) - 1, max(-FARTHEST, min(FARTHEST, float(match[2])))
        if 0 <= at < n_code:
            found[at] = value
    return found


def said(moved: dict[int, float]) -> str:
    """The same as text.

    >>> said({2: 1.5, 11: -2.0})
    '3:1.5 12:-2'
    """
    near = {at: max(-FARTHEST, min(FARTHEST, value)) for at, value in moved.items()}
    return " ".join(f"{at + 1}:{round(value, 2):g}" for at, value in sorted(near.items()))


def through(network: str, picture: np.ndarray, moved: dict[int, float] | None = None) -> Coded:
    """Encode a picture, move numbers of its code, decode it.

    Args:
        network: a checkpoint.
        picture: (28, 28) or (64, 64, 3) uint8, as the network has learned from.
        moved: place in the code -> value.

    Raises:
        CheckpointError: as core.checkpoints.read.
    """
    return in_turn(_through, network, picture, moved or {})


def decode(network: str, codes: np.ndarray) -> np.ndarray:
    """(n, n_code) codes -> (n, 28, 28) or (n, 64, 64, 3) float32 pictures, 0 to 1.

    Raises:
        CheckpointError: as core.checkpoints.read.
    """
    return in_turn(_decode, network, codes)


def _through(network: str, picture: np.ndarray, moved: dict[int, float]) -> Coded:
    def work(model: Autoencoder, x: Tensor) -> tuple[Tensor, ...]:
        mean, log_variance = model.encode(x)
        code = mean.clone()
        for at, value in moved.items():
            code[0, at] = value
        logits = model.logits(torch.cat([mean, code]))
        kl = kl_to_prior(mean, log_variance)
        return mean, log_variance, kl, code, logits[1:].sigmoid(), -model.log_likelihood(logits[:1], x)

    grey_or_colour = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
    x = torch.from_numpy(grey_or_colour[None].astype(np.float32) / 255)
    mean, log_variance, kl, code, decoded, reconstruction = (y.float().cpu().numpy()[0] for y in _run(network, work, x))
    is_variational = model_of(network).is_variational
    return Coded(
        picture=picture,
        mean=mean,
        sigma=np.exp(0.5 * log_variance) * is_variational,
        kl=kl * is_variational,
        order=order(network),
        code=code,
        decoded=_upright(decoded),
        reconstruction=float(reconstruction),
        likelihood=model_of(network).likelihood,
        farthest=farthest(network),
    )


def _decode(network: str, codes: np.ndarray) -> np.ndarray:
    def work(model: Autoencoder, z: Tensor) -> Tensor:
        return model.decode(z)

    return _upright(_run(network, work, torch.from_numpy(codes.astype(np.float32))).float().cpu().numpy())


def _upright(pictures: np.ndarray) -> np.ndarray:
    """(..., C, H, W) -> (..., H, W) of one channel, (..., H, W, 3) of three."""
    return pictures[..., 0, :, :] if pictures.shape[-3] == 1 else np.moveaxis(pictures, -3, -1)


def _run(network: str, work: Callable[[Autoencoder, Tensor], T], x: Tensor) -> T:
    """Do something with a resident model, on its device, in bf16 where the device gains by it."""
    where = device()
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=gains_from_bf16(where)):
        return work(model_of(network), x.to(where))


def model_of(network: str) -> Autoencoder:
    """The resident model of a checkpoint."""
    model = load(network)
    assert isinstance(model, Autoencoder)
    return model


@cache
def card_of(network: str) -> Card:
    """The card of a checkpoint."""
    return read_card(network)


@cache
def order(network: str) -> np.ndarray:
    """The places of a code by their mean KL on pictures held out, most first; as they stand without a prior."""
    told = card_of(network).calibration.get("kl_by_dimension")
    n_code: int = card_of(network).arguments["n_code"]
    return np.argsort(-np.array(told), kind="stable") if told else np.arange(n_code)


@cache
def farthest(network: str) -> float:
    """The greatest number, either way, in the codes of known digits that travel with a checkpoint; 0 without any."""
    kept = getattr(model_of(network), "kept_codes", None)
    ends = card_of(network).calibration.get("code_range")
    return float(kept.abs().max()) if kept is not None else float(np.abs(ends).max()) if ends else 0.0


def samples(network: str, n: int, seed: int = 0, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Codes drawn from the prior, and what they are decoded to.

    Args:
        network: a checkpoint.
        n: how many.
        seed: of the draw.
        temperature: on the standard deviation; 1 is the prior.

    Returns:
        (n, n_code) float32, and the pictures as `decode` gives them.
    """
    n_code: int = card_of(network).arguments["n_code"]
    codes = temperature * np.random.default_rng(seed).standard_normal((n, n_code)).astype(np.float32)
    return codes, decode(network, codes)


def strip(pictures: np.ndarray, per_row: int) -> np.ndarray:
    """Pictures in rows.

    Args:
        pictures: (n, side, side) or (n, side, side, 3) float32, 0 to 1.
        per_row: how many; what is left of the last row is black.

    Returns:
        (rows * side, per_row * side, 3) uint8.
    """
    n, side = pictures.shape[:2]
    n_rows = -(-n // per_row)
    padded = np.zeros((n_rows * per_row, side, side, 3), np.float32)
    padded[:n] = pictures if pictures.ndim == 4 else pictures[..., None]
    rows = padded.reshape(n_rows, per_row, side, side, 3).transpose(0, 2, 1, 3, 4)
    return np.round(255 * rows.reshape(n_rows * side, per_row * side, 3)).astype(np.uint8)


def measured(network: str) -> dict[str, Metric]:
    """What the card says of the test pictures, by name."""
    return {metric.name: metric for metric in card_of(network).metrics}


def shown(image: np.ndarray, most_px: int = SHOWN_PX) -> np.ndarray:
    """A small picture, pixels as squares.

    Args:
        image: (side, side) or (side, side, 3); uint8, or float32 from 0 to 1.
        most_px: how large it becomes at most.

    Returns:
        (k side, k side, 3) uint8, k a whole number.
    """
    levels = image if image.dtype == np.uint8 else np.round(255 * image).astype(np.uint8)
    k = max(1, most_px // len(levels))
    coloured = levels if levels.ndim == 3 else np.repeat(levels[:, :, None], 3, axis=2)
    return coloured.repeat(k, axis=0).repeat(k, axis=1)


def side_by_side(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two pictures of `shown` with a gap between them, which is the paper's colour for light and dark pages alike."""
    left, right = shown(first), shown(second)
    gap = np.full((len(left), GAP_PX, 3), 128, np.uint8)
    return np.concatenate([left, gap, right], axis=1)


def script(settings: Settings) -> str:
    """The stand-alone Python script that does the same with a drawing."""
    network, of_photos = NETWORKS[settings.network], settings.network == OF_PHOTOS
    takes_photo = of_photos or settings.source == "photo"
    return render(
        "autoencoders",
        settings=settings,
        network=network,
        moved=changes(settings.moved, len(order(network))),
        strokes=[] if takes_photo else parse(settings.strokes),
        of_photos=of_photos,
        takes_photo=takes_photo,
        photo_px=PHOTO_PX,
    )
