"""A live run: what it is made of, what it hears, what it shows."""

import json
import struct
import time

import numpy as np
import pytest
import torch

from core.errors import ExpressionError, SettingsError
from core.jobs import jobs
from core.many import Many
from core.moons import (
    EXAMPLES,
    SEEDS,
    about,
    data_of,
    fits,
    packed,
    results,
    row,
    seeds,
    snapshot,
    start,
    start_seeds,
    unpacked,
)
from core.plane import Settings, features_of, initial_weights, parse_layers, points_file, rate_at, shape_of, split
from core.playground import KEPT, MAP_CELLS, NEURON_CELLS, Playground
from core.points import clicked, made, read_csv
from core.training.tiny import Network, Rules

QUICK = {"n_points": 60, "epochs": 40, "layers": "4 tanh"}


def finish(work: Playground) -> Playground:
    work.command("pace", 0)
    while work.step():
        pass
    return work


def read(frame: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack("<I", frame[:4])
    return json.loads(frame[4 : 4 + length]), frame[4 + length :]


def test_it_learns_and_ends():
    work = finish(Playground(Settings(epochs=300)))
    header, _ = read(work.frame())
    assert header["why"] == "finished"
    assert header["epoch"] == 300
    assert header["measured"]["test"]["accuracy"] > 0.9
    assert header["history"][0][1] > 2 * header["history"][-1][1]


def test_a_frame_holds_the_plane_and_each_neuron():
    work = Playground(Settings(**{**QUICK, "layers": "5 relu\n3 gelu"}))
    header, body = read(work.frame())
    assert header["widths"] == [5, 3]
    assert len(body) == MAP_CELLS**2 + 8 * NEURON_CELLS**2
    assert [np.shape(layer) for layer in header["weights"]] == [(5, 3), (3, 6), (1, 4)]
    plane = np.frombuffer(body[: MAP_CELLS**2], np.int8).reshape(MAP_CELLS, MAP_CELLS)
    top_left = torch.tensor([[-2.95, 2.95]])
    score = float(work.network.scores(features_of(top_left, work.settings.features))[0, 0])
    assert plane[0, 0] == pytest.approx(max(-127, min(127, score / 4 * 127)), abs=1)


def test_classes_beyond_two_are_shown_as_such():
    work = finish(Playground(Settings(data="blobs", n_classes=5, loss="cross-entropy", epochs=60)))
    header, body = read(work.frame())
    assert header["n_classes"] == 5
    assert set(np.frombuffer(body[: MAP_CELLS**2], np.int8)) == set(range(5))


def test_the_same_settings_give_the_same_run():
    one, other = (finish(Playground(Settings(**QUICK))) for _ in range(2))
    assert torch.equal(one.network.flat, other.network.flat)
    third = finish(Playground(Settings(**QUICK, seed=1)))
    assert not torch.equal(one.network.flat, third.network.flat)


def test_it_hears_what_a_visitor_wants():
    work = Playground(Settings(**QUICK))
    before = work.network.flat.clone()
    work.command("step", None)
    assert work.epoch == 0
    assert not torch.equal(work.network.flat, before)
    work.command("epoch", None)
    assert work.epoch == 1
    for name, value in (("rate", 0.5), ("l1", 0.01), ("l2", 0.1)):
        work.command(name, value)
        assert getattr(work, name) == value
    work.command("weight", [0, 2, 1, -3.5])
    assert work.network.weights[0][2, 1] == -3.5
    header, _ = read(work.frame())
    assert (header["base_rate"], header["l2"]) == (0.5, 0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", "fast"),
        ("rate", -1),
        ("rate", float("nan")),
        ("rate", 1e9),
        ("weight", [0, 0]),
        ("weight", [9, 0, 0, 1.0]),
        ("weight", [0, 99, 0, 1.0]),
        ("weight", [0, 0, -1, 1.0]),
        ("weight", [0, 0, 0, float("inf")]),
        ("weight", [0, 0, 0, 10**400]),
        ("weight", [10**400, 0, 0, 1]),
        ("pace", 12345),
        ("scrub", "back"),
        ("nothing", None),
        ("_train", 5),
    ],
)
def test_nonsense_changes_nothing(name, value):
    work = Playground(Settings(**QUICK))
    before = work.network.flat.clone()
    work.command(name, value)
    assert torch.equal(work.network.flat, before)
    assert (work.rate, work.epoch, work.shown) == (0.1, 0, None)


