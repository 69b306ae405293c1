"""One actor of the cluster that knows all runs: where each goes on, who has a turn, what was kept, what they left."""

import logging
import secrets
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

import ray
from ray.exceptions import RayError

from core.host import host
from core.job import State
from core.slots import MAX_ALIVE, Slots, check_room

log = logging.getLogger("camadas")
NAMESPACE, NAME, SEAT = "camadas", "desk", "seat-"
N_SPARE = 2  # seats that are ready and empty
MOST_IN_SEAT = 8  # runs; a process of its own for each would cost seconds of a processor, and 330 MB
MOST_TRIES = 3  # of a run whose process was killed
KEPT_S = 600.0  # that the desk remembers what has ended
START_S = 120.0  # that a process may take to start
TIDY_S = 30.0  # between two looks at what is forgotten
SILENT_S = 120.0  # after which a run that does not report is thought to be gone
N_THREADS = 16


@dataclass(frozen=True)
class Left:
    """What a run left at its end.

    Attributes:
        about, owner, state, problem, has_begun, last: as `core.job.Job` has them.
        result: pickled, so that the desk need not know of what it is made.
        is_private: whether that is its visitor's own.
    """

    about: str
    owner: str
    state: State
    problem: str = ""
    has_begun: bool = False
    last: bytes = b""
    result: bytes = b""
    is_private: bool = False


class Whose(NamedTuple):
    """What a run is about, whose it is, and from where."""

    about: str
    owner: str
    address: str


@dataclass
class _Known:
    """A run that goes on."""

    whose: Whose
    seat: str
    state: State = "paused"
    at: float = field(default_factory=time.monotonic)
    begun: bytes = b""
    kept: bytes | None = None
    n_tries: int = 0


