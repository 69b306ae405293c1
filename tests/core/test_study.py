"""A study: trials, samplers, storage."""

import math

import optuna
import pytest
from optuna.exceptions import StorageInternalError

from core.errors import JobError
from core.plane import points_of
from core.points import clicked, made
from core.studies import PREFIX, _storage, address_of_storage, storage
from core.study import (
    EXAMPLES,
    GRID,
    RANGES,
    WORST,
    Settings,
    Study,
    about,
    best,
    is_kept,
    n_trials,
    network_of,
    settings_of,
    start,
)

SMALL = {"n_points": 60, "epochs": 10, "n_trials": 10}


@pytest.fixture
def address(tmp_path, monkeypatch) -> str:
    named = f"sqlite:///{tmp_path / 'studies.db'}"
    monkeypatch.setenv("CAMADAS_STUDIES", named)
    return named


def begin(address: str, name: str = "mine", **chosen) -> Study:
    settings = Settings(**{**SMALL, **chosen})
    return Study(settings, points_of(settings), name, address, f"{about(settings)} ")


def finish(work: Study) -> Study:
    while work.step():
        pass
    return work


@pytest.mark.parametrize("sampler", ["TPE", "random", "grid"])
def test_trials_are_told_to_optuna_and_kept(address, sampler):
    work = finish(begin(address, sampler=sampler))
    kept = optuna.load_study(study_name=f"{PREFIX}mine", storage=address)
    assert [trial.value for trial in kept.trials] == [tried.score for tried in work.tried]
    assert [trial.params for trial in kept.trials] == [tried.values for tried in work.tried]
    assert len(work.tried) == 10
    top = best(work.found(), work.settings)
    assert top is not None
    assert top.score == kept.best_value == min(tried.score for tried in work.tried)
    assert top.test == kept.best_trial.user_attrs["test"]


def test_a_score_is_the_mean_over_first_weights(address):
    work = finish(begin(address, n_trials=5, n_seeds=3, objective="validation accuracy"))
    tried = work.tried[2]
    many = network_of(work.settings, tried.values)
    while many.step():
        pass
    accuracies = [measured.accuracies["validation"] for measured in many.measured()]
    assert tried.score == tried.validation == pytest.approx(sum(accuracies) / 3)
    by_loss = finish(begin(address, "other", n_trials=5, n_seeds=3)).tried[2]
    many = network_of(work.settings, by_loss.values)
    while many.step():
        pass
    losses = [measured.losses["validation"] for measured in many.measured()]
    assert by_loss.score == pytest.approx(sum(losses) / 3, abs=1e-5)
    top = best(work.found(), work.settings)
    assert top is not None
    assert top.score == max(other.score for other in work.tried)


def test_a_study_goes_on_from_its_storage(address):
    first = begin(address, n_trials=12)
    while len(first.tried) < 6:
        first.step()
    first.step()  # a trial is begun, and the server stops
    under_way = first.trial.params
    again = begin(address, n_trials=12)
    assert again.tried == first.tried
    assert len(finish(again).tried) == 12
    assert again.tried[6].values == under_way
    assert {trial.state.name for trial in again.study.get_trials()} == {"COMPLETE"}
    assert again.command("more", 5)
    assert len(finish(again).tried) == 17


@pytest.mark.parametrize("sampler", ["TPE", "random", "grid"])
def test_after_a_stop_nothing_is_tried_twice(address, sampler):
    chosen = {"sampler": sampler, "knobs": ("learning rate", "hidden layers"), "n_trials": 24}
    first = begin(address, **chosen)
    while len(first.tried) < 8:
        first.step()
    again = finish(begin(address, **chosen))
    assert len({str(tried.values) for tried in again.tried}) == 24


def test_a_look_writes_nothing_down(address):
    begin(address)
    assert optuna.get_all_study_names(storage(address)) == []
    assert not is_kept("mine", Settings(**SMALL))


def test_a_storage_that_does_not_answer_is_said(monkeypatch):
    monkeypatch.setenv("CAMADAS_STUDIES", "sqlite:////nowhere/at/all/studies.db")
    for ask in (lambda: is_kept("mine", Settings()), lambda: start(Settings())):
        with pytest.raises(JobError) as raised:
            ask()
        assert raised.value.reason == "storage"


