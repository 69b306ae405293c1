"""Background jobs: a few at once, the rest in a queue; paused, commanded and cancelled between two steps.

A job's address is an unguessable token, so that a page finds it again after a reload. Whoever watches asks for frames
one at a time: a slow browser gets fewer, and the job never waits. A job that nobody watches for a while ends.
"""

import contextlib
import logging
import os
import pickle
import re
import secrets
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from core.askers import Asker, asker, asking
from core.errors import JobError
from core.files import write_whole
from core.host import host
from core.turns import TURNS
from core.work import Work

log = logging.getLogger("camadas")
State = Literal["queued", "running", "paused", "finished", "done", "failed", "cancelled", "forgotten"]
OVER: tuple[State, ...] = ("done", "failed", "cancelled", "forgotten")  # "finished" can go on, "done" no longer
ENDED: tuple[State, ...] = ("finished", *OVER)
MAX_ALIVE = 400
N_BRIEF = 4  # short pieces of work at once
NICE = 10  # of the threads of jobs
MAX_COMMANDS = 100  # waiting at one job
MANNERS_S = 0.1  # between two steps while requests wait
UNWATCHED_S = 2.0  # after so long without anybody a job lets others go first
STOP_S, BRIEF_S = 10.0, 0.02  # that jobs may take to be written down; between two looks whether they are
SUFFIX = ".run"
TOKEN = re.compile(r"[\w-]{1,64}")
LOOK_S = 0.5  # between two looks whether anybody is there
ANSWER_S = 5.0  # that somebody waits for an answer
T = TypeVar("T")


@dataclass(eq=False)
class Watcher:
    """Somebody who looks on.

    Attributes:
        deliver: called from the job's thread with a frame, one for each time that `wants` was set.
        wants: whether a frame is asked for.
        seen: the job's version that was delivered last.
    """

    deliver: Callable[[bytes], None]
    wants: bool = False
    seen: int = -1


@dataclass(eq=False)
class Job:
    """One job and those who watch it. Made by `Jobs.start` alone.

    Attributes:
        token: under which it is found.
        about: whatever its starter wrote there.
        owner: whose it is; others may neither watch nor command it. Empty: whoever knows the token may.
        who: for whom it computes.
        has_begun: whether it has made a step.
        last: its last frame, once it has ended.
        result: what its work left, once it has ended.
    """

    token: str
    make: Callable[[], Work]
    about: str = ""
    owner: str = ""
    who: Asker = field(default_factory=Asker)
    state: State = "paused"
    problem: str = ""
    has_begun: bool = False
    version: int = 0
    commands: deque[tuple[str, Any]] = field(default_factory=lambda: deque(maxlen=MAX_COMMANDS))
    questions: deque[tuple[Callable[[Any], Any], Future[Any]]] = field(default_factory=deque)
    watchers: set[Watcher] = field(default_factory=set)
    watched_at: float = field(default_factory=time.monotonic)
    changed: threading.Condition = field(default_factory=threading.Condition)
    last: bytes = b""
    result: Any = None

    def send(self, name: str, value: Any = None) -> None:
        """Ask for something: "pause", "resume" and "cancel" are the job's own, the rest goes to its work."""
        with self.changed:
            if name == "cancel":
                self.commands.clear()
            self.commands.append((name, value))
            self.changed.notify_all()

    def answer(self, question: Callable[[Any], T]) -> T:
        """What the job's own thread finds in its work, between two steps. To ask is to watch for a moment.

        Raises:
            JobError: if the job has ended, or has not answered within ANSWER_S.
        """
        future: Future[T] = Future()
        with self.changed:
            if self.state in OVER:
                raise JobError("ended")
            self.watched_at = time.monotonic()
            self.questions.append((question, future))
            self.changed.notify_all()
        try:
            return future.result(ANSWER_S)
        except CancelledError as error:
            raise JobError("ended") from error
        except TimeoutError as error:
            if future.done():  # it is the answer that says so
                raise
            future.cancel()
            raise JobError("busy") from error

    def now(self, question: Callable[[Any], Any]) -> Any:
        """The result, once the job has ended; before that what its own thread finds, as `answer`.

        Raises:
            JobError: as `answer`, where there is no result.
        """
        if self.result is None:
            try:
                return self.answer(question)
            except JobError:
                if self.result is None:
                    raise
        return self.result

    def is_watched(self) -> bool:
        """Whether somebody looks on, or did a moment ago."""
        return bool(self.watchers) or time.monotonic() - self.watched_at < UNWATCHED_S

    def watch(self, watcher: Watcher) -> None:
        """Let somebody look on."""
        with self.changed:
            self.watchers.add(watcher)
            self.watched_at = time.monotonic()

    def leave(self, watcher: Watcher) -> None:
        """Somebody looks no longer."""
        with self.changed:
            self.watchers.discard(watcher)
            self.watched_at = time.monotonic()

    def ask(self, watcher: Watcher) -> None:
        """The watcher wants the next frame that it has not seen."""
        with self.changed:
            watcher.wants = True
            self.watched_at = time.monotonic()
            self.changed.notify_all()


