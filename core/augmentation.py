"""A visitor's pipeline on a visitor's picture: draws, what each step did, and what lies on the picture moving along."""

import math
import threading
import time
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from core.augmenter_table import AUGMENTERS
from core.counterparts import beside
from core.errors import PipelineRejected
from core.images import fit_within
from core.pipeline_text import edited, parse, write
from core.pipelines import MAX_DRAWS, MAX_STEPS, Applied, Choose, Draw, Pipeline, Runner, from_json, to_json
from core.scripting import render

__all__ = ["Applied", "Draw", "Pipeline", "to_json"]
BOX, POINT = (217, 117, 43), (42, 157, 140)  # of the classes' colours
N_BINS = 64  # of a histogram
MOST_POINTS = 12
MOST_TEXT = 4000  # characters of a pipeline
MOST_PX = 2**15  # from the picture that a mark may be and still be drawn
BUDGET_S = 5.0  # for the draws of one visitor
_drawing = threading.Semaphore(2)  # visitors whose draws are made at once: the third one waits

EXAMPLES: dict[str, dict[str, object]] = {
    "Small changes": {},
    "CIFAR-10's recipe": {
        "pipeline": "Fliplr\nTranslateX percent=-0.12..0.12 mode=reflect\nTranslateY percent=-0.12..0.12 mode=reflect\n"
        "Cutout nb_iterations=1..1 size=0.35..0.35"
    },
    "Bad weather": {"pipeline": "one\n- Rain\n- Snowflakes\n- Fog\n- Clouds\nMotionBlur sometimes=0.5"},
    "A bad camera": {
        "pipeline": "GaussianBlur sigma=0..2\nAdditiveGaussianNoise scale=5..40\nMultiplyBrightness mul=0.4..1\n"
        "JpegCompression compression=80..98"
    },
    "Some of many, in any order": {
        "pipeline": "Rotate\nPerspectiveTransform\nGammaContrast\nMultiplyHue\nSharpen\nCoarseDropout",
        "choose": "some",
        "least": 2,
        "most": 4,
        "is_random": True,
    },
    "Scan of a page": {
        "pipeline": "Grayscale alpha=1..1\nRotate rotate=-4..4 mode=edge\nPiecewiseAffine\n"
        "LinearContrast alpha=1.2..2\nSaltAndPepper p=0..0.03"
    },
}


PIPELINE_FIELDS = {"choose", "least", "most", "is_random", "seed", "draws"}
_HOW_MANY = "Steps that are used of those in the list."
_if_some: JsonDict = {"when": {"choose": ["some"]}}


