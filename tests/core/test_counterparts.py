"""What torchvision has too does what imgaug does, as near as it says, and is written as it is made."""

import threading

import numpy as np
import pytest

from core.augmenter_table import AUGMENTERS
from core.counterparts import KNOWN, SIZES_PX, beside, counterpart, draws, throughput
from core.errors import PipelineRejected
from core.images import fit_within
from core.pipeline_text import parse
from core.pipelines import Pipeline, Runner, Step
from core.training.seed import CHANCE, seed_step

STILL = {"translate_percent": 0.0, "percent": 0.0, "shear": 0.0}  # without these, Affine means the same in both
DRAWN = {"ChannelShuffle", "AdditiveGaussianNoise"}  # nothing of theirs can be held still


@pytest.fixture(scope="module")
def small(sample) -> np.ndarray:
    return np.ascontiguousarray(fit_within(sample, 96)[:60, :90])


def held(name: str, share: float) -> Step:
    """A step whose ranges are one value, at a share of the way between their usual ends, and that is always used."""
    values: dict = {}
    for p in AUGMENTERS[name].parameters:
        if p.kind == "range":
            at = STILL.get(p.name, p.default[0] + share * (p.default[1] - p.default[0]))
            if name.startswith("Shear"):
                at = p.default[0] + share * (p.default[1] - p.default[0])
            values[p.name] = (round(at),) * 2 if p.is_whole else (at, at)
        if p.kind == "number" and p.name == "p":
            values["p"] = 1.0
    return Step(name=name, values=values)


@pytest.mark.parametrize("share", [0.2, 0.9])
@pytest.mark.parametrize("name", [name for name in KNOWN if name not in DRAWN])
def test_what_is_called_the_same_gives_the_same_picture(name, share, small):
    call = counterpart(held(name, share))
    assert call is not None
    ours = Runner(Pipeline(entries=(held(name, share),))).image(small)
    theirs = draws(small, (call,), 1, 0)[0]
    if call.nearness == "same":
        assert ours.shape == theirs.shape
        assert np.abs(ours.astype(float) - theirs).mean() < 1
    elif call.nearness == "other colours":  # nearer to imgaug's than twice the way that imgaug goes
        gone = np.abs(ours.astype(float) - small).mean()
        assert np.abs(ours.astype(float) - theirs).mean() < 1.5 * gone
        assert np.sign(theirs.mean() - small.mean()) == np.sign(ours.astype(float).mean() - small.mean()) or gone < 20
    else:
        assert theirs.dtype == np.uint8
        assert name == "CropToFixedSize" or (theirs != small).any()


def test_noise_is_as_strong():
    grey = np.full((64, 64, 3), 128, np.uint8)
    step = Step(name="AdditiveGaussianNoise", values={"scale": (20.0, 20.0), "per_channel": True})
    theirs = draws(grey, (counterpart(step),), 1, 0)[0]
    ours = Runner(Pipeline(entries=(step,))).image(grey)
    assert theirs.std() == pytest.approx(ours.std(), rel=0.05)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("PerspectiveTransform", 0.3, 3), ("ElasticTransformation", 0.4, 2.5)]
)
def test_what_is_drawn_otherwise_goes_about_as_far(name, low, high, small):
    pipeline = Pipeline(entries=(Step(name=name),))
    runner = Runner(pipeline)
    ours = np.mean([np.abs(runner.image(small).astype(float) - small).mean() for _ in range(12)])
    theirs = np.mean([np.abs(x.astype(float) - small).mean() for x in draws(small, beside(pipeline).calls, 12, 0)])
    assert low < theirs / ours < high


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Affine mode=edge", None),
        ("TranslateX percent=0..0.2", None),
        ("AddToHue value=-200..200", None),
        ("GaussianBlur sigma=0..0", None),
        ("Cutout nb_iterations=1..3", None),
        ("Invert per_channel=true", None),
        ("Multiply per_channel=true", None),
        ("Rain", None),
        ("Posterize nb_bits=1..4", "v2.RandomChoice([v2.RandomPosterize(bits=1, p=1.0), v2.RandomPosterize(bits=2"),
        ("Solarize threshold=10..200", "v2.RandomSolarize(threshold=105, p=1.0)"),
        ("Fliplr p=0.3 sometimes=0.5", "v2.RandomApply([v2.RandomHorizontalFlip(p=0.3)], p=0.5)"),
    ],
)
def test_a_step_is_written_or_has_none(line, values):
    call = counterpart(parse(line)[0])
    assert (call is None) if values is None else str(call).startswith(values)


