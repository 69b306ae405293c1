"""Many pictures through one pipeline, in the background: a ZIP or files in, a ZIP out."""

import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import numpy as np

from core.errors import CamadasError, JobError, ZipRejected
from core.images import decode, encode, fit_within
from core.jobs import ENDED, OVER, Job, jobs
from core.pipelines import Pipeline, Runner
from core.work import Work
from core.zips import MAX_FILES, MAX_UNPACKED, is_picture, pictures, unpacked

MOST_COPIES = 20
MOST_RESULTS = 2000
MOST_OUT = 200 * 2**20  # bytes of results
SIDE_PX = 1024  # larger pictures are made so large first
DRAW_S = 10.0  # for one picture
MOST_KEPT = 8  # archives that the server holds at once
MOST_PROBLEMS = 50  # that are listed

Files = bytes | Sequence[tuple[str, bytes]]  # an archive, or names and contents


@dataclass(frozen=True)
class Progress:
    """How far it has come.

    Attributes:
        done: pictures that are ready or left out.
        good: those of them that are ready.
        of: all of them.
        written: results.
        problems: the first names and what was wrong with each.
        is_full: whether the results have reached what an archive may hold.
    """

    done: int
    good: int
    of: int
    written: int
    problems: tuple[tuple[str, CamadasError], ...]
    is_full: bool


@dataclass(frozen=True)
class Archive:
    """What came out; the file is gone when nobody holds this any more.

    Attributes:
        progress: at the end.
        file: the ZIP.
        reading: held by who reads it.
    """

    progress: Progress
    file: BinaryIO
    reading: threading.Lock

    def read(self) -> bytes:
        """The whole ZIP; any thread may ask, several at once too."""
        with self.reading:
            self.file.seek(0)
            return self.file.read()

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_bytes, (self.progress, self.read())


def _from_bytes(progress: Progress, content: bytes) -> Archive:
    """An archive from another process."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the archive
    file.write(content)
    return Archive(progress, file, threading.Lock())


class Many(Work):
    """The work: one picture after another.

    Args:
        given: a list of one, the files, which are checked already; it is emptied.
        pipeline: what is done.
        copies: results of each picture.
    """

    def __init__(self, given: list[Files], pipeline: Pipeline, copies: int) -> None:
        files = given.pop()  # nobody else holds it now: it goes as soon as it is read
        self.copies = copies
        self.of = len(pictures(files)) if isinstance(files, bytes) else len(files)
        self.runner = Runner(pipeline, deadline=time.perf_counter())  # set anew for each draw
        self.file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as what came out
        self.archive = zipfile.ZipFile(self.file, "w", zipfile.ZIP_STORED)
        self.reading = threading.Lock()
        self.done = self.good = self.written = 0
        self.is_full = self.is_over = self.is_dropped = False
        self.problems: list[tuple[str, CamadasError]] = []
        self.taken: set[str] = set()
        self.steps = self._steps(unpacked(files) if isinstance(files, bytes) else iter(files))

    def _steps(self, files: Iterator[tuple[str, bytes]]) -> Iterator[None]:
        while True:
            try:
                name, content = next(files)
            except StopIteration:
                return
            except ZipRejected as error:  # from here on the archive cannot be read
                self.problems.append((str(error.details.get("name", "")), error))
                self.done = self.of
                return
            try:
                image = np.ascontiguousarray(fit_within(decode(content), SIDE_PX))
                for number in range(1, self.copies + 1):
                    self._write(name, number, self._drawn(image))
                    if self.is_full:
                        return
                    yield
                self.good += 1
            except CamadasError as error:
                self.problems.append((name, error.alone()))
            self.done += 1
            yield

    def _drawn(self, image: np.ndarray) -> np.ndarray:
        self.runner.deadline = time.perf_counter() + DRAW_S
        return self.runner.image(image)

    def _write(self, name: str, number: int, image: np.ndarray) -> None:
        path = PurePosixPath(name)
        is_jpeg = path.suffix.lower() in (".jpg", ".jpeg")
        stem, suffix = f"{path.stem}-{number:02}", ".jpg" if is_jpeg else ".png"
        target = next(
            t
            for t in (f"{stem}{suffix}", *(f"{stem}-{n}{suffix}" for n in range(2, MAX_FILES + 2)))
            if t not in self.taken
        )
        self.taken.add(target)
        self.archive.writestr(zipfile.ZipInfo(target), encode(image, "jpeg" if is_jpeg else "png", quality=95))
        self.written += 1
        self.is_full = self.file.tell() > MOST_OUT

    def step(self) -> bool:
        """The next result; False at the end."""
        self.is_over = next(self.steps, self) is self
        return not self.is_over

    def command(self, name: str, value: Any) -> bool:
        """ "drop" gives the results away for somebody else's."""
        del value
        if name == "drop":
            self.archive.close()
            self.file, self.is_dropped = None, True  # who is reading it still holds it
            self.steps, self.is_over = iter(()), True
        return False

    def found(self) -> Progress | Archive | None:
        """How far it has come; at the end what came out."""
        return self.result() if self.is_over else self._progress()

    def result(self) -> Archive | None:
        """The archive, as far as it has come; None where it was given away."""
        if self.is_dropped:
            return None
        self.archive.close()
        return Archive(self._progress(), self.file, self.reading)

    def _progress(self) -> Progress:
        problems = tuple(self.problems[:MOST_PROBLEMS])
        return Progress(self.done, self.good, self.of, self.written, problems, self.is_full)


