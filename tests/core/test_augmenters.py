"""Every augmenter that is offered runs here, on any kind of picture, and the same again from the same seed."""

import ast
import inspect
import subprocess
import sys

import cv2
import numpy as np
import pytest

from core.augmenter_table import AUGMENTERS, FAMILIES, FOREGROUNDS, LEFT_OUT, names
from core.augmenters import imgaug, make
from core.pipelines import Pipeline, Runner, Step
from ui.files import ROOT

ALONE = {"ChangeColorTemperature"}  # imgaug's own fails on a batch of several: our runner gives it one at a time
SAME_SIZE = {"CropToSquare", "PadToSquare"}  # change nothing about a square


@pytest.fixture(scope="session")
def picture(sample) -> np.ndarray:
    """(48, 64, 3) uint8."""
    return cv2.resize(sample, (64, 48), interpolation=cv2.INTER_AREA)


def values_of(name: str, end: int) -> dict:
    """Parameters at their least (0) or greatest (1)."""
    found = {}
    for p in AUGMENTERS[name].parameters:
        one = (p.low, p.high)[end]
        found[p.name] = {"range": (one, one), "number": one, "flag": bool(end), "choice": (p.choices or ("",))[-end]}[
            p.kind
        ]
    return found


def test_there_are_many_in_every_family():
    assert len(AUGMENTERS) >= 60
    assert all(len(names(family)) >= 4 for family in FAMILIES)
    assert {augmenter.family for augmenter in AUGMENTERS.values()} == set(FAMILIES)
    assert set(FOREGROUNDS) <= set(AUGMENTERS)


def test_of_all_that_imgaug_has_each_is_offered_or_left_out_for_a_reason():
    a = imgaug().augmenters
    own = {name for name, value in vars(a).items() if inspect.isclass(value) and issubclass(value, a.Augmenter)}
    own |= {
        f"pillike.{name}"
        for name, value in vars(a.pillike).items()
        if inspect.isclass(value) and issubclass(value, a.Augmenter) and value.__module__ == a.pillike.__name__
    }
    own = {name for name in own if not name.split(".")[-1].startswith("_")}
    assert not own - set(AUGMENTERS) - set(LEFT_OUT)
    assert not set(AUGMENTERS) & set(LEFT_OUT)


@pytest.mark.parametrize("kind", ["rgb", "grey", "small"])
@pytest.mark.parametrize("name", AUGMENTERS)
def test_every_augmenter_runs_on_a_picture(name, kind, picture):
    image = {"rgb": picture, "grey": picture[:, :, 0], "small": cv2.resize(picture, (32, 32))}[kind]
    before = image.copy()
    draws = []
    for _ in range(2):
        runner = Runner(Pipeline(seed=3, entries=(Step(name=name),)))
        draws.append([runner.image(image) for _ in range(3)])
    assert (image == before).all()
    for first, again in zip(*draws, strict=True):
        assert first.dtype == np.uint8
        assert first.ndim == (3 if AUGMENTERS[name].needs_colour else image.ndim)
        assert first.shape == again.shape
        assert (first == again).all()
        if not AUGMENTERS[name].resizes:
            assert first.shape[:2] == image.shape[:2]


@pytest.mark.parametrize("name", AUGMENTERS)
def test_every_augmenter_changes_something(name, picture):
    values = {"width": 20, "height": 20} if name == "CropToFixedSize" else {}
    runner = Runner(Pipeline(seed=1, entries=(Step(name=name, values=values),)))
    draws = [runner.image(picture) for _ in range(6)]
    assert any(draw.shape != picture.shape or (draw != picture).any() for draw in draws)


@pytest.mark.parametrize("name", [name for name in AUGMENTERS if name not in ALONE])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_augmenter_runs_on_a_batch(name, channels, picture):
    if channels == 1 and AUGMENTERS[name].needs_colour:
        with pytest.raises(AssertionError):  # else it need not be marked as needing colours
            make(name, {})(images=np.stack([picture[:, :, 0]] * 2))
        return
    batch = np.stack([picture if channels == 3 else picture[:, :, 0]] * 3)
    out = make(name, {})(images=batch)
    assert len(out) == 3
    assert all(one.dtype == np.uint8 and one.ndim == batch[0].ndim for one in out)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("name", AUGMENTERS)
def test_every_augmenter_runs_at_both_ends_of_its_ranges(name, end, picture):
    step = Step(name=name, values=values_of(name, end))
    out = Runner(Pipeline(entries=(step,))).image(picture)
    assert out.dtype == np.uint8
    assert out.shape[2] == 3


@pytest.mark.parametrize("name", [name for name, augmenter in AUGMENTERS.items() if augmenter.moves])
def test_what_moves_takes_a_box_along(name, picture):
    runner = Runner(Pipeline(seed=2, entries=(Step(name=name),)))
    draws = [runner.draw(picture, [(10, 10, 30, 30)], [(20.0, 20.0)], np.ones((48, 64), np.uint8)) for _ in range(8)]
    assert any(
        draw.boxes[0] != (10, 10, 30, 30) or draw.points[0] != (20, 20) for draw in draws
    ) or name in SAME_SIZE | {"CropToFixedSize"}


@pytest.mark.parametrize("name", [name for name, augmenter in AUGMENTERS.items() if not augmenter.moves])
def test_what_does_not_move_leaves_boxes_where_they_are(name, picture):
    draw = Runner(Pipeline(seed=2, entries=(Step(name=name),))).draw(picture, [(10, 10, 30, 30)], [(20.0, 20.0)])
    assert draw.boxes[0] == pytest.approx((10, 10, 30, 30))
    assert draw.points[0] == pytest.approx((20, 20))


def test_numpys_names_are_put_back_and_nothing_else():
    code = (
        "import imageio, numpy as np, scipy.ndimage, skimage.transform, skimage.segmentation, cv2, shapely\n"
        "from core.augmenters import imgaug\n"
        "before = dict(vars(np)); imgaug(); now = vars(np)\n"
        "print(sorted(k for k in now if k not in before or now[k] is not before[k]))\n"
        "assert np.float32 in np.sctypes['float'] and np.complex is complex"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(ast.literal_eval(done.stdout)) - {"f2py", "ctypeslib"} == {"complex", "sctypes"}
