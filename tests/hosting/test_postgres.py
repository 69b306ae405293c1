"""Several workers share a study on PostgreSQL; what a killed one was at is tried again."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import optuna
import pytest
from optuna.trial import TrialState

from core import studies
from core.errors import JobError, SettingsError
from core.plane import points_of
from core.studies import PREFIX, storage
from core.study import Settings, Study, about, is_kept, join
from tests.browser.browse import PATIENCE_S, environment_of
from tests.hosting.postgres import Postgres, postgres
from ui.files import ROOT

QUICK = (
    "import core.studies as studies; studies.HEARTBEAT_S, studies.GRACE_S = 1, 3; from core.__main__ import app; app()"
)
SETTINGS = Settings(n_points=60, epochs=60, n_trials=24, n_seeds=2)


@pytest.fixture
def server(monkeypatch) -> Iterator[Postgres]:
    monkeypatch.setattr(studies, "HEARTBEAT_S", 1)
    monkeypatch.setattr(studies, "GRACE_S", 3)
    studies._storage.cache_clear()
    with postgres() as found:
        monkeypatch.setenv("CAMADAS_STUDIES", found.address)
        yield found
        studies._storage.cache_clear()


def begun(address: str, name: str) -> Study:
    work = Study(SETTINGS, points_of(SETTINGS), name, address, about(SETTINGS) + " ")
    work.step()
    return work


def worker(name: str, address: str) -> subprocess.Popen[str]:
    environment = environment_of({"CAMADAS_STUDIES": address})
    command = [sys.executable, "-c", QUICK, "study", name]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def finish(work: Study) -> None:
    deadline = time.monotonic() + 2 * PATIENCE_S
    while work.step():
        assert time.monotonic() < deadline
        time.sleep(work.rest_s() or 0)


def test_workers_share_a_study_and_a_killed_ones_trial_is_tried_again(server):
    own = begun(server.address, "shared")
    killed = worker("shared", server.address)
    study = optuna.load_study(study_name=f"{PREFIX}shared", storage=storage(server.address))
    assert killed.stdout is not None
    assert killed.stdout.readline().startswith("trial")  # it works
    (name,) = {trial.user_attrs["worker"] for trial in study.get_trials(states=(TrialState.COMPLETE,))}
    deadline = time.monotonic() + PATIENCE_S

    def is_at_one() -> bool:
        assert time.monotonic() < deadline
        return any(t.user_attrs.get("worker") == name for t in study.get_trials(states=(TrialState.RUNNING,)))

    while True:  # stopped in the middle of a trial
        if is_at_one():
            killed.send_signal(signal.SIGSTOP)
            if is_at_one():
                break
            killed.send_signal(signal.SIGCONT)
    killed.kill()
    killed.wait(timeout=20)
    other = worker("shared", server.address)
    assert other.stdout is not None
    assert other.stdout.readline().startswith("trial")
    finish(own)
    assert other.wait(timeout=2 * PATIENCE_S) == 0
    trials = study.get_trials()
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    assert SETTINGS.n_trials <= len(own.tried) <= len(done) <= SETTINGS.n_trials + 2  # who begins at the same moment
    assert len({trial.user_attrs["worker"] for trial in done}) == 3  # each did its part
    failed = [trial for trial in trials if trial.state == TrialState.FAIL]
    again = {number: trial.params for trial in done for number in trial.system_attrs.get("retry_history", [])}
    assert failed
    assert [trial.params for trial in failed] == [again[trial.number] for trial in failed]


def test_a_storage_that_goes_away_is_said_and_the_study_goes_on_when_it_is_back(server):
    work = begun(server.address, "cut")
    while not work.tried:
        work.step()
    known = len(work.tried)
    server.stop()
    deadline = time.monotonic() + PATIENCE_S
    while not work.is_cut_off:
        assert work.step()
        assert time.monotonic() < deadline
    assert work.found().is_cut_off
    assert len(work.found().tried) >= known  # nothing is lost
    for ask in (lambda: is_kept("cut", SETTINGS), lambda: join("cut")):
        with pytest.raises(JobError) as raised:
            ask()
        assert raised.value.reason == "storage"
    server.start()
    finish(work)
    assert not work.found().is_cut_off
    assert len(work.tried) == SETTINGS.n_trials


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql+psycopg://me:secret@127.0.0.1:1/studies", "nothing answers at CAMADAS_STUDIES postgresql+psycopg"),
        ("nonsense", "nothing answers at CAMADAS_STUDIES nonsense"),
    ],
)
def test_a_storage_where_nobody_answers_is_said_at_start(address, said):
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", "0"]
    environment = environment_of({"CAMADAS_STUDIES": address})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_worker_of_no_study_says_so(server):
    with pytest.raises(SettingsError, match="no study nothing has begun"):
        join("nothing")
    command = [sys.executable, "-m", "core", "study", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment_of({}))
    assert done.returncode != 0
    assert "no study nothing has begun" in done.stderr
    assert "Traceback" not in done.stderr
