"""Who asks for something to be computed: a browser, by its cookie, and an address, so that all get their share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Asker:
    """One who asks.

    Attributes:
        visitor: of one browser, unguessable; empty where it takes no cookies, and in the terminal.
        address: from where, as the server sees it; empty on this machine.
    """

    visitor: str = ""
    address: str = ""


NOBODY = Asker()
_named: ContextVar[Asker | None] = ContextVar("asker", default=None)
_find: Callable[[], Asker] = lambda: NOBODY  # noqa: E731


def find_by(function: Callable[[], Asker]) -> None:
    """Let `asker` ask this function wherever nobody was named."""
    global _find
    _find = function


def asker() -> Asker:
    """Who asks, in this thread, now."""
    return _named.get() or _find()


@contextmanager
def asking(who: Asker) -> Iterator[None]:
    """Within it, this thread works for them."""
    before = _named.set(who)
    try:
        yield
    finally:
        _named.reset(before)
