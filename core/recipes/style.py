"""Train the decoder of style transfer: any photo, any style.

    python -m core train style --data DIR --minutes 38

38 minutes on two EPYC cores with bf16, beside other work: 3,400 steps of four crops, seed 0, one run. It goes on from
the decoder that is shipped; the one that it went on from had 6,200 steps behind it, in which not histograms but spreads
were set behind the decoder (docs/log.md). Test photos in the style of test paintings: texture 0.66, own painting
nearest in 100 %.
"""

import datetime
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from skimage import data as skimage_data
from torch import nn

import core.style_measures as measures
from core.checkpoints import Card, Metric, names, read, save
from core.data.cache import Dataset, cached
from core.data.reader import given, load
from core.devices import hardware
from core.images import fit_within
from core.models.style_decoder import StyleDecoder
from core.models.tiny_vgg import TinyVGG
from core.patterns import KINDS, draw
from core.recipes.classification import as_stored
from core.style_features import STYLE_PX, style_of
from core.style_losses import Stylizer
from core.style_task import StyleSettings, StyleTask, as_input, crop, one_of
from core.stylizing import stylize
from core.training.events import Done
from core.training.fit import Batch

NAME = "style"
ENCODER = "tiny_vgg"
TEST = ("photos", "test")
SHAPE: dict[str, Any] = {"deep": 256, "shallow": 128, "widths": [128, 64, 32]}
N_VALIDATION = 45  # the last photos of train
N_VALIDATED = 16  # pairs
N_PHOTOS = 50  # of the test photos, the first ones
SEED_OF_VALIDATION = 1_000_003
TEXTURES = ("brick", "grass", "gravel", "coffee", "hubble_deep_field", "immunohistochemistry")
PATTERN_PX = 256


class Config(StyleSettings):
    """How the shipped decoder is trained."""

    epochs: int | None = Field(100, ge=1, description="of 200 steps each")
    learning_rate: float = Field(7e-4, gt=0)
    goes_on: bool = Field(True, description="whether to begin with the decoder that is shipped, where there is one")
    weight_decay: float = Field(0.0, ge=0)
    warmup: float = Field(0.02, ge=0, lt=1)
    ema_decay: float = Field(0.995, ge=0, lt=1)
    keep_weights: Literal["best", "last", "mean"] = "last"
    n_patterns: int = Field(1050, ge=7, description="pictures drawn by code")
    shares: tuple[float, float, float, float] = Field(
        (0.4, 0.35, 0.15, 0.1), description="of the styles: paintings, patterns, recoloured photos, textures"
    )
    recoloured: float = Field(0.4, ge=0, le=1, description="share of paintings, patterns and textures in other colours")


