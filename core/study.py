"""A study: Optuna looks for good settings of a small network, trial after trial."""

import logging
import math
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from statistics import mean
from typing import Any

import optuna
from optuna.storages import fail_stale_trials
from optuna.trial import Trial, TrialState

from core.errors import JobError, SettingsError
from core.jobs import Job, jobs
from core.many import Many
from core.plane import OWN, PRIVATE, Split, fingerprint, formula_of, points_of, split
from core.points import Points
from core.scripting import render
from core.search import (
    GRID,
    RANGES,
    WORST,
    Settings,
    Tried,
    distributions,
    most_trials,
    n_trials,
    network_of,
    sampler_of,
    settings_of,
    tried,
)
from core.studies import HEARTBEAT_S, LOST, PREFIX, address_of_storage, storage
from core.work import Work

__all__ = ["GRID", "RANGES", "WORST", "Job", "Points", "Settings", "Split", "n_trials", "network_of", "settings_of"]
log = logging.getLogger("camadas")
WORKER = "worker"  # who is at a trial
WAIT_S = 0.5  # between two looks at others' trials, or for the storage
FEW = 8  # trials below which nothing is said about importance
EXAMPLES: dict[str, dict[str, object]] = {
    "Learning rate, width and depth": {},
    "Chance against TPE: the same by chance": {"sampler": "random"},
    "Every place of a grid": {"sampler": "grid", "knobs": ("learning rate", "neurons a layer"), "n_trials": 30},
    "What helps on a spiral?": {
        "data": "spiral",
        "n_classes": 2,
        "noise": 0.0,
        "knobs": ("learning rate", "neurons a layer", "hidden layers", "activation", "optimizer"),
        "n_trials": 60,
        "epochs": 200,
    },
    "Few points, much noise: does L2 help?": {
        "n_points": 60,
        "noise": 0.5,
        "knobs": ("L2", "neurons a layer"),
        "n_seeds": 4,
    },
}


@dataclass(frozen=True)
class Found:
    """How a study stands.

    Attributes:
        tried: the finished trials, in their order.
        n_trials: that it is to have.
        importance: of each knob, together 1; empty while there are too few trials.
        is_cut_off: whether the storage does not answer for now.
    """

    tried: list[Tried]
    n_trials: int
    importance: dict[str, float]
    is_cut_off: bool = False