class Desk(Slots):
    """The turns of all runs, and a register of them."""

    def __init__(self) -> None:
        super().__init__(lambda: host().turns)
        self._register, self._deploying = threading.Lock(), threading.Lock()
        self._known: dict[str, _Known] = {}
        self._ready: list[str] = []  # seats
        self._left: dict[str, tuple[Left, float]] = {}
        self._n_cores = 1
        self._wanted = threading.Event()
        self._wanted.set()
        threading.Thread(target=self._lay_in, name="seats", daemon=True).start()

    def enter(self, token: str, whose: Whose, begun: bytes) -> tuple[str, str]:
        """A run is about to begin.

        Args:
            token: that it is to have; drawn without one.
            whose: it is.
            begun: what it is to be.

        Returns:
            Its token, and the seat where it is to go on.

        Raises:
            JobError: if there are too many already, of all, of this owner or of this address.
        """
        with self._register:
            self._forget_old()
            known = self._known.get(token)
            if known and known.whose.owner == whose.owner:  # two tabs of one study
                return token, known.seat
            token = secrets.token_urlsafe(16) if known or not token else token
            check_room([run.whose[1:] for run in self._known.values()], whose.owner, whose.address)
            seat = self._seat()
            self._known[token] = _Known(whose, seat, begun=begun)
            self._left.pop(token, None)
        self._wanted.set()
        return token, seat

    def _seat(self) -> str:
        """Where there is most room: while there are processors enough an empty one, else the emptiest of the others."""
        load = Counter(dict.fromkeys(self._ready, 0))
        load.update(run.seat for run in self._known.values())
        empty = [seat for seat, n in load.items() if not n]
        others = [seat for seat, n in load.items() if 0 < n < MOST_IN_SEAT]
        if empty and (len(load) - len(empty) < self._n_cores or not others):
            return empty[0]
        return min(others, key=load.__getitem__) if others else f"{SEAT}{secrets.token_hex(4)}"

    def where(self, token: str) -> tuple[str, Whose] | None:
        """The seat of a run, and whose it is; None where it does not go on."""
        with self._register:
            known = self._known.get(token)
        return (known.seat, known.whose) if known else None

    def report(self, token: str, whose: Whose, seat: str, state: State) -> bool:
        """A run says that it goes on; whether the desk knows what it is."""
        with self._register:
            if token in self._left:  # it comes late
                return True
            known = self._known.setdefault(token, _Known(whose, seat))
            known.state, known.at = state, time.monotonic()
            return bool(known.begun)

    def keep(self, token: str, kept: bytes | None, begun: bytes = b"") -> None:
        """Remember how far a run has come, and perhaps what it is."""
        with self._register:
            known = self._known.get(token)
            if known is not None:
                known.kept, known.begun = kept or known.kept, begun or known.begun

    def held(self, seat: str) -> list[tuple[str, bytes, bytes | None, bool]]:
        """What is to go on in a process that begins anew: its token, what it was to be, how far it had come, whether it
        was at work."""
        found = []
        with self._register:
            for token, run in list(self._known.items()):
                if run.seat != seat:
                    continue
                run.n_tries, run.at = run.n_tries + 1, time.monotonic()
                if run.begun and run.n_tries <= MOST_TRIES:
                    found.append((token, run.begun, run.kept, run.state in ("running", "queued")))
                else:
                    self._end(token, Left(run.whose.about, run.whose.owner, "lost"))
        return found

    def end(self, token: str, left: Left) -> None:
        """A run has ended."""
        with self._register:
            self._forget_old()
            self._end(token, left)
        self.free(token)

    def _end(self, token: str, left: Left) -> None:
        self._known.pop(token, None)
        self._left[token] = left, time.monotonic()

    def left(self, token: str) -> Left | None:
        """What a run left."""
        with self._register:
            found = self._left.get(token)
        return found[0] if found else None

    def drop(self, token: str) -> None:
        """Forget what a run left."""
        with self._register:
            self._left.pop(token, None)

    def leave(self, token: str) -> str:
        """Forget what a run left, if it is its visitor's own, who is gone; the seat of one that goes on, else empty."""
        with self._register:
            known, ended = self._known.get(token), self._left.get(token)
            if ended is not None and ended[0].is_private:
                del self._left[token]
        return known.seat if known else ""

    def count(self) -> dict[str, int]:
        """Runs by state."""
        with self._register:
            self._forget_old()
            found = Counter(run.state for run in self._known.values())
            found.update(left.state for left, _at in self._left.values())
        return {state: found[state] for state in get_args(State)}

    def deploy(self) -> None:
        """Have the deployment of inference, made once."""
        from core.cluster.inference import deploy

        with self._deploying:
            deploy()

    def _lay_in(self) -> None:
        """Have a few empty seats ready, for to start a process and to import torch takes seconds; and not too many."""
        from core.cluster.seats import all_seats

        with suppress(RayError):  # those of a desk before this one
            self._ready = all_seats()
        while True:
            is_wanted = self._wanted.wait(TIDY_S)
            self._wanted.clear()
            try:
                self._n_cores = int(ray.cluster_resources().get("CPU", 1))
                self._fill_up()
                if not is_wanted:
                    self._thin_out()
            except RayError:
                log.exception("a process for runs does not start")

    def _fill_up(self) -> None:
        from core.cluster.seats import seat_of

        while len(self._empty()) < N_SPARE:
            seat = f"{SEAT}{secrets.token_hex(4)}"
            actor = seat_of(seat)
            try:
                ray.get(actor.__ray_ready__.remote(), timeout=START_S)
            except RayError:
                ray.kill(actor, no_restart=True)
                raise
            with self._register:
                self._ready.append(seat)

    def _empty(self) -> list[str]:
        with self._register:
            self._forget_old()
            for seat in {run.seat for run in self._known.values()} - set(self._ready):
                self._ready.append(seat)  # one that a run had to wait for
            taken = {run.seat for run in self._known.values()}
            return [seat for seat in self._ready if seat not in taken]

    def _thin_out(self) -> None:
        for seat in self._empty()[N_SPARE:]:
            with self._register:
                if any(run.seat == seat for run in self._known.values()):
                    continue  # taken just now
                self._ready.remove(seat)
            with suppress(ValueError):  # it has gone by itself
                ray.kill(ray.get_actor(seat, NAMESPACE), no_restart=True)

    def _forget_old(self) -> None:
        now = time.monotonic()
        for token in [token for token, run in self._known.items() if now - run.at > SILENT_S]:
            del self._known[token]
        for token in [token for token, (_left, at) in self._left.items() if now - at > KEPT_S]:
            del self._left[token]
        for token in list(self._left)[:-MAX_ALIVE]:
            del self._left[token]


def desk() -> Any:
    """The cluster's desk, made where there is none yet."""
    actor: Any = ray.remote(Desk)
    return actor.options(
        name=NAME,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        max_restarts=-1,
        max_concurrency=N_THREADS,
        num_cpus=0,
    ).remote()
