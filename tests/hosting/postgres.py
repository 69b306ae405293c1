"""A real PostgreSQL of this machine's Debian package, with a folder of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.browse import free_port


class Postgres:
    """A server that can be stopped and started.

    Args:
        folder: for its files; its user may write there.
        user: whom it runs as.
    """

    def __init__(self, folder: Path, user: str) -> None:
        self.folder, self.user, self.port = folder, user, free_port()
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.address = f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/postgres"
        self._do("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", user)

    def start(self) -> None:
        """Answer."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._do(
            "pg_ctl", "-D", str(self.folder / "data"), "-o", options, "-l", str(self.folder / "log"), "-w", "start"
        )

    def stop(self) -> None:
        """Answer no more, at once."""
        self._do("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def _do(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        if os.getuid() == 0:  # it does not run as root
            command = ["runuser", "-u", self.user, "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A started server, until the block ends."""
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # its socket wants a short path
    if os.getuid() == 0:
        shutil.chown(folder, user)
    server = Postgres(folder, user)
    server.start()
    try:
        yield server
    finally:
        try:
            server.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
