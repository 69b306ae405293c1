"""Which of the jobs that go on as fast as they can may go on now.

A few have a turn at once; the others see their place in the queue, and after `slice_s` a turn goes to the next one.
Those that are watched come before those that are not, and of these those whose owner has the fewest turns; one that is
not watched gives its turn up as soon as one that is waits.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import JobError
from core.host import host

MAX_ALIVE = 400  # jobs
LEASE_S = 10.0  # who has not asked for so long is gone


def check_room(alive: Sequence[tuple[str, str]], owner: str, address: str) -> None:
    """May one more job begin?

    Args:
        alive: owner and address of each that goes on.
        owner: whose it would be.
        address: from where.

    Raises:
        JobError: if there are too many already, of all, of this owner or of this address.
    """
    if len(alive) >= MAX_ALIVE:
        raise JobError("full", n=len(alive))
    n_own = sum(whose == owner for whose, _where in alive) if owner else 0
    n_there = sum(where == address for _whose, where in alive) if address else 0
    if n_own >= host().jobs or n_there >= host().address_jobs:
        raise JobError("too_many_own", n=max(n_own, n_there))


class AnySlots(Protocol):
    """What a job asks before each step."""

    def has_turn(self, token: str, owner: str, is_watched: bool) -> bool:
        """Whether this job is one of the few; else it stands in the queue."""
        ...

    def free(self, token: str) -> None:
        """Give its turn, or its place in the queue, away."""
        ...

    def place(self, token: str) -> int:
        """How many are before this one in the queue, itself included; 0 when it is not in it."""
        ...


@dataclass(eq=False)
class _Asking:
    """One that wants to go on."""

    token: str
    owner: str
    is_watched: bool = True
    asked_at: float = field(default_factory=time.monotonic)


class Slots:
    """The turns of one process, or of several that ask here.

    Args:
        most: turns at once.
        slice_s: how long a turn lasts while others wait.
        wake: called with the token of whoever has a turn now.
    """

    def __init__(
        self, most: Callable[[], int], slice_s: float = 5.0, wake: Callable[[str], None] = lambda _token: None
    ) -> None:
        self.most, self.slice_s, self._wake = most, slice_s, wake
        self._lock = threading.Lock()
        self._queue: list[_Asking] = []
        self._running: dict[str, tuple[_Asking, float]] = {}  # and since when

    def has_turn(self, token: str, owner: str, is_watched: bool) -> bool:
        """Whether this job is one of the few; else it stands in the queue. A turn that has lasted goes to the next."""
        now = time.monotonic()
        with self._lock:
            self._forget(now)
            slice_s = self.slice_s if is_watched or not any(other.is_watched for other in self._queue) else 0.0
            if token in self._running:
                mine, since = self._running[token]
                mine.is_watched, mine.asked_at = is_watched, now
                if not self._queue or now - since < slice_s:
                    return True
                del self._running[token]
            mine = next((other for other in self._queue if other.token == token), None) or _Asking(token, owner)
            mine.is_watched, mine.asked_at = is_watched, now
            if mine not in self._queue:
                self._queue.append(mine)
            self._hand_out(now)
            return token in self._running

    def free(self, token: str) -> None:
        """Give its turn, or its place in the queue, away."""
        with self._lock:
            self._running.pop(token, None)
            self._queue = [other for other in self._queue if other.token != token]
            self._hand_out(time.monotonic())

    def place(self, token: str) -> int:
        """How many are before this one in the queue, itself included; 0 when it is not in it."""
        with self._lock:
            order = [other.token for other in sorted(self._queue, key=self._rank)]
        return order.index(token) + 1 if token in order else 0

    def _hand_out(self, now: float) -> None:
        while self._queue and len(self._running) < self.most():
            following = min(self._queue, key=self._rank)  # of equals the first
            self._queue.remove(following)
            self._running[following.token] = following, now
            self._wake(following.token)

    def _rank(self, one: _Asking) -> tuple[bool, int]:
        n_turns = sum(other.owner == one.owner for other, _since in self._running.values()) if one.owner else 0
        return not one.is_watched, n_turns

    def _forget(self, now: float) -> None:
        """A step lasts some hundredths of a second: who has long not asked was killed."""
        self._queue = [other for other in self._queue if now - other.asked_at < LEASE_S]
        for token in [token for token, (other, _since) in self._running.items() if now - other.asked_at > LEASE_S]:
            del self._running[token]
