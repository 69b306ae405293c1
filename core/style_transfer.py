"""A visitor's photo in any style: a pattern drawn by code, a picture of theirs, two mixed, a mask between them."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from pydantic import Field
from skimage import data as skimage_data

from core.checkpoints import read
from core.drawing import MOST_TEXT, Strokes, parse, sheet, written
from core.errors import SettingsError
from core.images import fit_within
from core.jobs import ENDED, OVER, Job, jobs
from core.models.style_decoder import DEEP, N_BANDS, StyleDecoder
from core.models.tiny_vgg import TinyVGG
from core.scripting import render
from core.style_features import ENCODER, STYLE_PX, look_at, mixed, style_of
from core.style_task import StyleSettings, StyleTask
from core.styles import KINDS, NONE_GIVEN, OWN, OWN_TOO, ChosenStyle, Name, Own, look, picture_of
from core.stylizing import DECODER, VIEW_PX, Memory, sketches, stylize, view
from core.training.events import Done, Step
from core.training.fit import fit
from core.work import Work, packed

__all__ = ["N_BANDS", "OWN", "OWN_TOO", "Job", "StyleDecoder", "parse", "view", "written"]
MASK_PX = 256
N_LATELY = 4  # pictures that a session keeps
LOOK_EVERY = 6  # steps between two previews, and two points of the curve
SMALL_PX = 240  # longer side in the gallery
PREVIEW_PX = 320  # longer side of what is shown while the decoder is refined
PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")  # of scikit-image, beside the visitor's
REFINING_S = 45.0
N_CROPS = 6  # of the visitor's photo, which tell the distance to the style
REFINING = StyleSettings(
    epochs=None,
    minutes=REFINING_S / 60,
    batch_size=4,
    learning_rate=5e-4,
    weight_decay=0.0,
    ema_decay=0.0,
    keep_weights="last",
    style=4.0,
    n_steps=10_000,
)

EXAMPLES: dict[str, dict[str, object]] = {
    "Brush strokes": {},
    "Stained glass": {"style": "Stained glass", "seed": 2},
    "Ink on paper, in the photo's colours": {"style": "Hatching", "seed": 2, "keep_colours": True},
    "Large strokes": {"brush": 2.0},
    "Between waves and mosaic": {"style": "Waves", "seed": 3, "second": "Mosaic", "second_seed": 2},
    "Only in the middle": {"mask": "50,30 50,70", "mask_width": 0.6},
}


class Settings(ChosenStyle):
    """What a visitor can turn."""

    strength: float = Field(
        1.0, ge=0.0, le=1.0, title="Strength", description="0 is the photo.", json_schema_extra={"step": 0.05}
    )
    brush: float = Field(
        1.0,
        ge=0.5,
        le=3.0,
        title="Brush size",
        description="How large the strokes are in the picture.",
        json_schema_extra={"step": 0.25},
    )
    keep_colours: bool = Field(
        False, title="Keep the photo's colours", description="The style changes lightness alone."
    )
    second: Literal["off", Name, "Another of yours"] = Field(
        "off",
        title="Second style",
        description="Mixed with the first one, or outside the mask.",
        json_schema_extra={"widget": "select"},
    )
    second_seed: int = Field(
        1,
        ge=0,
        le=9999,
        title="Variant of the second",
        description="As above.",
        json_schema_extra={"widget": "number", "when": {"second": list(KINDS)}},
    )
    mix: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        title="Share of the second",
        description="0 is the first style alone, 1 the second. With a mask they are not mixed.",
        json_schema_extra={"step": 0.05, "when": {"second": [*get_args(Name), OWN_TOO]}},
    )
    mask: str = Field(
        "",
        max_length=MOST_TEXT,
        title="Mask",
        description="Where the first style holds, drawn on the photo; empty for everywhere. Points as across,down in "
        "hundredths; a semicolon ends a stroke.",
        examples=["20,30 70,80; 30,60 60,30"],
    )
    mask_width: float = Field(
        0.25,
        ge=0.05,
        le=1.0,
        title="Width of the mask's brush",
        description="As a share of the shorter side.",
        json_schema_extra={"step": 0.05},
    )


@dataclass(frozen=True)
class Stylized:
    """A photo in a style, and what led to it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        style: (h, w, 3) uint8 RGB, the first style as the network saw it.
        second: the second one, or None.
        mask: (h, w) float32, 0 to 1, or None.
        seen: width and height that the encoder saw.
        seconds: that it took.
    """

    image: np.ndarray
    style: np.ndarray
    second: np.ndarray | None
    mask: np.ndarray | None
    seen: tuple[int, int]
    seconds: float


class Lately(Memory):
    """What a session has of its photo: how the network sees it, and the latest pictures that were made of it, so that
    whoever comes back to the page waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[object, Stylized] = {}

    def or_make(self, key: object, make: Callable[[], Stylized]) -> Stylized:
        """The picture of this key, made if it is none of the latest."""
        found = self._made.pop(key, None) or make()
        self._made = dict([*self._made.items(), (key, found)][-N_LATELY:])
        return found