class PipelineSettings(BaseModel):
    """The part of a visitor's settings that says what is done to a picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pipeline: str = Field(
        "Fliplr\nAffine\nMultiplyHueAndSaturation sometimes=0.5\nGaussianBlur sigma=0..1.5 sometimes=0.5",
        max_length=MOST_TEXT,
        title="Steps as text",
        description="One on each line: an augmenter, then name=low..high or name=value, and sometimes=0.5. A line one, "
        "some of=1..2 or all begins a group of the lines below it that begin with a dash.",
        examples=["Fliplr p=1\n"],
    )
    choose: Choose = Field("all", title="Steps used", description="All of them, some drawn anew each time, or one.")
    least: int = Field(1, ge=0, le=MAX_STEPS, title="At least", description=_HOW_MANY, json_schema_extra=_if_some)
    most: int = Field(2, ge=0, le=MAX_STEPS, title="At most", description=_HOW_MANY, json_schema_extra=_if_some)
    is_random: bool = Field(False, title="Random order", description="The steps used come in another order each time.")
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="The same seed draws the same pictures.",
        json_schema_extra={"widget": "number"},
    )

    def as_pipeline(self) -> Pipeline:
        """The pipeline of these settings.

        Raises:
            PipelineRejected: if its text cannot be read.
        """
        return Pipeline(entries=parse(self.pipeline), **self.model_dump(include=PIPELINE_FIELDS))


class Settings(PipelineSettings):
    """What a visitor can turn."""

    draws: int = Field(9, ge=1, le=MAX_DRAWS, title="Draws", description="Pictures in the grid.")
    side_px: Literal[32, 64, 128, 192, 256, 384] = Field(
        192, title="Longer side", description="The photo is made so large first.", json_schema_extra={"unit": "px"}
    )
    box: str = Field(
        "24 12 82 92",
        max_length=60,
        title="Box (%)",
        description="Left, top, right and bottom, in percent of the picture.",
        examples=["10 10 50 50"],
    )
    points: str = Field(
        "43 37, 68 38, 57 69",
        max_length=200,
        title="Points (%)",
        description="Across and down in percent, a comma between two points.",
        examples=["20 30"],
    )


@dataclass(frozen=True)
class Marks:
    """What lies on a picture, in shares of its width and height.

    Attributes:
        box: left, top, right, bottom.
        points: across and down, each.
    """

    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...]


def settings_of(data: bytes) -> dict[str, object]:
    """The settings of a pipeline's file, which may come from anybody.

    Raises:
        PipelineRejected: as core.pipelines.from_json.
    """
    found = from_json(data)
    shared = found.model_dump(include=PIPELINE_FIELDS)
    return {**shared, "pipeline": _short(write(found.entries))}


def changed(text: str, action: str, row: int, name: str, value: str) -> str:
    """The text of a pipeline after one change, as core.pipeline_text.edited makes it."""
    return _short(edited(text, action, row, name, value))


def _short(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise PipelineRejected("too_long", n=len(text), most=MOST_TEXT)
    return text


def marks_of(settings: Settings) -> Marks:
    """Box and points of these settings.

    Raises:
        PipelineRejected: if they are no numbers between 0 and 100.
    """
    box = _shares("box", settings.box)
    if len(box) != 4:
        raise PipelineRejected("marks", name="box", value=settings.box[:40])
    left, right, top, bottom = *sorted((box[0], box[2])), *sorted((box[1], box[3]))
    points = [_shares("points", pair) for pair in settings.points.split(",") if pair.strip()]
    if any(len(point) != 2 for point in points) or len(points) > MOST_POINTS:
        raise PipelineRejected("marks", name="points", value=settings.points[:40])
    return Marks((left, top, right, bottom), tuple((x, y) for x, y in points))


def _shares(name: str, text: str) -> list[float]:
    try:
        found = [float(word) / 100 for word in text.split()]
    except ValueError as error:
        raise PipelineRejected("marks", name=name, value=text[:40]) from error
    if not all(0 <= share <= 1 for share in found):
        raise PipelineRejected("marks", name=name, value=text[:40])
    return found


def sized(image: np.ndarray, settings: Settings) -> np.ndarray:
    """The picture that the pipeline gets: (H, W, 3) uint8, its longer side as the settings say or as it is."""
    return np.ascontiguousarray(fit_within(middle(image), settings.side_px))


def is_cut(image: np.ndarray) -> bool:
    """Whether `middle` leaves something out."""
    return middle(image).shape != image.shape


def middle(image: np.ndarray) -> np.ndarray:
    """Of a picture longer than three times its other side, the part in the middle that is so long: (H, W, 3)."""
    height, width = image.shape[:2]
    most = 3 * min(height, width)
    top, left = max(0, (height - most) // 2), max(0, (width - most) // 2)
    return image[top : top + most, left : left + most]


def mask_of(box: tuple[float, float, float, float], height: int, width: int) -> np.ndarray:
    """A segmentation mask: the ellipse in a box given in pixels, (height, width) uint8 of 0 and 1."""
    left, top, right, bottom = box
    mask = np.zeros((height, width), np.uint8)
    middle = (round((left + right) / 2), round((top + bottom) / 2))
    axes = (max(1, round((right - left) / 2)), max(1, round((bottom - top) / 2)))
    cv2.ellipse(mask, middle, axes, 0, 0, 360, 1, -1)
    return mask


def draws(image: np.ndarray, settings: Settings, budget_s: float = math.inf, chosen: int | None = None) -> list[Draw]:
    """The pictures of the grid; fewer where there is no time for all of them.

    Args:
        image: (H, W, 3) uint8, from `sized`.
        settings: pipeline, seed, how many, marks.
        budget_s: seconds after which no further step begins.
        chosen: the draw that keeps its steps; all do without it.

    Raises:
        PipelineRejected: as `Settings.as_pipeline` and `marks_of`; or if there is no time for the first draw.
    """
    marks, pipeline = marks_of(settings), settings.as_pipeline()
    height, width = image.shape[:2]
    left, top, right, bottom = marks.box
    box = (left * width, top * height, right * width, bottom * height)
    points = [(x * width, y * height) for x, y in marks.points]
    mask = mask_of(box, height, width)
    found: list[Draw] = []
    with _drawing:
        runner = Runner(pipeline, is_noted=True, deadline=time.perf_counter() + budget_s)
        try:
            for at in range(pipeline.draws):
                keeps = chosen in (None, at)
                found.append(runner.draw(image, [box], points, mask, keeps_steps=keeps))
        except PipelineRejected:
            if not found:
                raise
    return found


def marked(draw: Draw) -> np.ndarray:
    """A draw with its box, its points and the outline of its mask: (H, W, 3) uint8."""
    image = draw.image if draw.image.ndim == 3 else draw.image[:, :, None].repeat(3, axis=2)
    out = np.ascontiguousarray(image).copy()
    thick = max(1, max(out.shape[:2]) // 150)
    if draw.mask is not None:
        outlines, _hierarchy = cv2.findContours(draw.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(out, outlines, -1, (255, 255, 255), thick)
    for x1, y1, x2, y2 in filter(_is_near, draw.boxes):
        cv2.rectangle(out, (round(x1), round(y1)), (round(x2), round(y2)), BOX, 2 * thick)
    for x, y in filter(_is_near, draw.points):
        cv2.circle(out, (round(x), round(y)), 3 * thick, (255, 255, 255), -1)
        cv2.circle(out, (round(x), round(y)), 2 * thick, POINT, -1)
    return out


def _is_near(numbers: tuple[float, ...]) -> bool:
    """Whether OpenCV can draw there: steps that enlarge may send a mark very far outside."""
    return bool(np.isfinite(numbers).all() and np.abs(numbers).max() < MOST_PX)


def same_size(images: list[np.ndarray]) -> list[np.ndarray]:
    """Pictures of any sizes, each in the middle of a field as large as the largest: (h, w, 3) uint8 -> (H, W, 3)."""
    height, width = max(len(image) for image in images), max(image.shape[1] for image in images)
    found = []
    for image in images:
        field = np.full((height, width, 3), 128, np.uint8)
        top, left = (height - len(image)) // 2, (width - image.shape[1]) // 2
        field[top : top + len(image), left : left + image.shape[1]] = image
        found.append(field)
    return found


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures have the same size and pixels."""
    return np.array_equal(one, other)