class Study(Work):
    """The work of a study's job: a trial is trained in small steps, then told to Optuna.

    Several workers may share a study, each in its process: what one was at when it was killed another tries again.

    Args:
        settings: of points, search and training.
        points: own ones instead of those that the settings ask for.
        name: of the study in the storage; one that is there already goes on, a trial of this worker's predecessor
            included.
        address: of the storage.
        told: what tells the study from others, kept with it.
        worker: which one of several it is; the page's own without it.
    """

    def __init__(
        self, settings: Settings, points: Points, name: str, address: str, told: str = "", worker: str = ""
    ) -> None:
        self.settings, self.points, self.name, self.address, self.told = settings, points, name, address, told
        self.worker = worker
        self.n_trials = n_trials(settings)
        self.tried: list[Tried] = []
        self.trial: Trial | None = None
        self.many: Many | None = None
        self.importance: dict[str, float] = {}
        self.weighed = 0  # trials that the importance is of
        self.beaten_at = -math.inf
        self.is_waiting = self.is_cut_off = False
        self.study: optuna.Study | None = None  # made with its first trial
        with suppress(KeyError):
            self._take_up(optuna.load_study(study_name=PREFIX + name, storage=storage(address)))

    def _take_up(self, study: optuna.Study) -> None:
        """Go on from what the storage has."""
        self.study = study
        self._read()
        study.sampler = sampler_of(self.settings, len(self.tried), self.worker)
        for left in study.get_trials(states=(TrialState.RUNNING,)):
            if left.user_attrs.get(WORKER, "") or self.worker:
                continue  # another's, who may be alive: heartbeats will say
            if self.trial is None and left.params.keys() == distributions(self.settings).keys():
                self.trial = Trial(study, left._trial_id)
                self.many = network_of(self.settings, left.params, self.points)
            else:
                study.tell(left.number, state=TrialState.FAIL)

    def _begun(self) -> optuna.Study:
        """The study, which is written down when its first trial begins."""
        if self.study is None:
            self.study = optuna.create_study(
                study_name=PREFIX + self.name,
                storage=storage(self.address),
                sampler=sampler_of(self.settings, 0, self.worker),
                direction="minimize" if self.settings.objective == "validation loss" else "maximize",
                load_if_exists=True,
            )
            self.study.set_user_attr("about", self.told)
            self.study.set_user_attr("settings", self.settings.model_dump_json())
        return self.study

    @property
    def is_private(self) -> bool:
        """Whether its points are its visitor's own; it is not kept as other work is, for its storage has it."""
        return self.settings.data in PRIVATE

    def rest_s(self) -> float | None:
        """None, but while others are at the last trials, or the storage does not answer."""
        return WAIT_S if self.is_waiting or self.is_cut_off else None

    def step(self) -> bool:
        """Train for some hundredths of a second; False when there are trials enough."""
        try:
            goes_on = self._step()
        except (*LOST, JobError) as error:
            if not self.is_cut_off:
                log.error("the storage of a study does not answer", exc_info=error)
            self.is_cut_off = True
            return True
        self.is_cut_off = False
        return goes_on

    def _step(self) -> bool:
        if len(self.tried) >= self.n_trials:
            return False
        if self.trial is None and self._is_there_more():
            self.trial = self._begun().ask(distributions(self.settings))
            self.beaten_at = -math.inf
        if self.trial is not None and self.many is None:  # again, where the storage went away meanwhile
            self._beat()  # at once: one of which nothing was ever heard is nobody's to try again
            self.trial.set_user_attr(WORKER, self.worker)
            self.many = network_of(self.settings, self.trial.params, self.points)
        elif self.trial is not None and self.many is not None and not self.many.step():
            self._tell(self.trial, self.many)
            self.trial = self.many = None
        self._beat()
        return len(self.tried) < self.n_trials

    def _is_there_more(self) -> bool:
        """Whether there is a trial to begin; one whose worker is dead is to be tried again.

        Workers that ask at the same moment all begin one: there may be as many more trials than wanted.
        """
        study = self._begun()
        fail_stale_trials(study)
        self._read()
        n_under_way = len(study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))
        is_one_left = bool(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))  # by a worker that died
        n_left = self.n_trials - len(self.tried)
        is_more = n_left > 0 and (is_one_left or n_under_way < n_left)
        self.is_waiting = n_left > 0 and not is_more
        return is_more

    def _beat(self) -> None:
        """Say that this worker lives."""
        now = time.monotonic()
        if self.trial is not None and self.study is not None and now - self.beaten_at > HEARTBEAT_S / 2:
            storage(self.address).record_heartbeat(self.trial._trial_id)
            self.beaten_at = now

    def _read(self) -> None:
        """All finished trials, those of other workers too."""
        assert self.study is not None
        done = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        self.tried = [tried(trial) for trial in done]

    def command(self, name: str, value: Any) -> bool:
        """ "more": so many trials beyond those that are there."""
        if name == "more" and isinstance(value, int) and 0 < value <= 200:
            self.n_trials = min(self.n_trials + value, most_trials(self.settings))
        return len(self.tried) < self.n_trials

    def result(self) -> Found:
        """How it stood at the end."""
        return self.found()

    def found(self) -> Found:
        """How it stands."""
        n = len(self.tried)
        if self.study is not None and n >= FEW and len(self.settings.knobs) > 1 and n != self.weighed:
            with suppress(*LOST):
                self.importance, self.weighed = dict(optuna.importance.get_param_importances(self.study)), n
        return Found(list(self.tried), self.n_trials, self.importance, self.is_cut_off)

    def _tell(self, trial: Trial, many: Many) -> None:
        study = self._begun()
        if study._storage.get_trial(trial._trial_id).state.is_finished():
            return  # it was silent for so long that another one tries this again
        measured = many.measured()
        accuracies = {part: mean(found.accuracies[part] for found in measured) for part in ("validation", "test")}
        loss = mean(min(found.losses["validation"], WORST) for found in measured)
        score = loss if self.settings.objective == "validation loss" else accuracies["validation"]
        for part, accuracy in accuracies.items():
            trial.set_user_attr(part, accuracy)
        try:
            study.tell(trial, score)
        except RuntimeError:  # how a grid says, after the last of its places is written down, that it is empty
            if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) <= len(self.tried):
                raise
        self._read()


