"""The page of two moons, through Streamlit's own test runner."""

import pytest

from core.moons import EXAMPLES, Settings, find
from tests.pages.visit import open_page, translate


def run_of(at):
    return find(at.session_state["moons_run"])


def test_a_visit_has_a_run_of_its_settings_and_keeps_it():
    at = open_page("moons")
    first = run_of(at)
    assert Settings.model_validate_json(first.about) == Settings()
    at.run()
    assert run_of(at) is first
    at.slider(key="moons_noise").set_value(0.3).run()
    assert run_of(at) is not first
    assert Settings.model_validate_json(run_of(at).about).noise == 0.3


def test_a_reload_finds_the_run_again_and_another_link_does_not():
    at = open_page("moons")
    first = run_of(at)
    assert run_of(open_page("moons", moons_run=first.token)) is first
    assert run_of(open_page("moons", moons_run=first.token, moons_seed="5")) is not first
    assert first.state not in ("cancelled", "forgotten")
    assert run_of(open_page("moons", moons_run="nonsense")) is not None


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_lesson_sets_every_control(name):
    at = open_page("moons")
    at.selectbox(key="moons_example").set_value(name).run()
    assert not at.exception
    assert not at.error
    assert Settings.model_validate_json(run_of(at).about) == Settings(**EXAMPLES[name])


@pytest.mark.parametrize("language", ["en", "pt"])
def test_what_is_no_function_gets_a_sentence_and_stays(language):
    query = {"moons_data": translate("function", language), "moons_expression": "import os"}
    at = open_page("moons", language, **query)
    assert not at.exception
    said = translate("This is no expression. Write one, such as sin(2*x).", language)
    assert [error.value for error in at.error] == [said]
    assert at.text_input(key="moons_expression").value == "import os"


TABLE = "\n".join(f"{n % 7},{n % 5},{'ab'[n % 2]}" for n in range(40)).encode()


def test_a_table_becomes_the_points_and_a_bad_one_leaves_them():
    at = open_page("moons", moons_data="my CSV")
    at.file_uploader[0].set_value(("points.csv", TABLE, "text/csv")).run()
    assert not at.error
    first = run_of(at)
    assert first.about != Settings(data="my CSV").model_dump_json()
    at.file_uploader[0].set_value(("other.csv", b"1,2\n3,4", "text/csv")).run()
    assert [error.value for error in at.error] == ["Row 1 has 2 columns. Write three: x, y, label."]
    assert run_of(at) is first
    one_class = TABLE.replace(b"b", b"a")
    at.file_uploader[0].set_value(("third.csv", one_class, "text/csv")).run()
    assert [error.value for error in at.error] == ["All points have the label “a”. Two classes are needed at least."]
    assert run_of(at) is first


def test_the_points_can_be_taken_away():
    at = open_page("moons", moons_tab="Files")
    assert any("300 points: 180" in element.value for element in at.markdown)
