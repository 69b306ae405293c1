"""Background jobs in this process: each a thread, paused, commanded and cancelled between two steps.

A job's address is an unguessable token, so that a page finds it again after a reload. Whoever watches asks for frames
one at a time: a slow browser gets fewer, and the job never waits. A job that nobody watches for a while ends.
"""

import contextlib
import logging
import os
import secrets
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

from core.askers import asker, asking
from core.errors import JobError
from core.host import host
from core.job import OVER, State
from core.kept import Kept, Shelf
from core.local_job import LocalJob
from core.slots import MAX_ALIVE, AnySlots, Slots, check_room
from core.turns import TURNS
from core.work import Work

log = logging.getLogger("camadas")
N_BRIEF = 4  # short pieces of work at once
NICE = 10  # of the threads of jobs
MANNERS_S = 0.1  # between two steps while requests wait
STOP_S, BRIEF_S = 10.0, 0.02  # that jobs may take to be written down; between two looks whether they are
LOOK_S = 0.5  # between two looks whether anybody is there


class LocalJobs:
    """The jobs of this process.

    Of those that go on as fast as they can `core.slots` says which may. Work that rests between its steps needs no turn
    while it is watched: only so many steps, commands and beginnings happen at once. While visitors' requests wait to be
    computed, all jobs rest between their steps.

    Args:
        most_running: turns at once, and short pieces of work at once; turns as the operator says without it.
        idle_s: a job that nobody watches for so long ends.
        kept_s: an ended job is forgotten after so long.
        slice_s: how long a turn lasts while others wait.
        slots: who says which may go on; turns of this process without it.
    """

    def __init__(
        self,
        most_running: int | None = None,
        idle_s: float = 60.0,
        kept_s: float = 600.0,
        slice_s: float = 5.0,
        slots: AnySlots | None = None,
    ) -> None:
        self._asked, self.idle_s, self.kept_s = most_running, idle_s, kept_s
        self.slots = slots or Slots(lambda: self.most_running, slice_s, self._wake)
        self._all = threading.Lock()  # of the jobs; may be held while a job's `changed` is taken, not after
        self._jobs: dict[str, LocalJob] = {}
        self._shelf: Shelf | None = None
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
    ) -> LocalJob:
        """Begin a job.

        Args:
            make: makes the work, in the job's own thread.
            about: kept with the job.
            is_paused: whether it waits for "resume" before its first step.
            token: under which it is found, as unguessable as those that are drawn without it; the owner's job of this
                token that has not ended is given back instead of a new one. Another's stays another's.
            owner: whose it is.

        Raises:
            JobError: if there are too many already, of all, of this owner or of the address that asks.
        """
        who = asker()
        with self._all:
            self._forget()
            there = self._jobs.get(token)
            if there is not None and there.state not in OVER:
                if there.owner == owner:
                    return there
                token = ""
            alive = [(job.owner, job.who.address) for job in self._jobs.values() if job.state not in OVER]
            check_room(alive, owner, who.address)
            return self._begin(
                LocalJob(
                    token or secrets.token_urlsafe(16),
                    make,
                    self.slots,
                    about,
                    owner,
                    who,
                    wants_to_run=not is_paused,
                )
            )

    def go_on(self, token: str, kept: Kept) -> LocalJob:
        """Let a job go on that was kept."""
        with self._all:
            return self._go_on(token, kept)

    def _go_on(self, token: str, kept: Kept) -> LocalJob:
        job = LocalJob(
            token,
            lambda: kept.work,
            self.slots,
            kept.about,
            kept.owner,
            asker(),
            wants_to_run=kept.wants_to_run,
            has_begun=kept.has_begun,
        )
        return self._begin(job)

    def _begin(self, job: LocalJob) -> LocalJob:
        self._jobs[job.token] = job
        threading.Thread(target=self._run, args=(job,), name=f"job-{job.token[:6]}", daemon=True).start()
        return job

    def count(self) -> dict[str, int]:
        """How many there are in each state, the states without any included."""
        with self._all:
            found = Counter(job.state for job in self._jobs.values())
        return {state: found[state] for state in get_args(State)}

    def find(self, token: str, owner: str = "") -> LocalJob | None:
        """The job of this token, while it is known and the owner's."""
        with self._all:
            job = self._jobs.get(token)
            if job is None and self._shelf is not None and (kept := self._shelf.take(token, owner)) is not None:
                job = self._go_on(token, kept)
        return job if job is not None and job.owner in ("", owner) else None

    def stop(self, folder: Path | None = None) -> None:
        """Cancel all jobs.

        Args:
            folder: where those are written down first that can be, to be found there by their tokens.
        """
        with self._all:
            jobs = [job for job in self._jobs.values() if job.state not in OVER]
        for job in jobs:
            if folder is not None:
                job.put(partial(_put_down, job, Shelf(folder, self.kept_s)))
            job.send("cancel")
        end = time.monotonic() + STOP_S
        while folder is not None and any(job.state not in OVER for job in jobs) and time.monotonic() < end:
            time.sleep(BRIEF_S)

    def look_in(self, folder: Path) -> None:
        """Find jobs there too that were written down when a server stopped, until they are `kept_s` old."""
        self._shelf = Shelf(folder, self.kept_s)

    def _wake(self, token: str) -> None:
        job = self._jobs.get(token)
        if job is not None:
            with job.changed:
                job.changed.notify_all()

    def leave(self, token: str) -> bool:
        """As `core.jobs.Jobs.leave`."""
        with self._all:
            job = self._jobs.get(token)
            if job is None or not job.is_private:
                return True
            if job.is_watched():
                return False
            job.is_left = True
            self._forget()
        job.send("cancel")
        return token not in self._jobs

    def tidy(self) -> None:
        """Let go of what ended long ago."""
        with self._all:
            self._forget()

    def _forget(self) -> None:
        now = time.monotonic()
        over = sorted((job for job in self._jobs.values() if job.state in OVER), key=lambda job: job.watched_at)
        for at, job in enumerate(over):
            if job.is_left or now - job.watched_at > self.kept_s or at < len(over) - MAX_ALIVE:
                del self._jobs[job.token]
                if job.is_left:
                    job.result, job.last = None, b""  # whoever still holds the job

    def _run(self, job: LocalJob) -> None:
        end: State = "failed"
        try:
            _step_back()
            with asking(job.who):
                end = self._work(job)
        except Exception as error:  # one visitor's job must not end another's
            job.problem = secrets.token_hex(4)
            log.error("reference %s", job.problem, exc_info=error)
        finally:
            job.make = _nothing  # what it held is given back
            self.slots.free(job.token)
            with job.changed:
                job.state = end
                job.watched_at = time.monotonic()
                left, job.questions = job.questions, deque()
            for _question, future in left:
                future.cancel()

    def _work(self, job: LocalJob) -> State:
        with self._brief:
            work = job.make()
        job.is_private = work.is_private
        goes_on = True
        end: State | None = None
        while end is None:
            while (command := job.taken()) is not None:
                name, value = command
                job.version += 1
                if name == "cancel":
                    end = "cancelled"
                elif name in ("pause", "resume"):
                    job.wants_to_run = name == "resume"
                else:
                    with self._brief:
                        goes_on = work.command(name, value) or goes_on
            if end is None and job.wants_to_run and goes_on:
                goes_on, rest = self._step(job, work)
            else:
                self.slots.free(job.token)
                rest = LOOK_S
                job.state = "paused" if goes_on else "finished"
            job.reply(work)
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

    def _step(self, job: LocalJob, work: Work) -> tuple[bool, float]:
        """Go on by a step, if it is time for it and its turn; whether there is more to do, and how long to rest."""
        rest = work.rest_s()
        if rest is not None and job.is_watched():
            self.slots.free(job.token)
        elif not self.slots.has_turn(job.token, job.owner, job.is_watched()):
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

    def _show(self, job: LocalJob, work: Work) -> None:
        """Give a frame to all who want one and have not seen how things stand now."""
        with job.changed:
            waiting = [w for w in job.watchers if w.wants and w.seen < job.version]
            for watcher in waiting:
                watcher.wants, watcher.seen = False, job.version
        if waiting:
            frame = work.frame()
            for watcher in waiting:
                watcher.deliver(frame)

    def _is_idle(self, job: LocalJob) -> bool:
        with job.changed:
            return not job.watchers and time.monotonic() - job.watched_at > self.idle_s

    def _rest(self, job: LocalJob, seconds: float) -> None:
        """Sleep so long, or until somebody asks for something."""
        with job.changed:
            asked = any(w.wants and w.seen < job.version for w in job.watchers)
            if not job.commands and not job.questions and not asked:
                job.changed.wait(timeout=min(seconds, self.idle_s))


def _put_down(job: LocalJob, shelf: Shelf, work: Work) -> None:
    shelf.put(job.token, job.kept(work))


def _step_back() -> None:
    """Let the threads that answer visitors go first: on Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        thread = os.PRIO_PROCESS, threading.get_native_id()
        if os.getpriority(*thread) < NICE:  # Ray's stand further back already, and nobody but root may go forward
            os.setpriority(*thread, NICE)
    import torch

    torch.set_num_threads(1)  # of this thread: for so little work more would only wait for each other


def _nothing() -> Work:
    raise JobError("ended")