def test_the_past_comes_back():
    work = finish(Playground(Settings(**{**QUICK, "epochs": 1500})))
    assert len(work.kept) <= KEPT
    work.command("scrub", 0)
    header, _ = read(work.frame())
    assert header["scrubbed"]
    assert header["epoch"] == 0
    fresh = Playground(Settings(**QUICK))
    assert header["weights"] == read(fresh.frame())[0]["weights"]
    work.command("live", None)
    assert read(work.frame())[0]["epoch"] == 1500


def test_a_rate_that_is_too_large_is_said_and_stops():
    work = finish(Playground(Settings(loss="MSE", learning_rate=10.0, layers="8 relu\n8 relu", epochs=2000)))
    header, _ = read(work.frame())
    assert header["why"] == "diverged"
    assert header["epoch"] < 2000
    assert all(np.isfinite(part["loss"]) for part in header["measured"].values())


def test_patience_ends_a_run_that_learns_by_heart():
    work = finish(Playground(Settings(**EXAMPLES["Learned by heart"], patience=100)))
    header, _ = read(work.frame())
    assert header["why"] == "early stopping"
    assert header["epoch"] < 2000
    validation = [entry[2] for entry in work.history]
    assert min(validation) < validation[-1]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_lesson_shows_what_it_says(name):
    work = finish(Playground(Settings(**{"epochs": 600, **EXAMPLES[name]})))
    accuracy = work.snapshot().measured().accuracies["train"]
    fails = ("A line is not enough: XOR without hidden layer", "A step too far", "A deep chain of sigmoids")
    if name in fails:
        assert accuracy < 0.8
    elif name == "All the same: weights of zero":
        rows = work.network.weights[0]
        assert torch.allclose(rows, rows[:1].expand_as(rows))
    elif name == "Dead neurons":
        hidden = torch.cat(work.network.layers(work.data.x)[:-1])
        assert (hidden.amax(1) == 0).any()
    else:
        assert accuracy > 0.85


def test_parts_layers_schedules_and_weights():
    data = split(made("moons", 100, 0.1, 2, 0), Settings())
    rows = [range(*part.indices(100)) for part in data.parts.values()]
    assert [len(r) for r in rows] == [60, 20, 20]
    assert len(set().union(*rows)) == 100
    assert parse_layers("") == []
    assert shape_of(Settings(layers="3 relu, 2", features=("x", "sin 2y", "xy")), 1).sizes == (3, 3, 2, 1)
    assert rate_at(Settings(schedule="cosine", epochs=100), 1.0, 50) == pytest.approx(0.5)
    assert rate_at(Settings(schedule="steps", epochs=100), 1.0, 99) == pytest.approx(1 / 32)
    shape = shape_of(Settings(layers="64 tanh\n64 tanh"), 1)
    spread = {kind: float(initial_weights(shape, kind, 0)[1][:, :-1].std()) for kind in ("Xavier", "He", "zeros")}
    assert spread == pytest.approx({"Xavier": (1 / 64) ** 0.5, "He": (2 / 64) ** 0.5, "zeros": 0.0}, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        (SettingsError, {"layers": "8 paint"}),
        (SettingsError, {"layers": "0 tanh"}),
        (SettingsError, {"layers": "65 tanh"}),
        (SettingsError, {"layers": "\n".join(["2"] * 7)}),
        (ExpressionError, {"data": "function", "expression": "import os"}),
    ],
)
def test_what_makes_no_run_is_said_before_it_waits(kind, chosen):
    with pytest.raises(kind):
        data_of(Settings(**chosen))
    with pytest.raises(kind):
        start(Settings(**chosen))


def test_a_run_is_found_by_its_token_and_waits_for_its_visitor():
    job = start(Settings(**QUICK))
    try:
        assert jobs().find(job.token) is job
        deadline = time.monotonic() + 30
        while job.state != "paused":
            assert time.monotonic() < deadline
            time.sleep(0.002)
        assert Settings.model_validate_json(job.about) == Settings(**QUICK)
    finally:
        job.send("cancel")


