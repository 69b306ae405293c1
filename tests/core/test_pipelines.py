"""Pipelines: draws follow from the seed, what was drawn is told as it was, hostile files are refused."""

import contextlib
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.augmenter_table import AUGMENTERS
from core.errors import PipelineRejected
from core.pipelines import MAX_BYTES, MAX_STEPS, Group, Pipeline, Runner, Step, build, from_json, to_json, unsparing

MIXED = Pipeline(
    seed=11,
    entries=(
        Step(name="Affine", values={"rotate": (-40.0, 40.0)}),
        Group(choose="one", steps=(Step(name="GaussianBlur"), Step(name="AdditiveGaussianNoise"))),
        Step(name="Fliplr", p=0.5, values={"p": 1.0}),
        Group(choose="some", least=0, most=2, is_random=True, steps=(Step(name="Add"), Step(name="Multiply"))),
        Group(choose="one", p=0.6, steps=(Step(name="Invert"), Step(name="Sharpen", p=0.5))),
    ),
)


@pytest.fixture
def picture(sample) -> np.ndarray:
    return cv2.resize(sample, (48, 40), interpolation=cv2.INTER_AREA)


def test_the_same_seed_draws_the_same_pictures_and_another_one_others(picture):
    def drawn(pipeline: Pipeline) -> list[np.ndarray]:
        runner = Runner(pipeline)
        return [runner.image(picture) for _ in range(4)]

    first, again, other = drawn(MIXED), drawn(MIXED), drawn(MIXED.model_copy(update={"seed": 12}))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))
    assert any((a != first[0]).any() for a in first[1:])


def test_to_note_what_is_drawn_changes_nothing(picture):
    plain, noted = Runner(MIXED), Runner(MIXED, is_noted=True)
    for _ in range(12):
        draw = noted.draw(picture)
        assert (plain.image(picture) == draw.image).all()
        assert (draw.applied[-1].image == draw.image).all()


def test_what_is_told_is_what_was_drawn(picture):
    step = Step(name="Add", values={"value": (-60.0, 60.0)})
    runner = Runner(Pipeline(seed=1, entries=(step,)), is_noted=True)
    flat, seen = np.full_like(picture, 128), set()
    for _ in range(10):
        draw = runner.draw(flat)
        low, high = draw.applied[0].drawn["value"]
        assert low == high == int(draw.image[0, 0, 0]) - 128
        seen.add(low)
    assert len(seen) > 5
    assert all(-60 <= value <= 60 for value in seen)


def test_a_rotation_that_is_told_turns_the_points_by_it(picture):
    runner = Runner(Pipeline(seed=4, entries=(Step(name="Rotate", values={"rotate": (20.0, 80.0)}),)), is_noted=True)
    draw = runner.draw(picture, points=[(24.0 + 10, 20.0)])  # right of the middle, by 10
    angle = np.deg2rad(draw.applied[0].drawn["rotate"][0])
    assert draw.points[0] == pytest.approx((24 + 10 * np.cos(angle), 20 + 10 * np.sin(angle)), abs=0.6)


@pytest.mark.parametrize("name", ["Superpixels", "UniformVoronoi", "KMeansColorQuantization"])
def test_what_imgaug_cannot_do_is_refused_with_a_sentence(name):
    strip = np.random.default_rng(0).integers(0, 256, (1, 500, 3), np.uint8)
    pipeline = Pipeline(entries=(Step(name=name),) * 4)
    with pytest.raises(PipelineRejected) as caught:
        Runner(pipeline).image(strip)
    assert caught.value.reason == "failed"
    with pytest.raises(PipelineRejected):
        Runner(pipeline, is_noted=True).draw(strip)


@pytest.mark.parametrize("text", ['{"choose":"\\ud800"}', '{"\\ud800":1}', '{"version":"\\ud800"}'])
def test_half_a_character_in_a_file_makes_a_sentence_all_the_same(text):
    with pytest.raises(PipelineRejected) as caught:
        from_json(text.encode())
    assert str(caught.value).encode()


