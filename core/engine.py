"""Where is computed: in this process, or by Ray on this machine and others. Nobody else needs to know which."""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

import numpy as np

from core.host import host
from core.jobs import Jobs


class Engine(Protocol):
    """What computes."""

    @property
    def jobs(self) -> Jobs:
        """Background jobs."""
        ...

    @property
    def at_once(self) -> int:
        """How many requests it computes, or has ready, at the same time."""
        ...

    def predict(self, name: str, batch: np.ndarray) -> np.ndarray:
        """As `core.inference.predict`, without waiting for a turn."""
        ...

    def compute(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function where batches are computed."""
        ...


@cache
def engine() -> Engine:
    """The one that the operator has chosen.

    Raises:
        JobError: if it does not answer.
    """
    if host().engine == "ray":
        from core.cluster.engine import Cluster

        return Cluster()
    from core.local_engine import Local

    return Local()
