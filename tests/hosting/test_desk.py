"""What the desk knows of runs, and what batches are made of; without a cluster."""

import numpy as np
import pytest

from core.cluster import desk, inference
from core.cluster.desk import Desk, Left
from core.errors import JobError
from core.inference import predict


class Quiet(Desk):
    """Has no processes ready."""

    def _lay_in(self) -> None:
        pass


class NoRay:
    def get_actor(self, *_about: object) -> None:
        raise ValueError

    def kill(self, *_about: object, **_more: object) -> None:
        raise AssertionError


@pytest.fixture
def quiet(monkeypatch) -> Desk:
    monkeypatch.setattr(desk, "ray", NoRay())
    return Quiet()


def test_an_owner_and_an_address_have_their_limits(quiet, monkeypatch):
    monkeypatch.setenv("CAMADAS_JOBS", "2")
    monkeypatch.setenv("CAMADAS_ADDRESS_JOBS", "3")
    tokens = [quiet.enter("", "me", "school"), quiet.enter("", "me", "school")]
    with pytest.raises(JobError, match="2 jobs of this visitor"):
        quiet.enter("", "me", "school")
    quiet.enter("", "you", "school")
    with pytest.raises(JobError, match="3 jobs of this visitor or address"):
        quiet.enter("", "third", "school")
    quiet.end(tokens[0], Left("", "me", "cancelled"))
    assert quiet.enter("mine", "me", "elsewhere") == "mine"


def test_a_spare_process_becomes_a_run(quiet):
    quiet._spare.append("ready")
    assert quiet.enter("", "me", "") == "ready"
    assert quiet.enter("", "me", "") != "ready"


def test_what_is_kept_is_of_a_run_that_goes_on(quiet):
    quiet.enter("run", "me", "")
    quiet.begun("run", b"what")
    quiet.keep("run", b"how far")
    assert quiet.kept("run") == (b"what", b"how far")
    quiet.end("run", Left("about", "me", "done", result=b"result"))
    assert quiet.kept("run") == (None, None)
    quiet.keep("run", b"too late")
    assert quiet.kept("run") == (None, None)
    assert quiet.left("run").result == b"result"
    assert quiet.count()["done"] == 1
    quiet.drop("run")
    assert quiet.left("run") is None


def test_who_is_silent_for_long_is_gone(quiet, monkeypatch):
    quiet.enter("run", "me", "")
    quiet.report("run", "me", "", "running")
    assert quiet.count()["running"] == 1
    monkeypatch.setattr(desk, "SILENT_S", -1.0)
    assert quiet.count()["running"] == 0


def test_requests_for_one_network_are_one_batch(monkeypatch):
    batches = []
    real = inference.forward

    def noted(name: str, batch: np.ndarray) -> np.ndarray:
        batches.append((name, len(batch)))
        return real(name, batch)

    monkeypatch.setattr(inference, "forward", noted)
    draw = np.random.default_rng(0)
    digits = [draw.random((n, 1, 28, 28), np.float32) for n in (1, 3, 2)]
    other = draw.random((2, 1, 28, 28), np.float32)
    asked = [("mnist", digits[0]), ("fashion_mnist", other), ("mnist", digits[1]), ("nothing", other)]
    found = inference.together([*asked, ("mnist", digits[2])])
    assert sorted(batches) == [("fashion_mnist", 2), ("mnist", 6), ("nothing", 2)]
    for batch, got in zip(digits, (found[0], found[2], found[4]), strict=True):
        np.testing.assert_allclose(got, predict("mnist", batch), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found[1], predict("fashion_mnist", other), rtol=1e-3, atol=1e-3)
    assert isinstance(found[3], Exception)  # and harms nobody else
