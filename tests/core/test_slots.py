"""Who of those that go on as fast as they can may go on."""

import pytest

from core import slots
from core.slots import Slots


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(slots.time, "monotonic", lambda: now[0])
    return now


def test_a_turn_that_has_lasted_goes_to_the_next(clock):
    woken: list[str] = []
    some = Slots(lambda: 1, 5.0, woken.append)
    assert some.has_turn("a", "", True)
    assert not some.has_turn("b", "", True)
    assert (some.place("a"), some.place("b")) == (0, 1)
    clock[0] = 4.9
    assert some.has_turn("a", "", True)
    clock[0] = 5.0
    assert not some.has_turn("a", "", True)
    assert woken == ["a", "b"]
    assert some.has_turn("b", "", True)


def test_who_is_watched_comes_first_and_who_is_not_gives_way(clock):
    some = Slots(lambda: 1)
    assert some.has_turn("a", "", False)
    assert not some.has_turn("b", "", False)
    assert some.has_turn("a", "", False)  # as good as the other
    assert not some.has_turn("c", "", True)
    assert not some.has_turn("a", "", False)  # one that is watched waits
    assert [some.place(token) for token in "cba"] == [0, 1, 2]


def test_an_owner_with_fewer_turns_is_next(clock):
    some = Slots(lambda: 2)
    assert some.has_turn("a", "greedy", True)
    assert some.has_turn("b", "other", True)
    for token, owner in (("c", "greedy"), ("d", "modest")):
        assert not some.has_turn(token, owner, True)
    assert [some.place(token) for token in "dc"] == [1, 2]
    some.free("b")
    assert some.has_turn("d", "modest", True)


def test_who_was_killed_keeps_no_turn(clock):
    some = Slots(lambda: 1)
    assert some.has_turn("killed", "", True)
    assert not some.has_turn("gone", "", True)
    clock[0] = slots.LEASE_S + 1
    assert some.has_turn("living", "", True)
    assert some.place("gone") == 0
