"""Where requests wait to be computed: a few at a time, and next is what is short, for whoever has had little.

A request that nobody waits behind has all cores; while others wait, each has its own: more threads than cores would
wait for each other. A photo of twelve megapixels is many turns, between which others have theirs.
"""

import os
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core import meters
from core.askers import Asker, asker
from core.devices import n_cores
from core.errors import JobError
from core.host import host

WINDOW_S = 60.0
N_CORES = int(os.environ.get("OMP_NUM_THREADS") or 0) or n_cores()
SHORT_FIRST = 4.0  # seconds of waiting that a second of computing costs in the queue
LEARNING = 0.2  # share of the newest in what an operation is expected to take
LOOK_S = 0.1  # between two looks whether whoever waits still wants it
T = TypeVar("T")


@dataclass(eq=False)
class _Request:
    """Something to compute, for whom, and since when it waits."""

    who: Asker
    operation: str
    function: Callable[[], Any]
    since: float = field(default_factory=time.monotonic)
    is_alone: bool = False
    found: "Future[Any]" = field(default_factory=Future)
    is_in_turn: bool = False


class Turns:
    """A queue before a few threads that compute.

    Args:
        at_once: how many compute at the same time; without it as the operator says, or the engine.
        clock: seconds, for tests.
    """

    def __init__(self, at_once: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._asked, self._clock = at_once, clock
        self._changed = threading.Condition()
        self._waiting: list[_Request] = []
        self._used: dict[str, deque[tuple[float, float]]] = defaultdict(deque)
        self._expected: dict[str, float] = {}
        self._computing: list[_Request] = []
        self._threads: list[threading.Thread] = []
        self.notice: Callable[[Callable[[], int], float], None] = lambda _place, _seconds: None

    @property
    def at_once(self) -> int:
        """How many compute at the same time."""
        if self._asked or host().computing:
            return self._asked or host().computing or 1
        from core.engine import engine

        return engine().at_once

    def take(self, operation: str, function: Callable[[], T], *, is_alone: bool = False) -> T:
        """Wait, compute, and give what the function gives; any thread may call.

        While it waits, `notice` is called in the caller's thread with the seconds waited and a function that gives the
        place in the queue, from 1; what that raises takes the request back.

        Args:
            operation: for the meters.
            function: to be called by a computing thread.
            is_alone: whether nothing else may be computed at the same time: it measures, or changes what others use.

        Raises:
            JobError: if too many requests wait already.
        """
        if threading.current_thread() in self._threads:
            return function()
        request = _Request(asker(), operation, function, self._clock(), is_alone)
        with self._changed:
            self._waiting.append(request)
            if len(self._waiting) > host().waiting:
                self._refuse()
            if len(self._threads) < self.at_once:
                self._threads.append(threading.Thread(target=self._compute, name="inference", daemon=True))
                self._threads[-1].start()
            self._changed.notify_all()
        try:
            while not wait([request.found], LOOK_S).done:
                if not request.is_in_turn:
                    self.notice(lambda: self.place(request), self._clock() - request.since)
        except BaseException:  # whoever asked has asked for something else since
            with self._changed:
                if request in self._waiting:
                    self._waiting.remove(request)
            raise
        return request.found.result()

    def _refuse(self) -> None:
        """Too many wait: the last one, of whoever has most there, is told so."""
        n_of = Counter(request.who.visitor for request in self._waiting)
        most = max(n_of.values())
        request = [request for request in self._in_order() if n_of[request.who.visitor] == most][-1]
        self._waiting.remove(request)
        request.found.set_exception(JobError("crowded", n=len(self._waiting)))

    def place(self, request: _Request) -> int:
        """How many are computed before it, itself included, as things stand; 0 when it waits no longer."""
        with self._changed:
            order = self._in_order()
            return order.index(request) + 1 if request in order else 0

    def is_awaited(self) -> bool:
        """Whether a request waits now."""
        return bool(self._waiting)

    def n_waiting(self) -> int:
        """How many requests wait."""
        with self._changed:
            return len(self._waiting)

    def forget(self) -> None:
        """Let go of those who had nothing computed in the last minute."""
        with self._changed:
            for who in list(self._used):
                self._seconds(who)

    def seconds_of(self, who: str) -> float:
        """What was computed for a browser or an address in the last minute."""
        with self._changed:
            return self._seconds(who)

    def _seconds(self, who: str) -> float:
        used = self._used.get(who)
        if not who or used is None:
            return 0.0
        while used and used[0][0] < self._clock() - WINDOW_S:
            used.popleft()
        if not used:
            del self._used[who]
        return sum(seconds for _at, seconds in used)

    def _in_order(self) -> list[_Request]:
        """Those within their limits first; among them what is short, for who has had little, and what waits long."""
        limits, now = host(), self._clock()
        who = {name for request in self._waiting for name in (request.who.visitor, request.who.address)}
        had = {name: self._seconds(name) for name in who}

        def rank(request: _Request) -> tuple[bool, float]:
            own = had[request.who.visitor]
            is_over = own > limits.seconds or had[request.who.address] > limits.address_seconds
            costs = SHORT_FIRST * self._expected.get(request.operation, 0.0)
            return is_over, own + costs - (now - request.since)

        return sorted(self._waiting, key=rank)

    def _next(self) -> _Request | None:
        """What may be computed now, besides what already is."""
        if not self._waiting or any(request.is_alone for request in self._computing):
            return None
        first = self._in_order()[0]
        return None if first.is_alone and self._computing else first

    def _compute(self) -> None:
        while True:
            with self._changed:
                while (request := self._next()) is None:
                    self._changed.wait()
                self._waiting.remove(request)
                self._computing.append(request)
                request.is_in_turn = True
                is_only_one = request.is_alone or (not self._waiting and len(self._computing) == 1)
            begun = self._clock()
            meters.WAITED.observe(begun - request.since)
            try:
                if "torch" in sys.modules:  # of this thread; jobs tell torch to use one, which later threads inherit
                    sys.modules["torch"].set_num_threads(N_CORES if is_only_one else max(1, N_CORES // self.at_once))
                request.found.set_result(request.function())
            except BaseException as error:  # theirs who asked
                request.found.set_exception(error)
            self._note(request, self._clock() - begun)

    def _note(self, request: _Request, seconds: float) -> None:
        meters.COMPUTED.labels(request.operation).observe(seconds)
        with self._changed:
            self._computing.remove(request)
            before = self._expected.get(request.operation, seconds)
            self._expected[request.operation] = before + LEARNING * (seconds - before)
            for who in filter(None, (request.who.visitor, request.who.address)):
                self._used[who].append((self._clock(), seconds))
            self._changed.notify_all()


TURNS = Turns()
