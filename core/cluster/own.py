"""A cluster on this machine, started by us and ended with us."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from core.devices import n_cores

ROOT = Path(__file__).parent.parent.parent
ADDRESS = "RAY_ADDRESS"
RAY_AUTO = "RAY_ENABLE_AUTO_CONNECT"  # whether Ray looks for any cluster by itself
STORE = 256 * 2**20  # bytes of shared memory
START_S, END_S = 60.0, 3.0  # that it may take
LOOK_S = 0.2  # between two looks at one that starts


def listens(host: str, port: int, seconds: float = 1.0) -> bool:
    """Whether somebody does, there."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


class Own:
    """Ray's processes on this machine alone.

    Args:
        folder: for Ray's files; its own choice without it.

    Raises:
        OSError: if it does not start.
    """

    def __init__(self, folder: str = "") -> None:
        with socket.socket() as one, socket.socket() as other:
            for free in (one, other):
                free.bind(("127.0.0.1", 0))
            port, unused = one.getsockname()[1], other.getsockname()[1]  # the other is for Ray's client, and must be
        command = [
            *(str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", f"--port={port}"),
            *("--node-ip-address=127.0.0.1", f"--num-cpus={n_cores()}", f"--object-store-memory={STORE}"),
            *(f"--ray-client-server-port={unused}", "--include-dashboard=false", "--disable-usage-stats"),
            *([f"--temp-dir={folder}"] if folder else []),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        for name in (ADDRESS, RAY_AUTO):
            environment.pop(name, None)
        self.address = f"127.0.0.1:{port}"
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        end = time.monotonic() + START_S
        while not listens("127.0.0.1", port):
            if self.process.poll() is not None or time.monotonic() > end:
                self.end()
                raise OSError("a cluster of our own does not start")
            time.sleep(LOOK_S)

    def end(self) -> None:
        """End all its processes."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            for pid in self._parts():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()

    def _parts(self) -> list[int]:
        """Its processes, all of one session; each of Ray's workers has a group of its own."""
        found = [self.process.pid]
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.getsid(int(folder.name)) == self.process.pid:
                    found.append(int(folder.name))
        return found
