"""The process beside an app server that is Ray's driver: it does what `core.cluster.link` asks, and ends with it."""

import logging
import os
import pickle
import secrets
import signal
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

import numpy as np
import ray
from ray import serve
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayActorError, RayError, RayTaskError
from ray.serve.exceptions import RayServeException

from core import logs
from core.cluster.desk import NAMESPACE, Left, Whose, desk
from core.cluster.inference import APP, Loads
from core.cluster.link import CALL_S, PING, Away, Lost
from core.cluster.own import ROOT
from core.cluster.seats import seat_of
from core.errors import CamadasError, JobError
from core.host import PREFIX

log = logging.getLogger("camadas")
N_THREADS = 256  # questions at once; each waits for others
N_TRIES = 3  # where a replica, or the desk, dies
AGAIN_S = 0.5  # between two tries
ASKED_S = 10.0  # that the desk may take to answer
BEGIN_S = 1.0  # that is waited for a run to begin
_sending, _deploying = Lock(), Lock()


def main(fd: int, address: str, own: int) -> None:
    """Join the cluster and answer until the other side is gone.

    Args:
        fd: of the socket to the app server.
        address: of the cluster.
        own: process of a cluster that is to end with the app server, however that ends; 0 for none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the app ends first
    pipe = Connection(fd)
    try:
        ray.init(
            address,
            namespace=NAMESPACE,
            runtime_env={"env_vars": variables()},
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        logs.begin()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # Ray's own would end it before the app
        pipe.send(None)
    except Exception as error:
        pipe.send(str(error) or type(error).__name__)
        return
    threads = ThreadPoolExecutor(N_THREADS, "ask")
    with suppress(EOFError, OSError):
        while True:
            number, question = pipe.recv()
            if question == PING:
                with _sending:
                    pipe.send((number, pickle.dumps((True, True))))
            else:
                threads.submit(_answer, pipe, number, question)
    if own:
        with suppress(OSError):
            os.killpg(own, signal.SIGTERM)
    os._exit(0)  # nobody wants to know what the others still wait for


def variables() -> dict[str, str]:
    """What our processes in the cluster are told: there, who computes computes."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return {**ours, f"{PREFIX}ENGINE": "local", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def _answer(pipe: Connection, number: int, question: bytes) -> None:
    found: tuple[bool, Any]
    try:
        function, args = pickle.loads(question)  # from our own app server
        found = True, function(*args)
    except Exception as error:
        found = False, _told(error)
    try:
        answer = pickle.dumps(found)
    except Exception as error:
        answer = pickle.dumps((False, RuntimeError(repr(error))))
    with suppress(OSError), _sending:
        pipe.send((number, answer))


def _told(error: Exception) -> Exception:
    """What went wrong, in words that need no Ray."""
    if isinstance(error, RayTaskError):
        error = error.cause if isinstance(error.cause, Exception) else RuntimeError(str(error))
    if isinstance(error, CamadasError):
        return error
    if isinstance(error, ActorUnavailableError):
        return Away()
    if isinstance(error, RayActorError):
        return JobError("ended")
    if isinstance(error, GetTimeoutError):
        return TimeoutError()
    return Lost() if isinstance(error, RayError | RayServeException | ConnectionError) else error


# ---- inference
@cache
def _deployed() -> Any:
    ask_desk("deploy", seconds=CALL_S)
    return serve.get_app_handle(APP)


def _handle() -> Any:
    """The deployment, made where there is none yet; asked for by one at a time, for the desk has few threads."""
    with _deploying:
        return _deployed()


def predict(name: str, batch: np.ndarray) -> tuple[np.ndarray | Exception, Loads]:
    """As `core.cluster.inference.Replica.predict`."""
    found: tuple[np.ndarray | Exception, Loads] = _by_a_replica("predict", (name, batch))
    return found


def compute(call: bytes) -> tuple[bytes, Loads]:
    """As `core.cluster.inference.Replica.compute`."""
    found: tuple[bytes, Loads] = _by_a_replica("compute", call)
    return found


def _by_a_replica(method: str, what: Any) -> Any:
    for _ in range(N_TRIES):
        try:
            return getattr(_handle(), method).remote(what).result(timeout_s=CALL_S)
        except TimeoutError:
            raise
        except (RayError, RayServeException, CancelledError) as error:  # what is wrong with the question, it answers
            log.warning("a replica has not answered", exc_info=error)
            _deployed.cache_clear()
            failed = error
    raise Lost from failed


# ---- the desk
_desk = cache(desk)


def ask_desk(method: str, *args: Any, seconds: float = ASKED_S) -> Any:
    """What the desk says.

    Raises:
        JobError: as its method.
        Lost: if it does not answer.
    """
    for _ in range(N_TRIES):
        try:
            return ray.get(getattr(_desk(), method).remote(*args), timeout=seconds)
        except RayActorError as error:  # it begins anew, or must be begun anew
            if not isinstance(error, ActorUnavailableError):
                _desk.cache_clear()
            died = error
            time.sleep(AGAIN_S)
    raise Lost from died


# ---- runs
_seat = cache(partial(seat_of, is_new=False))


def begin(told: bytes, token: str, whose: Whose) -> tuple[str, str]:
    """Begin a run; its token, and the seat where it goes on.

    Args:
        told: a pickled core.cluster.seats.Begun.
        token: that it is to have; without it a new one.
        whose: it is.

    Raises:
        JobError: as `core.cluster.desk.Desk.enter`.
    """
    token, seat = ask_desk("enter", token, whose, told)
    try:
        actor = _seat(seat)
    except ValueError:
        actor = seat_of(seat)
    begun, _later = ray.wait([actor.begin.remote(token, told)], timeout=BEGIN_S)  # what is asked next comes after it
    if begun:
        try:
            ray.get(begun[0])
        except RayActorError:  # the process begins anew, or is made anew, and hears of the run from the desk, or here
            _seat.cache_clear()
            seat_of(seat).begin.remote(token, told)
        except RayTaskError as error:
            reference = secrets.token_hex(4)
            log.error("reference %s: a run does not begin", reference, exc_info=error)
            ask_desk("end", token, Left(whose.about, whose.owner, "failed", reference))
    return token, seat


def find(token: str) -> tuple[str, Whose] | Left | None:
    """The seat of a run, and whose it is; what it left, once it has ended; None for no run."""
    found: tuple[str, Whose] | Left | None = ask_desk("where", token) or ask_desk("left", token)
    return found


def leave(token: str) -> bool:
    """As `core.jobs.Jobs.leave`."""
    seat = ask_desk("leave", token)
    try:
        return not seat or bool(ask_seat(seat, ASKED_S, "leave", token))
    except JobError:  # its process is gone, or does not answer: next time
        return False


def ask_seat(seat: str, seconds: float, method: str, *args: Any) -> Any:
    """What a run's process says.

    Raises:
        JobError: "ended", if the run goes on there no longer.
        RayActorError: if the process is away, or gone.
    """
    try:
        actor = _seat(seat)
    except ValueError as error:  # there is no actor of this name
        raise JobError("ended") from error
    try:
        return ray.get(getattr(actor, method).remote(*args), timeout=seconds)
    except RayActorError as error:
        if not isinstance(error, ActorUnavailableError):
            _seat.cache_clear()
        raise


if __name__ == "__main__":
    from core.cluster.driver import main as begin_to_answer  # by the name that pickled functions have

    begin_to_answer(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
