"""Where background jobs are begun and found; which engine runs them nobody needs to know."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.job import ENDED, OVER, Job, State, Watcher
from core.work import Work

__all__ = ["ENDED", "OVER", "Job", "Jobs", "State", "Watcher", "jobs"]


class Jobs(Protocol):
    """The jobs of a server, or of several."""

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
            token: under which it is found, as unguessable as those that are drawn without it; the owner's job of this
                token that has not ended is given back instead of a new one. Another's stays another's.
            owner: whose it is.

        Raises:
            JobError: if there are too many already, of all, of this owner or of the address that asks; or if what runs
                them does not answer.
        """
        ...

    def find(self, token: str, owner: str = "") -> Job | None:
        """The job of this token, while it is known and the owner's.

        Raises:
            JobError: if what runs them does not answer.
        """
        ...

    def leave(self, token: str) -> bool:
        """Nobody is here any more to whom this job belongs: if it holds what is its visitor's own
        (`Work.is_private`) and nobody watches, it ends and leaves nothing.

        Returns:
            Whether it has gone, or is not to go. If not, ask again: it is about to end, or somebody looks on, or did a
            moment ago.

        Raises:
            JobError: if what runs it does not answer.
        """
        ...

    def count(self) -> dict[str, int]:
        """How many there are in each state, the states without any included."""
        ...

    def tidy(self) -> None:
        """Let go of what ended long ago."""
        ...

    def look_in(self, folder: Path) -> None:
        """Find jobs there too that were written down when a server stopped."""
        ...

    def stop(self, folder: Path | None = None) -> None:
        """This server ends; what runs in it is written down in the folder, where it can be."""
        ...


def jobs() -> Jobs:
    """Those of this server's engine.

    Raises:
        JobError: if it does not answer.
    """
    from core.engine import engine

    return engine().jobs