def join(name: str, worker: str = "") -> Study:
    """The work of one more worker of a study.

    Args:
        name: of a study that has begun; the page's link has it.
        worker: a name of its own; drawn without it.

    Raises:
        SettingsError: if there is none of this name, or its points are its visitor's own.
        JobError: if the storage does not answer.
    """
    address = address_of_storage()
    try:
        kept = optuna.load_study(study_name=PREFIX + name, storage=storage(address)).user_attrs
    except KeyError as error:
        raise SettingsError("no_study", argument="name", value=name) from error
    except LOST as error:
        raise JobError("storage") from error
    settings = Settings.model_validate_json(kept["settings"])
    if settings.data in OWN:
        raise SettingsError("own_points", argument="name", value=name)
    told, worker = str(kept["about"]), worker or secrets.token_hex(4)
    return Study(settings, points_of(settings), name, address, told, worker)


def about(settings: Settings, own: Points | None = None) -> str:
    """What tells one study from another."""
    told = "study " + settings.model_dump_json()
    if settings.data in OWN and own is not None:
        told += fingerprint(own)
    return told


def data_of(settings: Settings, own: Points | None = None) -> Split:
    """The points of a study with these settings.

    Raises:
        CamadasError: if they cannot be made.
    """
    return split(points_of(settings, own), settings)


def start(settings: Settings, own: Points | None = None, name: str = "", *, owner: str = "") -> Job:
    """Begin a study in the background, paused.

    Args:
        settings: of points, search and training.
        own: the visitor's own points.
        name: of a study that is to go on; the job's token. A new one without it.
        owner: whose it is.

    Raises:
        CamadasError: if the settings make no points, or the server is full.
    """
    points, address = points_of(settings, own), address_of_storage()
    name = name or secrets.token_urlsafe(16)
    told = about(settings, own)
    storage(address)  # what is wrong with it is said before it begins
    kept = f"{told} {owner}"
    make = partial(Study, settings, points, name, address, kept)
    return jobs().start(make, told, is_paused=True, token=name, owner=owner)


def is_kept(name: str, settings: Settings, own: Points | None = None, owner: str = "") -> bool:
    """Whether the storage has a study of this name with these settings and points, of this owner.

    Raises:
        JobError: if the storage does not answer.
    """
    try:
        study = optuna.load_study(study_name=PREFIX + name, storage=storage(address_of_storage()))
        return bool(study.user_attrs.get("about") == f"{about(settings, own)} {owner}")
    except KeyError:
        return False
    except LOST as error:
        raise JobError("storage") from error


def found(job: Job) -> Found:
    """How a study stands, or stood at its end.

    Raises:
        JobError: if its job has failed, or does not answer.
    """
    found: Found = job.now(Study.found)
    return found


def best(found: Found, settings: Settings) -> Tried | None:
    """The trial with the best score."""
    if not found.tried:
        return None
    sign = 1 if settings.objective == "validation loss" else -1
    return min(found.tried, key=lambda tried: sign * tried.score)


def script(settings: Settings) -> str:
    """The stand-alone Python script that runs the same study in plain PyTorch and Optuna."""
    return render(
        "study", formula=formula_of(settings), settings=settings, ranges=distributions(settings), grid=GRID, worst=WORST
    )
