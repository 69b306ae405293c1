"""The engine of a Ray cluster."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.cluster.connection import join
from core.cluster.inference import Inference, n_replicas
from core.cluster.runs import ClusterJobs


class Cluster:
    """A `core.engine.Engine`.

    Raises:
        JobError: if the cluster does not answer.
    """

    def __init__(self) -> None:
        join()
        self.jobs = ClusterJobs()
        self._inference = Inference()
        self.at_once = 2 * n_replicas()

    def predict(self, name: str, batch: np.ndarray) -> np.ndarray:
        """By a replica, together with what others ask."""
        found: np.ndarray | Exception = self._inference.call("predict", (name, batch))
        if isinstance(found, Exception):
            raise found
        return found

    def compute(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """By a replica; the function, what it is given and what it gives are pickled."""
        return self._inference.call("compute", function, args, kwargs)
