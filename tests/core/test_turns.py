"""Requests wait for their turn: whoever has had least is next, and nobody waits for long behind one who has much."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.askers import NOBODY, Asker, asker, asking, find_by
from core.errors import JobError
from core.turns import WINDOW_S, Turns
from tests.core.test_jobs import until


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Crowd:
    """Askers in threads of their own, behind one whose turn lasts until it is let go."""

    def __init__(self, turns: Turns):
        self.turns, self.order, self.gate = turns, [], threading.Event()
        self.pool = ThreadPoolExecutor(32)
        self.futures = [self.pool.submit(self._ask, NOBODY, "first", self.gate.wait)]
        until(lambda: turns._computing and turns.n_waiting() == 0)

    def _ask(self, who: Asker, name: str, function, **how) -> None:
        with asking(who):
            self.turns.take("test", lambda: (self.order.append(name), function()), **how)

    def ask(self, who: Asker, name: str, function=lambda: None, **how) -> None:
        n = self.turns.n_waiting()
        self.futures.append(self.pool.submit(self._ask, who, name, function, **how))
        until(lambda: self.turns.n_waiting() == n + 1)

    def go(self) -> list[str]:
        self.gate.set()
        for future in self.futures:
            future.result(30)
        self.pool.shutdown()
        return self.order[1:]


def used(turns: Turns, who: str, seconds: float) -> None:
    turns._used[who].append((turns._clock(), seconds))


def test_what_the_function_gives_comes_back_and_so_does_its_error():
    turns = Turns(1)
    assert turns.take("test", lambda: 7) == 7
    with pytest.raises(TimeoutError, match="its own"):
        turns.take("test", lambda: (_ for _ in ()).throw(TimeoutError("its own")))
    assert turns.take("test", lambda: turns.take("test", lambda: 8)) == 8  # one that is in turn may ask again


def test_first_come_first_served_among_equals():
    crowd = Crowd(Turns(1, Clock()))
    for name in "abcd":
        crowd.ask(Asker(name, "school"), name)
    assert crowd.go() == list("abcd")


def test_whoever_has_had_least_is_next():
    turns = Turns(1, Clock())
    crowd = Crowd(turns)
    used(turns, "heavy", 20.0)
    used(turns, "light", 1.0)
    crowd.ask(Asker("heavy"), "heavy")
    crowd.ask(Asker("light"), "light")
    crowd.ask(Asker("new"), "new")
    assert crowd.go() == ["new", "light", "heavy"]


def test_to_wait_makes_up_for_what_one_has_had():
    clock = Clock()
    turns = Turns(1, clock)
    crowd = Crowd(turns)
    used(turns, "heavy", 5.0)
    crowd.ask(Asker("heavy"), "heavy")
    clock.now += 6.0
    crowd.ask(Asker("new"), "new")
    assert crowd.go() == ["heavy", "new"]


@pytest.mark.parametrize("whose", ["visitor", "address"])
def test_beyond_its_seconds_a_minute_one_waits_for_all_others(monkeypatch, whose):
    monkeypatch.setenv("CAMADAS_SECONDS", "10")
    monkeypatch.setenv("CAMADAS_ADDRESS_SECONDS", "10")
    clock = Clock()
    turns = Turns(1, clock)
    crowd = Crowd(turns)
    used(turns, whose, 11.0)
    crowd.ask(Asker("visitor" if whose == "visitor" else "x", "address" if whose == "address" else "y"), "greedy")
    clock.now += 30.0
    crowd.ask(Asker("new", "elsewhere"), "new")
    assert crowd.go() == ["new", "greedy"]


def test_after_a_minute_all_is_forgotten():
    clock = Clock()
    turns = Turns(1, clock)
    used(turns, "heavy", 20.0)
    assert turns.seconds_of("heavy") == 20.0
    clock.now += WINDOW_S + 1
    assert turns.seconds_of("heavy") == 0.0
    assert not turns._used


def test_one_who_waits_is_told_the_place():
    turns = Turns(1)
    told = []
    turns.notice = lambda place_of, seconds: told.append(place_of())
    crowd = Crowd(turns)
    crowd.ask(Asker("a"), "a")
    crowd.ask(Asker("b"), "b")
    until(lambda: {1, 2} <= set(told))
    assert crowd.go() == ["a", "b"]


def test_what_is_wanted_no_longer_is_not_computed():
    turns = Turns(1)

    def stop(place_of, seconds: float) -> None:
        if asker().visitor == "gone":
            raise KeyboardInterrupt

    turns.notice = stop
    crowd = Crowd(turns)
    gone = crowd.pool.submit(crowd._ask, Asker("gone"), "gone", lambda: None)
    crowd.ask(Asker("a"), "a")
    with pytest.raises(KeyboardInterrupt):
        gone.result(30)
    assert turns.n_waiting() == 1
    assert crowd.go() == ["a"]


def test_a_crowd_is_refused_with_a_reason(monkeypatch):
    monkeypatch.setenv("CAMADAS_WAITING", "2")
    turns = Turns(1)
    crowd = Crowd(turns)
    crowd.ask(Asker("a"), "a")
    crowd.ask(Asker("b"), "b")
    with pytest.raises(JobError) as caught:
        turns.take("test", lambda: None)
    assert caught.value.reason == "crowded"
    assert crowd.go() == ["a", "b"]


def test_who_fills_the_list_makes_room_for_others(monkeypatch):
    monkeypatch.setenv("CAMADAS_WAITING", "3")
    turns = Turns(1, Clock())
    crowd = Crowd(turns)
    for name in ("first tab", "second tab", "third tab"):
        crowd.ask(Asker("greedy"), name)
    newcomer = crowd.pool.submit(crowd._ask, Asker("newcomer"), "newcomer", lambda: None)
    with pytest.raises(JobError) as caught:
        crowd.futures.pop().result(30)  # the third tab's
    assert caught.value.reason == "crowded"
    assert crowd.go() == ["first tab", "second tab", "newcomer"]
    newcomer.result(30)


def test_what_was_computed_counts_for_browser_and_address():
    clock = Clock()
    turns = Turns(1, clock)

    def work() -> None:
        clock.now += 3.0

    with asking(Asker("me", "here")):
        turns.take("test", work)
    until(lambda: turns.seconds_of("me") > 0)
    assert turns.seconds_of("me") == turns.seconds_of("here") == 3.0
    assert turns.seconds_of("") == 0.0


def test_who_asks_is_named_or_found():
    assert asker() == NOBODY
    find_by(lambda: Asker("found"))
    try:
        assert asker() == Asker("found")
        with asking(Asker("named")):
            assert asker() == Asker("named")
        assert asker() == Asker("found")
    finally:
        find_by(lambda: NOBODY)


def test_a_few_are_computed_at_once_but_one_that_wants_to_be_alone():
    turns, together, most = Turns(2), [], []
    both, gate = threading.Barrier(2), threading.Event()

    def work(name: str, wait) -> None:
        together.append(name)
        most.append(sorted(together))
        wait()
        together.remove(name)

    with ThreadPoolExecutor(8) as pool:
        pair = [pool.submit(turns.take, "test", lambda n=n: work(n, lambda: both.wait(30) and None)) for n in "ab"]
        for one in pair:
            one.result(30)  # each waits for the other
        first = pool.submit(turns.take, "test", lambda: work("c", gate.wait))
        until(lambda: together == ["c"])
        alone = pool.submit(lambda: turns.take("test", lambda: work("alone", lambda: None), is_alone=True))
        until(lambda: turns.n_waiting() == 1)
        assert together == ["c"]
        gate.set()
        first.result(30)
        alone.result(30)
    assert ["a", "b"] in most
    assert ["alone"] in most


def test_what_is_short_is_next():
    clock = Clock()
    turns = Turns(1, clock)
    for name, seconds in (("long", 2.0), ("short", 0.1)):
        turns.take(name, lambda seconds=seconds: setattr(clock, "now", clock.now + seconds))
    order, gate = [], threading.Event()
    with ThreadPoolExecutor(8) as pool:
        pool.submit(turns.take, "first", gate.wait)
        until(lambda: turns._computing and turns.n_waiting() == 0)
        for n, name in enumerate(("long", "short"), start=1):
            pool.submit(turns.take, name, lambda name=name: order.append(name))
            until(lambda n=n: turns.n_waiting() == n)
        gate.set()
    assert order == ["short", "long"]
