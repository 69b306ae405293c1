"""What the desk knows of runs, and what batches are made of; without a cluster."""

import pickle
import threading
from collections import Counter

import numpy as np
import pytest
from ray import cloudpickle

from core.cluster import desk, inference
from core.cluster.desk import Desk, Left, Whose
from core.errors import JobError
from core.inference import predict


class Quiet(Desk):
    """Has no processes ready."""

    def _lay_in(self) -> None:
        pass


class NoRay:
    """Notes which actors are killed."""

    def __init__(self) -> None:
        self.killed: list[str] = []

    def get_actor(self, name: str, _namespace: str) -> str:
        return name

    def kill(self, actor: str, **_more: object) -> None:
        self.killed.append(actor)


@pytest.fixture
def ray(monkeypatch) -> NoRay:
    stand_in = NoRay()
    monkeypatch.setattr(desk, "ray", stand_in)
    return stand_in


@pytest.fixture
def quiet(ray) -> Desk:
    return Quiet()


def entered(quiet: Desk, token: str = "", owner: str = "me", address: str = "") -> tuple[str, str]:
    return quiet.enter(token, Whose("about", owner, address), b"what")


def test_an_owner_and_an_address_have_their_limits(quiet, monkeypatch):
    monkeypatch.setenv("CAMADAS_JOBS", "2")
    monkeypatch.setenv("CAMADAS_ADDRESS_JOBS", "3")
    token, _seat = entered(quiet, address="school")
    entered(quiet, address="school")
    with pytest.raises(JobError, match="2 jobs of this visitor"):
        entered(quiet, address="school")
    entered(quiet, owner="you", address="school")
    with pytest.raises(JobError, match="3 jobs of this visitor or address"):
        entered(quiet, owner="third", address="school")
    quiet.end(token, Left("", "me", "cancelled"))
    token, seat = entered(quiet, "mine", address="elsewhere")
    assert token == "mine"
    assert entered(quiet, "mine", address="elsewhere") == ("mine", seat)  # another tab
    assert entered(quiet, "mine", owner="you")[0] != "mine"


def test_runs_are_spread_over_the_processors_and_then_fill_the_processes(quiet):
    quiet._ready, quiet._n_cores = ["a", "b", "c"], 2
    owners = [str(n) for n in range(2 * desk.MOST_IN_SEAT + 2)]
    seats = [entered(quiet, owner=owner)[1] for owner in owners]
    assert set(seats[:2]) == {"a", "b"}
    assert Counter(seats[:-2]) == {"a": desk.MOST_IN_SEAT, "b": desk.MOST_IN_SEAT}
    assert seats[-2:] == ["c", "c"]
    quiet._ready.remove("c")
    more = [entered(quiet, owner=f"more {n}")[1] for n in range(desk.MOST_IN_SEAT - 1)]
    assert more[:-1] == ["c"] * (desk.MOST_IN_SEAT - 2)
    assert more[-1] not in ("a", "b", "c")  # a new one, which is yet to be begun


def test_processes_that_nobody_needs_are_given_back(quiet, ray):
    quiet._ready = ["a", "b", "c", "d"]
    entered(quiet)
    quiet._thin_out()
    assert ray.killed == ["d"]
    assert quiet._ready == ["a", "b", "c"]


def test_what_is_kept_is_of_a_run_that_goes_on(quiet):
    _token, seat = entered(quiet, "run")
    quiet.keep("run", b"how far")
    quiet.keep("run", None)  # it could not be asked just now
    assert quiet.where("run") == (seat, Whose("about", "me", ""))
    assert quiet.held(seat) == [("run", b"what", b"how far", False)]
    quiet.end("run", Left("about", "me", "done", result=b"result"))
    quiet.keep("run", b"too late")
    assert quiet.report("run", Whose("about", "me", ""), seat, "running")  # so is this
    assert quiet.held(seat) == []
    assert quiet.where("run") is None
    assert quiet.left("run").result == b"result"
    assert quiet.count()["done"] == 1
    quiet.drop("run")
    assert quiet.left("run") is None


def test_what_is_a_visitors_own_is_forgotten_with_them(quiet):
    for is_private in (True, False):
        _token, seat = entered(quiet, "run")
        assert quiet.leave("run") == seat  # which is told
        quiet.end("run", Left("about", "me", "done", result=b"result", is_private=is_private))
        assert quiet.leave("run") == ""
        assert (quiet.left("run") is None) == is_private


def test_a_run_whose_process_is_killed_again_and_again_is_lost(quiet):
    _token, seat = entered(quiet, "run")
    for _time in range(desk.MOST_TRIES):
        assert [token for token, *_about in quiet.held(seat)] == ["run"]
    assert quiet.held(seat) == []
    assert quiet.left("run").state == "lost"


def test_a_desk_that_has_begun_anew_hears_what_goes_on(quiet):
    whose = Whose("about", "me", "school")
    assert not quiet.report("run", whose, "seat-1", "running")  # whoever reports then tells what it is
    quiet.keep("run", b"how far", b"what")
    assert quiet.report("run", whose, "seat-1", "running")
    assert quiet.where("run") == ("seat-1", whose)
    assert quiet.held("seat-1") == [("run", b"what", b"how far", True)]


def test_who_is_silent_for_long_is_gone(quiet, monkeypatch):
    entered(quiet, "run")
    quiet.report("run", Whose("about", "me", ""), "seat", "running")
    assert quiet.count()["running"] == 1
    monkeypatch.setattr(desk, "SILENT_S", -1.0)
    assert quiet.count()["running"] == 0


def test_what_a_replica_calls_gives_what_it_gives_or_why_it_does_not():
    assert pickle.loads(inference.called(cloudpickle.dumps((lambda a, b: a - b, (5,), {"b": 3})))) == (True, 2)
    is_good, error = pickle.loads(inference.called(cloudpickle.dumps((int, ("five",), {}))))
    assert not is_good
    assert isinstance(error, ValueError)

    def fail() -> None:
        raise JobError("busy", lock=threading.Lock())  # which no pickle takes

    is_good, error = pickle.loads(inference.called(cloudpickle.dumps((fail, (), {}))))
    assert not is_good
    assert isinstance(error, RuntimeError)


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