_kept: list[Job] = []
_lock = threading.Lock()


def start(files: Files, pipeline: Pipeline, copies: int, *, owner: str = "") -> Job:
    """Begin in the background.

    Args:
        files: a ZIP, or names and contents of pictures.
        pipeline: what is done.
        copies: results of each picture, 1 to MOST_COPIES.
        owner: whose job it is.

    Raises:
        ZipRejected: if the archive is none, or is too large, or holds what it must not; or there are too many pictures.
        JobError: if the server holds too many archives already.
    """
    n, given = len(pictures(files)) if isinstance(files, bytes) else _checked(files), [files]
    if n * copies > MOST_RESULTS:
        raise ZipRejected("too_many_results", n=n * copies, most=MOST_RESULTS)
    with _lock:
        oldest = _to_go()
        job = jobs().start(lambda: Many(given, pipeline, copies), "augment_many", owner=owner)
        _kept.append(job)
        if oldest is not None:
            _kept.remove(oldest)
            oldest.send("drop")
            oldest.drop()
    return job


def _checked(files: Sequence[tuple[str, bytes]]) -> int:
    if not any(is_picture(name) for name, _content in files):
        raise ZipRejected("no_pictures")
    if len(files) > MAX_FILES:
        raise ZipRejected("too_many", n=len(files), most=MAX_FILES)
    total = sum(len(content) for _name, content in files)
    if total > MAX_UNPACKED:
        raise ZipRejected("too_much", size_mb=total / 2**20, limit_mb=MAX_UNPACKED // 2**20)
    return len(files)


def _to_go() -> Job | None:
    """The oldest archive that is ready, where there are as many as may be."""
    known = [job for job in _kept if jobs().find(job.token, job.owner) is job]
    _kept[:] = [job for job in known if job.state not in OVER or job.result is not None]
    if len(_kept) < MOST_KEPT:
        return None
    oldest = next((job for job in _kept if job.state in ENDED), None)
    if oldest is None:
        raise JobError("full", n=len(_kept))
    return oldest


def found(job: Job) -> Progress | Archive:
    """How far a job has come; at its end what came out.

    Raises:
        JobError: if it has failed, or its archive is no longer kept.
    """
    now: Progress | Archive | None = job.now(Many.found)
    if now is None:
        raise JobError("ended")
    return now
