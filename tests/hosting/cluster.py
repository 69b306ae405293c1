"""A real Ray cluster on this machine."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.browser.browse import PATIENCE_S, free_port, listens
from ui.files import ROOT

STORE = 200 * 2**20  # bytes of shared memory


@contextmanager
def cluster() -> Iterator[tuple[str, subprocess.Popen]]:
    """A cluster until the block ends; gives the address of its client server, and its process."""
    port = free_port()
    folder = tempfile.mkdtemp(prefix="ray")  # Ray's sockets want a short path
    command = [str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", "--port=0", "--num-cpus=2"]
    command += [f"--ray-client-server-port={port}", "--include-dashboard=false", "--disable-usage-stats"]
    command += [f"--object-store-memory={STORE}", f"--temp-dir={folder}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not listens(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)  # between two looks at a cluster that is starting
        yield f"ray://127.0.0.1:{port}", process
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)


def end(process: subprocess.Popen) -> None:
    """Kill a cluster, all its processes at once."""
    with suppress(psutil.NoSuchProcess):
        for part in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                part.kill()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=20)
