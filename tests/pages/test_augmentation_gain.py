"""The page of the comparison, through Streamlit's own test runner."""

from core.augmentation_gain import Settings, about, gained
from core.jobs import jobs
from tests.pages.visit import finished, metrics, open_page
from ui.language import number

QUICK = {"augmentation_gain_epochs": "2", "augmentation_gain_n_pictures": "100", "augmentation_gain_n_seeds": "2"}


def test_a_visit_has_a_run_of_its_settings():
    at = open_page("augmentation_gain", **QUICK)
    job = jobs().find(at.session_state["augmentation_gain_run"])
    assert job.about == about(Settings(epochs=2, n_pictures=100, n_seeds=2))
    assert "Press Start" in at.caption[0].value


def test_the_figures_are_cores():
    at = open_page("augmentation_gain", **QUICK)
    found = gained(finished(at, "augmentation_gain"))
    at.run()
    assert not at.exception
    bought, error = found.difference
    shown = metrics(at)
    assert shown["Without it"] == f"{number(100 * found.means[0], 1)} ± {number(100 * found.spreads[0], 1)} %"
    assert shown["With it"].startswith(number(100 * found.means[1], 1))
    assert shown["It buys"] == f"{number(100 * bought, 1, signed=True)} ± {number(100 * error, 1)}"
    table = next(element.value for element in at.markdown if element.value.startswith("| Seed"))
    assert f"| 2 | {number(100 * found.without[1], 1)} % | {number(100 * found.with_it[1], 1)} % |" in table


def test_a_wrong_pipeline_and_missing_pictures_are_said():
    at = open_page("augmentation_gain", augmentation_gain_pipeline="Nothing")
    assert not at.exception
    assert "There is no augmenter “Nothing”" in at.error[0].value
    at = open_page("augmentation_gain", augmentation_gain_data="CIFAR-10")
    assert not at.exception
    assert "CIFAR-10 is not on this server" in at.error[0].value


def test_the_pictures_and_the_way_it_works():
    for tab in ("The pictures", "How it works", "Code"):
        at = open_page("augmentation_gain", augmentation_gain_tab=tab, **QUICK)
        assert not at.exception
        assert not at.error
