"""Where studies are kept: an Optuna storage, an SQLite file unless the operator names another."""

import logging
import threading
import warnings
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy.exc import SQLAlchemyError

from core.data.cache import cache_folder
from core.errors import JobError
from core.host import host

log = logging.getLogger("camadas")
PREFIX = "camadas-"  # of the names of studies in the storage
KEPT_DAYS = 30
HEARTBEAT_S, GRACE_S = 10, 40  # a worker of which nothing was heard for so long is thought to be dead
MOST_RETRIES = 3  # of a dead worker's trial
LOST = (SQLAlchemyError, StorageInternalError)
_making = threading.Lock()


def address_of_storage() -> str:
    """Where studies are kept: CAMADAS_STUDIES, or an SQLite file in the cache folder."""
    named = host().studies
    if named:
        return named
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'studies.db'}"


def storage(address: str) -> RDBStorage:
    """The storage at an address, made once a process; studies of ours from KEPT_DAYS ago are taken away, once a day.

    Raises:
        JobError: if nothing answers there.
    """
    try:
        with _making:
            return _storage(address, datetime.now().date())
    except LOST as error:
        log.error("the storage of studies does not answer: %s", error)
        raise JobError("storage") from error


@lru_cache(maxsize=1)
def _storage(address: str, today: date) -> RDBStorage:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats
    warnings.filterwarnings("ignore", "Heartbeat of storage is supposed")  # core.study beats by itself
    options: dict[str, Any] = {"pool_pre_ping": True}
    if address.startswith("sqlite"):
        options = {"connect_args": {"timeout": 20}}  # for another's transaction
    elif address.startswith("postgresql"):
        options["connect_args"] = {"connect_timeout": 5}
    made = RDBStorage(
        address,
        engine_kwargs=options,
        heartbeat_interval=HEARTBEAT_S,
        grace_period=GRACE_S,
        heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(MOST_RETRIES),
    )
    for summary in optuna.get_all_study_summaries(made):
        started = summary.datetime_start  # Optuna writes local times without a zone
        if summary.study_name.startswith(PREFIX) and started and (today - started.date()).days > KEPT_DAYS:
            optuna.delete_study(study_name=summary.study_name, storage=made)
    return made
