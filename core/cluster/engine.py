"""The engine of a Ray cluster."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from ray import cloudpickle

from core import meters
from core.cluster import driver
from core.cluster.inference import n_replicas
from core.cluster.link import ask, join
from core.cluster.runs import ClusterJobs


class Cluster:
    """A `core.engine.Engine`.

    Raises:
        JobError: if the cluster does not answer.
    """

    def __init__(self) -> None:
        join()
        self.jobs = ClusterJobs()
        self.at_once = max(2, ask(n_replicas))  # who goes first is said here, not where they queue there

    def predict(self, name: str, batch: np.ndarray) -> np.ndarray:
        """By a replica, together with what others ask."""
        found: np.ndarray | Exception
        found, loaded = ask(driver.predict, name, batch)
        meters.count_loads(loaded)
        if isinstance(found, Exception):
            raise found
        return found

    def compute(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """By a replica; the function, what it is given and what it gives are pickled."""
        answer, loaded = ask(driver.compute, cloudpickle.dumps((function, args, kwargs)))
        meters.count_loads(loaded)
        is_good, found = pickle.loads(answer)  # from a process of ours
        if not is_good:
            raise found
        return found
