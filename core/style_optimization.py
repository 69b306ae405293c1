"""Style transfer as it began: the pixels themselves are changed until their features fit photo and painting.

Gatys, Ecker, Bethge (2016), "Image style transfer using convolutional neural networks",
https://doi.org/10.1109/CVPR.2016.265, equations 1 to 7. What differs: from coarse to fine (Gatys et al. 2017), Adam
instead of L-BFGS, and every distance is divided by the size of what is wanted, so that all layers weigh the same.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from core.checkpoints import read
from core.errors import SettingsError
from core.images import fit_within
from core.jobs import Job, jobs
from core.models.tiny_vgg import TinyVGG
from core.scripting import render
from core.style_features import ENCODER, style_of
from core.style_losses import total_variation
from core.style_task import as_input
from core.styles import KINDS, OWN, ChosenStyle, Own, picture_of
from core.stylizing import stylize, view
from core.vision import torchvision
from core.work import Work, packed

__all__ = ["OWN", "Job", "view"]
Layer = Literal["relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu4_1", "relu4_2"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
VGG19 = dict(zip(LAYERS, (1, 3, 6, 8, 11, 13, 20, 22), strict=True))  # places in torchvision's `features`
IMAGENET_MEAN, IMAGENET_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FETCHING = threading.Lock()
Features = Callable[[Tensor], dict[str, Tensor]]

EXAMPLES: dict[str, dict[str, object]] = {
    "Brush strokes": {},
    "Stained glass": {"style": "Stained glass"},
    "From noise": {"start": "noise", "steps": 200},
    "Style alone": {"start": "noise", "content_weight": 0.0},
    "Fine layers alone": {"style_layers": ("relu1_1", "relu1_2")},
    "Coarse layers alone": {"style_layers": ("relu4_1", "relu4_2")},
}


class Settings(ChosenStyle):
    """What a visitor can turn."""

    content_weight: float = Field(
        1.0,
        ge=0.0,
        le=10.0,
        title="Weight of the content",
        description="Of what the photo shows.",
        json_schema_extra={"step": 0.1},
    )
    style_weight: float = Field(
        10.0,
        ge=0.0,
        le=100.0,
        title="Weight of the style",
        description="Shared by the layers chosen.",
        json_schema_extra={"step": 1.0},
    )
    smoothness: float = Field(
        1.0,
        ge=0.0,
        le=20.0,
        title="Weight of smoothness",
        description="Total variation: neighbours are to be alike.",
        json_schema_extra={"step": 0.5},
    )
    style_layers: tuple[Layer, ...] = Field(
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
        title="Layers of the style",
        description="Early ones see strokes, late ones shapes.",
    )
    content_layer: Layer = Field(
        "relu4_1",
        title="Layer of the content",
        description="The later, the freer the pixels.",
        json_schema_extra={"widget": "select"},
    )
    start: Literal["photo", "noise"] = Field("photo", title="Begin with", description="What the pixels are at first.")
    size_px: Literal[128, 192, 256, 384] = Field(
        256, title="Longer side", description="Of the result; half of the steps are taken at half of it."
    )
    steps: int = Field(
        120, ge=10, le=500, title="Steps", description="Of Adam, over both sizes.", json_schema_extra={"step": 10}
    )
    rate: Literal[0.01, 0.02, 0.05, 0.1] = Field(  # type: ignore[valid-type]
        0.02, title="Step size", description="Of Adam, for values from 0 to 1.", json_schema_extra={"widget": "select"}
    )
    network: Literal["tiny VGG", "VGG-19"] = Field(
        "tiny VGG",
        title="Network",
        description="Ours, or torchvision's, which the server fetches from the net (548 MB) where it can.",
    )


@dataclass(frozen=True)
class Objective:
    """What the pixels are to be.

    Attributes:
        content: features of the photo at the content layer, (1, C, h, w).
        grams: by layer, the style's (1, C, C).
    """

    content: Tensor
    grams: Mapping[str, Tensor]


@dataclass(frozen=True)
class Optimized:
    """How far a run has come.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        steps: taken so far.
        seconds: of optimization, without previews.
        loss: the latest.
        parts: the weighted parts of it: "content", each style layer, "smoothness".
        grams: by layer, (C, C) of the result and of the style, float32.
        fast: (H, W, 3) uint8 RGB, what the feed-forward network made.
        fast_loss: its value under the same objective.
        fast_parts: and the parts of it, by the objective of the size that the run is at.
        fast_seconds: that it took, style included.
    """

    image: np.ndarray
    steps: int
    seconds: float
    loss: float
    parts: dict[str, float]
    grams: dict[str, tuple[np.ndarray, np.ndarray]]
    fast: np.ndarray
    fast_loss: float
    fast_parts: dict[str, float]
    fast_seconds: float


def gram(x: Tensor) -> Tensor:
    """Gram matrix of the channels (Gatys et al. 2016, equation 3), over the number of places.

    Args:
        x: (B, C, H, W).

    Returns:
        (B, C, C).

    >>> gram(torch.ones(1, 2, 3, 3))
    tensor([[[1., 1.],
             [1., 1.]]])
    """
    flat = x.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def relative(made: Tensor, wanted: Tensor) -> Tensor:
    """Squared distance over the squared size of what is wanted."""
    return (made - wanted).square().sum() / wanted.square().sum().clamp_min(1e-12)


def objective_of(features: Features, photo: Tensor, style: Tensor, settings: Settings) -> Objective:
    """What photo and style ask for: (1, 3, H, W), 0 to 1, each."""
    with torch.no_grad():
        seen = features(style)
        grams: dict[str, Tensor] = {layer: gram(seen[layer]) for layer in settings.style_layers}
        return Objective(features(photo)[settings.content_layer], grams)


def parts_of(features: Features, x: Tensor, wanted: Objective, settings: Settings) -> dict[str, Tensor]:
    """The weighted parts of the loss of pixels, (1, 3, H, W): "content", each style layer, "smoothness"."""
    seen = features(x)
    found = {"content": settings.content_weight * relative(seen[settings.content_layer], wanted.content)}
    for layer, theirs in wanted.grams.items():
        found[layer] = settings.style_weight / len(wanted.grams) * relative(gram(seen[layer]), theirs)
    found["smoothness"] = settings.smoothness * total_variation(x).sum()
    return found


def resized(x: Tensor, scale: float) -> Tensor:
    """Pictures at half their size or as they are: (1, 3, H, W) -> (1, 3, h, w), each side at least 16."""
    height, width = (max(16, round(side * scale)) for side in x.shape[2:])
    return x if (height, width) == x.shape[2:] else F.interpolate(x, (height, width), mode="area")


def first_pixels(before: Tensor | None, photo: Tensor, settings: Settings) -> Tensor:
    """Where a size begins: what the smaller one has left, else the photo or noise; (1, 3, H, W), a copy."""
    if before is not None:
        made = F.interpolate(before, photo.shape[2:], mode="bicubic").clamp(0, 1)
    elif settings.start == "noise":
        made = torch.rand(photo.shape, generator=torch.Generator().manual_seed(settings.seed))
    else:
        made = photo.clone()
    return made.contiguous(memory_format=torch.channels_last)


def features_of(network: str) -> Features:
    """What looks at pictures: (B, 3, H, W), 0 to 1 -> features by layer.

    Raises:
        SettingsError: if VGG-19 is neither on this server nor to be had.
    """
    if network == "VGG-19":
        return _through_vgg19(_vgg19())
    encoder = _tiny_vgg()
    assert isinstance(encoder, TinyVGG)
    return encoder.forward_features


@cache
def _tiny_vgg() -> nn.Module:
    return read(ENCODER)[0]


def _vgg19() -> nn.Module:
    with FETCHING:  # two visitors do not fetch it twice
        return _fetched_vgg19()


@cache
def _fetched_vgg19() -> nn.Module:
    models: Any = torchvision("models")
    try:
        found: nn.Module = models.vgg19(weights=models.VGG19_Weights.IMAGENET1K_V1).features
    except (OSError, RuntimeError) as error:
        raise SettingsError("no_vgg19", argument="network") from error
    return found.eval().requires_grad_(False)


def _through_vgg19(layers: nn.Module) -> Features:
    mean, spread = (torch.tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_SPREAD))
    names = {place: name for name, place in VGG19.items()}

    def features(x: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        x = (x - mean) / spread
        for place, layer in enumerate(layers.children()):
            is_pool = isinstance(layer, nn.MaxPool2d)
            x = F.avg_pool2d(x, 2) if is_pool else F.relu(x) if isinstance(layer, nn.ReLU) else layer(x)
            if place in names:
                found[names[place]] = x
            if len(found) == len(names):
                break
        return found

    return features


class Optimization(Work):
    """The work of one run: first at half the size, then at the whole.

    Args:
        image: (H, W, 3) uint8 RGB, the photo.
        settings: of objective and optimizer.
        own: the visitor's styles.
    """

    def __init__(self, image: np.ndarray, settings: Settings, own: Own) -> None:
        self.settings, self.features = settings, features_of(settings.network)
        style = picture_of(settings.style, settings.seed, own)
        self.photo, self.style = (as_input([fit_within(each, settings.size_px)]) for each in (image, style))
        start = time.perf_counter()
        self.fast = stylize(fit_within(image, settings.size_px), style_of(style))
        self.fast_seconds = time.perf_counter() - start
        self.n_done, self.seconds = 0, 0.0
        self.line: list[tuple[float, float]] = []  # seconds and loss
        self.x = self.photo
        self._begin(0.5)
        self._measure()

    def _begin(self, scale: float) -> None:
        """The pixels and what they are to be at one size; they go on from what they were."""
        settings = self.settings
        photo, style = resized(self.photo, scale), resized(self.style, scale)
        self.scale, self.wanted = scale, objective_of(self.features, photo, style, settings)
        with torch.no_grad():  # what it races with, by the same objective
            fast = resized(as_input([self.fast]), scale)
            self.fast_parts = _floats(parts_of(self.features, fast, self.wanted, settings))
        self.x = first_pixels(self.x.detach() if self.n_done else None, photo, settings).requires_grad_(True)
        self.optimizer = torch.optim.Adam([self.x], lr=settings.rate)

    @torch.no_grad()
    def _measure(self) -> None:
        self.parts = _floats(parts_of(self.features, self.x, self.wanted, self.settings))

    def step(self) -> bool:
        """One step of Adam; False at the end."""
        start = time.perf_counter()
        if self.scale < 1 and self.n_done >= self.settings.steps // 2:
            self._begin(1.0)
        self.optimizer.zero_grad()
        parts = parts_of(self.features, self.x, self.wanted, self.settings)
        loss = torch.stack(list(parts.values())).sum()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            self.x.clamp_(0, 1)
        self.n_done += 1
        self.seconds += time.perf_counter() - start
        self.parts = _floats(parts)
        self.line.append((self.seconds, float(loss.detach())))
        return self.n_done < self.settings.steps

    def frame(self) -> bytes:
        """How far it is, loss over seconds, its parts, the feed-forward network's; then both pictures."""
        image = self._image()
        steps = self.settings.steps
        left = self.seconds / self.n_done * (steps - self.n_done) if self.n_done else 0.0
        header = {
            "share": round(self.n_done / steps, 4),
            "left_s": round(left, 1),
            "step": self.n_done,
            "steps": steps,
            "line": [[round(seconds, 2), float(f"{loss:.4g}")] for seconds, loss in self.line],
            "parts": {name: float(f"{value:.4g}") for name, value in self.parts.items()},
            "fast": {"seconds": round(self.fast_seconds, 3), "loss": float(f"{sum(self.fast_parts.values()):.4g}")},
            "pictures": [[image.shape[1], image.shape[0]], [self.fast.shape[1], self.fast.shape[0]]],
        }
        return packed(header, image, self.fast)

    def result(self) -> Optimized:
        """Picture, losses and Gram matrices as they are now."""
        self._measure()
        with torch.no_grad():
            seen = self.features(self.x)
            grams = {
                layer: (gram(seen[layer])[0].numpy(), theirs[0].numpy()) for layer, theirs in self.wanted.grams.items()
            }
        return Optimized(
            image=self._image(),
            steps=self.n_done,
            seconds=self.seconds,
            loss=sum(self.parts.values()),
            parts=self.parts,
            grams=grams,
            fast=self.fast,
            fast_loss=sum(self.fast_parts.values()),
            fast_parts=self.fast_parts,
            fast_seconds=self.fast_seconds,
        )

    def _image(self) -> np.ndarray:
        return _picture(self.x.detach())


