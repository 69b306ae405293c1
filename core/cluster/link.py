"""The way from an app server to the cluster: a process beside it is Ray's driver, for a driver dies with its cluster.

What is asked there goes through a pair of sockets, pickled, and so does the answer; many may ask at the same time.
"""

import atexit
import itertools
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

from ray import cloudpickle

from core.cluster.own import ADDRESS, RAY_AUTO, ROOT, Own, listens
from core.errors import CamadasError, JobError

PROBE_S = 3.0  # to reach an address
START_S = 60.0  # that the driver may take to join
RETRY_S = 3.0  # between two tries to reach a cluster
CALL_S = 60.0  # that an answer may take
PING, PING_S = b"", 5.0  # what a driver answers at once, and that it may take
_lock = threading.Lock()
_state: dict[str, Any] = {"failed_at": -RETRY_S, "link": None, "own": None, "has_left": False}


class Away(Exception):
    """Who was asked begins anew just now."""


class Lost(Exception):
    """The cluster does not answer."""


class Link:
    """A driver and what it is asked.

    Args:
        address: of the cluster, HOST:PORT.
        own: process of a cluster of our own, which is to end with us, however we end; 0 for none.

    Raises:
        OSError: if it cannot join.
    """

    def __init__(self, address: str, own: int = 0) -> None:
        ours, theirs = socket.socketpair()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), RAY_AUTO: "0"}
        environment.pop(ADDRESS, None)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core.cluster.driver", str(theirs.fileno()), address, str(own)],
                env=environment,
                pass_fds=[theirs.fileno()],
                stdout=subprocess.DEVNULL,
            )
        self._pipe = Connection(ours.detach())
        self._sending, self._numbers = threading.Lock(), itertools.count()
        self._asked: dict[int, Future[bytes]] = {}
        self.is_open = True
        problem: str | None = "it has not answered in time"
        with suppress(EOFError, OSError):
            problem = self._pipe.recv() if self._pipe.poll(START_S) else problem
        if problem:
            self.close()
            raise OSError(problem)
        threading.Thread(target=self._receive, name="link", daemon=True).start()

    def call(self, function: Callable[..., Any], *args: Any, seconds: float = CALL_S) -> Any:
        """Let the driver call a function.

        Args:
            function: of core.cluster.driver.
            *args: what it is given.
            seconds: that it may take.

        Raises:
            Exception: what it raises.
            Lost: if the driver ends meanwhile.
            TimeoutError: if it takes longer.
        """
        return self._call(cloudpickle.dumps((function, args)), seconds)

    def answers(self) -> bool:
        """Whether the driver still reads what it is asked."""
        try:
            return bool(self._call(PING, PING_S))
        except (TimeoutError, Lost):
            return False

    def _call(self, question: bytes, seconds: float) -> Any:
        number, found = next(self._numbers), Future[bytes]()
        self._asked[number] = found
        try:
            self._send(number, question, seconds)
            is_good, value = pickle.loads(found.result(seconds))  # from a process of our own
        finally:
            self._asked.pop(number, None)
        if not is_good:
            raise value
        return value

    def _send(self, number: int, question: bytes, seconds: float) -> None:
        if not self._sending.acquire(timeout=seconds):  # it does not read what others ask
            raise TimeoutError
        try:
            self._pipe.send((number, question))
        except OSError as error:
            raise Lost from error
        finally:
            self._sending.release()
        if not self.is_open:
            raise Lost

    def _receive(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                number, answer = self._pipe.recv()
                found = self._asked.get(number)
                if found is not None:
                    found.set_result(answer)
        self.is_open = False
        self.process.kill()  # it has ended, or is about to
        self.process.wait()
        for found in list(self._asked.values()):
            with suppress(Exception):  # it has its answer
                found.set_exception(Lost())

    def close(self) -> None:
        """End the driver."""
        self.is_open = False
        self.process.kill()
        self.process.wait()
        self._pipe.close()


def join() -> Link:
    """The way to the cluster at RAY_ADDRESS, or to one of our own; where it was lost, a new one.

    Raises:
        JobError: if the cluster does not answer.
    """
    with _lock:
        if _state["has_left"]:
            raise JobError("cluster")
        link: Link | None = _state["link"]
        if link is not None and link.is_open:
            return link
        if time.monotonic() - _state["failed_at"] < RETRY_S:
            raise JobError("cluster")
        try:
            address = _address()
            own: Own | None = _state["own"]
            _state["link"] = Link(address, own.process.pid if own is not None else 0)
        except Exception as error:
            _state["failed_at"] = time.monotonic()
            raise JobError("cluster") from error
        return _state["link"]


def _address() -> str:
    """Where the cluster is; Ray itself would try for half a minute.

    Raises:
        OSError: if nobody listens there.
        ValueError: if it is no address.
    """
    address = os.environ.get(ADDRESS, "")
    if not address:
        if _state["own"] is None or _state["own"].process.poll() is not None:
            _state["own"] = Own()
            atexit.register(leave)
        return str(_state["own"].address)
    parts = urlsplit(f"//{address}")
    if not parts.hostname or not parts.port:
        raise ValueError(f"{ADDRESS}: {address!r} is not of the form HOST:PORT")
    if not listens(parts.hostname, parts.port, PROBE_S):
        raise OSError("nobody listens there")
    return address


def ask(function: Callable[..., Any], *args: Any, seconds: float = CALL_S) -> Any:
    """What a function of core.cluster.driver finds in the cluster.

    Raises:
        JobError: as the function, or if the cluster does not answer.
        Away: if who was asked begins anew just now.
    """
    link = join()
    try:
        return link.call(function, *args, seconds=seconds)
    except (CamadasError, Away):
        raise
    except TimeoutError as error:
        if link.answers():  # one answer is late: that is no reason to leave
            raise JobError("busy") from error
        link.close()
        raise JobError("cluster") from error
    except Lost as error:
        if _state["link"] is link:
            _state["failed_at"] = time.monotonic()
        raise JobError("cluster") from error


def leave() -> None:
    """End the driver, and the cluster if it is our own; for good."""
    with _lock:
        _state["has_left"] = True
        if _state["link"] is not None:
            _state["link"].close()
        if _state["own"] is not None:
            _state["own"].end()
        _state.update(link=None, own=None)
