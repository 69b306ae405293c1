"""The way to a Ray cluster: at RAY_ADDRESS, or one of our own on this machine.

An address that begins with ray:// goes through Ray's client server: then this process outlives the cluster, which
Ray's other kind of driver does not (https://docs.ray.io/en/latest/cluster/running-applications/job-submission/ray-client.html).
"""

import atexit
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError, RayTaskError

from core.devices import n_cores
from core.errors import CamadasError, JobError
from core.host import PREFIX, RAY_AUTO

ROOT = Path(__file__).parent.parent.parent
NAMESPACE = "camadas"
ADDRESS = "RAY_ADDRESS"
CLIENT = "ray://"
PROBE_S = 3.0  # to reach an address
N_TRIES = 3
RETRY_S = 3.0  # between two tries to reach it
CALL_S = 60.0  # that an answer may take
OWN_S = 60.0  # that a cluster of our own may take to start
OWN_STORE = 256 * 2**20  # bytes of shared memory of our own cluster
_lock = threading.Lock()
_state: dict[str, Any] = {"failed_at": -RETRY_S, "is_joined": False, "own": None, "address": "", "joined": 0}


def connection() -> int:
    """Which connection this is: handles of actors are of one alone."""
    n: int = _state["joined"]
    return n


def join() -> None:
    """Be a member of the cluster; where it was lost, again.

    Raises:
        JobError: if it does not answer.
    """
    if _state["is_joined"] and ray.is_initialized():
        return
    with _lock:
        if _state["is_joined"] and ray.is_initialized():
            return
        if time.monotonic() - _state["failed_at"] < RETRY_S:
            raise JobError("cluster")
        try:
            _join()
        except Exception as error:
            _state["failed_at"] = time.monotonic()
            raise JobError("cluster") from error


def _join() -> None:
    address = os.environ.get(ADDRESS) or _state["address"] or _own()
    _state["address"] = address
    _probe(address)
    for tries_left in reversed(range(N_TRIES)):
        ray.shutdown()
        try:
            ray.init(
                address,
                namespace=NAMESPACE,
                runtime_env={"env_vars": _variables()},
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except ConnectionError:  # Ray's client server cannot always start a server of our own at the first try
            if not tries_left:
                raise
        else:
            break
    _state.update(is_joined=True, joined=_state["joined"] + 1)


def _variables() -> dict[str, str]:
    """What our processes in the cluster are told: there, who computes computes."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return {**ours, f"{PREFIX}ENGINE": "local", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def _probe(address: str) -> None:
    """Ray itself tries for half a minute.

    Raises:
        OSError: if nobody listens there.
        ValueError: if it is no address.
    """
    if address == "auto":
        return
    parts = urlsplit(address if "://" in address else f"//{address}")
    if not parts.hostname or not parts.port:
        raise ValueError(f"{ADDRESS}: {address!r} is not of the form ray://HOST:PORT")
    socket.create_connection((parts.hostname, parts.port), PROBE_S).close()


def _answers() -> bool:
    """Whether somebody listens where the cluster was: Ray's client may wait for one that is gone."""
    try:
        _probe(_state["address"])
    except OSError:
        return False
    return True


def _own() -> str:
    """Start a cluster on this machine, which ends with this process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", "--port=0"),
        *(f"--ray-client-server-port={port}", "--node-ip-address=127.0.0.1", f"--num-cpus={n_cores()}"),
        *("--include-dashboard=false", "--disable-usage-stats", f"--object-store-memory={OWN_STORE}"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in (ADDRESS, RAY_AUTO):
        environment.pop(name, None)
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    _state["own"] = process
    atexit.register(end_own)
    end = time.monotonic() + OWN_S
    address = f"{CLIENT}127.0.0.1:{port}"
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            _probe(address)
            return address
        time.sleep(0.2)
    raise OSError("a cluster of our own does not start")


def end_own() -> None:
    """End the cluster that this process has started, if it has."""
    process: subprocess.Popen[bytes] | None = _state["own"]
    if process is None or process.poll() is not None:
        return
    with contextlib.suppress(Exception):
        ray.shutdown()
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    _state.update(own=None, address="", is_joined=False)


@contextlib.contextmanager
def reaching() -> Iterator[None]:
    """Within it the cluster may be asked; what goes wrong there is raised as it was.

    Raises:
        JobError: if the cluster does not answer.
        RayActorError: if the one who was asked has died, or begins anew.
    """
    join()
    of = connection()
    try:
        yield
    except RayTaskError as error:
        raise (error.cause if isinstance(error.cause, CamadasError) else error) from None
    except (RayActorError, CamadasError):
        raise
    except (GetTimeoutError, TimeoutError) as error:
        if _answers():  # one answer is late: that is no reason to leave
            raise JobError("busy") from error
        _lose(of)
        raise JobError("cluster") from error
    except (RayError, ConnectionError) as error:
        _lose(of)
        raise JobError("cluster") from error
    except Exception as error:
        if ray.is_initialized() and not type(error).__module__.startswith("grpc"):
            raise
        _lose(of)
        raise JobError("cluster") from error


def _lose(of: int) -> None:
    """A connection does not hold any more; others may have made another one since."""
    if of == connection():
        _state.update(is_joined=False, failed_at=time.monotonic())


def ask(call: Callable[[], Any], seconds: float = CALL_S) -> Any:
    """What a remote call gives.

    Raises:
        JobError, RayActorError: as `reaching`.
    """
    with reaching():
        return ray.get(call(), timeout=seconds)