@dataclass(frozen=True)
class Channel:
    """What adaptive instance normalization does to one channel.

    Attributes:
        at: its place, from 0.
        mean: of the photo.
        spread: of the photo.
        style_mean: of the style.
        style_spread: of the style.
    """

    at: int
    mean: float
    spread: float
    style_mean: float
    style_spread: float


def stylized(
    image: np.ndarray,
    settings: Settings,
    own: Own = NONE_GIVEN,
    decoder: StyleDecoder | None = None,
    lately: Lately | None = None,
) -> Stylized:
    """Give a photo the style that the settings name.

    Args:
        image: (H, W, 3) uint8 RGB, any size.
        settings: all of the page's.
        own: the visitor's styles.
        decoder: refined on a style; None for the shipped one.
        lately: of whoever gives the same photo again and again.

    Raises:
        SettingsError: for a style of one colour or of too few pixels, for a mask that is not read, or if the
            visitor's picture is asked for and there is none.
    """
    if lately is None:
        return _stylized(image, settings, own, decoder, None)
    styles = tuple((name, hash(picture.tobytes())) for name, picture in own.items())
    key = image.shape, hash(image.tobytes()), settings, styles, decoder
    return lately.or_make(key, lambda: _stylized(image, settings, own, decoder, lately))


def _stylized(
    image: np.ndarray, settings: Settings, own: Own, decoder: StyleDecoder | None, memory: Memory | None
) -> Stylized:
    start = time.perf_counter()
    first = picture_of(settings.style, settings.seed, own)
    second = picture_of(settings.second, settings.second_seed, own) if settings.second != "off" else None
    style = look(settings.style, settings.seed, own)
    other = look(settings.second, settings.second_seed, own) if second is not None else None
    mask = mask_of(parse(settings.mask), settings.mask_width, image.shape)
    wanted = mixed(style, other, settings.mix) if other is not None and mask is None else style
    made = stylize(
        image,
        wanted,
        settings.strength,
        brush=settings.brush,
        keeps_colours=settings.keep_colours,
        mask=mask,
        outside=other if mask is not None else None,
        decoder=decoder,
        memory=memory,
    )
    scale = min(1.0, VIEW_PX / max(image.shape[:2])) / settings.brush
    seen = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return Stylized(made, first, second, mask, seen, time.perf_counter() - start)


def all_styles(image: np.ndarray, own: Own) -> list[tuple[str, np.ndarray]]:
    """A photo, small, in every style that is drawn by code, and in the visitor's own."""
    small = fit_within(image, SMALL_PX)
    looks = {}
    for name in (*KINDS, *own):
        try:
            looks[name] = look(name, 1, own)
        except SettingsError:  # a picture of theirs that is no style, as the page says where it is chosen
            continue
    return list(zip(looks, sketches(small, list(looks.values())), strict=True))


def channel(image: np.ndarray, style: np.ndarray) -> Channel:
    """The channel, of the deeper features, whose mean differs most between photo and style, in spreads of both; each
    seen with a longer side of 448 pixels."""
    theirs, ours = look_at(style), look_at(image)
    mean, spread = ours.mean[DEEP][0].numpy(), ours.spread[DEEP][0].numpy()
    style_mean, style_spread = theirs.mean[DEEP][0].numpy(), theirs.spread[DEEP][0].numpy()
    at = int(np.argmax(np.abs(style_mean - mean) / (spread + style_spread)))
    return Channel(at, float(mean[at]), float(spread[at]), float(style_mean[at]), float(style_spread[at]))


def mask_of(strokes: Strokes, width: float, shape: tuple[int, ...]) -> np.ndarray | None:
    """Strokes as a mask, (h, w) float32 from 0 to 1 with a photo's proportions and soft edges; None without strokes.

    Args:
        strokes: in shares of width and height.
        width: of the brush, as a share of the shorter side.
        shape: of the photo, (H, W, 3).
    """
    if not strokes:
        return None
    scale = MASK_PX / max(shape[:2])
    height, across = (max(1, round(side * scale)) for side in shape[:2])
    hard = sheet(strokes, width, (height, across)).astype(np.float32) / 255
    soft: np.ndarray = cv2.GaussianBlur(hard, (0, 0), MASK_PX / 64)
    return soft


