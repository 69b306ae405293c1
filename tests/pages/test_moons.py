"""The page of two moons, through Streamlit's own test runner."""

import time

import pytest
import torch

from core.jobs import jobs
from core.moons import EXAMPLES, Settings, packed, results, snapshot
from core.playground import Playground
from tests.pages.visit import open_page, translate


def run_of(at):
    return jobs().find(at.session_state["moons_run"])


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


def trained(at, n: int = 3):
    """The run of a page, some epochs later."""
    job = run_of(at)
    for _ in range(n):
        job.send("epoch")
    now = snapshot(job)
    assert now.last_epoch == n
    return now


def test_results_are_cores_for_the_part_that_is_chosen():
    at = open_page("moons", moons_tab="Results")
    now = trained(at)
    at.run()
    assert not at.exception
    for name, part in (("Test", "test"), ("Training", "train")):
        at.segmented_control(key="moons_part").set_value(part).run()
        accuracy = f"{100 * results(now, part).accuracy:.1f} %"
        assert accuracy in [metric.value for metric in at.metric], name
    assert any("first weights of their own" in caption.value for caption in at.caption)


def test_a_choice_that_scikit_learn_lacks_is_named():
    at = open_page("moons", moons_tab="Results", moons_dropout="0.5", moons_optimizer="RMSprop")
    said = "scikit-learn has no such choice of: Optimizer, Dropout."
    assert any(said in caption.value for caption in at.caption)


def test_the_board_keeps_runs_that_are_left():
    at = open_page("moons", moons_tab="Score board")
    assert any("no run yet" in element.value for element in at.markdown)
    trained(at)
    at.slider(key="moons_noise").set_value(0.3).run()
    trained(at, 5)
    at.run()
    rows = list(at.session_state["board"].values())
    assert [(row.settings.noise, row.epoch) for row in rows] == [(0.15, 3), (0.3, 5)]
    table = next(element.value for element in at.markdown if element.value.startswith("| Configuration"))
    assert "Noise 0.15" in table
    assert "Noise 0.3" in table
    at.button(key="moons_clear_board").click().run()
    assert "board" not in at.session_state or len(at.session_state["board"]) == 1  # the present run alone


def test_a_network_comes_back_with_its_settings():
    other = Playground(Settings(layers="3 relu", noise=0.3, learning_rate=0.3))
    other.command("epoch", None)
    data = packed(other.snapshot())
    at = open_page("moons", moons_tab="Files")
    at.file_uploader(key="moons_network_file").set_value(("network.safetensors", data, "")).run()
    assert not at.exception
    assert not at.error
    assert at.text_area(key="moons_layers").value == "3 relu"
    assert torch.equal(snapshot(run_of(at)).network.flat, other.network.flat)
    at.slider(key="moons_noise").set_value(0.2).run()  # the network goes on, on other points
    assert torch.equal(snapshot(run_of(at)).network.flat, other.network.flat)
    at.text_area(key="moons_layers").set_value("4 relu").run()
    assert any("set aside" in caption.value for caption in at.caption)
    assert snapshot(run_of(at)).network.shape.sizes == (2, 4, 1)
    at.file_uploader(key="moons_network_file").set_value(("other.safetensors", b"nothing", "")).run()
    said = "This is no network of this page. Choose a .safetensors file that was taken from it."
    assert [error.value for error in at.error] == [said]


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("tab", ["Results", "Score board", "Files", "How it works"])
def test_every_tab_opens(tab, language):
    first = open_page("moons")
    trained(first)
    at = open_page("moons", language, moons_tab=tab, moons_run=run_of(first).token)
    assert run_of(at) is run_of(first)
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize(("slug", "knob"), [("moons", "noise"), ("sweep", "noise"), ("study", "noise")])
def test_who_comes_by_a_link_and_turns_a_knob_ends_nothing_of_others(slug, knob):
    at = open_page(slug)
    first = jobs().find(at.session_state[f"{slug}_run"])
    guest = open_page(slug, **{f"{slug}_run": first.token})
    assert guest.session_state[f"{slug}_run"] == first.token
    guest.slider(key=f"{slug}_{knob}").set_value(0.3).run()
    assert guest.session_state[f"{slug}_run"] != first.token
    assert first.state in ("paused", "running", "queued")
    assert not any(name == "cancel" for name, _value in first.commands)
    other = open_page(slug, **{f"{slug}_run": first.token, f"{slug}_{knob}": "0.3"})
    assert other.session_state[f"{slug}_run"] != first.token
    assert first.state in ("paused", "running", "queued")
    own = jobs().find(at.session_state[f"{slug}_run"])
    at.slider(key=f"{slug}_{knob}").set_value(0.2).run()
    deadline = time.monotonic() + 30
    while own.state != "cancelled":  # one's own ends
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_ended_run_stays_until_another_is_asked_for():
    at = open_page("moons", moons_tab="Results")
    trained(at)
    job = run_of(at)
    job.send("cancel")
    deadline = time.monotonic() + 30
    while job.state != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    at.run()
    assert run_of(at) is job
    assert f"{100 * results(snapshot(job), 'test').accuracy:.1f} %" in [metric.value for metric in at.metric]
    new_run = next(button for button in at.button if button.label == "New run")
    new_run.click().run()
    assert run_of(at) is not job
    assert [row.epoch for row in at.session_state["board"].values()] == [3]


def test_a_lesson_is_in_the_link_and_new_runs_keep_it():
    at = open_page("moons", moons_example="The spiral", moons_data="spiral", moons_n_classes="2")
    assert any("How long does it take" in element.value for element in at.markdown)
    next(button for button in at.button if button.label == "New run").click().run()
    assert Settings.model_validate_json(run_of(at).about).n_classes == 2
    assert any("How long does it take" in element.value for element in at.markdown)


@pytest.mark.parametrize("slug", ["moons", "sweep", "study"])
def test_the_visitors_photo_becomes_the_points(slug):
    at = open_page(slug, **{f"{slug}_data": "my photo", f"{slug}_n_points": "200", f"{slug}_tab": "Files"})
    assert not at.exception
    assert not at.error
    assert any("200 points:" in element.value for element in at.markdown)
    job = jobs().find(at.session_state[f"{slug}_run"])
    other = open_page(slug, photo="rocket", **{f"{slug}_data": "my photo", f"{slug}_n_points": "200"})
    assert jobs().find(other.session_state[f"{slug}_run"]).about != job.about
