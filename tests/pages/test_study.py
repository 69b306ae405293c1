"""The page of the study, through Streamlit's own test runner."""

import time

import pytest

from core.jobs import jobs
from core.study import EXAMPLES, Settings, about, best, found
from tests.pages.visit import finished, metrics, open_page

QUICK = {"study_n_trials": "10", "study_epochs": "10", "study_n_points": "60"}


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_figures_are_those_of_the_best_trial(language):
    job = finished(open_page("study", **QUICK), "study")
    now = found(job)
    at = open_page("study", language, study_run=job.token, **QUICK)
    assert not at.exception
    assert not at.error
    top = best(now, Settings())
    shown = list(metrics(at).values())
    numbers = [f"{top.score:.3f}", f"{100 * top.validation:.1f} %", f"{100 * top.test:.1f} %"]
    assert shown == [number.replace(".", ",") if language == "pt" else number for number in numbers]
    assert len(at.get("plotly_chart")) == 3


def test_a_link_finds_the_job_and_after_its_end_the_study():
    at = open_page("study", **QUICK)
    job = finished(at, "study")
    token = job.token
    assert jobs().find(open_page("study", study_run=token, **QUICK).session_state["study_run"]) is job
    job.send("cancel")
    deadline = time.monotonic() + 30
    while job.state != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    again = open_page("study", study_run=token, **QUICK)
    assert again.session_state["study_run"] == token
    assert len(found(jobs().find(token)).tried) == 10
    other = open_page("study", study_run=token, study_noise="0.3", **QUICK)
    assert other.session_state["study_run"] != token


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_sets_every_control(name):
    at = open_page("study")
    at.selectbox(key="study_example").set_value(name).run()
    assert not at.exception
    assert not at.error
    assert jobs().find(at.session_state["study_run"]).about == about(Settings(**EXAMPLES[name]))


def test_more_trials_can_be_asked_for():
    at = open_page("study", **QUICK)
    job = finished(at, "study")
    at.run()
    at.button(key="study_more").click().run()
    deadline = time.monotonic() + 60
    while len(found(job).tried) < 30:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert found(job).n_trials == 30