def test_a_deadline_alone_draws_the_same_and_ends_a_draw(picture):
    plain, timed = Runner(MIXED), Runner(MIXED, deadline=1e12)
    assert all((plain.image(picture) == timed.image(picture)).all() for _ in range(6))
    timed.deadline = -1.0
    with pytest.raises(PipelineRejected) as caught:
        timed.image(picture)
    assert caught.value.reason == "too_slow"


def test_unsparing_leaves_nothing_to_chance():
    every = unsparing(MIXED)
    assert every.choose == "all"
    assert [step.name for step in every.flat()] == [step.name for step in MIXED.flat()]
    assert all(step.p == 1 for step in every.flat())
    assert all(e.choose == "all" and e.p == 1 for e in every.entries if isinstance(e, Group))


def test_what_a_foreground_draws_is_told_too():
    flat = np.full((8, 8, 3), 200, np.uint8)
    step = Step(name="BlendAlpha", values={"factor": (1.0, 1.0), "foreground": "Solarize"})
    pipeline = Pipeline(seed=2, entries=(step,))
    runner, plain, seen = Runner(pipeline, is_noted=True), Runner(pipeline), set()
    for _ in range(6):
        draw = runner.draw(flat)
        assert (draw.image == plain.image(flat)).all()
        (low, high) = draw.applied[0].drawn["foreground_threshold"]
        assert low == high
        assert draw.applied[0].drawn["factor"] == (1, 1)
        assert int(draw.image[0, 0, 0]) == (55 if low <= 200 else 200)
        seen.add(low)
    assert len(seen) > 1


@pytest.mark.parametrize("role", ["Salt", "Dropout", "CoarseDropout"])
def test_a_share_is_the_share_of_pixels(role):
    step = Step(name=role, values={"p": (0.3, 0.3), "per_channel": False})
    image = np.full((100, 100, 3), 100, np.uint8)
    out = Runner(Pipeline(seed=0, entries=(step,))).image(image)
    assert (out != 100).any(axis=2).mean() == pytest.approx(0.3, abs=0.06)


def test_one_some_and_sometimes(picture):
    runner = Runner(MIXED, is_noted=True)
    counts = np.zeros(8)
    for _ in range(200):
        used = [applied.step for applied in runner.draw(picture).applied]
        assert used[0] == 0
        assert (1 in used) != (2 in used)
        counts[used] += 1
    assert counts[0] == 200
    assert 60 < counts[1] < 140
    assert 70 < counts[3] < 130
    assert 60 < counts[4] < 140


def test_random_order_is_random(picture):
    steps = tuple(Step(name=name) for name in ("Add", "Multiply", "GammaContrast"))
    runner = Runner(Pipeline(entries=steps, is_random=True), is_noted=True)
    orders = {tuple(a.step for a in runner.draw(picture).applied) for _ in range(60)}
    assert len(orders) == 6
    listed = Runner(Pipeline(entries=steps), is_noted=True)
    assert {tuple(a.step for a in listed.draw(picture).applied) for _ in range(10)} == {(0, 1, 2)}


def test_boxes_points_and_mask_travel_along_a_flip(picture):
    mask = np.zeros((40, 48), np.uint8)
    mask[5:9, 2:12] = 1
    runner = Runner(Pipeline(entries=(Step(name="Fliplr", values={"p": 1.0}),)))
    draw = runner.draw(picture, [(2, 5, 12, 9)], [(2.0, 5.0)], mask)
    assert (draw.image == picture[:, ::-1]).all()
    assert draw.boxes == ((36, 5, 46, 9),)
    assert draw.points == ((46, 5),)
    assert (draw.mask == mask[:, ::-1]).all()


