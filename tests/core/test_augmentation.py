"""The page's subject: the same settings draw the same pictures, marks lie where they are put, files are bounded."""

import numpy as np
import pytest

from core.augmentation import (
    EXAMPLES,
    Marks,
    Settings,
    changed,
    draws,
    histogram,
    is_cut,
    marked,
    marks_of,
    middle,
    same_size,
    settings_of,
    sized,
    to_json,
)
from core.errors import PipelineRejected


@pytest.fixture
def small(sample) -> np.ndarray:
    return sized(sample, Settings(side_px=64))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_draws_the_same_pictures_twice(name, small):
    settings = Settings(**{**EXAMPLES[name], "draws": 4})
    first, again = draws(small, settings), draws(small, settings)
    assert len(first) == 4
    for one, two in zip(first, again, strict=True):
        assert (one.image == two.image).all()
        assert one.boxes == two.boxes
        assert [a.drawn for a in one.applied] == [a.drawn for a in two.applied]
    other = draws(small, settings.model_copy(update={"seed": 1}))
    assert any((a.image != b.image).any() for a, b in zip(first, other, strict=True))


def test_a_pipeline_comes_back_from_its_file():
    settings = Settings(**EXAMPLES["Some of many, in any order"], seed=5, draws=3)
    back = Settings(**settings_of(to_json(settings.as_pipeline()).encode()))
    assert back.as_pipeline() == settings.as_pipeline()


def test_marks_lie_where_they_are_put(small):
    settings = Settings(pipeline="Fliplr p=1", draws=1, box="10 20 30 60", points="25 50")
    assert marks_of(settings) == Marks((0.1, 0.2, 0.3, 0.6), ((0.25, 0.5),))
    height, width = small.shape[:2]
    draw = draws(small, settings)[0]
    assert draw.boxes[0] == pytest.approx((0.7 * width, 0.2 * height, 0.9 * width, 0.6 * height), abs=0.01)
    assert draw.points[0] == pytest.approx((0.75 * width, 0.5 * height), abs=0.01)
    rows, columns = np.nonzero(draw.mask)
    assert columns.mean() / width == pytest.approx(0.8, abs=0.03)
    assert rows.mean() / height == pytest.approx(0.4, abs=0.03)


def test_a_box_may_be_given_from_any_corner():
    assert marks_of(Settings(box="80 90 20 10")).box == (0.2, 0.1, 0.8, 0.9)


@pytest.mark.parametrize(
    "changes",
    [
        {"box": "1 2 3"},
        {"box": "a b c d"},
        {"box": "0 0 0 101"},
        {"points": "1"},
        {"points": "-1 2"},
        {"box": "nan 0 0 0"},
    ],
)
def test_marks_that_are_nowhere_are_refused(changes):
    with pytest.raises(PipelineRejected) as caught:
        marks_of(Settings(**changes))
    assert caught.value.reason == "marks"


def test_no_points_are_no_trouble(small):
    draw = draws(small, Settings(points="", draws=1))[0]
    assert draw.points == ()
    assert marked(draw).shape == draw.image.shape


def test_marks_are_drawn_on_a_copy(small):
    draw = draws(small, Settings(pipeline="", draws=1))[0]
    out = marked(draw)
    assert (draw.image == small).all()
    assert (out != draw.image).any()


def test_pictures_of_several_sizes_share_a_field(small):
    settings = Settings(pipeline="Resize size=20..60", draws=5)
    shapes = {picture.shape for picture in same_size([marked(draw) for draw in draws(small, settings)])}
    assert len(shapes) == 1


@pytest.mark.parametrize(
    ("shape", "cut"), [((20, 400), (20, 60)), ((400, 20), (60, 20)), ((20, 60), (20, 60)), ((1, 1), (1, 1))]
)
def test_of_a_panorama_the_middle_is_taken(shape, cut):
    image = np.arange(shape[0] * shape[1] * 3, dtype=np.uint32).reshape(*shape, 3)
    found = middle(image)
    assert found.shape[:2] == cut
    assert is_cut(image) == (shape != cut)
    assert image[shape[0] // 2, shape[1] // 2, 0] in found[..., 0]


def test_a_panorama_is_drawn_by_every_example():
    panorama = np.random.default_rng(0).integers(0, 256, (60, 4000, 3), np.uint8)
    for chosen in EXAMPLES.values():
        settings = Settings(**{**chosen, "draws": 1})
        draw = draws(sized(panorama, settings), settings)[0]
        assert min(draw.image.shape[:2]) >= 30


def test_a_histogram_counts_every_pixel(small):
    shares = histogram(small)
    assert shares.sum(axis=1) == pytest.approx([1, 1, 1])
    assert histogram(np.full((3, 3, 3), 255, np.uint8))[0, -1] == 1


def test_a_change_is_one_of_the_text():
    assert changed("Fliplr", "add", -1, "Affine", "") == "Fliplr\nAffine"


def test_without_time_there_is_a_sentence_and_with_little_there_are_fewer_draws(small, monkeypatch):
    with pytest.raises(PipelineRejected) as caught:
        draws(small, Settings(), 0.0)
    assert caught.value.reason == "too_slow"
    clock = iter(range(10_000))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(clock)))  # a second a look
    few = draws(small, Settings(draws=36), 60.0)
    monkeypatch.undo()
    assert 1 <= len(few) < 36
    everything = draws(small, Settings(draws=36))
    assert all((a.image == b.image).all() for a, b in zip(few, everything, strict=False))
