"""What a background job does, and how it says where it stands."""

import json
import struct
from typing import Any, Protocol

import numpy as np


class Work(Protocol):
    """What a job does. All its methods are called by the job's own thread.

    Attributes:
        is_kept: whether it is written down when the server stops, so that it goes on when it starts again: pickle must
            be able to, and a visitor's photo must not be in it.
    """

    is_kept: bool = False

    @property
    def is_private(self) -> bool:
        """Whether it holds what is its visitor's own, so that it goes with them; what is not kept does."""
        return not self.is_kept

    def rest_s(self) -> float | None:
        """Seconds until the next step is due, 0 when it is; None for work that goes on as fast as it can."""
        return None

    def step(self) -> bool:
        """Work for some hundredths of a second; False when there is nothing left to do."""
        ...

    def command(self, name: str, value: Any) -> bool:
        """Do what a visitor asked for; gives whether there is work to go on with. Nonsense is ignored."""
        del name, value
        return False

    def frame(self) -> bytes:
        """How things stand, as `packed`; empty where nobody watches it move."""
        return b""

    def result(self) -> Any:
        """What is kept of it after its end."""
        ...


def again(kind: type, settings: Any, state: Any, seen: dict[str, Any]) -> Any:
    """A work that trains with `core.training.fit`, as it was: made from its settings, with what it had seen."""
    work = kind(settings, state)
    vars(work).update(seen)
    return work


def packed(header: dict[str, Any], *maps: np.ndarray) -> bytes:
    """A frame: the length of the header in 4 bytes, least first, the header as JSON, then the bytes of the maps.

    >>> packed({"epoch": 3}, np.array([1, -1], np.int8))
    b'\\x0c\\x00\\x00\\x00{"epoch": 3}\\x01\\xff'
    """
    text = json.dumps(header, allow_nan=False).encode()
    return struct.pack("<I", len(text)) + text + b"".join(map.tobytes() for map in maps)