def test_grey_stays_grey_unless_a_step_needs_colours(picture):
    grey = np.ascontiguousarray(picture[:, :, 0])
    assert Runner(Pipeline(entries=(Step(name="Fliplr"),))).image(grey).shape == grey.shape
    assert Runner(Pipeline(entries=(Step(name="MultiplyHue"),))).image(grey).shape == picture.shape


def test_nothing_to_do_changes_nothing(picture):
    for pipeline in (Pipeline(), Pipeline(choose="one"), Pipeline(choose="some"), Pipeline(entries=(Group(),))):
        assert (Runner(pipeline).image(picture) == picture).all()
    assert build(Pipeline()) is not None


def test_a_pipeline_comes_back_from_its_file():
    assert from_json(to_json(MIXED).encode()) == MIXED


@given(st.sampled_from(sorted(AUGMENTERS)), st.integers(0, 1000), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_any_pipeline_comes_back_from_its_file(name, seed, p):
    pipeline = Pipeline(seed=seed, is_random=bool(seed % 2), entries=(Step(name=name, p=p), Group(p=p)))
    assert from_json(to_json(pipeline).encode()) == pipeline


def file_with(**changes) -> bytes:
    return json.dumps({**json.loads(to_json(MIXED)), **changes}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"import os; os.remove('x')", "not_json"),
        (b"[" * 90_000, "not_json"),
        (b"[]", "not_a_pipeline"),
        (b"3", "not_a_pipeline"),
        (b"x" * (MAX_BYTES + 1), "file_too_large"),
        (file_with(draws=1_000_000), "not_a_pipeline"),
        (file_with(draws=0), "not_a_pipeline"),
        (file_with(seed=-1), "not_a_pipeline"),
        (file_with(seed=2**40), "not_a_pipeline"),
        (file_with(version=2), "not_a_pipeline"),
        (file_with(code="print(1)"), "not_a_pipeline"),
        (file_with(choose="none"), "not_a_pipeline"),
        (file_with(entries=[{"name": "Lambda"}]), "unknown_augmenter"),
        (file_with(entries=[{"name": "__import__"}]), "unknown_augmenter"),
        (file_with(entries=[{"name": "Affine", "values": {"func": "x"}}]), "unknown_parameter"),
        (file_with(entries=[{"name": "GaussianBlur", "values": {"sigma": [0, 1e9]}}]), "value"),
        (file_with(entries=[{"name": "GaussianBlur", "values": {"sigma": [3, 1]}}]), "value"),
        (file_with(entries=[{"name": "GaussianBlur", "values": {"sigma": 3}}]), "value"),
        (file_with(entries=[{"name": "AverageBlur", "values": {"k": [1.5, 3]}}]), "value"),
        (file_with(entries=[{"name": "Affine", "values": {"mode": "constant; rm"}}]), "value"),
        (file_with(entries=[{"name": "CropToFixedSize", "values": {"width": True}}]), "value"),
        (b'{"entries": [{"name": "GaussianBlur", "values": {"sigma": [0, NaN]}}]}', "value"),
        (b'{"entries": [{"name": "GaussianBlur", "values": {"sigma": [0, Infinity]}}]}', "value"),
        (file_with(entries=[{"name": "Add", "p": 2}]), "not_a_pipeline"),
        (file_with(entries=[{"steps": [{"steps": []}]}]), "not_a_pipeline"),
        (file_with(entries=[{"name": "Add"}] * (MAX_STEPS + 1)), "not_a_pipeline"),
        (file_with(entries=[{"steps": [{"name": "Add"}] * 20}] * 2), "too_many_steps"),
    ],
)
def test_files_of_strangers_are_refused_for_a_reason(data, reason):
    with pytest.raises(PipelineRejected) as caught:
        from_json(data)
    assert caught.value.reason == reason
    assert len(str(caught.value)) < 300


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_or_a_pipeline(data):
    with contextlib.suppress(PipelineRejected):
        assert isinstance(from_json(data), Pipeline)
