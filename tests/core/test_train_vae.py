"""A visitor's own VAE: what a run does, what its frame holds, and what beta decides."""

import json
import math
import struct

import numpy as np
import pytest
import torch

from core import small_pictures
from core.errors import DatasetError
from core.jobs import jobs
from core.train_vae import EXAMPLES, Settings, Training, about, model_of, start, trained
from tests.core.test_jobs import until

QUICK = Settings(n_pictures=200, epochs=3)


@pytest.fixture(autouse=True)
def fresh():
    small_pictures.all_of.cache_clear()
    yield
    small_pictures.all_of.cache_clear()


def to_the_end(settings: Settings) -> Training:
    run = Training(settings)
    while run.step():
        pass
    return run


def opened(frame: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length]), frame[4 + length :]


def test_a_frame_holds_codes_and_samples():
    run = to_the_end(QUICK)
    header, body = opened(run.frame())
    assert header["epoch"] == header["epochs"] == 3
    assert header["step"] == header["steps"] == 3 * (200 // 64)
    assert len(header["held"]) == 3
    assert len(header["labels"]) == header["codes"] == 397
    codes = np.frombuffer(body[: 2 * 397], np.int8).reshape(397, 2)
    samples = np.frombuffer(body[2 * 397 :], np.uint8)
    assert samples.size == header["tiles"] ** 2 * header["side"] ** 2 == 64 * 64
    with torch.inference_mode():
        mean, _log_variance = run.model.encode(run.test.float() / 255)
        made = run.model.decode(run.draws)
    assert np.abs(codes - (mean.numpy() / 3 * 127).clip(-127, 127)).max() < 0.51
    assert np.abs(samples.reshape(64, 8, 8) - 255 * made[:, 0].numpy()).max() < 0.51


def test_what_a_run_gives_is_its_models():
    run = to_the_end(QUICK)
    found = run.result()
    assert found.epoch == 3
    assert (found.reconstruction, found.kl) == run.epochs[-1]
    assert found.kl_by_number.sum() == pytest.approx(found.kl, rel=1e-3)
    with torch.inference_mode():
        again = run.model(run.test[: len(found.after)].float() / 255)
    assert np.allclose(again[:, 0].numpy(), found.after)


def test_it_learns_and_beta_empties_the_code():
    one, ten = (to_the_end(Settings(n_pictures=600, epochs=25, beta=beta)) for beta in (1.0, 10.0))
    assert sum(one.epochs[-1]) < sum(one.epochs[0])
    assert one.epochs[-1][1] > 0.4
    assert ten.epochs[-1][1] < 0.1
    assert one.epochs[-1][0] < ten.epochs[-1][0]


def test_the_same_seed_gives_the_same_run_and_another_seed_another_one():
    first, again, other = (to_the_end(QUICK.model_copy(update={"seed": seed})).epochs for seed in (0, 0, 1))
    assert first == again
    assert first != other
    state = torch.random.get_rng_state()
    model_of(QUICK)
    assert torch.equal(state, torch.random.get_rng_state())  # other visitors' draws stay theirs


def test_a_run_away_loss_ends_the_run():
    run = Training(QUICK)
    with torch.no_grad():
        run.model.to_mean.weight.fill_(math.nan)
    while run.step():
        pass
    header, _body = opened(run.frame())
    assert header["diverged"]
    assert header["epoch"] == 0
    assert run.result().has_diverged


def test_a_finished_run_looks_once_more_and_never_again():
    run = to_the_end(QUICK)
    first = run.frame()
    with torch.no_grad():
        run.model.to_mean.weight.add_(1)
    assert run.frame() == first


def test_a_job_is_asked_while_it_runs_and_after():
    job = start(QUICK)
    assert job.about == about(QUICK)
    assert trained(job).epoch == 0
    job.send("resume")
    until(lambda: job.state == "finished")
    assert trained(job).epoch == 3
    job.send("cancel")
    assert jobs().find(job.token) is not None


def test_pictures_that_are_not_here_are_told():
    with pytest.raises(DatasetError) as caught:
        start(Settings(data="MNIST"))
    assert caught.value.reason == "missing"


@pytest.mark.parametrize("data", ["MNIST", "Fashion-MNIST"])
def test_larger_pictures_train_too(data, made_data, monkeypatch):
    monkeypatch.setenv("CAMADAS_DATA", str(made_data))
    run = Training(Settings(data=data, n_pictures=100, epochs=1, n_code=4, likelihood="Gaussian"))
    while run.step():
        pass
    header, body = opened(run.frame())
    assert header["side"] == 28
    assert len(body) == 2 * header["codes"] + header["tiles"] ** 2 * 28 * 28


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_examples_are_settings(example):
    assert Settings(**example)