def test_groups_orders_and_what_is_lacking():
    text = (
        "Fliplr\none sometimes=0.5\n- GaussianBlur\n- Rain\n- Posterize\n"
        "some of=1..2\n- Fliplr\n- Flipud\nall random\n- Multiply\n- Flipud"
    )
    both = beside(Pipeline(entries=parse(text), is_random=True))
    assert [call is not None for call in both.steps] == [True, True, False, True, False, False, True, True]
    (whole,) = both.calls
    assert whole.name == "RandomOrder"
    assert [call.name for call in whole.inside] == ["RandomHorizontalFlip", "RandomApply", "RandomOrder"]
    assert whole.inside[1].inside[0].name == "RandomChoice"
    assert [step.name for step in both.common.flat()] == ["Fliplr", "GaussianBlur", "Posterize", "Multiply", "Flipud"]


def test_some_of_all_has_no_counterpart():
    both = beside(Pipeline(entries=parse("Fliplr\nFlipud"), choose="some"))
    assert both.calls == ()
    assert both.steps == (None, None)
    assert both.common.flat() == []
    assert beside(Pipeline(entries=parse("Fliplr\nFlipud"), choose="one")).calls[0].name == "RandomChoice"


def test_the_same_seed_draws_the_same_and_leaves_torchs_own_draws_alone(small):
    import torch

    calls = beside(Pipeline(entries=parse("Fliplr\nRotate\nAdditiveGaussianNoise"))).calls
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again = draws(small, calls, 3, 1), draws(small, calls, 3, 1)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, draws(small, calls, 3, 2), strict=True))
    assert (torch.get_rng_state() == before).all()
    assert all((x == small).all() for x in draws(small, (), 2, 0))


def test_throughput_of_both_is_measured(small, monkeypatch):
    monkeypatch.setattr("core.counterparts.MEASURED_S", 0.02)
    found = throughput(small, Pipeline(entries=parse("Fliplr\nAdd")))
    assert [one.side_px for one in found] == list(SIZES_PX)
    for one in found:
        assert one.whole is not None
        assert one.common is not None
        assert min(one.whole, one.common, one.torchvision) > 1


def test_what_takes_too_long_has_no_figure(small, monkeypatch):
    monkeypatch.setattr("core.counterparts.LONGEST_S", 0.0)
    assert throughput(small, Pipeline(entries=parse("Fliplr\nAdd")))[0].whole is None


@pytest.mark.parametrize(("line", "height", "width"), [("GaussianBlur", 3, 32), ("ElasticTransformation", 8, 8)])
def test_a_picture_that_is_too_small_for_torchvision_is_refused(line, height, width):
    pipeline = Pipeline(entries=parse(line))
    with pytest.raises(PipelineRejected) as caught:
        draws(np.zeros((height, width, 3), np.uint8), beside(pipeline).calls, 4, 0)
    assert caught.value.reason == "failed"


def test_what_torchvision_cannot_do_has_no_figure(small, monkeypatch):
    monkeypatch.setattr("core.counterparts.MEASURED_S", 0.02)
    found = throughput(small, Pipeline(entries=parse("ElasticTransformation sigma=12..12")))
    assert found[0].torchvision is None
    assert found[0].whole is not None


def test_draws_are_the_same_beside_a_training(small):
    calls = beside(Pipeline(entries=parse("Fliplr\nRotate\nAdditiveGaussianNoise"))).calls
    alone, ends = draws(small, calls, 3, 1), threading.Event()

    def train() -> None:
        at = 0
        while not ends.is_set():
            with CHANCE:
                seed_step(0, at := at + 1)

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(20):
            beside_it = draws(small, calls, 3, 1)
            assert all((a == b).all() for a, b in zip(alone, beside_it, strict=True))
    finally:
        ends.set()
        thread.join()