def test_own_points_are_learned_from_and_told_apart_from_others():
    chosen = Settings(data="my clicks", epochs=50)
    few, more = clicked([]), clicked([(0.5, 9.0, 2)])
    assert few.names == ("1", "2")
    assert more.names == ("1", "2", "3")
    assert more.xy[-1].tolist() == [0.5, 3.0]
    assert about(chosen, few) != about(chosen, more)
    assert about(chosen, few) == about(chosen, clicked([]))
    work = finish(Playground(chosen, more))
    assert work.data.y.shape == (5, 3)
    assert len(data_of(Settings(data="my CSV")).labels) == 300  # until there is a file
    assert len(data_of(Settings(data="my CSV"), few).labels) == 4


@pytest.mark.parametrize("schedule", ["cosine", "steps"])
def test_the_pace_changes_nothing_of_a_schedule(schedule):
    chosen = Settings(**QUICK, schedule=schedule)
    quick, slow = finish(Playground(chosen)), Playground(chosen)
    slow.command("pace", 0)
    while slow.step():
        slow.chunk = 1
    assert torch.equal(quick.network.flat, slow.network.flat)


def test_another_seed_of_the_weights_is_another_start_on_the_same_points():
    one, other = Playground(Settings(**QUICK)), Playground(Settings(**QUICK, weights_seed=5))
    assert torch.equal(one.data.x, other.data.x)
    assert not torch.equal(one.network.flat, other.network.flat)


def test_a_snapshot_is_what_is_shown_and_stays():
    work = Playground(Settings(**QUICK))
    work.command("epoch", None)
    work.command("epoch", None)
    now = work.snapshot()
    kept = now.network.flat.clone()
    work.command("epoch", None)
    assert torch.equal(now.network.flat, kept)
    assert (now.epoch, now.last_epoch, now.touched) == (2, 2, False)
    work.command("scrub", 0)
    work.command("weight", [0, 0, 0, 3.0])  # the past cannot be changed
    back = work.snapshot()
    assert (back.epoch, back.last_epoch, back.touched) == (0, 3, False)
    assert torch.equal(back.network.flat, Playground(Settings(**QUICK)).network.flat)
    work.command("epoch", None)  # going on shows the present again
    assert (work.snapshot().epoch, work.shown) == (4, None)
    assert not Playground(Settings(**QUICK)).snapshot().touched


def test_results_count_each_point_of_a_part_once():
    work = finish(Playground(Settings(data="blobs", n_classes=4, loss="cross-entropy", epochs=100)))
    now = work.snapshot()
    found = results(now, "test")
    assert found.confusion.sum() == 60
    assert found.accuracy == pytest.approx(found.confusion.trace() / 60)
    assert found.accuracy == pytest.approx(now.measured().accuracies["test"])
    assert sum(line.n for line in found.report) == 60
    assert set(np.unique(found.plane)) == set(range(4))
    header, body = read(work.frame())
    assert np.array_equal(found.plane.tobytes(), body[: header["cells"] ** 2])
    assert (row(now).epoch, row(now).n_parameters) == (100, now.network.flat.numel())


def test_a_network_of_a_file_goes_on():
    work = finish(Playground(Settings(**QUICK)))
    loaded = unpacked(packed(work.snapshot()))
    assert fits(loaded, Settings(**QUICK, learning_rate=1.0, noise=0.3), data_of(Settings(**QUICK)))
    assert not fits(loaded, Settings(**{**QUICK, "layers": "5 tanh"}), data_of(Settings(**QUICK)))
    assert not fits(loaded, Settings(**QUICK, features=("x", "xy")), data_of(Settings(**QUICK)))
    job = start(Settings(**QUICK), loaded=loaded)
    try:
        assert torch.equal(job.answer(Playground.snapshot).network.flat, work.network.flat)
        assert job.about == about(Settings(**QUICK), None, loaded) != about(Settings(**QUICK))
    finally:
        job.send("cancel")


def test_seeds_are_runs_of_the_board():
    settings = Settings(**QUICK)
    job = start_seeds(settings)
    deadline = time.monotonic() + 30
    rows = []
    while not rows:
        assert time.monotonic() < deadline
        _epoch, rows = seeds(job)
    job.send("cancel")
    assert [found.settings.weights_seed for found in rows] == list(range(SEEDS))
    alone = finish(Playground(settings.model_copy(update={"weights_seed": 3}))).snapshot()
    assert rows[3].measured.losses["test"] == pytest.approx(alone.measured().losses["test"], abs=1e-4)