class Styling(StyleTask):
    """The task: photos, and styles without end.

    Args:
        config: crops, styles and weights.
        folder: of the data sets; None for CAMADAS_DATA.
    """

    def __init__(self, config: Config, folder: Path | None) -> None:
        torch.manual_seed(config.seed)
        encoder = read(ENCODER)[0]
        assert isinstance(encoder, TinyVGG)
        images = all_of(load("photos", "train", folder))
        photos, self.validation = images[:-N_VALIDATION], images[-N_VALIDATION:]
        self.sources = (
            all_of(load("paintings", "train", folder)),
            all_of(patterns(config.n_patterns)),
            photos,
            [coloured(getattr(skimage_data, name)()) for name in TEXTURES],
        )
        self.config, self.folder = config, folder
        before = read(NAME) if config.goes_on and NAME in names() else None
        decoder = StyleDecoder(**SHAPE) if before is None else before[0]
        self.steps_before = 0 if before is None else before[1].steps
        assert isinstance(decoder, StyleDecoder)
        super().__init__(decoder.requires_grad_(True), encoder, photos, [], config)

    def style(self, random: np.random.Generator) -> np.ndarray:
        """A crop of a painting, a pattern, a photo in other colours or a texture: (side_px, side_px, 3) uint8."""
        kind = int(random.choice(len(self.sources), p=self.config.shares))
        made = crop(one_of(self.sources[kind], random), self.config.side_px, random)
        is_photo = self.sources[kind] is self.photos
        return recoloured(made, random) if is_photo or random.random() < self.config.recoloured else made

    def validate(self, model: nn.Module) -> dict[str, float]:
        """The losses on photos and patterns that it does not learn from."""
        found: dict[str, list[float]] = {}
        where = next(model.parameters()).device
        for batch in self.held_out:
            parts = self.losses(model, {name: x.to(where) for name, x in batch.items()})
            for name, part in parts.items():
                found.setdefault(name, []).append(float(part))
        means = {f"held_out_{name}": float(np.mean(values)) for name, values in found.items()}
        return {"negative_loss": -sum(means.values()), **means}

    @cached_property
    def held_out(self) -> list[Batch]:
        """Batches of validation photos with patterns of other seeds."""
        random = np.random.default_rng(SEED_OF_VALIDATION)
        side, size = self.config.side_px, max(2, self.config.batch_size)
        made = []
        for start in range(0, N_VALIDATED, size):
            photos = [crop(one_of(self.validation, random), side, random) for _ in range(size)]
            drawn = [
                crop(draw(KINDS[at % len(KINDS)], SEED_OF_VALIDATION + at, PATTERN_PX), side, random)
                for at in range(start + 1, start + size)
            ]
            made.append({"photo": as_input(photos), "style": as_input([photos[0], *drawn])})
        return made


def patterns(n: int) -> Dataset:
    """So many pictures drawn by code, of all kinds in turn, each drawn once on this machine."""

    def drawn() -> Iterator[tuple[np.ndarray, int | None]]:
        for seed in range(n):
            yield draw(KINDS[seed % len(KINDS)], seed, PATTERN_PX), None

    return cached("patterns", f"{n}-{PATTERN_PX}", drawn())


def all_of(data: Dataset) -> list[np.ndarray]:
    """All pictures of a data set, as views."""
    return [data.image(row) for row in range(len(data))]