def histogram(image: np.ndarray) -> np.ndarray:
    """How often each range of brightness occurs, for red, green and blue: (H, W, 3) uint8 -> (3, 64) shares."""
    image = image if image.ndim == 3 else image[:, :, None].repeat(3, axis=2)
    counts = [np.histogram(image[:, :, c], bins=N_BINS, range=(0, 256))[0] for c in range(3)]
    return np.stack(counts) / max(1, image[:, :, 0].size)


def script(settings: Settings) -> str:
    """The stand-alone Python script that draws the same pictures with imgaug.

    Raises:
        PipelineRejected: as `Settings.as_pipeline`.
    """
    pipeline = settings.as_pipeline()
    return render("augmentation", settings=settings, pipeline=pipeline, known=AUGMENTERS, marks=marks_of(settings))


def script_v2(settings: Settings) -> str:
    """The stand-alone Python script that draws with torchvision what it has of the pipeline.

    Raises:
        PipelineRejected: as `Settings.as_pipeline`.
    """
    pipeline = settings.as_pipeline()
    missing = [s.name for s, call in zip(pipeline.flat(), beside(pipeline).steps, strict=True) if call is None]
    return render(
        "torchvision_v2", settings=settings, calls=beside(pipeline).calls, missing=missing, marks=marks_of(settings)
    )
