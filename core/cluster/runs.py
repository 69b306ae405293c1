"""Background jobs in the cluster: each a named detached actor, found by its token from any app server.

Killed, an actor begins anew where the desk last heard how far it had come, or from the start. At its end it leaves
what it made at the desk.
"""

import logging
import pickle
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

import ray
from ray.exceptions import ActorUnavailableError, RayActorError, RayError

from core.askers import Asker, asker, asking
from core.cluster.connection import NAMESPACE, ask, connection, end_own, join, reaching
from core.cluster.desk import Left, ask_desk, desk, run_name
from core.errors import JobError
from core.job import OVER, Job, State, Watcher
from core.kept import packed, unpacked
from core.local_jobs import ANSWER_S, LocalJob, LocalJobs
from core.work import Work

log = logging.getLogger("camadas")
SENDING = ThreadPoolExecutor(1, "send")  # in their order, and nobody waits for a cluster that does not answer
MAX_RESTARTS = 3
N_THREADS = 32  # that look at a run or ask it something
REPORT_S = 2.0  # between two reports to the desk
HOLD_S = 0.2  # that the desk's word about a turn holds
DESK_S = 5.0  # that a run waits for the desk
FRESH_S = 0.25  # that a state holds which nobody watches
LOOK_S = 0.5  # that a look waits for something new
BRIEF_S = 0.02
AGAIN_S = 0.5  # between two tries where a run does not answer
T = TypeVar("T")


class Standing(NamedTuple):
    """Where a run stands."""

    state: State = "paused"
    place: int = 0
    problem: str = ""
    has_begun: bool = False


class _FarSlots:
    """The desk's turns, as one run sees them: `core.slots.AnySlots`."""

    def __init__(self, far: Any) -> None:
        self._far, self._is_granted, self._at, self._is_known = far, False, 0.0, False

    def has_turn(self, token: str, owner: str, is_watched: bool) -> bool:
        """As the desk says, or said a moment ago; without a desk all go on."""
        if self._is_granted and time.monotonic() - self._at < HOLD_S:
            return True
        self._is_known, self._at = True, time.monotonic()
        try:
            self._is_granted = ray.get(self._far.has_turn.remote(token, owner, is_watched), timeout=DESK_S)
        except RayError:
            self._is_granted = True
        return self._is_granted

    def free(self, token: str) -> None:
        """Give the turn away, if there is one."""
        if self._is_known:
            self._is_known = self._is_granted = False
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


class Run:
    """The actor of one run; a spare one until `begin`.

    Args:
        token: under which it is found.
    """

    def __init__(self, token: str) -> None:
        self.token, self.far = token, desk()
        self.jobs = LocalJobs(slots=_FarSlots(self.far))
        self.job: LocalJob | None = None
        self.has_begun = threading.Event()
        begun, kept = ray.get(self.far.kept.remote(token))
        if begun is not None:  # it was killed
            self._begin(pickle.loads(begun), kept)
        elif ray.get_runtime_context().was_current_actor_reconstructed:  # killed before it was anything
            self.far.discard.remote(token)
        else:
            import core.moons  # noqa: F401 - torch, and what most runs are of

    def begin(self, begun: Begun) -> None:
        """Become what it is to be."""
        self._begin(begun, None)

    def _begin(self, begun: Begun, data: bytes | None) -> None:
        told = ray.cloudpickle.dumps(begun)
        self.far.begun.remote(self.token, told)
        kept = unpacked(data) if data else None
        with asking(begun.who):
            self.job = (
                self.jobs.go_on(self.token, kept)
                if kept
                else self.jobs.start(
                    begun.make, begun.about, is_paused=begun.is_paused, token=self.token, owner=begun.owner
                )
            )
        self.has_begun.set()
        threading.Thread(target=self._mind, args=(self.job, begun.who, told), name="mind", daemon=True).start()

    def _mine(self) -> LocalJob:
        if not self.has_begun.wait(ANSWER_S) or self.job is None:
            raise JobError("ended")  # killed before the desk heard of it
        return self.job

    def told(self) -> tuple[str, str, Standing]:
        """What never changes, and where it stands."""
        job = self._mine()
        return job.about, job.owner, _standing(job)

    def send(self, name: str, value: Any) -> None:
        """As `Job.send`."""
        self._mine().send(name, value)

    def answer(self, question: Callable[[Any], Any]) -> Any:
        """As `Job.answer`."""
        return self._mine().answer(question)

    def look(self, known: Standing, seen: int | None) -> tuple[Standing, int, bytes]:
        """Wait for a moment for something new.

        Args:
            known: where it stood.
            seen: version of the latest frame, be it from before a restart; None if none is wanted.

        Returns:
            Where it stands, and a frame with its version if there is a new one.
        """
        frames: Future[bytes] = Future()
        job = self._mine()
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
        kept = -1
        while job.state not in OVER:
            with suppress(RayError):
                if not ray.get(self.far.report.remote(job.token, job.owner, who.address, job.state), timeout=DESK_S):
                    self.far.begun.remote(self.token, told)
                    kept = -1
            if job.version != kept:
                kept = job.version
                with suppress(Exception):  # there was no answer: next time
                    data = job.put(lambda work: packed(job.kept(work))).result(ANSWER_S)
                    if data is not None:
                        self.far.keep.remote(job.token, data)
            end = time.monotonic() + REPORT_S
            while job.state not in OVER and time.monotonic() < end:
                time.sleep(BRIEF_S)
        left = Left(job.about, job.owner, job.state, job.problem, job.has_begun, job.last)
        try:
            left = replace(left, result=pickle.dumps(job.result))
        except Exception:
            left = replace(left, state="failed", problem=self.token[:8])
            log.exception("reference %s: what a run left cannot be pickled", left.problem)
        while True:
            try:
                ray.get(self.far.end.remote(job.token, left), timeout=DESK_S)
                return
            except RayError:  # it begins anew
                time.sleep(AGAIN_S)