class Refining(Work):
    """Fine-tunes the decoder on the first style, for less than a minute, and shows the photo as it gets.

    Args:
        image: (H, W, 3) uint8 RGB, the photo.
        settings: which name the style; the rest is for the preview.
        own: the visitor's styles.

    Raises:
        SettingsError: as `stylized`.
    """

    def __init__(self, image: np.ndarray, settings: Settings, own: Own) -> None:
        self.image, self.settings, self.own = fit_within(image, PREVIEW_PX), settings, own
        decoder, encoder = read(DECODER)[0], read(ENCODER)[0]
        assert isinstance(decoder, StyleDecoder)
        assert isinstance(encoder, TinyVGG)
        self.decoder = decoder.requires_grad_(True)
        styles = [fit_within(picture_of(settings.style, settings.seed, own), STYLE_PX)]
        photos = [fit_within(image, STYLE_PX), *(getattr(skimage_data, name)() for name in PHOTOS)]
        self.task = StyleTask(decoder, encoder, photos, styles, REFINING)
        self.events = fit(self.task, REFINING)
        alike = REFINING.model_copy(update={"batch_size": N_CROPS + 1})  # the first has itself as its style
        # The same crops each time: those of training differ by more than it gains.
        self.crops = StyleTask(decoder, encoder, photos[:1], styles, alike).batch(0, 0)
        self.line: list[tuple[float, float]] = []  # seconds and distance
        self.n_steps, self.seconds = 0, 0.0
        self.is_done = False
        self._look()

    def step(self) -> bool:
        """One step of training; False at the end."""
        start = time.perf_counter()
        event = next(self.events)
        self.is_done = isinstance(event, Done)
        self.seconds += time.perf_counter() - start
        is_step = isinstance(event, Step)
        self.n_steps += is_step
        if self.is_done or (is_step and self.n_steps % LOOK_EVERY == 0):
            self._look()
        return not self.is_done

    def frame(self) -> bytes:
        """How far it is, its distances to the style, and the photo in the style as it is now."""
        share = 1.0 if self.is_done else min(1.0, self.seconds / REFINING_S)
        header = {
            "share": round(share, 4),
            "seconds": round(self.seconds, 2),
            "left_s": round(REFINING_S * (1 - share), 1),
            "step": self.n_steps,
            "line": [[round(seconds, 2), round(loss, 4)] for seconds, loss in self.line],
            "pictures": [[self.preview.shape[1], self.preview.shape[0]]],
        }
        return packed(header, self.preview)

    def result(self) -> StyleDecoder | None:
        """The decoder, once it is done; None before."""
        return self.decoder.requires_grad_(False) if self.is_done else None

    def _look(self) -> None:
        """The photo in the style as it is now, and how far its crops are from the style."""
        self.preview = stylized(self.image, self.settings, self.own, self.decoder).image
        losses = self.task.measured(self.crops)
        self.line.append((self.seconds, losses["style"] + losses["texture"]))


def about(settings: Settings, own: Own) -> str:
    """What tells one refinement from another: the style alone."""
    style = picture_of(settings.style, settings.seed, own)
    return f"style_transfer {hashlib.sha256(style.tobytes()).hexdigest()}"


def start(image: np.ndarray, settings: Settings, own: Own, *, owner: str = "") -> Job:
    """Begin to refine the decoder in the background.

    Raises:
        CamadasError: if the style cannot be used, or the server is full.
    """
    style_of(picture_of(settings.style, settings.seed, own))
    return jobs().start(lambda: Refining(image, settings, own), about(settings, own), owner=owner)


def is_at_work(job: Job) -> bool:
    """Whether a refinement goes on, waits or rests."""
    return job.state not in ENDED


def has_left_something(job: Job) -> bool:
    """Whether a refinement has come to its end, even if nobody watched then."""
    return job.state in ENDED and (job.state not in OVER or job.result is not None)


def refined(job: Job) -> StyleDecoder | None:
    """The decoder that a job has refined; None while it has not.

    Raises:
        JobError: if it has ended early or waits for its turn.
    """
    found: StyleDecoder | None = job.now(Refining.result)
    return found


def script(settings: Settings) -> str:
    """The stand-alone Python script that gives photos this style."""
    return render(
        "style_transfer", settings=settings, kinds=KINDS, strokes=parse(settings.mask), own=OWN, own_too=OWN_TOO
    )
