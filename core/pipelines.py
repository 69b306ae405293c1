"""Augmentation pipelines: what a visitor builds, as data that is checked; and what imgaug makes of it.

A pipeline is a tree of two levels: steps and groups of steps. It comes and goes as JSON, which is never executed.
"""

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.augmenter_table import AUGMENTERS, Parameter, Value
from core.augmenters import imgaug, make
from core.errors import PipelineRejected

MAX_BYTES = 100_000
MAX_STEPS, MAX_DRAWS = 24, 36
N_CHANNELS = 3
Choose = Literal["all", "some", "one"]
Box = tuple[float, float, float, float]
Point = tuple[float, float]


class Step(BaseModel):
    """One augmenter with its parameters.

    Attributes:
        name: a key of core.augmenter_table.AUGMENTERS.
        p: how often it is used, 0 to 1.
        values: of its parameters; those that are not named have their defaults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    p: float = Field(1.0, ge=0, le=1)
    values: dict[str, Value] = {}

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in AUGMENTERS:
            raise PipelineRejected("unknown_augmenter", name=name[:40])
        return name

    @model_validator(mode="after")
    def _within(self) -> "Step":
        known = {parameter.name: parameter for parameter in AUGMENTERS[self.name].parameters}
        for name, value in self.values.items():
            if name not in known:
                raise PipelineRejected("unknown_parameter", name=self.name, parameter=name[:40])
            _check(self.name, known[name], value)
        return self

    def value(self, parameter: Parameter) -> Value:
        """Of a parameter: the one that is set, or the default."""
        return self.values.get(parameter.name, parameter.default)


class Group(BaseModel):
    """Steps of which all, some or one are used.

    Attributes:
        choose: which; "some" are between `least` and `most`.
        is_random: whether those used come in random order.
        p: how often the group is used, 0 to 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    choose: Choose = "all"
    least: int = Field(1, ge=0, le=MAX_STEPS)
    most: int = Field(2, ge=0, le=MAX_STEPS)
    is_random: bool = False
    p: float = Field(1.0, ge=0, le=1)
    steps: tuple[Step, ...] = Field((), max_length=MAX_STEPS)