def test_points_go_out_as_they_came_in():
    own = clicked([(0.5, 1.0, 2), (2.0, -2.0, 1)])
    chosen = Settings(data="my clicks", seed=4)
    text = points_file(chosen, data_of(chosen, own))
    again = read_csv(text.encode())
    assert [line.split(",")[2] for line in text.split("\n")] == [own.names[label] for label in own.labels]
    assert len(again.labels) == 6


def test_a_large_network_keeps_fewer_moments():
    work = Playground(Settings(n_points=20, layers="\n".join(["64 tanh"] * 6), batch_size=1000))
    for _ in range(120):
        work.command("epoch", None)
    assert 16 < len(work.kept) <= 4 * 2**20 // work.network.flat.nbytes < KEPT
    work.command("scrub", 0)
    assert work.snapshot().epoch == 0


@pytest.mark.parametrize(
    "chosen", [EXAMPLES["Learned by heart"], {"n_points": 60, "noise": 0.4, "batch_norm": True, "layers": "16 relu"}]
)
def test_patience_does_not_depend_on_the_pace(chosen):
    settings = Settings(**chosen, patience=12)
    quick, slow = finish(Playground(settings)), Playground(settings)
    while slow.epoch < settings.epochs and not slow.why:
        slow.command("epoch", None)
        slow._is_over()
    assert quick.why == slow.why == "early stopping"
    assert quick.epoch == slow.epoch < settings.epochs
    assert torch.equal(quick.network.flat, slow.network.flat)
    many = Many([settings] * 2)
    while many.step():
        pass
    row = many.rows()[1]
    assert row.epoch == quick.epoch
    assert row.measured.losses["test"] == pytest.approx(quick.snapshot().measured().losses["test"], abs=1e-4)


def test_a_network_of_a_file_takes_the_loss_and_dropout_of_the_controls():
    work = finish(Playground(Settings(**QUICK, dropout=0.3)))
    loaded = unpacked(packed(work.snapshot()))
    for chosen in ({"loss": "MSE"}, {"dropout": 0.5}, {}):
        settings = Settings(**QUICK, **chosen)
        again = Playground(settings, begun=loaded.network)
        assert torch.equal(again.network.flat, work.network.flat)
        again.command("epoch", None)
        assert again.network.shape == shape_of(settings, 1)
        fresh = Network(shape_of(settings, 1), [w.clone() for w in work.network.weights])
        order = torch.randperm(36, generator=torch.Generator().manual_seed(1))[None]
        noise = None
        if settings.dropout:
            generator = torch.Generator().manual_seed(1)
            torch.randperm(36, generator=generator)
            noise = torch.rand(1, 4, 36, generator=generator)
        rows = work.data.parts["train"]
        rules = Rules("SGD", torch.tensor([0.1]), batch_size=10)
        fresh.train(work.data.x[rows], work.data.y[rows], order, rules, noise)
        assert torch.allclose(fresh.flat, again.network.flat, atol=1e-6)
    assert Playground(Settings(**QUICK), begun=loaded.network).snapshot().touched


def test_batch_norm_leaves_a_last_point_alone_out():
    chosen = Settings(n_points=60, train_share=0.35, batch_norm=True, layers="4 tanh", epochs=10)
    work = Playground(chosen)
    assert len(work.data.x[work.data.parts["train"]]) % 10 == 1
    finish(work)
    assert torch.isfinite(work.network.flat).all()
    assert work.network.n_steps == 2 * 10
    with pytest.raises(SettingsError) as raised:
        start(Settings(batch_norm=True, batch_size=1))
    assert raised.value.reason == "batch_norm_of_one"


def test_an_epoch_beyond_the_last_one_is_not_trained():
    work = finish(Playground(Settings(**QUICK)))
    work.command("epoch", None)
    assert work.epoch == QUICK["epochs"]


def test_an_ended_run_keeps_what_was_shown():
    job = start(Settings(**QUICK))
    job.send("epoch")
    assert snapshot(job).epoch == 1
    job.send("cancel")
    deadline = time.monotonic() + 30
    while job.state != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert snapshot(job).epoch == 1
    assert packed(snapshot(job))
