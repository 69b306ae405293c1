"""Jobs as bytes: written down when a server stops, or now and then, so that they go on elsewhere."""

import logging
import pickle
import re
import time
from dataclasses import dataclass
from pathlib import Path

from core.files import write_whole
from core.work import Work

log = logging.getLogger("camadas")
SUFFIX = ".run"
TOKEN = re.compile(r"[\w-]{1,64}")


@dataclass(frozen=True)
class Kept:
    """A job that can go on.

    Attributes:
        about: as `core.job.Job` has it, and so `owner` and `has_begun`.
        wants_to_run: whether it was not paused.
        work: as far as it had come.
    """

    about: str
    owner: str
    has_begun: bool
    wants_to_run: bool
    work: Work


def packed(kept: Kept) -> bytes | None:
    """As bytes; None for work that must not be kept, or cannot be."""
    if not kept.work.is_kept:
        return None
    try:
        return pickle.dumps(kept)
    except Exception:
        log.exception("a job cannot be written down")
        return None


def unpacked(data: bytes) -> Kept | None:
    """From bytes of our own; None for those of another version."""
    try:
        found = pickle.loads(data)  # from a folder, or a process, that is the server's alone
    except Exception:
        log.exception("a job that was written down cannot be read")
        return None
    return found if isinstance(found, Kept) else None


class Shelf:
    """Files of kept jobs, for this user alone.

    Args:
        folder: where they lie; those that are older than `kept_s` are taken away.
        kept_s: seconds.
    """

    def __init__(self, folder: Path, kept_s: float) -> None:
        self.folder = folder
        for file in folder.glob(f"*{SUFFIX}"):
            if time.time() - file.stat().st_mtime > kept_s:
                file.unlink(missing_ok=True)

    def put(self, token: str, kept: Kept) -> None:
        """Write a job down, if it may and can be."""
        data = packed(kept)
        if data is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = self.folder / f"{token}{SUFFIX}"
            write_whole(file, data)
            file.chmod(0o600)
        except OSError:
            log.exception("a job cannot be written down")

    def take(self, token: str, owner: str) -> Kept | None:
        """The job of this token and owner, which is on the shelf no longer; None where it is not."""
        file = self.folder / f"{token}{SUFFIX}"
        if not TOKEN.fullmatch(token) or not file.exists():
            return None
        kept = unpacked(file.read_bytes())
        if kept is not None and kept.owner not in ("", owner):
            return None
        file.unlink(missing_ok=True)
        return kept
