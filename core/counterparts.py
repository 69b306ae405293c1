"""What of an imgaug pipeline torchvision.transforms.v2 has too: as calls that are made, drawn from and written down.

Source: torchvision's documentation of transforms.v2, https://docs.pytorch.org/vision/stable/transforms.html
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np

from core.augmenter_table import AUGMENTERS, Value
from core.errors import PipelineRejected
from core.inference import alone, in_turn
from core.pipelines import Group, Pipeline, Runner, Step
from core.training.seed import CHANCE

SIZES_PX = (32, 224)  # sides of the pictures that throughput is measured on
MEASURED_S, LONGEST_S = 0.4, 1.0  # for each figure; for one picture
MOST_CHOICES = 16  # whole numbers of a range that become a choice between so many transforms
Nearness = Literal["same", "one value", "other colours", "other draws", "other noise", "other edge"]


@dataclass(frozen=True)
class Call:
    """One transform of torchvision.

    Attributes:
        name: of the class in torchvision.transforms.v2.
        arguments: by name.
        inside: transforms that it is given in a list first.
        nearness: "same" where one value gives the same picture in both, up to rounding; else what is different.
    """

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    inside: tuple["Call", ...] = ()
    nearness: Nearness = "same"

    def __str__(self) -> str:
        """As Python."""
        first = [f"[{', '.join(map(str, self.inside))}]"] if self.inside else []
        return (
            f"v2.{self.name}({', '.join([*first, *(f'{name}={value!r}' for name, value in self.arguments.items())])})"
        )


@dataclass(frozen=True)
class Beside:
    """A pipeline as torchvision has it.

    Attributes:
        calls: the transforms, in order.
        steps: of all steps in their order, the transform; None where there is none, or its group has none.
        common: what of the imgaug pipeline is in both.
    """

    calls: tuple[Call, ...]
    steps: tuple[Call | None, ...]
    common: Pipeline


Values = dict[str, Any]


def _one(name: str, **arguments: Any) -> Call:
    return Call(name, arguments)


def _middle(value: tuple[float, float]) -> float:
    return round((value[0] + value[1]) / 2, 6)


def _is_even(value: tuple[float, float]) -> bool:
    """Whether a range is the same to both sides of zero."""
    return abs(value[0] + value[1]) < 1e-9


def _affine(**arguments: Any) -> Call:
    return Call("RandomAffine", {"degrees": (0.0, 0.0), **arguments, "interpolation": "bilinear"})


def _full_affine(v: Values) -> Call | None:
    if v["mode"] != "constant" or not _is_even(v["translate_percent"]):
        return None
    far = v["translate_percent"][1]
    made = _affine(degrees=v["rotate"], translate=(far, far), scale=v["scale"], shear=v["shear"])
    # imgaug moves as far across as down, and puts shear and turn together otherwise
    is_same = far == 0 and v["shear"] == (0, 0)
    return made if is_same else Call(made.name, made.arguments, nearness="other draws")


def _shift(axis: int) -> Callable[[Values], Call | None]:
    def made(v: Values) -> Call | None:
        if v["mode"] != "constant" or not _is_even(v["percent"]):
            return None
        far = v["percent"][1]
        return _affine(translate=(far, 0.0) if axis == 0 else (0.0, far))

    return made


def _turn(v: Values) -> Call | None:
    return _affine(degrees=v["rotate"]) if v["mode"] == "constant" else None


def _shear(axis: int) -> Callable[[Values], Call | None]:
    def made(v: Values) -> Call | None:
        low, high = v["shear"]
        if v["mode"] != "constant":
            return None
        return _affine(shear=(low, high) if axis == 0 else (0.0, 0.0, -high, -low))  # which way is down differs

    return made


def _corners(v: Values) -> Call:
    return Call(
        "RandomPerspective", {"distortion_scale": min(1.0, 2 * v["scale"][1]), "p": 1.0}, nearness="other draws"
    )


def _elastic(v: Values) -> Call:
    # torchvision counts alpha in halves of the picture, which makes a pixel of imgaug's two of its own
    arguments = {"alpha": 2 * _middle(v["alpha"]), "sigma": _middle(v["sigma"])}
    return Call("ElasticTransform", arguments, nearness="other draws")


def _fixed_crop(v: Values) -> Call:
    size = (int(v["height"]), int(v["width"]))
    return Call("RandomCrop", {"size": size, "pad_if_needed": True}, nearness="other edge")


def _resize(v: Values) -> Call:
    return _choice(v["size"], lambda n: _one("Resize", size=(n, n), interpolation="bicubic", antialias=False))


def _choice(ends: tuple[float, float], make: Callable[[int], Call]) -> Call:
    """One of a few whole numbers as a choice between transforms, one of many as their middle."""
    numbers = range(int(ends[0]), int(ends[1]) + 1)
    if len(numbers) == 1:
        return make(numbers[0])
    if len(numbers) <= MOST_CHOICES:
        return Call("RandomChoice", inside=tuple(map(make, numbers)))
    made = make(round(_middle(ends)))
    return Call(made.name, made.arguments, nearness="one value")


def _jitter(name: str, nearness: Nearness = "same", of: str = "", *, is_rest: bool = False) -> Callable[[Values], Call]:
    """One factor of ColorJitter; `is_rest` where imgaug counts what is taken away."""

    def made(v: Values) -> Call:
        low, high = v[of]
        ends = (round(1 - high, 6), round(1 - low, 6)) if is_rest else (round(low, 6), round(high, 6))
        return Call("ColorJitter", {name: ends}, nearness=nearness)

    return made


def _hue(v: Values) -> Call | None:
    low, high = (round(end / 255, 6) for end in v["value"])
    return Call("ColorJitter", {"hue": (low, high)}) if low >= -0.5 and high <= 0.5 else None


def _blur(v: Values) -> Call | None:
    low, high = v["sigma"]
    if high <= 0:
        return None
    reach = 3.3 if high < 3 else 2.9 if high < 5 else 2.6  # imgaug's
    side = max(5, int(reach * high))
    return Call("GaussianBlur", {"kernel_size": side + 1 - side % 2, "sigma": (max(low, 0.01), high)})


def _noise(v: Values) -> Call:
    low, high = v["scale"]
    nearness: Nearness = "other noise" if not v["per_channel"] else "same" if low == high else "one value"
    return Call("GaussianNoise", {"sigma": round(_middle((low, high)) / 255, 6)}, nearness=nearness)


def _erasing(v: Values) -> Call | None:
    fewest, most = map(int, v["nb_iterations"])
    low, high = v["size"]
    if fewest != most:
        return None
    arguments = {"p": 1.0, "scale": (round(low * low, 6), round(high * high, 6)), "ratio": (1.0, 1.0), "value": 128}
    one = Call("RandomErasing", arguments, nearness="other edge")
    return one if most == 1 else Call("Compose", inside=(one,) * most, nearness="other edge")


def _sharpness(v: Values) -> Call:
    nearness: Nearness = "same" if v["factor"][0] == v["factor"][1] else "one value"
    return Call("RandomAdjustSharpness", {"sharpness_factor": _middle(v["factor"]), "p": 1.0}, nearness=nearness)


def _invert(v: Values) -> Call | None:
    return None if v["per_channel"] else _one("RandomInvert", p=v["p"])


def _one_for_all(made: Callable[[Values], Call]) -> Callable[[Values], Call | None]:
    """Torchvision has one factor for all channels."""
    return lambda v: None if v["per_channel"] else made(v)


_COUNTERPARTS: dict[str, Callable[[Values], Call | None]] = {
    "Fliplr": lambda v: _one("RandomHorizontalFlip", p=v["p"]),
    "Flipud": lambda v: _one("RandomVerticalFlip", p=v["p"]),
    "Affine": _full_affine,
    "TranslateX": _shift(0),
    "TranslateY": _shift(1),
    "Rotate": _turn,
    "ShearX": _shear(0),
    "ShearY": _shear(1),
    "PerspectiveTransform": _corners,
    "ElasticTransformation": _elastic,
    "CropToFixedSize": _fixed_crop,
    "Resize": _resize,
    "Grayscale": _jitter("saturation", of="alpha", is_rest=True),
    "RemoveSaturation": _jitter("saturation", "other colours", of="mul", is_rest=True),
    "MultiplySaturation": _jitter("saturation", "other colours", of="mul"),
    "MultiplyBrightness": _jitter("brightness", "other colours", of="mul"),
    "AddToHue": _hue,
    "Posterize": lambda v: _choice(v["nb_bits"], lambda n: _one("RandomPosterize", bits=n, p=1.0)),
    "ChannelShuffle": lambda v: Call("RandomApply", {"p": v["p"]}, (_one("RandomChannelPermutation"),)),
    "pillike.EnhanceColor": _jitter("saturation", of="factor"),
    "pillike.EnhanceContrast": _jitter("contrast", of="factor"),
    "pillike.EnhanceBrightness": _jitter("brightness", of="factor"),
    "pillike.EnhanceSharpness": _sharpness,
    "pillike.Equalize": lambda v: _one("RandomEqualize", p=1.0),
    "LinearContrast": _one_for_all(_jitter("contrast", "other colours", of="alpha")),
    "GaussianBlur": _blur,
    "AdditiveGaussianNoise": _noise,
    "Multiply": _one_for_all(_jitter("brightness", of="mul")),
    "Invert": _invert,
    "Solarize": lambda v: _choice(v["threshold"], lambda n: _one("RandomSolarize", threshold=n, p=v["p"])),
    "Cutout": _erasing,
}
KNOWN = tuple(_COUNTERPARTS)  # without JPEG: torchvision's wants compiled parts that not every build has


def counterpart(step: Step) -> Call | None:
    """The transform of torchvision that does what a step does, with its share of uses; None where there is none."""
    make = _COUNTERPARTS.get(step.name)
    values: dict[str, Value] = {p.name: step.value(p) for p in AUGMENTERS[step.name].parameters}
    made = None if make is None else make(values)
    if made is None or step.p == 1:
        return made
    return Call("RandomApply", {"p": step.p}, (made,), made.nearness)


def beside(pipeline: Pipeline) -> Beside:
    """A pipeline as torchvision has it: what it lacks is left out.

    "Some of them" has no counterpart: neither has such a group, nor a pipeline that is one.
    """
    calls: list[Call] = []
    steps: list[Call | None] = []
    common: list[Step | Group] = []
    for entry in pipeline.entries:
        inner = [entry] if isinstance(entry, Step) else list(entry.steps)
        found = [counterpart(step) for step in inner]
        kept = tuple(call for call in found if call is not None)
        if isinstance(entry, Step):
            call = found[0]
        else:
            call = _group(entry, kept)
            found = found if call is not None else [None] * len(inner)
        steps += found
        if call is None:
            continue
        calls.append(call)
        both = tuple(step for step, made in zip(inner, found, strict=True) if made is not None)
        common.append(entry if isinstance(entry, Step) else entry.model_copy(update={"steps": both}))
    whole = _combined(pipeline, tuple(calls))
    if whole is None and calls:
        return Beside((), (None,) * len(steps), pipeline.model_copy(update={"entries": ()}))
    return Beside(whole or (), tuple(steps), pipeline.model_copy(update={"entries": tuple(common)}))


def _combined(of: Pipeline | Group, calls: tuple[Call, ...]) -> tuple[Call, ...] | None:
    """Transforms used as a pipeline or group says; None where torchvision cannot."""
    if of.choose == "some":
        return None
    if of.choose == "one" and len(calls) > 1:
        return (Call("RandomChoice", inside=calls),)
    return (Call("RandomOrder", inside=calls),) if of.is_random and len(calls) > 1 else calls


def _group(group: Group, kept: tuple[Call, ...]) -> Call | None:
    calls = _combined(group, kept)
    if not calls:
        return None
    if group.p < 1:
        return Call("RandomApply", {"p": group.p}, calls)
    return calls[0] if len(calls) == 1 else Call("Compose", inside=calls)


def make(call: Call) -> Any:
    """The transform itself: (..., C, H, W) uint8 -> the same kind."""
    from core.vision import torchvision

    inside = [[make(other) for other in call.inside]] if call.inside else []
    return getattr(torchvision("transforms.v2"), call.name)(*inside, **call.arguments)


def transform(calls: tuple[Call, ...]) -> Any:
    """All of them in order, as one transform."""
    return make(Call("Compose", inside=calls or (Call("Identity"),)))


def draws(image: np.ndarray, calls: tuple[Call, ...], n: int, seed: int) -> list[np.ndarray]:
    """Pictures from torchvision: (H, W, 3) uint8 -> n of (h, w, 3) uint8.

    Its transforms draw from torch's own generator, which is seeded for this and put back afterwards.

    Raises:
        PipelineRejected: if a transform cannot do with this picture.
    """
    return in_turn(_draws, image, calls, n, seed)


def _draws(image: np.ndarray, calls: tuple[Call, ...], n: int, seed: int) -> list[np.ndarray]:
    import torch

    made, x = transform(calls), torch.from_numpy(image.transpose(2, 0, 1).copy())
    with CHANCE, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            return [np.ascontiguousarray(made(x).permute(1, 2, 0).numpy()) for _ in range(n)]
        except RuntimeError as error:  # it reflects at borders that such small pictures have not
            raise PipelineRejected("failed", side=min(image.shape[:2])) from error


@dataclass(frozen=True)
class Throughput:
    """Pictures a second, one after another on one core, where it was asked; None where one takes too long or fails.

    Attributes:
        side_px: of the square pictures.
        whole: imgaug, every step.
        common: imgaug, the steps that torchvision has too.
        torchvision: the same steps there.
    """

    side_px: int
    whole: float | None
    common: float | None
    torchvision: float | None


def throughput(image: np.ndarray, pipeline: Pipeline) -> list[Throughput]:
    """Measure both libraries on a picture, now: (H, W, 3) uint8, made square and as large as SIZES_PX say."""
    both = beside(pipeline)
    found = []
    for side in SIZES_PX:
        square = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        whole, common = (alone(_imgaug_rate, square, asked) for asked in (pipeline, both.common))
        found.append(Throughput(side, whole, common, alone(_torchvision_rate, square, both.calls)))
    return found


def _imgaug_rate(image: np.ndarray, pipeline: Pipeline) -> float | None:
    n_threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        Runner(pipeline, deadline=time.perf_counter() + LONGEST_S).image(image)
        runner = Runner(pipeline)
        return _rate(lambda: runner.image(image))
    except PipelineRejected:
        return None
    finally:
        cv2.setNumThreads(n_threads)


def _torchvision_rate(image: np.ndarray, calls: tuple[Call, ...]) -> float | None:
    import torch

    made, x = transform(calls), torch.from_numpy(image.transpose(2, 0, 1).copy())
    torch.set_num_threads(1)  # as in a worker of a DataLoader; in_turn gives the cores back
    with torch.random.fork_rng(devices=[]):
        try:
            return _rate(lambda: made(x))
        except RuntimeError:  # too small for it
            return None


def _rate(once: Callable[[], object]) -> float:
    once()
    n, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < MEASURED_S:
        once()
        n += 1
    return n / took