def coloured(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of a grey or coloured picture."""
    return np.repeat(image[:, :, None], 3, axis=2) if image.ndim == 2 else np.ascontiguousarray(image[:, :, :3])


def recoloured(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Channels in another order, each with a level and a contrast of chance."""
    mixed = image[:, :, random.permutation(3)].astype(np.float32) / 255
    level, contrast = random.uniform(-0.2, 0.2, 3), random.uniform(0.5, 1.4, 3)
    made = (mixed - 0.5) * contrast.astype(np.float32) + 0.5 + level.astype(np.float32)
    return (np.clip(made, 0, 1) * 255).round().astype(np.uint8)


def make_task(config: Config, folder: Path | None) -> Styling:
    """The task of this recipe on the data sets under `folder` (None for CAMADAS_DATA)."""
    return Styling(config, folder)


def keep(task: Styling, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path) -> Card:
    """Measure, write checkpoint and card."""
    trained = task.model.cpu().float().eval()
    assert isinstance(trained, Stylizer)
    decoder = trained.decoder
    stored = as_stored(decoder)
    assert isinstance(stored, StyleDecoder)
    photos, paintings = (load(name, "test", task.folder) for name in ("photos", "paintings"))
    found = measured(all_of(photos)[:N_PHOTOS], all_of(paintings), stored)
    n = min(N_PHOTOS, len(photos)) * len(paintings)
    card = Card(
        name=NAME,
        summary="Paints a photo in the style of any other picture, from the features of tiny_vgg.",
        architecture="style_decoder",
        arguments=SHAPE,
        parameters=sum(p.numel() for p in decoder.parameters()),
        data=[
            f"{len(task.photos)} ImageNet photographs as content, one a class, the last {N_VALIDATION} of train held "
            "out",
            f"as styles {len(task.sources[0])} paintings, all published before 1930; {len(task.sources[1]):,} pictures "
            "drawn by code; the photos in other colours; textures of scikit-image",
            f"begun with weights of {task.steps_before:,} steps",
        ],
        command=command,
        recipe=task.config.model_dump(mode="json"),
        seed=task.config.seed,
        hardware=hardware(),
        seconds=done.seconds,
        steps=done.steps,
        metrics=[
            Metric(name=name, value=value, unit="", data=f"{' '.join(TEST)} in the style of all test paintings", n=n)
            for name, value in found.items()
        ],
        curve=[{"epoch": e["epoch"], "step": e["step"], **e["losses"], **e["metrics"]} for e in epochs],
        calibration={},
        stored_as="bf16 kernels, float32 biases",
        date=datetime.date.today().isoformat(),
        licence="MIT for the weights; the photographs are for research use",
        limits=[
            "It knows a style by means, spreads and histograms alone: what stands where in a painting is not seen.",
            "Trained for less than two hours in all, with nine paintings: large shapes of a style hardly come through.",
        ],
    )
    return save(decoder, card, folder)


def measured(
    photos: list[np.ndarray],
    paintings: list[np.ndarray],
    decoder: StyleDecoder | None = None,
    *,
    with_baselines: bool = False,
) -> dict[str, float]:
    """The six figures of core.style_measures.

    Args:
        photos: (H, W, 3) uint8 each.
        paintings: (H, W, 3) uint8 each; every photo gets the style of each.
        decoder: None for the shipped one.
        with_baselines: whether to measure also what one can do without a network.

    Returns:
        texture, ghost, ssim_l, edges, colour and own_nearest, then BASELINE_texture and so on.
    """
    known = [measures.known(fit_within(painting, STYLE_PX)) for painting in paintings]
    styles = [style_of(painting.image) for painting in known]
    ways: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
        "": lambda photo, at: stylize(photo, styles[at], decoder=decoder)
    }
    baselines: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
        "nothing_": lambda photo, at: photo,
        "reinhard_": lambda photo, at: measures.reinhard(photo, known[at].image),
        "matched_": lambda photo, at: measures.matched(photo, known[at].image),
        "quilt_": lambda photo, at: measures.quilt(photo, known[at].image),
        "blend_": lambda photo, at: measures.blend(photo, known[at].image),
    }
    ways |= baselines if with_baselines else {}
    found: dict[str, list[float]] = {}
    for photo in photos:
        for at, painting in enumerate(known):
            untouched = measures.texture_distance(photo, painting)
            easy = measures.colour_distance(measures.reinhard(photo, painting.image), painting)
            for way, make in ways.items():
                made = make(photo, at)
                distances = [measures.texture_distance(made, other) for other in known]
                figures = {
                    "texture": distances[at] / untouched,
                    "ghost": measures.ghost(made, painting.image),
                    "ssim_l": measures.ssim_l(made, photo),
                    "edges": measures.edges(made, photo),
                    "colour": measures.colour_distance(made, painting) / easy,
                    "own_nearest": float(int(np.argmin(distances)) == at),
                }
                for name, value in figures.items():
                    found.setdefault(way + name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def evaluate(data: Path | None, styles: Path | None = None) -> dict[str, Any]:
    """Measure the shipped checkpoint.

    Args:
        data: a Parquet file or a folder of photos, the first 50 of which are used; or a folder of data sets; None for
            the test photos under CAMADAS_DATA.
        styles: a folder of paintings, all of which are used; None for the test paintings.

    Returns:
        As `measured`, and n, how many results that is.
    """
    photos, paintings = given("photos", "test", data), given("paintings", "test", styles)
    found = measured(all_of(photos)[:N_PHOTOS], all_of(paintings), with_baselines=True)
    return {**found, "n": min(N_PHOTOS, len(photos)) * len(paintings)}