def _floats(parts: dict[str, Tensor]) -> dict[str, float]:
    return {name: float(value.detach()) for name, value in parts.items()}


def _picture(x: Tensor) -> np.ndarray:
    made: np.ndarray = (x[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    return made


def about(image: np.ndarray, settings: Settings, own: Own) -> str:
    """What tells one run from another."""
    pictures = hashlib.sha256(image.tobytes())
    if settings.style in own:
        pictures.update(own[settings.style].tobytes())
    return f"style_optimization {settings.model_dump_json()} {pictures.hexdigest()}"


def start(image: np.ndarray, settings: Settings, own: Own, *, owner: str = "") -> Job:
    """Begin a run in the background, paused.

    Raises:
        CamadasError: if the style cannot be used, VGG-19 is not to be had, or the server is full.
    """
    style_of(picture_of(settings.style, settings.seed, own))
    features_of(settings.network)
    make = lambda: Optimization(image, settings, own)  # noqa: E731
    return jobs().start(make, about(image, settings, own), is_paused=True, owner=owner)


def optimized(job: Job) -> Optimized:
    """How far a run has come.

    Raises:
        JobError: if it has ended early or waits for its turn.
    """
    found: Optimized = job.now(Optimization.result)
    return found


def gram_picture(matrix: np.ndarray, most: float, n: int = 64) -> np.ndarray:
    """The first channels of a Gram matrix as a picture.

    Args:
        matrix: (C, C), not negative.
        most: the value that is shown brightest.
        n: how many channels at most.

    Returns:
        (n, n, 3) uint8, grey: the square root of each number's share of `most`.
    """
    share = np.clip(matrix[:n, :n] / max(most, 1e-12), 0, 1)
    return np.repeat(np.round(255 * np.sqrt(share)).astype(np.uint8)[..., None], 3, axis=2)


def script(settings: Settings) -> str:
    """The stand-alone Python script that does the same."""
    return render("style_optimization", settings=settings, kinds=KINDS)