def _standing(job: LocalJob) -> Standing:
    """Where a run stands; that it is over, the desk says."""
    state: State = "running" if job.state in OVER else job.state
    return Standing(state, job.place if state == "queued" else 0, job.problem, job.has_begun)


def actor_of(token: str) -> Any:
    """The actor of a run, made where there is none."""
    kind: Any = ray.remote(Run)
    return kind.options(
        name=run_name(token),
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        max_restarts=MAX_RESTARTS,
        max_concurrency=N_THREADS,
        num_cpus=0,
    ).remote(token)


class ClusterJob:
    """A `core.job.Job` of the cluster, as one app server sees it. Made by `ClusterJobs` alone.

    Args:
        token, about, owner: as Job has them.
        actor: that runs it; None once it has left.
        standing: where it stands.
    """

    def __init__(self, token: str, about: str, owner: str, actor: Any, standing: Standing) -> None:
        self.token, self.about, self.owner = token, about, owner
        self._actor, self._standing, self._at = actor, standing, time.monotonic()
        self._of = connection()
        self._left: Left | None = None
        self._result: Any = None
        self._changed = threading.Condition()
        self._watchers: set[Watcher] = set()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._now().state

    @property
    def place(self) -> int:
        """In the queue, from 1; 0 when it is not in it."""
        return self._now().place

    @property
    def problem(self) -> str:
        """The reference of its failure."""
        return self._now().problem

    @property
    def has_begun(self) -> bool:
        """Whether it has made a step."""
        return self._now().has_begun

    @property
    def last(self) -> bytes:
        """Its last frame, once it has ended."""
        return self._left.last if self._left else b""

    @property
    def result(self) -> Any:
        """What its work left, once it has ended."""
        return self._result

    def send(self, name: str, value: Any = None) -> None:
        """As `Job.send`; to who does not answer nothing is sent."""
        if self._left is None:
            SENDING.submit(self._send, name, value)
            self._at = 0.0

    def _send(self, name: str, value: Any) -> None:
        with suppress(Exception), reaching():
            self._there().send.remote(name, value)

    def answer(self, question: Callable[[Any], T]) -> T:
        """As `Job.answer`."""
        if self._left is None:
            try:
                found: T = ask(lambda: self._there().answer.remote(question), 2 * ANSWER_S)
                return found
            except ActorUnavailableError as error:
                raise JobError("busy") from error
            except RayActorError as error:
                self._ended()
                raise JobError("ended") from error
        raise JobError("ended")

    def now(self, question: Callable[[Any], Any]) -> Any:
        """As `Job.now`."""
        if self.result is None:
            try:
                return self.answer(question)
            except JobError:
                if self.result is None:
                    raise
        return self.result

    def drop(self) -> None:
        """Let go of its result."""
        self._result = None
        with suppress(JobError):
            ask_desk("drop", self.token)

    def watch(self, watcher: Watcher) -> None:
        """Let somebody look on."""
        with self._changed:
            self._watchers.add(watcher)
            if self._thread is None and self._left is None:
                self._thread = threading.Thread(target=self._look_on, name=f"look-{self.token[:6]}", daemon=True)
                self._thread.start()

    def leave(self, watcher: Watcher) -> None:
        """Somebody looks no longer."""
        with self._changed:
            self._watchers.discard(watcher)

    def ask(self, watcher: Watcher) -> None:
        """The watcher wants the next frame that it has not seen."""
        with self._changed:
            watcher.wants = True
            self._changed.notify_all()

    def _now(self) -> Standing:
        """Where it stands; asked for where nobody watches."""
        if self._left is None and self._thread is None and time.monotonic() - self._at > FRESH_S:
            try:
                _about, _owner, standing = ask(self._tell, ANSWER_S)
                self._standing = standing
            except RayActorError:
                self._gone_or_away()
            except Exception:  # what does not answer is away
                self._standing = self._standing._replace(state="away")
            self._at = time.monotonic()
        return self._standing

    def _tell(self) -> Any:
        return self._there().told.remote()

    def _look(self, seen: int | None) -> Any:
        return self._there().look.remote(self._standing, seen)

    def _there(self) -> Any:
        """Its actor; after the cluster was lost, as the new one knows it."""
        if self._actor is None or self._of != connection():
            try:
                self._actor, self._of = ray.get_actor(run_name(self.token), NAMESPACE), connection()
            except ValueError:
                raise RayActorError from None
        return self._actor

    def _gone_or_away(self) -> None:
        """An actor has died, or its process begins anew."""
        try:
            self._actor = None
            ask(self._tell, ANSWER_S)
        except ActorUnavailableError:
            self._standing = self._standing._replace(state="away")
        except RayActorError:
            self._ended()
        except Exception:
            self._standing = self._standing._replace(state="away")

    def _look_on(self) -> None:
        """While somebody watches, fetch frames for those who want one."""
        while True:
            with self._changed:
                if not self._watchers or self._left is not None:
                    self._thread = None
                    return
                if not any(watcher.wants for watcher in self._watchers):
                    self._changed.wait(FRESH_S)
                seen = [watcher.seen for watcher in self._watchers if watcher.wants]
            try:
                newest = min(seen, default=None)
                self._standing, version, frame = ask(partial(self._look, newest))
                self._at = time.monotonic()
            except RayActorError:
                self._gone_or_away()
                time.sleep(AGAIN_S)
            except Exception:  # what does not answer is away
                self._standing = self._standing._replace(state="away")
                time.sleep(AGAIN_S)
            else:
                self._hand_out(version, frame)

    def _hand_out(self, version: int, frame: bytes) -> None:
        if not frame:
            return
        with self._changed:
            waiting = [watcher for watcher in self._watchers if watcher.wants and watcher.seen != version]
            for watcher in waiting:
                watcher.wants, watcher.seen = False, version
        for watcher in waiting:
            watcher.deliver(frame)

    def _ended(self) -> None:
        """Its actor is gone: fetch what it left."""
        try:
            left = ask_desk("left", self.token)
        except JobError:
            self._standing = self._standing._replace(state="away")
            return
        self._take(left or Left(self.about, self.owner, "lost"))

    def _take(self, left: Left) -> None:
        self._result = pickle.loads(left.result) if left.result else None  # from a process of ours
        self._standing = Standing(left.state, 0, left.problem, left.has_begun)
        self._left = left


