"""Background jobs: a few at once, the rest in a queue; paused, commanded and cancelled between two steps.

A job's address is an unguessable token, so that a page finds it again after a reload. Whoever watches asks for frames
one at a time: a slow browser gets fewer, and the job never waits. A job that nobody watches for a while ends.
"""

import logging
import os
import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from core.errors import JobError

log = logging.getLogger("camadas")
State = Literal["queued", "running", "paused", "finished", "failed", "cancelled", "forgotten"]
ENDED: tuple[State, ...] = ("finished", "failed", "cancelled", "forgotten")
MAX_QUEUED, MAX_ALIVE = 200, 400
NICE = 10  # of the threads of jobs
MAX_COMMANDS = 100  # waiting at one job
ANSWER_S, QUEUED_S = 5.0, 0.25  # that somebody waits for an answer, and for a job in the queue
T = TypeVar("T")


class Work(Protocol):
    """What a job does. All its methods are called by the job's own thread."""

    def step(self) -> bool:
        """Work for some hundredths of a second; False when there is nothing left to do."""
        ...

    def command(self, name: str, value: Any) -> bool:
        """Do what a visitor asked for; gives whether there is work to go on with. Nonsense is ignored."""
        ...

    def frame(self) -> bytes:
        """How things stand, small and packed."""
        ...


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
    """One job and those who watch it. Made by `Jobs.start` alone; `about` is whatever its starter wrote there."""

    token: str
    make: Callable[[], Work]
    about: str = ""
    state: State = "queued"
    problem: str = ""
    version: int = 0
    commands: deque[tuple[str, Any]] = field(default_factory=lambda: deque(maxlen=MAX_COMMANDS))
    questions: deque[tuple[Callable[[Any], Any], Future[Any]]] = field(default_factory=deque)
    watchers: set[Watcher] = field(default_factory=set)
    watched_at: float = field(default_factory=time.monotonic)
    changed: threading.Condition = field(default_factory=threading.Condition)
    last: bytes = b""

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
            JobError: if the job has ended, waits for its turn, or has not answered within ANSWER_S.
        """
        future: Future[T] = Future()
        with self.changed:
            if self.state in ENDED and self.state != "finished":
                raise JobError("ended")
            self.watched_at = time.monotonic()
            self.questions.append((question, future))
            self.changed.notify_all()
        deadline = time.monotonic() + ANSWER_S
        while True:
            try:
                return future.result(QUEUED_S)
            except CancelledError as error:
                raise JobError("ended") from error
            except TimeoutError as error:
                if future.done():  # it is the answer that says so
                    raise
                if self.state == "queued" or time.monotonic() > deadline:
                    future.cancel()
                    raise JobError("busy") from error

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

    Args:
        most_running: at once.
        idle_s: a job that nobody watches for so long ends.
        kept_s: an ended job is forgotten after so long.
    """

    def __init__(self, most_running: int = 4, idle_s: float = 60.0, kept_s: float = 600.0) -> None:
        self.most_running, self.idle_s, self.kept_s = most_running, idle_s, kept_s
        self._turns = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._running: set[Job] = set()

    def start(self, make: Callable[[], Work], about: str = "", *, is_paused: bool = False, token: str = "") -> Job:
        """Begin a job; it waits for its turn while too many run.

        Args:
            make: makes the work, in the job's own thread, once it is its turn.
            about: kept with the job.
            is_paused: whether it waits for "resume" before its first step.
            token: under which it is found, as unguessable as those that are drawn without it.

        Raises:
            JobError: if too many wait already.
        """
        with self._turns:
            self._forget()
            n_alive = sum(job.state not in ENDED for job in self._jobs.values())
            if len(self._queue) >= MAX_QUEUED or n_alive >= MAX_ALIVE:
                raise JobError("full", n=n_alive)
            job = Job(token or secrets.token_urlsafe(16), make, about)
            if is_paused:
                job.send("pause")
            self._jobs[job.token] = job
            self._queue.append(job)
        threading.Thread(target=self._run, args=(job,), name=f"job-{job.token[:6]}", daemon=True).start()
        return job

    def find(self, token: str) -> Job | None:
        """The job of this token, while it is known."""
        with self._turns:
            return self._jobs.get(token)

    def place(self, job: Job) -> int:
        """How many jobs are before this one in the queue, itself included; 0 when it is not in it."""
        with self._turns:
            return self._queue.index(job) + 1 if job in self._queue else 0

    def stop(self) -> None:
        """Cancel all jobs."""
        with self._turns:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.send("cancel")

    def _forget(self) -> None:
        now = time.monotonic()
        old = [t for t, job in self._jobs.items() if job.state in ENDED and now - job.watched_at > self.kept_s]
        for token in old:
            del self._jobs[token]

    def _run(self, job: Job) -> None:
        _step_back()
        try:
            self._work(job)
        except Exception as error:  # one visitor's job must not end another's
            job.problem = secrets.token_hex(4)
            log.error("reference %s", job.problem, exc_info=error)
            job.state = "failed"
        finally:
            job.make = _nothing  # what it held is given back
            with job.changed:
                left, job.questions = job.questions, deque()
            for _question, future in left:
                future.cancel()
            self._free(job)
            job.watched_at = time.monotonic()

    def _work(self, job: Job) -> None:
        if not self._turn(job):
            return
        work = job.make()
        goes_on = True
        self._set(job, "running")
        while True:
            for name, value in _taken(job):
                if name == "cancel":
                    job.state = "cancelled"
                elif name in ("pause", "resume"):
                    job.state = "paused" if name == "pause" else "running"
                else:
                    goes_on = work.command(name, value) or goes_on
                job.version += 1
            _answer(job, work)
            if job.state == "finished" and goes_on:
                self._set(job, "running")
            if job.state == "running" and goes_on:
                if not self._turn(job):
                    break
                goes_on = work.step()
                job.version += 1
            if job.state == "running" and not goes_on:
                job.state = "finished"
            self._show(job, work)
            if job.state == "cancelled" or self._is_idle(job):
                break
            if job.state != "running":
                self._free(job)
                self._rest(job)
        if job.state != "cancelled":
            job.state = "forgotten"
        job.version += 1
        job.last = work.frame()
        self._show(job, work)

    def _set(self, job: Job, state: State) -> None:
        job.state = state

    def _turn(self, job: Job) -> bool:
        """Wait for a place among the running ones; False if the job was cancelled or forgotten meanwhile."""
        if job in self._running:
            return True
        before = job.state
        with self._turns:
            if job not in self._queue:
                self._queue.append(job)
            job.state = "queued"
            while self._queue[0] is not job or len(self._running) >= self.most_running:
                is_cancelled = any(name == "cancel" for name, _value in list(job.commands))
                if is_cancelled or self._is_idle(job):
                    self._queue.remove(job)
                    job.state = "cancelled" if is_cancelled else "forgotten"
                    self._turns.notify_all()
                    return False
                self._turns.wait(timeout=min(0.5, self.idle_s))
            self._queue.popleft()
            self._running.add(job)
            job.state = before
            self._turns.notify_all()
        return True

    def _free(self, job: Job) -> None:
        """Give the place to the next one."""
        with self._turns:
            self._running.discard(job)
            if job in self._queue:
                self._queue.remove(job)
            self._turns.notify_all()

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

    def _rest(self, job: Job) -> None:
        """Sleep until somebody asks for something, or it is time to look whether anybody is there."""
        with job.changed:
            asked = any(w.wants and w.seen < job.version for w in job.watchers)
            if not job.commands and not job.questions and not asked:
                job.changed.wait(timeout=min(1.0, self.idle_s))


def _taken(job: Job) -> list[tuple[str, Any]]:
    with job.changed:
        taken = list(job.commands)
        job.commands.clear()
    return taken


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


def _nothing() -> Work:
    raise JobError("ended")


JOBS = Jobs()
