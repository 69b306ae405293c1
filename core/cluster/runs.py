"""Runs of the cluster, as an app server sees them: core.jobs.Jobs."""

import logging
import pickle
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from ray import cloudpickle

from core.askers import asker
from core.cluster import driver
from core.cluster.desk import Left, Whose
from core.cluster.link import CALL_S, Away, ask, leave
from core.cluster.seats import Begun, Standing
from core.errors import JobError
from core.job import OVER, Job, State, Watcher
from core.local_job import ANSWER_S, MAX_COMMANDS
from core.work import Work

log = logging.getLogger("camadas")
SENDING = ThreadPoolExecutor(16, "send")  # nobody waits for a cluster that does not answer
FRESH_S = 0.25  # that a state holds which nobody watches
AGAIN_S = 0.5  # between two tries where a run does not answer
T = TypeVar("T")


class ClusterJob:
    """A `core.job.Job` of the cluster. Made by `ClusterJobs` alone.

    Args:
        token, about, owner: as Job has them.
        seat: where it goes on.
    """

    def __init__(self, token: str, about: str, owner: str, seat: str = "") -> None:
        self.token, self.about, self.owner = token, about, owner
        self._seat, self._standing, self._at = seat, Standing(), 0.0
        self._left: Left | None = None
        self._result: Any = None
        self._changed = threading.Condition()
        self._watchers: set[Watcher] = set()
        self._thread: threading.Thread | None = None
        self._commands: deque[tuple[str, Any]] = deque(maxlen=MAX_COMMANDS)
        self._is_sending = False

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
            with self._changed:
                self._commands.append((name, value))
                if not self._is_sending:
                    self._is_sending = True
                    SENDING.submit(self._send)
            self._at = 0.0

    def _send(self) -> None:
        """Send what was asked for, in its order."""
        while True:
            with self._changed:
                if not self._commands:
                    self._is_sending = False
                    return
                name, value = self._commands.popleft()
            with suppress(Exception):
                self._ask(ANSWER_S, "send", name, value)

    def _ask(self, seconds: float, method: str, *args: Any) -> Any:
        """What its process says.

        Raises:
            JobError: "ended", if it goes on no longer; "busy" or "cluster", if nobody answers.
            Away: if its process begins anew.
        """
        try:
            return ask(driver.ask_seat, self._seat, seconds, method, self.token, *args, seconds=2 * seconds)
        except JobError as error:
            if error.reason == "ended" and self._left is None:
                self._ended()
            raise

    def answer(self, question: Callable[[Any], T]) -> T:
        """As `Job.answer`."""
        if self._left is None:
            try:
                found: T = self._ask(2 * ANSWER_S, "answer", cloudpickle.dumps(question))
                return found
            except Away as error:
                raise JobError("busy") from error
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
            ask(driver.ask_desk, "drop", self.token)

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
                self._standing = self._ask(ANSWER_S, "stands")
            except (JobError, Away) as error:
                self._note(error)
            self._at = time.monotonic()
        return self._standing

    def _note(self, error: Exception) -> None:
        """What has ended stands as it was left; what does not answer is away."""
        if self._left is None:
            self._standing = self._standing._replace(state="away")
            if isinstance(error, JobError) and error.reason == "ended":
                self._ended()

    def _look_on(self) -> None:
        """While somebody watches, fetch frames for those who want one."""
        while True:
            with self._changed:
                if not self._watchers or self._left is not None:
                    self._thread = None
                    return
                if not any(watcher.wants for watcher in self._watchers):
                    self._changed.wait(FRESH_S)
                newest = min((watcher.seen for watcher in self._watchers if watcher.wants), default=None)
            try:
                self._standing, version, frame = self._ask(CALL_S, "look", self._standing, newest)
                self._at = time.monotonic()
            except Exception as error:
                self._note(error)
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
        """It goes on no longer: fetch what it left."""
        try:
            found = ask(driver.find, self.token)
        except JobError:
            self._standing = self._standing._replace(state="away")
            return
        if found is None or isinstance(found, Left):
            self._take(found or Left(self.about, self.owner, "lost"))
        else:  # it is about to tell the desk that it has ended, or goes on elsewhere
            self._seat, _whose = found
            self._standing = self._standing._replace(state="away")

    def _take(self, left: Left) -> None:
        try:
            self._result = pickle.loads(left.result) if left.result else None  # from a process of ours
        except Exception:
            left = replace(left, state="failed", problem=self.token[:8])
            log.exception("reference %s: what a run left cannot be read", left.problem)
        self._standing = Standing(left.state, 0, left.problem, left.has_begun)
        self._left = replace(left, result=b"")

    def _let_go(self) -> None:
        """Whoever still holds it holds no more than how it ended."""
        self._result = None
        if self._left is not None:
            self._left = replace(self._left, last=b"")


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
            if there.owner == owner:
                return there
            token = ""
        who = asker()
        told = cloudpickle.dumps(Begun(make, about, owner, who, is_paused))
        token, seat = ask(driver.begin, told, token, Whose(about, owner, who.address))
        job = self._seen[token] = ClusterJob(token, about, owner, seat)
        return job

    def find(self, token: str, owner: str = "") -> Job | None:
        """As `core.jobs.Jobs.find`."""
        job = self._found(token) if token else None
        return job if job is not None and job.owner in ("", owner) else None

    def _found(self, token: str) -> ClusterJob | None:
        job = self._seen.get(token)
        if job is not None:
            return job
        found = ask(driver.find, token)
        if found is None:
            return None
        if isinstance(found, Left):
            job = ClusterJob(token, found.about, found.owner)
            job._take(found)
        else:
            seat, whose = found
            job = ClusterJob(token, whose.about, whose.owner, seat)
        self._seen[token] = job
        return job

    def leave(self, token: str) -> bool:
        """As `core.jobs.Jobs.leave`."""
        try:
            has_gone: bool = ask(driver.leave, token, seconds=ANSWER_S)
        except Away:  # its process begins anew
            return False
        job = self._seen.pop(token, None) if has_gone else None
        if job is not None:
            job._let_go()
        return has_gone

    def count(self) -> dict[str, int]:
        """As `core.jobs.Jobs.count`; zeros where nobody answers."""
        try:
            found: dict[str, int] = ask(driver.ask_desk, "count")
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
        leave()
