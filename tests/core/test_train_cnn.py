"""A visitor's own network: what is built, what is refused, and that a run goes where its settings say."""

import json
import struct

import numpy as np
import pytest
import torch
from torch import nn

from core import small_pictures, train_cnn
from core.checkpoints import read_card
from core.errors import DatasetError, SettingsError
from core.jobs import jobs
from core.small_pictures import places
from core.train_cnn import (
    EXAMPLES,
    Settings,
    Training,
    about,
    first_weights,
    live,
    n_parameters,
    pictures,
    planned,
    shipped,
    start,
    trained,
)

QUICK = Settings(n_pictures=200, epochs=2, stack="conv 8 3\nrelu\nmaxpool 2", learning_rate=0.01)


@pytest.fixture(autouse=True)
def fresh():
    small_pictures.all_of.cache_clear()
    yield
    small_pictures.all_of.cache_clear()


def header_of(frame: bytes) -> dict:
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_makes_a_network_of_ten_scores(name):
    settings = Settings(**EXAMPLES[name])
    net = first_weights(planned(settings), settings.seed)
    shape = (3, 32, 32) if settings.data == "CIFAR-10" else (1, 8, 8)
    assert net(torch.rand(2, *shape)).shape == (2, 10)
    assert n_parameters(settings) == sum(p.numel() for p in net.parameters())


def test_first_weights_come_from_the_seed_alone_and_are_torchs_own():
    torch.manual_seed(5)
    one = first_weights(planned(Settings()), 3)
    torch.manual_seed(6)
    two, other = first_weights(planned(Settings()), 3), first_weights(planned(Settings()), 4)
    same = [torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True)]
    assert all(same)
    assert not torch.equal(one[0].weight, other[0].weight)
    big = first_weights(nn.Conv2d(64, 64, 3), 0)
    theirs = nn.Conv2d(64, 64, 3)
    assert float(big.weight.detach().std()) == pytest.approx(float(theirs.weight.detach().std()), rel=0.03)
    assert float(big.bias.detach().abs().max()) <= (64 * 9) ** -0.5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"stack": "conv 4096 63 padding=31"}, "too_many_parameters"),
        ({"data": "CIFAR-10", "stack": "conv 256 9 padding=4\nconv 64 9 padding=4"}, "too_many_products"),
        ({"stack": "flatten\ndense 65536\ndense 65536"}, "too_many_parameters"),
        ({"stack": "conv 1024 1 padding=31\nrelu\nglobalpool"}, "too_many_numbers"),
        ({"stack": "maxpool 2\nmaxpool 2\nmaxpool 2\nmaxpool 2"}, "kernel_too_large"),
        ({"stack": "dense 10"}, "not_flat"),
        ({"stack": "what"}, "no_layer"),
    ],
)
def test_networks_that_do_not_fit_are_refused(changes, reason):
    with pytest.raises(SettingsError) as caught:
        start(Settings(**changes))
    assert caught.value.reason == reason


def test_an_empty_stack_is_a_linear_classifier():
    assert n_parameters(Settings(stack="")) == 64 * 10 + 10


@pytest.mark.parametrize("data", ["MNIST", "Fashion-MNIST", "CIFAR-10"])
def test_pictures_that_are_not_here_are_a_sentence_and_no_download(data):
    assert places() == ["digits"]
    with pytest.raises(DatasetError) as caught:
        start(Settings(data=data))
    assert caught.value.reason == "missing"


@pytest.mark.parametrize("data", ["MNIST", "Fashion-MNIST", "CIFAR-10"])
def test_pictures_that_are_here_are_trained_on(data, made_data, monkeypatch):
    monkeypatch.setenv("CAMADAS_DATA", str(made_data))
    assert data in places()
    settings = QUICK.model_copy(update={"data": data, "batch_size": 16})
    found = pictures(settings)
    assert len(found.x) == len(found.labels) == 24
    run = Training(settings)
    while run.step():
        pass
    assert run.result().said.shape == (24,)
    assert shipped(settings) == []  # these are not the pictures that our cards speak of
    monkeypatch.setattr(train_cnn, "test_set", lambda _name: object())
    rows = shipped(settings)
    assert [name for name, _n, _share in rows] == list(train_cnn.SHIPPED[data])
    said = read_card(train_cnn.SHIPPED[data][rows[0][0]]).evaluation.answers()[0][:24]
    assert rows[0][2] == pytest.approx((said == found.labels_test.numpy()).mean())


def test_a_run_tells_its_losses_and_ends():
    run = Training(QUICK)
    assert header_of(run.frame())["step"] == 0
    while run.step():
        pass
    told = header_of(run.frame())
    assert (told["epoch"], told["step"], told["steps"]) == (2, 6, 6)
    assert [at for at, _loss in told["losses"]][-1] == 2
    assert told["losses"][-1][1] < told["losses"][0][1]
    assert len(told["held"]) == 2
    found = run.result()
    assert found.accuracy == pytest.approx(told["held"][-1][1], abs=1e-4)
    truth = run.data.labels_test.numpy()
    assert found.accuracy == pytest.approx((found.said == truth).mean())
    wrong = np.flatnonzero(found.said != truth)
    assert found.truths == [str(truth[at]) for at in wrong[:24]]
    assert found.images.shape[1:] == (8, 8, 3)


def test_the_same_settings_end_the_same():
    ends = []
    for _ in range(2):
        torch.rand(3)  # whatever was drawn before
        run = Training(QUICK.model_copy(update={"stack": "conv 8 3\ndropout 0.3\nrelu"}))
        while run.step():
            pass
        ends.append(run.losses[-1])
    assert ends[0] == ends[1]


@pytest.mark.parametrize(("optimizer", "rate"), [("AdamW", 0.01), ("SGD", 0.1), ("Muon", 0.1)])
def test_every_optimizer_learns(optimizer, rate):
    changes = {"optimizer": optimizer, "learning_rate": rate, "n_pictures": 600, "epochs": 5}
    run = Training(QUICK.model_copy(update=changes))
    while run.step():
        pass
    assert run.epochs[-1]["accuracy"] > 0.5


def test_muon_without_any_convolution_takes_adamw():
    run = Training(QUICK.model_copy(update={"optimizer": "Muon", "stack": "flatten"}))
    run.step()
    assert run.step_now > 0
    assert isinstance(live(run.settings).optimizer(run.task.model), torch.optim.AdamW)


def test_a_long_run_sends_few_points():
    many = [(at / 10, 1.0 + at) for at in range(5000)]
    thin = train_cnn._thinned(many)
    assert len(thin) <= 240
    assert thin[-1][0] == many[-1][0]
    assert np.mean([loss for _at, loss in thin]) == pytest.approx(np.mean([loss for _at, loss in many]), rel=0.01)


def test_a_job_waits_for_its_start_and_answers():
    job = start(QUICK, owner="me")
    try:
        assert job.about == about(QUICK)
        found = trained(job)
        assert found.epoch == 0
        assert found.accuracy < 0.4
    finally:
        job.send("cancel")
    assert jobs().find(job.token, "another") is None


def test_a_run_whose_loss_runs_away_ends_and_says_so():
    wild = {"optimizer": "SGD", "learning_rate": 0.3, "stack": "flatten\ndense 64\ndense 64\ndense 64", "epochs": 60}
    run = Training(QUICK.model_copy(update=wild))
    while run.step():
        pass
    told = header_of(run.frame())  # NaN would be no JSON
    assert told["diverged"]
    assert told["epoch"] < 60
    assert run.result().said.shape == (397,)
