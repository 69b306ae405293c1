"""A job of this process: what it was asked for, who watches it, where it stands."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.askers import Asker
from core.errors import JobError
from core.job import OVER, State, Watcher
from core.kept import Kept
from core.slots import AnySlots
from core.work import Work

MAX_COMMANDS = 100  # waiting at one job
UNWATCHED_S = 2.0  # after so long without anybody a job lets others go first
ANSWER_S = 5.0  # that somebody waits for an answer
T = TypeVar("T")


@dataclass(eq=False)
class LocalJob:
    """A `core.job.Job` of this process and those who watch it. Made by `core.local_jobs` alone.

    Attributes:
        who: for whom it computes.
        wants_to_run: whether it is not paused.
        version: of what a frame shows.
        is_private: whether it holds what is its visitor's own; not known before its work is made.
        is_left: whether it is to leave nothing behind.
    """

    token: str
    make: Callable[[], Work]
    slots: AnySlots
    about: str = ""
    owner: str = ""
    who: Asker = field(default_factory=Asker)
    wants_to_run: bool = True
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
    is_private: bool = True
    is_left: bool = False

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
        with self.changed:
            if self.state in OVER:
                raise JobError("ended")
            self.watched_at = time.monotonic()
            future = self.put(question)
        try:
            found: T = future.result(ANSWER_S)
            return found
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

    @property
    def place(self) -> int:
        """How many jobs are before this one in the queue, itself included; 0 when it is not in it."""
        return self.slots.place(self.token)

    def drop(self) -> None:
        """Let go of its result."""
        self.result = None

    def kept(self, work: Work) -> Kept:
        """How it stands, to be packed; asked in its own thread."""
        return Kept(self.about, self.owner, self.has_begun, self.wants_to_run, work)

    def put(self, question: Callable[[Any], object]) -> "Future[Any]":
        """Let the job's own thread look at its work between two steps; nobody watches by that."""
        future: Future[Any] = Future()
        with self.changed:
            self.questions.append((question, future))
            self.changed.notify_all()
        return future

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

    def taken(self) -> tuple[str, Any] | None:
        """The next command. One at a time: "cancel" takes those away that wait."""
        with self.changed:
            return self.commands.popleft() if self.commands else None

    def reply(self, work: Work) -> None:
        """Answer all that was asked."""
        with self.changed:
            asked, self.questions = self.questions, deque()
        for question, future in asked:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(question(work))
                except Exception as error:  # theirs who asked
                    future.set_exception(error)
