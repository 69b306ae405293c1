"""The plane of codes of two numbers: what lies where, and the ways between two places."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from core.autoencoders import decode, measured, model_of, samples, shown, strip
from core.calibration import probabilities
from core.checkpoints import read_card
from core.data.reader import source_of
from core.drawing import SIDE_PX
from core.inference import predict
from core.scripting import render

__all__ = ["decode", "measured", "samples", "shown", "strip"]
Network = Literal["VAE of digits", "Autoencoder of digits", "VAE of clothes"]
NETWORKS: dict[str, str] = {
    "VAE of digits": "vae_mnist_2",
    "Autoencoder of digits": "ae_mnist_2",
    "VAE of clothes": "vae_fashion_2",
}
# The same two kinds with 32 numbers, whose draws are compared.
PAIR: dict[str, tuple[str, str]] = {
    "Autoencoder of digits": ("ae_mnist_2", "ae_mnist_32"),
    "VAE of digits": ("vae_mnist_2", "vae_mnist_32"),
}
JUDGES = {"vae_mnist_2": "mnist", "ae_mnist_2": "mnist", "vae_fashion_2": "fashion_mnist"}
REACH = 4.0  # standard deviations of the prior that a VAE's plane shows, either way
Codes = np.ndarray  # (n, n_code) float32
N_GRID = 20
GIF_PX, FRAME_MS = 196, 80


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: Network = Field(
        "VAE of digits",
        title="Network",
        description="Each codes a picture as two numbers.",
        json_schema_extra={"widget": "select"},
    )
    view: Literal["codes", "pictures"] = Field(
        "codes", title="Plane", description="The codes of 10,000 test pictures, or what each place is decoded to."
    )
    across: float = Field(
        0.3, ge=0.0, le=1.0, title="From, across", description="On the plane.", json_schema_extra={"step": 0.01}
    )
    up: float = Field(
        0.6, ge=0.0, le=1.0, title="From, up", description="On the plane.", json_schema_extra={"step": 0.01}
    )
    to_across: float = Field(
        0.65, ge=0.0, le=1.0, title="To, across", description="On the plane.", json_schema_extra={"step": 0.01}
    )
    to_up: float = Field(
        0.75, ge=0.0, le=1.0, title="To, up", description="On the plane.", json_schema_extra={"step": 0.01}
    )
    way: Literal["line", "slerp"] = Field(
        "line",
        title="Way",
        description="Straight, or around (0, 0), the middle of the prior (spherical interpolation).",
    )
    n_frames: int = Field(12, ge=4, le=32, title="Pictures on the way", description="Both ends count.")


@dataclass(frozen=True)
class Plane:
    """The part of the plane that is shown, and the codes of the test pictures on it.

    Attributes:
        middle: of both numbers.
        reach: from the middle to each border.
        codes: (n, 2) float32.
        labels: (n,) int64.
        classes: names of the labels.
    """

    middle: tuple[float, float]
    reach: float
    codes: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]

    def code(self, across: float, up: float) -> tuple[float, float]:
        """The code at a place: shares of the plane, from left and from below."""
        x, y = (m + (2 * share - 1) * self.reach for m, share in zip(self.middle, (across, up), strict=True))
        return x, y

    def shares(self, codes: np.ndarray) -> np.ndarray:
        """(n, 2) codes as shares of the plane, from left and from below; beyond 0 to 1 where one lies outside."""
        found: np.ndarray = (codes - np.array(self.middle, np.float32)) / (2 * self.reach) + 0.5
        return found


@cache
def plane(network: str) -> Plane:
    """The plane of a network, from its checkpoint alone.

    A VAE's shows four standard deviations of its prior; a plain autoencoder's the square from the 0.5th to the 99.5th
    percentile of its codes.

    Raises:
        CheckpointError: as core.checkpoints.read.
    """
    model = model_of(network)
    codes = model.kept_codes.float().cpu().numpy().reshape(-1, 2)
    labels = model.kept_labels.cpu().numpy().astype(np.int64)
    middle, reach = (0.0, 0.0), REACH
    if not model.is_variational:
        low, high = np.percentile(codes, [0.5, 99.5], axis=0)
        across, up = (low + high) / 2
        middle, reach = (float(across), float(up)), float((high - low).max() / 2)
    dataset = "fashion_mnist" if "fashion" in network else "mnist"
    return Plane(middle, reach, codes, labels, source_of(dataset).classes)


def at(network: str, code: Sequence[float]) -> tuple[np.ndarray, int, float]:
    """What a code is decoded to: (28, 28) float32, the class that our classifier names, and how sure it is.

    Raises:
        CheckpointError: as core.checkpoints.read.
    """
    picture = decode(network, np.array([code], np.float32))
    said = named(network, picture)[0]
    best = int(said.argmax())
    return picture[0], best, float(said[best])


def named(network: str, pictures: np.ndarray) -> np.ndarray:
    """(n, 28, 28) float32 -> (n, 10) calibrated probabilities of the classifier for such pictures."""
    judge = JUDGES[network]
    return probabilities(predict(judge, pictures[:, None]), read_card(judge).calibration["temperature"])


def between(first: Sequence[float], second: Sequence[float], n: int, way: str) -> np.ndarray:
    """Codes from one to another.

    Args:
        first: (n_code,).
        second: (n_code,).
        n: how many, both ends included.
        way: "line", or "slerp": round the middle of the prior (Shoemake 1985; White 2016, section 2.1). Codes in one
            direction from it, or in opposite ones, are joined by a line.

    Returns:
        (n, n_code) float32.

    >>> between([1, 0], [0, 1], 3, "slerp").round(3).tolist()
    [[1.0, 0.0], [0.7070000171661377, 0.7070000171661377], [0.0, 1.0]]
    """
    a, b = np.array(first, np.float64), np.array(second, np.float64)
    t = np.linspace(0, 1, n)[:, None]
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    angle = math.acos(max(-1.0, min(1.0, float(a @ b) / norms))) if norms else 0.0
    if way == "line" or math.sin(angle) < 1e-6:
        return ((1 - t) * a + t * b).astype(np.float32)
    found: np.ndarray = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / math.sin(angle)
    return found.astype(np.float32)


def manifold(network: str, middle: tuple[float, float], reach: float, n: int = N_GRID) -> np.ndarray:
    """What a grid of places on the plane is decoded to.

    Args:
        network: a checkpoint.
        middle: of the part of the plane.
        reach: from the middle to its borders.
        n: pictures in a row and in a column.

    Returns:
        (28 n, 28 n) uint8; up is up.
    """
    steps = (np.arange(n) + 0.5) / n * 2 - 1
    across, up = np.meshgrid(middle[0] + reach * steps, middle[1] - reach * steps)
    made = decode(network, np.stack([across.ravel(), up.ravel()], axis=1))
    tiled = made.reshape(n, n, SIDE_PX, SIDE_PX).transpose(0, 2, 1, 3).reshape(n * SIDE_PX, n * SIDE_PX)
    return np.round(255 * tiled).astype(np.uint8)


def film(pictures: np.ndarray) -> bytes:
    """Pictures as a GIF that goes there and back without end: (n, 28, 28) float32, 0 to 1."""
    levels = np.round(255 * pictures).astype(np.uint8)
    large = [Image.fromarray(cv2.resize(each, (GIF_PX, GIF_PX), interpolation=cv2.INTER_NEAREST)) for each in levels]
    frames = [*large, *large[-2:0:-1]]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=FRAME_MS, loop=0)
    return out.getvalue()


def script(settings: Settings) -> str:
    """The stand-alone Python script that decodes the same way to a film strip, a GIF and the grid."""
    network = NETWORKS[settings.network]
    found = plane(network)
    ends = [found.code(settings.across, settings.up), found.code(settings.to_across, settings.to_up)]
    return render("latent_plane", settings=settings, network=network, plane=found, ends=ends)
