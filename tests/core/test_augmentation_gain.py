"""The comparison: pairs begin alike, only one of them meets the pipeline, and the figures are those of the runs."""

import json
import math
import struct

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from core.augmentation_gain import (
    EXAMPLES,
    NETWORK,
    AugmentedTask,
    Comparison,
    Gain,
    Settings,
    about,
    augmented,
    check,
    cnn,
    gained,
    pictures,
    seed_of,
    shown,
    start,
)
from core.errors import DatasetError, PipelineRejected
from core.pipeline_text import parse
from core.pipelines import Pipeline, Runner
from core.small_pictures import Pictures, all_of
from core.train_cnn import first_weights, live, planned
from core.training.classification import ClassificationTask

QUICK = Settings(n_pictures=100, epochs=2, n_seeds=2)


def header_of(frame: bytes) -> dict:
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length])


def to_the_end(settings: Settings) -> Comparison:
    run = Comparison(settings)
    while run.step():
        pass
    return run


def test_a_pipeline_that_does_nothing_buys_nothing():
    found = to_the_end(QUICK.model_copy(update={"pipeline": "", "epochs": 3})).result()
    assert (found.without == found.with_it).all()
    assert len(set(found.without)) == 2  # the seeds differ
    assert found.difference == (0, 0)


def test_a_pipeline_that_lies_costs():
    found = to_the_end(Settings(pipeline="Invert p=1", epochs=8, n_seeds=2)).result()
    assert found.means[0] > found.means[1] + 0.1


def test_the_curves_are_of_all_seeds_and_the_ends_of_each():
    run = to_the_end(QUICK)
    header = header_of(run.frame())
    assert (header["step"], header["steps"], header["epoch"], header["epochs"]) == (8, 8, 2, 2)
    for curve, runs in ((header["without"], run.accuracies[:2]), (header["with"], run.accuracies[2:])):
        assert len(curve) == 2
        for at, (mean, low, high) in enumerate(curve):
            values = [seen[at] for seen in runs]
            assert mean == pytest.approx(np.mean(values), abs=1e-4)
            spread = abs(values[0] - values[1]) / math.sqrt(2)
            assert (high - mean, mean - low) == pytest.approx((spread, spread), abs=2e-4)
    found = run.result()
    assert list(found.without) == [seen[-1] for seen in run.accuracies[:2]]
    assert list(found.with_it) == [seen[-1] for seen in run.accuracies[2:]]


def test_all_networks_keep_step_and_nothing_is_measured_at_first():
    run = Comparison(QUICK)
    assert run.result().epoch == 0
    assert header_of(run.frame())["with"] == []
    while run.step():
        ended = [len(seen) for seen in run.accuracies]
        assert max(ended) - min(ended) <= 1


def test_mean_spread_and_error_are_the_textbooks():
    found = Gain(np.array([0.8, 0.9]), np.array([0.9, 0.94]), 1, 1)
    assert found.means == pytest.approx((0.85, 0.92))
    assert found.spreads == pytest.approx((0.1 / math.sqrt(2), 0.04 / math.sqrt(2)))
    assert found.difference == pytest.approx((0.07, 0.03))  # differences 0.1 and 0.04


def test_nobody_validates_on_what_was_learned_from():
    digits = load_digits()
    data = pictures(Settings(n_pictures=1000))
    assert len(data.x) == 1000
    assert (data.labels_test.numpy() == digits.target[1400:]).all()


def test_what_is_validated_on_comes_from_the_training_set(monkeypatch):
    many = torch.arange(10_000)
    whole = Pictures(many, many, torch.full((5,), -1), torch.full((5,), -1), ())
    monkeypatch.setattr("core.augmentation_gain.all_of", lambda _data: whole)
    data = pictures(Settings(data="MNIST", n_pictures=1000))
    assert data.x.tolist() == list(range(1000))
    assert data.x_test.tolist() == list(range(9000, 10_000))
    with pytest.raises(DatasetError):
        all_of("CIFAR-10")


def test_a_batch_is_drawn_by_seed_epoch_and_place_alone():
    settings = QUICK.model_copy(update={"pipeline": "TranslateX percent=-0.3..0.3"})
    data, own = pictures(settings), cnn(settings)
    given = (first_weights(planned(own), 0), data.x, data.labels, (data.x_test, data.labels_test), live(own))
    task, plain = AugmentedTask(*given, Runner(settings.as_pipeline())), ClassificationTask(*given)
    first, other, again = task.batch(1, 0), task.batch(1, 1), task.batch(1, 0)
    assert torch.equal(first["x"], again["x"])
    assert torch.equal(first["label"], plain.batch(1, 0)["label"])
    assert not torch.equal(first["x"], plain.batch(1, 0)["x"])
    assert not torch.equal(first["x"], other["x"])
    assert len({seed_of(s, e, i) for s in range(3) for e in range(3) for i in range(3)}) == 27


@pytest.mark.parametrize("text", ["Resize size=16..20", "MultiplyHue", "CropToSquare\nRotate", "Grayscale", ""])
@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 10, 3)])
def test_a_draw_keeps_size_and_channels(text, shape, sample):
    image = np.ascontiguousarray(sample[: shape[0], : shape[1], : shape[2]])
    made = augmented(Runner(Pipeline(entries=parse(text))), image)
    assert made.shape == shape
    assert made.dtype == np.uint8
    assert (made == image).all() if not text else True


def test_pictures_are_shown_as_they_are_and_drawn():
    before, after = shown(QUICK)
    assert len(before) == len(after)
    assert all(a.shape == b.shape == (8, 8, 3) for a, b in zip(before, after, strict=True))
    assert any((a != b).any() for a, b in zip(before, after, strict=True))


def test_a_slow_pipeline_and_a_wrong_one_are_refused(monkeypatch):
    with pytest.raises(PipelineRejected):
        start(Settings(pipeline="Nothing"))
    monkeypatch.setattr("core.augmentation_gain.SLOWEST_S", -1.0)
    with pytest.raises(PipelineRejected) as caught:
        check(Pipeline(entries=parse("Fliplr")), pictures(QUICK))
    assert caught.value.reason == "too_slow"


def test_what_is_rarely_used_is_measured_too(monkeypatch):
    measured = []

    class Spy(Runner):
        def __init__(self, pipeline: Pipeline, **given) -> None:
            measured.append(pipeline)
            super().__init__(pipeline, **given)

    monkeypatch.setattr("core.augmentation_gain.Runner", Spy)
    check(Pipeline(entries=parse("Fliplr sometimes=0.01"), choose="some"), pictures(QUICK))
    assert [(step.name, step.p) for step in measured[0].flat()] == [("Fliplr", 1.0)]
    assert measured[0].choose == "all"


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_of_a_network_without_dropout(name):
    settings = Settings(**EXAMPLES[name])
    assert cnn(settings, 2).seed == settings.seed + 2
    assert cnn(settings).data == settings.data
    assert settings.as_pipeline().flat()
    assert "dropout" not in NETWORK
    assert about(settings) != about(settings.model_copy(update={"seed": 7}))


def test_a_run_tells_how_far_it_is():
    job = start(QUICK)
    assert gained(job).epoch == 0
    job.send("cancel")