class ClusterJobs:
    """The runs of the cluster: `core.jobs.Jobs`."""

    def __init__(self) -> None:
        self._seen: weakref.WeakValueDictionary[str, ClusterJob] = weakref.WeakValueDictionary()

    def start(
        self,
        make: Callable[[], Work],
        about: str = "",
        *,
        is_paused: bool = False,
        token: str = "",
        owner: str = "",
    ) -> Job:
        """As `core.jobs.Jobs.start`."""
        if token and (there := self._found(token)) is not None and there.state not in OVER:
            return there
        who = asker()
        token = ask_desk("enter", token, owner, who.address)
        with reaching():
            actor = actor_of(token)
            actor.begin.remote(Begun(make, about, owner, who, is_paused))
        job = self._seen[token] = ClusterJob(token, about, owner, actor, Standing())
        return job

    def find(self, token: str, owner: str = "") -> Job | None:
        """As `core.jobs.Jobs.find`."""
        job = self._found(token) if token else None
        return job if job is not None and job.owner in ("", owner) else None

    def _found(self, token: str) -> ClusterJob | None:
        job = self._seen.get(token)
        if job is not None:
            return job
        join()
        try:
            with reaching():
                actor = ray.get_actor(run_name(token), NAMESPACE)
            about, owner, standing = ask(actor.told.remote)
            job = ClusterJob(token, about, owner, actor, standing)
        except (ValueError, RayActorError):
            left: Left | None = ask_desk("left", token)
            if left is None:
                return None
            job = ClusterJob(token, left.about, left.owner, None, Standing())
            job._take(left)
        self._seen[token] = job
        return job

    def count(self) -> dict[str, int]:
        """As `core.jobs.Jobs.count`; zeros where nobody answers."""
        try:
            found: dict[str, int] = ask_desk("count")
        except JobError:
            return dict.fromkeys(get_args(State), 0)
        return found

    def tidy(self) -> None:
        """The desk does."""

    def look_in(self, folder: Path) -> None:
        """Nothing to look for: runs outlive a server."""

    def stop(self, folder: Path | None = None) -> None:
        """The runs go on without this server, unless the cluster is its own."""
        del folder
        end_own()