class Jobs:
    """The jobs of this process.

    A few that go on as fast as they can have a turn at once; the others see their place in the queue, and after
    `slice_s` a turn goes to the next one. Those that are watched come before those that are not, and of these those
    whose owner has the fewest turns; one that is not watched gives its turn up as soon as one that is waits. Work that
    rests between its steps needs no turn while it is watched: only so many steps, commands and beginnings happen at
    once. While visitors' requests wait to be computed, all jobs rest between their steps.

    Args:
        most_running: turns at once, and short pieces of work at once; turns as the operator says without it.
        idle_s: a job that nobody watches for so long ends.
        kept_s: an ended job is forgotten after so long.
        slice_s: how long a turn lasts while others wait.
    """

    def __init__(
        self, most_running: int | None = None, idle_s: float = 60.0, kept_s: float = 600.0, slice_s: float = 5.0
    ) -> None:
        self._asked, self.idle_s, self.kept_s, self.slice_s = most_running, idle_s, kept_s, slice_s
        self._turns = threading.Lock()  # of the fields below; may be held while a job's `changed` is taken, not after
        self._jobs: dict[str, Job] = {}
        self._folder: Path | None = None
        self._queue: deque[Job] = deque()
        self._running: dict[Job, float] = {}  # and since when
        self._brief = threading.Semaphore(most_running or N_BRIEF)

    @property
    def most_running(self) -> int:
        """Turns at once."""
        return self._asked or host().turns

    def start(
        self,
        make: Callable[[], Work],
        about: str = "",
        *,
        is_paused: bool = False,
        token: str = "",
        owner: str = "",
    ) -> Job:
        """Begin a job.

        Args:
            make: makes the work, in the job's own thread.
            about: kept with the job.
            is_paused: whether it waits for "resume" before its first step.
            token: under which it is found, as unguessable as those that are drawn without it; a job of this token
                that has not ended is given back instead of a new one.
            owner: whose it is.

        Raises:
            JobError: if there are too many already, of all, of this owner or of the address that asks.
        """
        who = asker()
        with self._turns:
            self._forget()
            there = self._jobs.get(token)
            if there is not None and there.state not in OVER:
                return there
            self._check_limits(owner, who)
            job = Job(token or secrets.token_urlsafe(16), make, about, owner, who)
            if is_paused:
                job.send("pause")
            self._jobs[job.token] = job
        threading.Thread(target=self._run, args=(job,), name=f"job-{job.token[:6]}", daemon=True).start()
        return job

    def _check_limits(self, owner: str, who: Asker) -> None:
        alive = [job for job in self._jobs.values() if job.state not in OVER]
        if len(alive) >= MAX_ALIVE:
            raise JobError("full", n=len(alive))
        n_own = sum(job.owner == owner for job in alive) if owner else 0
        n_there = sum(job.who.address == who.address for job in alive) if who.address else 0
        if n_own >= host().jobs or n_there >= host().address_jobs:
            raise JobError("too_many_own", n=max(n_own, n_there))

    def count(self) -> dict[str, int]:
        """How many there are in each state, the states without any included."""
        with self._turns:
            found = Counter(job.state for job in self._jobs.values())
        return {state: found[state] for state in get_args(State)}

    def find(self, token: str, owner: str = "") -> Job | None:
        """The job of this token, while it is known and the owner's."""
        with self._turns:
            job = self._jobs.get(token) or self._taken_up(token)
        return job if job is not None and job.owner in ("", owner) else None

    def _taken_up(self, token: str) -> Job | None:
        """A job that was written down: it goes on where it was."""
        file = self._folder / f"{token}{SUFFIX}" if self._folder and TOKEN.fullmatch(token) else None
        if file is None or not file.exists():
            return None
        try:
            kept = pickle.loads(file.read_bytes())  # our own file, in a folder that is the server's alone
        except Exception:  # of another version
            log.exception("a job that was written down cannot be read")
            return None
        finally:
            file.unlink(missing_ok=True)
        job = Job(token, lambda: kept["work"], kept["about"], kept["owner"], has_begun=kept["has_begun"])
        if not kept["goes_on"]:
            job.send("pause")
        self._jobs[token] = job
        threading.Thread(target=self._run, args=(job,), name=f"job-{token[:6]}", daemon=True).start()
        return job

    def place(self, job: Job) -> int:
        """How many jobs are before this one in the queue, itself included; 0 when it is not in it."""
        with self._turns:
            order = sorted(self._queue, key=self._rank)
            return order.index(job) + 1 if job in order else 0

    def stop(self, folder: Path | None = None) -> None:
        """Cancel all jobs.

        Args:
            folder: where those are written down first that can be, to be found there by their tokens.
        """
        with self._turns:
            jobs = [job for job in self._jobs.values() if job.state not in OVER]
        for job in jobs:
            if folder is None:
                job.send("cancel")
            else:
                job.send("keep", folder)
        end = time.monotonic() + STOP_S
        while folder is not None and any(job.state not in OVER for job in jobs) and time.monotonic() < end:
            time.sleep(BRIEF_S)

    def look_in(self, folder: Path) -> None:
        """Find jobs there too that were written down when a server stopped, until they are KEPT_S old."""
        self._folder = folder
        for file in folder.glob(f"*{SUFFIX}"):
            if time.time() - file.stat().st_mtime > self.kept_s:
                file.unlink(missing_ok=True)

    def _forget(self) -> None:
        now = time.monotonic()
        over = sorted((job for job in self._jobs.values() if job.state in OVER), key=lambda job: job.watched_at)
        for at, job in enumerate(over):
            if now - job.watched_at > self.kept_s or at < len(over) - MAX_ALIVE:
                del self._jobs[job.token]

    def _run(self, job: Job) -> None:
        _step_back()
        end: State = "failed"
        try:
            with asking(job.who):
                end = self._work(job)
        except Exception as error:  # one visitor's job must not end another's
            job.problem = secrets.token_hex(4)
            log.error("reference %s", job.problem, exc_info=error)
        finally:
            job.make = _nothing  # what it held is given back
            self._free(job)
            with job.changed:
                job.state = end
                job.watched_at = time.monotonic()
                left, job.questions = job.questions, deque()
            for _question, future in left:
                future.cancel()

    def _work(self, job: Job) -> State:
        with self._brief:
            work = job.make()
        wants_to_run, goes_on = True, True
        end: State | None = None
        while end is None:
            while (command := _taken(job)) is not None:
                name, value = command
                job.version += 1
                if name == "cancel":
                    end = "cancelled"
                elif name == "keep":
                    _keep(job, work, value, goes_on=wants_to_run)
                    end = "cancelled"
                elif name in ("pause", "resume"):
                    wants_to_run = name == "resume"
                else:
                    with self._brief:
                        goes_on = work.command(name, value) or goes_on
            if end is None and wants_to_run and goes_on:
                goes_on, rest = self._step(job, work)
            else:
                self._free(job)
                rest = LOOK_S
                job.state = "paused" if goes_on else "finished"
            _answer(job, work)
            self._show(job, work)
            if end is None and self._is_idle(job):
                end = "forgotten" if goes_on else "done"
            if end is None and TURNS.is_awaited():
                rest = max(rest, MANNERS_S)
            if end is None and rest:
                self._rest(job, rest)
        job.version += 1
        job.last, job.result = work.frame(), work.result()
        return end

    def _step(self, job: Job, work: Work) -> tuple[bool, float]:
        """Go on by a step, if it is time for it and its turn; whether there is more to do, and how long to rest."""
        rest = work.rest_s()
        if rest is not None and job.is_watched():
            self._free(job)
        elif not self._has_turn(job):
            job.state = "queued"
            return True, LOOK_S
        job.state = "running"
        if rest:
            return True, rest
        with self._brief if rest is not None else contextlib.nullcontext():
            goes_on = work.step()
        job.version += 1
        job.has_begun = True
        if not goes_on:
            job.state = "finished"
        return goes_on, 0.0

    def _has_turn(self, job: Job) -> bool:
        """Whether this job is one of the few; else it stands in the queue. A turn that has lasted goes to the next."""
        now = time.monotonic()
        with self._turns:
            slice_s = self.slice_s if job.is_watched() or not any(other.is_watched() for other in self._queue) else 0.0
            if job in self._running and (not self._queue or now - self._running[job] < slice_s):
                return True
            self._running.pop(job, None)
            if job not in self._queue:
                self._queue.append(job)
            self._hand_out(now)
            return job in self._running

    def _hand_out(self, now: float) -> None:
        while self._queue and len(self._running) < self.most_running:
            following = min(self._queue, key=self._rank)  # of equals the first
            self._queue.remove(following)
            self._running[following] = now
            with following.changed:
                following.changed.notify_all()

    def _rank(self, job: Job) -> tuple[bool, int]:
        n_turns = sum(other.owner == job.owner for other in self._running) if job.owner else 0
        return not job.is_watched(), n_turns

    def _free(self, job: Job) -> None:
        """Give its turn, or its place in the queue, away."""
        with self._turns:
            self._running.pop(job, None)
            if job in self._queue:
                self._queue.remove(job)
            self._hand_out(time.monotonic())

    def _show(self, job: Job, work: Work) -> None:
        """Give a frame to all who want one and have not seen how things stand now."""
        with job.changed:
            waiting = [w for w in job.watchers if w.wants and w.seen < job.version]
            for watcher in waiting:
                watcher.wants, watcher.seen = False, job.version
        if waiting:
            frame = work.frame()
            for watcher in waiting:
                watcher.deliver(frame)

    def _is_idle(self, job: Job) -> bool:
        with job.changed:
            return not job.watchers and time.monotonic() - job.watched_at > self.idle_s

    def _rest(self, job: Job, seconds: float) -> None:
        """Sleep so long, or until somebody asks for something."""
        with job.changed:
            asked = any(w.wants and w.seen < job.version for w in job.watchers)
            if not job.commands and not job.questions and not asked:
                job.changed.wait(timeout=min(seconds, self.idle_s))


def _keep(job: Job, work: Work, folder: Path, *, goes_on: bool) -> None:
    """Write a job down, for this user alone, if it may and can be."""
    if not getattr(work, "is_kept", False):
        return
    kept = {"about": job.about, "owner": job.owner, "has_begun": job.has_begun, "goes_on": goes_on, "work": work}
    try:
        data = pickle.dumps(kept)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / f"{job.token}{SUFFIX}"
        write_whole(file, data)
        file.chmod(0o600)
    except Exception:
        log.exception("a job cannot be written down")


def _taken(job: Job) -> tuple[str, Any] | None:
    """The next command. One at a time: "cancel" takes those away that wait."""
    with job.changed:
        return job.commands.popleft() if job.commands else None


def _answer(job: Job, work: Work) -> None:
    with job.changed:
        asked, job.questions = job.questions, deque()
    for question, future in asked:
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(question(work))
            except Exception as error:  # theirs who asked
                future.set_exception(error)


def _step_back() -> None:
    """Let the threads that answer visitors go first: on Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    import torch

    torch.set_num_threads(1)  # of this thread: for so little work more would only wait for each other


def _nothing() -> Work:
    raise JobError("ended")


JOBS = Jobs()
