"""One actor of the cluster that knows all runs: who may go on, what was kept of them, what they left."""

import logging
import secrets
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, get_args

import ray
from ray.exceptions import RayActorError, RayError

from core.cluster.connection import NAMESPACE, ask
from core.errors import JobError
from core.host import host
from core.job import State
from core.local_jobs import MAX_ALIVE
from core.slots import Slots

log = logging.getLogger("camadas")
NAME = "desk"
N_SPARE = 2  # processes that wait for a run
KEPT_S = 600.0  # that the desk remembers what has ended
TIDY_S = 30.0  # between two looks at what is forgotten
SILENT_S = 120.0  # after which a run that does not report is thought to be gone
N_THREADS = 16
ASKED_S = 10.0  # that the desk may take to answer


@dataclass(frozen=True)
class Left:
    """What a run left at its end.

    Attributes:
        about, owner, state, problem, has_begun, last: as `core.job.Job` has them.
        result: pickled, so that the desk need not know of what it is made.
    """

    about: str
    owner: str
    state: State
    problem: str = ""
    has_begun: bool = False
    last: bytes = b""
    result: bytes = b""


@dataclass
class _Known:
    """A run that goes on."""

    owner: str
    address: str
    state: State = "paused"
    at: float = field(default_factory=time.monotonic)


class Desk(Slots):
    """The turns of all runs, and a register of them."""

    def __init__(self) -> None:
        super().__init__(lambda: host().turns)
        self._register, self._deploying = threading.Lock(), threading.Lock()
        self._known: dict[str, _Known] = {}
        self._begun: dict[str, bytes] = {}
        self._kept: dict[str, bytes] = {}
        self._spare: list[str] = []
        self._left: dict[str, tuple[Left, float]] = {}
        self._wanted = threading.Event()
        self._wanted.set()
        threading.Thread(target=self._lay_in, name="spares", daemon=True).start()

    def enter(self, token: str, owner: str, address: str) -> str:
        """A run is about to begin.

        Args:
            token: that it is to have; without one that of a process which is ready, if there is one.
            owner: whose it is.
            address: from where.

        Returns:
            Its token.

        Raises:
            JobError: if there are too many already, of all, of this owner or of this address.
        """
        with self._register:
            self._forget_old()
            if len(self._known) >= MAX_ALIVE:
                raise JobError("full", n=len(self._known))
            n_own = sum(run.owner == owner for run in self._known.values()) if owner else 0
            n_there = sum(run.address == address for run in self._known.values()) if address else 0
            if n_own >= host().jobs or n_there >= host().address_jobs:
                raise JobError("too_many_own", n=max(n_own, n_there))
            token = token or (self._spare.pop(0) if self._spare else secrets.token_urlsafe(16))
            self._known[token] = _Known(owner, address)
            self._left.pop(token, None)
        self._wanted.set()
        return token

    def report(self, token: str, owner: str, address: str, state: State) -> bool:
        """A run says that it goes on; whether the desk knows what it is."""
        with self._register:
            self._known[token] = _Known(owner, address, state)
            return token in self._begun

    def begun(self, token: str, data: bytes) -> None:
        """Remember what a run was to be."""
        with self._register:
            if token in self._known:
                self._begun[token] = data

    def keep(self, token: str, data: bytes) -> None:
        """Remember how far a run has come."""
        with self._register:
            if token in self._known:
                self._kept[token] = data

    def kept(self, token: str) -> tuple[bytes | None, bytes | None]:
        """What a run was to be, and how far it had come."""
        with self._register:
            return self._begun.get(token), self._kept.get(token)

    def discard(self, token: str) -> None:
        """A process was killed before it was told what to be."""
        with self._register:
            known = self._known.get(token)
            if token in self._spare:
                self._spare.remove(token)
        if known is not None:
            self.end(token, Left("", known.owner, "lost"))
        else:
            self._kill(token)
        self._wanted.set()

    def end(self, token: str, left: Left) -> None:
        """A run has ended; its process is given back."""
        with self._register:
            self._forget_old()
            self._gone(token)
            self._left[token] = left, time.monotonic()
        self.free(token)
        self._kill(token)

    def _kill(self, token: str) -> None:
        with suppress(ValueError):  # it has gone by itself
            ray.kill(ray.get_actor(run_name(token), NAMESPACE), no_restart=True)

    def left(self, token: str) -> Left | None:
        """What a run left."""
        with self._register:
            found = self._left.get(token)
        return found[0] if found else None

    def drop(self, token: str) -> None:
        """Forget what a run left."""
        with self._register:
            self._left.pop(token, None)

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
        """Have a few processes ready: to start one and to import torch takes seconds."""
        from core.cluster.runs import actor_of

        while True:
            self._wanted.wait(TIDY_S)
            self._wanted.clear()
            with self._register:
                self._forget_old()
            while len(self._spare) < N_SPARE:
                token = secrets.token_urlsafe(16)
                try:
                    ray.get(actor_of(token).__ray_ready__.remote())
                except RayError:
                    log.exception("a spare process does not start")
                    break
                with self._register:
                    self._spare.append(token)

    def _gone(self, token: str) -> None:
        for there in (self._known, self._begun, self._kept):
            there.pop(token, None)

    def _forget_old(self) -> None:
        now = time.monotonic()
        for token in [token for token, run in self._known.items() if now - run.at > SILENT_S]:
            self._gone(token)
        for token in [token for token, (_left, at) in self._left.items() if now - at > KEPT_S]:
            del self._left[token]


def run_name(token: str) -> str:
    """The name of a run's actor."""
    return f"run-{token}"


def desk() -> Any:
    """The cluster's desk, made where there is none yet.

    Raises:
        JobError: if the cluster does not answer.
    """
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


def ask_desk(method: str, *args: Any) -> Any:
    """What the desk says.

    Raises:
        JobError: as its method, or if the cluster does not answer.
    """
    try:
        return ask(lambda: getattr(desk(), method).remote(*args), ASKED_S)
    except RayActorError as error:
        raise JobError("cluster") from error
