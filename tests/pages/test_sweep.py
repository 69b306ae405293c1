"""The page of the sweep, through Streamlit's own test runner."""

import pytest

from core.jobs import jobs
from core.sweep import EXAMPLES, Settings, about, cells, rows
from tests.pages.visit import finished, open_page, translate


def test_a_visit_has_a_sweep_of_its_settings_and_finds_it_again():
    at = open_page("sweep")
    job = jobs().find(at.session_state["sweep_run"])
    assert job.about == about(Settings())
    assert jobs().find(open_page("sweep", sweep_run=job.token).session_state["sweep_run"]) is job
    at.slider(key="sweep_n_seeds").set_value(2).run()
    assert jobs().find(at.session_state["sweep_run"]).about == about(Settings(n_seeds=2))
    assert any(caption.value == "32 networks, trained together." for caption in at.caption)


def test_the_table_is_cores():
    at = open_page("sweep", sweep_tab="Results", sweep_epochs="20", sweep_n_seeds="2")
    job = finished(at, "sweep")
    at.run()
    best = cells(rows(job))[0]
    table = next(element.value for element in at.markdown if element.value.startswith("| Learning rate"))
    first = table.splitlines()[2]
    assert first.startswith(f"| {best.rate:g} | {best.width} | {100 * best.validation[0]:.1f} %")


@pytest.mark.parametrize("language", ["en", "pt"])
def test_too_many_networks_get_a_sentence(language):
    at = open_page("sweep", language, sweep_n_seeds="16")
    said = translate("{value} networks are too many; {rule} is the most. Choose fewer values.", language)
    assert [error.value for error in at.error] == [said.format(value=256, rule=64)]
    assert not at.exception


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_sets_every_control(name):
    at = open_page("sweep")
    at.selectbox(key="sweep_example").set_value(name).run()
    assert not at.exception
    assert not at.error
    assert jobs().find(at.session_state["sweep_run"]).about == about(Settings(**EXAMPLES[name]))


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("tab", ["How it works", "Results", "Score board", "Code"])
def test_every_tab_opens(tab, language):
    at = open_page("sweep", language, sweep_tab=tab)
    assert not at.exception
    assert not at.error
