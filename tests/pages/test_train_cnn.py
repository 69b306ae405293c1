"""The page of live training, through Streamlit's own test runner."""

from core.jobs import jobs
from core.train_cnn import Settings, about, n_parameters, trained
from tests.pages.visit import finished, open_page


def test_a_visit_has_a_run_of_its_settings_and_finds_it_again():
    at = open_page("train_cnn")
    job = jobs().find(at.session_state["train_cnn_run"])
    assert job.about == about(Settings())
    assert jobs().find(open_page("train_cnn", train_cnn_run=job.token).session_state["train_cnn_run"]) is job
    at.slider(key="train_cnn_epochs").set_value(3).run()
    assert jobs().find(at.session_state["train_cnn_run"]).about == about(Settings(epochs=3))


def test_the_table_is_cores():
    at = open_page("train_cnn", train_cnn_epochs="2", train_cnn_n_pictures="300")
    job = finished(at, "train_cnn")
    at.run()
    found = trained(job)
    table = next(element.value for element in at.markdown if element.value.startswith("| Network"))
    n = n_parameters(Settings(epochs=2, n_pictures=300))
    assert f"| Yours, after 2 epochs | {n:,} | {100 * found.accuracy:.1f} % |" in table


def test_bad_layers_and_missing_pictures_are_said():
    at = open_page("train_cnn")
    at.text_area(key="train_cnn_stack").set_value("conv 16 3\nconv 16 30").run()
    assert not at.exception
    assert at.error
    at = open_page("train_cnn", train_cnn_data="CIFAR-10")
    assert not at.exception
    assert "CIFAR-10 is not on this server" in at.error[0].value