class Pipeline(BaseModel):
    """What is done to every picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    choose: Choose = "all"
    least: int = Field(1, ge=0, le=MAX_STEPS)
    most: int = Field(2, ge=0, le=MAX_STEPS)
    is_random: bool = False
    seed: int = Field(0, ge=0, le=2**31 - 1)
    draws: int = Field(9, ge=1, le=MAX_DRAWS)
    entries: tuple[Step | Group, ...] = Field((), max_length=MAX_STEPS)

    @model_validator(mode="after")
    def _bounded(self) -> "Pipeline":
        if len(self.flat()) > MAX_STEPS:
            raise PipelineRejected("too_many_steps", n=len(self.flat()), most=MAX_STEPS)
        return self

    def flat(self) -> list[Step]:
        """All steps in the order in which they are written."""
        return [step for entry in self.entries for step in ([entry] if isinstance(entry, Step) else entry.steps)]


def _check(name: str, parameter: Parameter, value: Value) -> None:
    """Refuse a value that the parameter cannot have."""

    def is_number(given: object) -> bool:
        if isinstance(given, bool) or not isinstance(given, int | float):
            return False
        return parameter.low <= given <= parameter.high and (not parameter.is_whole or given == int(given))

    rule = f"{parameter.low:g} … {parameter.high:g}"
    if parameter.kind == "range":
        fits = isinstance(value, tuple) and all(map(is_number, value)) and value[0] <= value[1]
    elif parameter.kind == "number":
        fits = is_number(value)
    elif parameter.kind == "flag":
        fits, rule = isinstance(value, bool), "true, false"
    else:
        fits, rule = value in parameter.choices, ", ".join(parameter.choices)
    if not fits:
        raise PipelineRejected("value", name=name, parameter=parameter.name, value=str(value)[:40], rule=rule)


def to_json(pipeline: Pipeline) -> str:
    """The pipeline as a file."""
    return pipeline.model_dump_json(indent=2)


def _sayable(text: str) -> str:
    """A text without halves of characters, which JSON may hold and no sentence can."""
    return text.encode("utf-8", "replace").decode()


def from_json(data: bytes) -> Pipeline:
    """Read a pipeline's file, which may come from anybody.

    Raises:
        PipelineRejected: if it is too large, no JSON, no pipeline, or asks for what is not allowed.
    """
    if len(data) > MAX_BYTES:
        raise PipelineRejected("file_too_large", size_kb=len(data) // 1000, limit_kb=MAX_BYTES // 1000)
    try:
        read = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PipelineRejected("not_json") from error
    try:
        return Pipeline.model_validate(read)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=True)[0]
        where = ".".join(str(part) for part in first["loc"])[:80] or "file"
        value = str(first["input"])[:40]
        raise PipelineRejected("not_a_pipeline", where=_sayable(where), value=_sayable(value)) from error
    except RecursionError as error:
        raise PipelineRejected("not_json") from error


@dataclass(frozen=True)
class Applied:
    """A step that was used in a draw.

    Attributes:
        step: its place among all steps, from 0.
        name: of the augmenter.
        drawn: what its ranges came out with: a number, or least and greatest where there were many.
        image: (H, W, C) uint8, after it.
    """

    step: int
    name: str
    drawn: dict[str, tuple[float, float]]
    image: np.ndarray


@dataclass(frozen=True)
class Draw:
    """A picture after the pipeline, and what moved along.

    Attributes:
        image: (H, W, 3) or (H, W) uint8.
        boxes: corners x1, y1, x2, y2 in pixels; they may reach outside.
        points: x, y in pixels.
        mask: (H, W) uint8, 0 or 1, or None.
        applied: the steps that were used, in their order; empty where nobody asked.
    """

    image: np.ndarray
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    mask: np.ndarray | None = None
    applied: tuple[Applied, ...] = ()


@dataclass
class _Log:
    """What a draw notes while it goes through imgaug."""

    keeps_steps: bool = True
    drawn: dict[int, list[tuple[str, np.ndarray]]] = field(default_factory=dict)
    applied: list[tuple[int, np.ndarray]] = field(default_factory=list)


class Runner:
    """A pipeline that is ready to run; its draws follow from the seed and their order alone.

    Args:
        pipeline: what is done.
        is_noted: whether every draw tells which steps were used and what they drew.
        deadline: of time.perf_counter(), after which a draw is given up at its next step; for ever without it.
    """

    def __init__(self, pipeline: Pipeline, *, is_noted: bool = False, deadline: float = math.inf) -> None:
        self.pipeline, self.deadline = pipeline, deadline
        self._log, self._steps = _Log(), pipeline.flat()
        is_heard = is_noted or deadline < math.inf
        self._hooks = _hooks(self._note if is_noted else self._in_time) if is_heard else None
        self.needs_colour = any(AUGMENTERS[step.name].needs_colour for step in pipeline.flat())
        self.augmenter = build(pipeline, self._wrap if is_noted else None)
        self.seed(pipeline.seed)

    def seed(self, seed: int) -> None:
        """Begin anew: what is drawn from now on follows from this seed."""
        self.augmenter.seed_(seed)

    def image(self, image: np.ndarray) -> np.ndarray:
        """The next draw of a picture alone: (H, W, 3) or (H, W) uint8 -> the same kind, perhaps of another size.

        A grey picture becomes RGB where a step needs colours.

        Raises:
            PipelineRejected: if the deadline is over before the draw is, or a step cannot do with this picture.
        """
        self._log.keeps_steps = False
        found: np.ndarray = self._run(image=self._ready(image))
        return found

    def draw(
        self,
        image: np.ndarray,
        boxes: Sequence[Box] = (),
        points: Sequence[Point] = (),
        mask: np.ndarray | None = None,
        *,
        keeps_steps: bool = True,
    ) -> Draw:
        """The next draw of a picture, with what lies on it.

        Args:
            image: (H, W, 3) or (H, W) uint8.
            boxes: corners x1, y1, x2, y2 in pixels.
            points: x, y in pixels.
            mask: (H, W) of 0 and 1.
            keeps_steps: whether a noted draw keeps the picture after each step.

        Raises:
            PipelineRejected: as `image`.
        """
        ia, image = imgaug(), self._ready(image)
        self._log = _Log(keeps_steps)
        given: dict[str, Any] = {"image": image}
        if boxes:
            given["bounding_boxes"] = ia.BoundingBoxesOnImage([ia.BoundingBox(*box) for box in boxes], image.shape)
        if points:
            given["keypoints"] = ia.KeypointsOnImage([ia.Keypoint(*point) for point in points], image.shape)
        if mask is not None:
            given["segmentation_maps"] = ia.SegmentationMapsOnImage(mask.astype(np.int32), image.shape)
        out = self._run(return_batch=True, **given)
        return Draw(
            image=out.images_aug[0],
            boxes=tuple((b.x1, b.y1, b.x2, b.y2) for b in out.bounding_boxes_aug.items) if boxes else (),
            points=tuple((p.x, p.y) for p in out.keypoints_aug.items) if points else (),
            mask=out.segmentation_maps_aug.get_arr().astype(np.uint8) if mask is not None else None,
            applied=tuple(self._applied()),
        )

    def _run(self, **given: Any) -> Any:
        try:
            return self.augmenter.augment(hooks=self._hooks, **given)
        except (PipelineRejected, MemoryError):
            raise
        except Exception as error:  # of imgaug and what is below it, on pictures that are a pixel high, say
            raise PipelineRejected("failed", side=min(given["image"].shape[:2])) from error

    def _applied(self) -> Iterator[Applied]:
        for at, image in self._log.applied:
            drawn: dict[str, tuple[float, float]] = {}
            for name, samples in self._log.drawn.get(at, []):
                low, high = self._ends(at, samples)
                before = drawn.get(name, (low, high))
                drawn[name] = (min(low, before[0]), max(high, before[1]))
            yield Applied(at, self._steps[at].name, drawn, image)

    def _ready(self, image: np.ndarray) -> np.ndarray:
        return np.repeat(image[:, :, None], 3, axis=2) if image.ndim == 2 and self.needs_colour else image

    def _wrap(self, at: int, parameter: Parameter, drawn: Any) -> Any:
        return _noted()(drawn, lambda samples: self._heard(at, parameter.name, samples))

    def _heard(self, at: int, name: str, samples: np.ndarray) -> None:
        if self._log.keeps_steps:
            self._log.drawn.setdefault(at, []).append((name, samples))

    def _ends(self, at: int, samples: np.ndarray) -> tuple[float, float]:
        """Imgaug draws one for each channel, and takes the first alone unless the channels differ."""
        if samples.size <= N_CHANNELS and not self._steps[at].values.get("per_channel"):
            samples = samples.flat[:1]
        return float(samples.min()), float(samples.max())

    def _in_time(self, values: Any, _augmenter: Any, _parents: Any) -> Any:
        if time.perf_counter() > self.deadline:
            raise PipelineRejected("too_slow")
        return values

    def _note(self, values: Any, augmenter: Any, _parents: Any) -> Any:
        self._in_time(values, augmenter, _parents)
        if not self._log.keeps_steps or not str(augmenter.name).startswith(STEP):
            return values
        if isinstance(values, np.ndarray | list) and len(values) and isinstance(values[0], np.ndarray):
            self._log.applied.append((int(augmenter.name.removeprefix(STEP)), np.array(values[0])))
        return values


def unsparing(pipeline: Pipeline) -> Pipeline:
    """The same steps, each of them always used: what a draw may cost at most."""
    entries = tuple(
        entry.model_copy(update={"p": 1.0})
        if isinstance(entry, Step)
        else entry.model_copy(
            update={
                "p": 1.0,
                "choose": "all",
                "steps": tuple(step.model_copy(update={"p": 1.0}) for step in entry.steps),
            }
        )
        for entry in pipeline.entries
    )
    return pipeline.model_copy(update={"choose": "all", "entries": entries})


STEP = "step-"


def build(pipeline: Pipeline, wrap: Any = None) -> Any:
    """The augmenter of imgaug that does what a pipeline says.

    Args:
        pipeline: what is done.
        wrap: (step's place, parameter, imgaug's stochastic parameter) -> what is given to imgaug instead.
    """
    a, at = imgaug().augmenters, 0

    def of_step(step: Step) -> Any:
        nonlocal at
        place, at = at, at + 1
        made = make(step.name, step.values, None if wrap is None else lambda p, drawn: wrap(place, p, drawn))
        made.name = f"{STEP}{place}"
        return made if step.p == 1 else a.Sometimes(step.p, made)

    def of_all(members: list[Any], choose: Choose, least: int, most: int, *, is_random: bool) -> Any:
        if choose == "one" and members:
            return a.OneOf(members)
        if choose == "some" and members:
            top = min(most, len(members))
            return a.SomeOf((min(least, top), top), members, random_order=is_random)
        return a.Sequential(members, random_order=is_random)

    def of_group(group: Group) -> Any:
        inner = [of_step(step) for step in group.steps]
        made = of_all(inner, group.choose, group.least, group.most, is_random=group.is_random)
        return made if group.p == 1 else a.Sometimes(group.p, [made])  # in a list: imgaug seeds what is in lists

    members = [of_step(entry) if isinstance(entry, Step) else of_group(entry) for entry in pipeline.entries]
    return of_all(members, pipeline.choose, pipeline.least, pipeline.most, is_random=pipeline.is_random)


def _hooks(after: Any) -> Any:
    """What imgaug asks while it runs, with nothing but `after` to answer: (values, augmenter, parents) -> values."""

    class Hooks(imgaug().HooksImages):  # type: ignore[misc]
        def is_activated(self, images: Any, augmenter: Any, parents: Any, default: bool) -> bool:
            del images, augmenter, parents
            return default

        def is_propagating(self, images: Any, augmenter: Any, parents: Any, default: bool) -> bool:
            del images, augmenter, parents
            return default

        def preprocess(self, images: Any, augmenter: Any, parents: Any) -> Any:
            del augmenter, parents
            return images

        def postprocess(self, images: Any, augmenter: Any, parents: Any) -> Any:
            return after(images, augmenter, parents)

    return Hooks()


@cache
def _noted() -> Any:
    """A stochastic parameter that tells what it draws, and draws what the one inside would."""
    base = imgaug().parameters.StochasticParameter

    class Noted(base):  # type: ignore[misc, valid-type]
        def __init__(self, inside: Any, tell: Any) -> None:
            super().__init__()
            self.inside, self.tell = inside, tell

        def _draw_samples(self, size: Any, random_state: Any) -> Any:
            samples = self.inside._draw_samples(size, random_state)
            self.tell(samples)
            return samples

    return Noted
