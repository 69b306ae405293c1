"""What a background job is to whoever looks on, wherever it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

State = Literal["queued", "running", "paused", "away", "finished", "done", "failed", "lost", "cancelled", "forgotten"]
# "finished" can go on, "done" no longer; "away": where it runs does not answer for now; "lost": it never will again
OVER: tuple[State, ...] = ("done", "failed", "lost", "cancelled", "forgotten")
ENDED: tuple[State, ...] = ("finished", *OVER)
T = TypeVar("T")


@dataclass(eq=False)
class Watcher:
    """Somebody who looks on.

    Attributes:
        deliver: called from another thread with a frame, one for each time that `wants` was set.
        wants: whether a frame is asked for.
        seen: the job's version that was delivered last.
    """

    deliver: Callable[[bytes], None]
    wants: bool = False
    seen: int = -1


class Job(Protocol):
    """One job, as `core.jobs.jobs` starts and finds them."""

    @property
    def token(self) -> str:
        """Under which it is found."""
        ...

    @property
    def about(self) -> str:
        """Whatever its starter wrote there."""
        ...

    @property
    def owner(self) -> str:
        """Whose it is; others may neither watch nor command it. Empty: whoever knows the token may."""
        ...

    @property
    def state(self) -> State:
        """Where it stands."""
        ...

    @property
    def place(self) -> int:
        """How many jobs are before it in the queue, itself included; 0 when it is not in it."""
        ...

    @property
    def problem(self) -> str:
        """The reference of its failure."""
        ...

    @property
    def has_begun(self) -> bool:
        """Whether it has made a step."""
        ...

    @property
    def last(self) -> bytes:
        """Its last frame, once it has ended."""
        ...

    @property
    def result(self) -> Any:
        """What its work left, once it has ended."""
        ...

    def send(self, name: str, value: Any = None) -> None:
        """Ask for something: "pause", "resume" and "cancel" are the job's own, the rest goes to its work."""
        ...

    def answer(self, question: Callable[[Any], T]) -> T:
        """What the job's own thread finds in its work, between two steps. To ask is to watch for a moment.

        Raises:
            JobError: if the job has ended, or has not answered within ANSWER_S.
        """
        ...

    def now(self, question: Callable[[Any], Any]) -> Any:
        """The result, once the job has ended; before that what its own thread finds, as `answer`.

        Raises:
            JobError: as `answer`, where there is no result.
        """
        ...

    def drop(self) -> None:
        """Let go of its result."""
        ...

    def watch(self, watcher: Watcher) -> None:
        """Let somebody look on."""
        ...

    def leave(self, watcher: Watcher) -> None:
        """Somebody looks no longer."""
        ...

    def ask(self, watcher: Watcher) -> None:
        """The watcher wants the next frame that it has not seen."""
        ...
