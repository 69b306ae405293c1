"""Processes of the cluster in which runs go on: named detached actors, a few runs in each.

Killed, an actor begins anew, and its runs go on where the desk last heard how far they had come, or from the start. At
its end each leaves what it made at the desk.
"""

import logging
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayError

from core.askers import Asker, asking
from core.cluster.desk import NAMESPACE, SEAT, Left, Whose, desk
from core.errors import JobError
from core.job import OVER, State, Watcher
from core.kept import packed, unpacked
from core.local_job import ANSWER_S, LocalJob
from core.local_jobs import LocalJobs
from core.work import Work

log = logging.getLogger("camadas")
N_THREADS = 64  # that look at runs or ask them something
N_OVER = 1000  # of those that have ended so many are remembered
REPORT_S = 2.0  # between two reports to the desk
HOLD_S = 0.2  # that the desk's word about a turn holds
DESK_S = 5.0  # that a run waits for the desk
LOOK_S = 0.5  # that a look waits for something new
BRIEF_S = 0.02
AGAIN_S = 0.5  # between two tries where the desk does not answer


class Standing(NamedTuple):
    """Where a run stands."""

    state: State = "paused"
    place: int = 0
    problem: str = ""
    has_begun: bool = False


@dataclass
class _Word:
    """What the desk has said of a run's turn, and when."""

    is_granted: bool = False
    at: float = 0.0


class _FarSlots:
    """The desk's turns, as a process of runs sees them: `core.slots.AnySlots`."""

    def __init__(self, far: Any) -> None:
        self._far = far
        self._words: dict[str, _Word] = {}

    def has_turn(self, token: str, owner: str, is_watched: bool) -> bool:
        """As the desk says, or said a moment ago; without a desk all go on."""
        word = self._words.setdefault(token, _Word())
        if word.is_granted and time.monotonic() - word.at < HOLD_S:
            return True
        word.at = time.monotonic()
        try:
            word.is_granted = ray.get(self._far.has_turn.remote(token, owner, is_watched), timeout=DESK_S)
        except RayError:
            word.is_granted = True
        return word.is_granted

    def free(self, token: str) -> None:
        """Give the turn away, if there is one."""
        if self._words.pop(token, None) is not None:
            self._far.free.remote(token)

    def place(self, token: str) -> int:
        """As the desk says."""
        try:
            found: int = ray.get(self._far.place.remote(token), timeout=DESK_S)
        except RayError:
            return 0
        return found


class Begun(NamedTuple):
    """What a run is to be.

    Attributes:
        make: makes the work, in the run's own thread.
        about, owner: as `core.job.Job` has them.
        who: for whom it computes.
        is_paused: whether it waits for "resume".
    """

    make: Callable[[], Work]
    about: str
    owner: str
    who: Asker
    is_paused: bool


