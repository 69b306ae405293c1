"""A real Ray cluster on this machine."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from core.cluster.own import Own


@contextmanager
def cluster() -> Iterator[tuple[str, subprocess.Popen]]:
    """A cluster until the block ends; gives its address, and its process."""
    folder = tempfile.mkdtemp(prefix="ray")  # Ray's sockets want a short path
    own = Own(folder)
    try:
        yield own.address, own.process
    finally:
        end(own.process)
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