def test_a_trial_whose_beginning_was_cut_off_begins_again(address, monkeypatch):
    work = begin(address)
    beats = iter([StorageInternalError("gone"), StorageInternalError("still"), None])
    real = Study._beat

    def beat(self: Study) -> None:
        problem = next(beats, None)
        if problem is not None:
            raise problem
        real(self)

    monkeypatch.setattr(Study, "_beat", beat)
    while len(work.tried) < 1:
        assert work.step()
    trials = optuna.load_study(study_name=f"{PREFIX}mine", storage=address).trials
    assert [trial.state.name for trial in trials] == ["COMPLETE"]  # none is under way for good


def test_a_grid_has_an_end(address):
    work = finish(begin(address, sampler="grid", knobs=("hidden layers",), n_trials=30))
    assert sorted(tried.values["hidden layers"] for tried in work.tried) == GRID["hidden layers"]
    assert not work.command("more", 20)
    assert n_trials(Settings(sampler="grid", knobs=("activation", "hidden layers"), n_trials=200)) == 20


def test_importance_is_said_of_enough_trials(address):
    work = begin(address, knobs=("learning rate", "neurons a layer"), n_trials=12, epochs=30)
    work.step()
    assert work.found().importance == {}
    found = finish(work).found()
    assert found.importance.keys() == {"learning rate", "neurons a layer"}
    assert sum(found.importance.values()) == pytest.approx(1)


def test_what_runs_away_counts_as_the_worst(address):
    work = begin(address, loss="MSE", knobs=("hidden layers",), learning_rate=10.0, activation="relu", width=32)
    finish(work)
    assert all(tried.score <= WORST for tried in work.tried)
    assert any(tried.score == WORST for tried in work.tried)


def test_a_link_finds_its_own_study_alone(address):
    finish(begin(address))
    assert is_kept("mine", Settings(**SMALL))
    assert not is_kept("mine", Settings(**SMALL, noise=0.3))
    assert not is_kept("other", Settings(**SMALL))
    assert not is_kept("mine", Settings(**SMALL), owner="another")
    chosen = Settings(data="my clicks")
    assert about(chosen, clicked([])) != about(chosen, made("moons", 20, 0.1, 2, 0))


@pytest.mark.parametrize(("data", "is_private"), [("moons", False), ("my clicks", False), ("my CSV", True)])
def test_a_study_goes_with_its_visitor_where_its_points_are_theirs(address, data, is_private):
    assert Study(Settings(data=data), made("moons", 20, 0.1, 2, 0), "mine", address).is_private == is_private


def test_old_studies_of_ours_are_taken_away(address, monkeypatch):
    finish(begin(address))
    plain = optuna.create_study(study_name="another's", storage=address)
    plain.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    monkeypatch.setattr("core.studies.KEPT_DAYS", -1)
    _storage.cache_clear()
    storage(address)
    assert optuna.get_all_study_names(address) == ["another's"]


def test_the_storage_is_a_file_of_the_cache_or_what_the_operator_names(tmp_path, monkeypatch):
    monkeypatch.delenv("CAMADAS_STUDIES", raising=False)
    assert address_of_storage() == f"sqlite:///{tmp_path / 'cache' / 'studies.db'}"
    monkeypatch.setenv("CAMADAS_STUDIES", "postgresql://db/studies")
    assert address_of_storage() == "postgresql://db/studies"


def test_a_trial_opens_as_the_nearest_settings():
    values = {"learning rate": 0.02, "L2": 0.00025, "neurons a layer": 5, "hidden layers": 3, "optimizer": "Adam"}
    found = settings_of(Settings(noise=0.3), values)
    assert (found.learning_rate, found.l2, found.optimizer, found.noise) == (0.03, 0.0003, "Adam", 0.3)
    assert found.layers == "5 tanh\n5 tanh\n5 tanh"
    exact = network_of(Settings(n_seeds=2), values)
    assert exact.rates.tolist() == pytest.approx([0.02, 0.02])
    assert exact.l2 == 0.00025


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_can_be_searched(name):
    settings = Settings(**EXAMPLES[name])
    assert settings.knobs
    for knob in settings.knobs:
        for value in GRID[knob]:
            assert RANGES[knob]._contains(RANGES[knob].to_internal_repr(value))
            assert not isinstance(value, float) or math.isfinite(value)