class Seat:
    """The actor.

    Args:
        name: under which it is found.
    """

    def __init__(self, name: str) -> None:
        import core.moons  # noqa: F401 - torch, and what most runs are of

        self.name, self.far = name, desk()
        self.jobs = LocalJobs(slots=_FarSlots(self.far), kept_s=0.0)
        self._here: dict[str, LocalJob] = {}
        self._over: deque[str] = deque(maxlen=N_OVER)
        self._changed = threading.Condition()
        for token, told, kept, is_at_work in ray.get(self.far.held.remote(name)):  # the process was killed
            try:
                self.begin(token, told, kept)
                if is_at_work:
                    self._here[token].send("resume")
            except Exception:  # the others go on
                log.exception("a run does not go on")

    def begin(self, token: str, told: bytes, kept: bytes | None = None) -> None:
        """Let a run go on here.

        Args:
            token: of the run.
            told: pickled `Begun`.
            kept: as far as it had come, as core.kept has it.
        """
        there = self._here.get(token)
        if there is not None and there.state not in OVER:  # told by the desk already
            return
        begun: Begun = pickle.loads(told)  # from an app server of ours
        before = unpacked(kept) if kept else None
        with asking(begun.who):
            job = (
                self.jobs.go_on(token, before)
                if before
                else self.jobs.start(begun.make, begun.about, is_paused=begun.is_paused, token=token, owner=begun.owner)
            )
        with self._changed:
            self._here[token] = job
            if token in self._over:  # a study that goes on
                self._over.remove(token)
            self._changed.notify_all()
        threading.Thread(target=self._mind, args=(job, begun.who, told), name="mind", daemon=True).start()

    def _job(self, token: str) -> LocalJob:
        """The run of this token, which may be about to begin.

        Raises:
            JobError: if it has ended, or was lost before the desk heard of it.
        """
        with self._changed:
            if token in self._over or not self._changed.wait_for(lambda: token in self._here, ANSWER_S):
                raise JobError("ended")
            return self._here[token]

    def leave(self, token: str) -> bool:
        """As `core.jobs.Jobs.leave`, but for one thing: that it has gone, the desk says."""
        job = self._here.get(token)
        self.jobs.leave(token)
        return job is not None and not job.is_private

    def stands(self, token: str) -> Standing:
        """Where it stands."""
        return _standing(self._job(token))

    def send(self, token: str, name: str, value: Any) -> None:
        """As `Job.send`."""
        self._job(token).send(name, value)

    def answer(self, token: str, question: bytes) -> Any:
        """As `Job.answer`; the question is pickled."""
        return self._job(token).answer(pickle.loads(question))  # from an app server of ours

    def look(self, token: str, known: Standing, seen: int | None) -> tuple[Standing, int, bytes]:
        """Wait for a moment for something new.

        Args:
            token: of the run.
            known: where it stood.
            seen: version of the latest frame, be it from before a restart; None if none is wanted.

        Returns:
            Where it stands, and a frame with its version if there is a new one.
        """
        frames: Future[bytes] = Future()
        job = self._job(token)
        eyes = Watcher(frames.set_result, seen=-1 if seen is None or seen > job.version else seen)
        job.watch(eyes)
        try:
            if seen is not None:
                job.ask(eyes)
            end = time.monotonic() + LOOK_S
            while (now := _standing(job)) == known and not frames.done() and time.monotonic() < end:
                with suppress(TimeoutError):
                    frames.result(LOOK_S / 4)
        finally:
            job.leave(eyes)
        return now, eyes.seen, frames.result() if frames.done() else b""

    def _mind(self, job: LocalJob, who: Asker, told: bytes) -> None:
        """Tell the desk how far it is, until it is over; a desk that has begun anew hears again what it is."""
        known, whose = -1, Whose(job.about, job.owner, who.address)
        while job.state not in OVER:
            with suppress(RayError):
                report = self.far.report.remote(job.token, whose, self.name, job.state)
                is_known = ray.get(report, timeout=DESK_S)
                if not is_known or job.version != known:
                    known = job.version
                    self.far.keep.remote(job.token, self._kept(job), b"" if is_known else told)
            end = time.monotonic() + REPORT_S
            while job.state not in OVER and time.monotonic() < end:
                time.sleep(BRIEF_S)
        left = Left(job.about, job.owner, job.state, job.problem, job.has_begun, job.last, is_private=job.is_private)
        if job.is_left:
            self._leave(job, replace(left, last=b""))
            return
        try:
            left = replace(left, result=ray.cloudpickle.dumps(job.result))
        except Exception:
            left = replace(left, state="failed", problem=job.token[:8])
            log.exception("reference %s: what a run left cannot be pickled", left.problem)
        self._leave(job, left)

    def _kept(self, job: LocalJob) -> bytes | None:
        with suppress(Exception):  # there was no answer: next time
            data: bytes | None = job.put(lambda work: packed(job.kept(work))).result(ANSWER_S)
            return data
        return None

    def _leave(self, job: LocalJob, left: Left) -> None:
        while True:
            try:
                ray.get(self.far.end.remote(job.token, left), timeout=DESK_S)
                break
            except RayError:  # it begins anew
                time.sleep(AGAIN_S)
        with self._changed:
            if self._here.get(job.token) is job:
                del self._here[job.token]
                self._over.append(job.token)
        self.jobs.tidy()


def _standing(job: LocalJob) -> Standing:
    """Where a run stands; that it is over, the desk says."""
    state: State = "running" if job.state in OVER else job.state
    return Standing(state, job.place if state == "queued" else 0, job.problem, job.has_begun)


def seat_of(name: str, *, is_new: bool = True) -> Any:
    """The actor of this name.

    Args:
        name: that begins with SEAT.
        is_new: whether it is made where there is none.

    Raises:
        ValueError: if there is none.
    """
    if not is_new:
        return ray.get_actor(name, NAMESPACE)
    return (
        _kind()
        .options(
            name=name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            max_concurrency=N_THREADS,
            num_cpus=0,
        )
        .remote(name)
    )


@cache
def _kind() -> Any:
    return ray.remote(Seat)


def all_seats() -> list[str]:
    """The names of all there are."""
    return [name for name in ray.util.list_named_actors() if name.startswith(SEAT)]
