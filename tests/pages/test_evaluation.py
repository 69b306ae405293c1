"""The page of the evaluation: its figures are the card's, its cells can be chosen."""

import numpy as np
import pytest

from core.evaluation import CHECKPOINTS, each_class, measured
from tests.pages.visit import metrics, open_page


@pytest.mark.parametrize("word", CHECKPOINTS)
def test_the_figures_are_the_cards(word):
    at = open_page("evaluation", evaluation_network=word)
    found = measured(CHECKPOINTS[word])
    assert metrics(at)["Right"] == f"{100 * found.top1:.2f} %"
    assert metrics(at)["ECE, T = 1"] == f"{100 * found.ece_before:.2f} %"
    counts = np.array(found.confusion)
    counts[np.diag_indices(10)] = 0
    assert any(f"**{counts.max():,} picture" in element.value for element in at.markdown)  # the worst cell at first


def test_a_cell_is_chosen_by_its_classes():
    at = open_page("evaluation")
    at.selectbox(key="evaluation_truth").set_value("horse")
    at.selectbox(key="evaluation_said").set_value("horse").run()
    n = measured("cifar10").confusion[7][7]
    assert any(element.value.startswith(f"**{n} pictures:** horse, named rightly") for element in at.markdown)
    assert any("other ones" in caption.value for caption in at.caption)  # the card keeps mistakes alone


def test_a_link_names_a_cell_in_either_language():
    for language, truth in (("en", "deer"), ("pt", "cervo")):
        at = open_page("evaluation", language, evaluation_truth=truth, evaluation_said="gato")
        assert at.session_state["evaluation_truth"] == "deer"
        assert at.session_state["evaluation_said"] == "cat"


def test_another_network_has_its_own_classes():
    at = open_page("evaluation", evaluation_truth="deer")
    at.selectbox(key="evaluation_network").set_value("Clothes (Fashion-MNIST)").run()
    assert not at.exception
    assert at.session_state["evaluation_truth"] == "shirt"  # of the most frequent mistake


def test_every_tab_draws():
    for tab in ("How to read it", "Each class", "Reliability", "Training curves", "Networks compared"):
        at = open_page("evaluation", evaluation_tab=tab)
        assert not at.exception, tab
    head, _line, first, *_rest = next(e.value for e in at.markdown if e.value.startswith("| Network")).splitlines()
    assert head.count("|") == first.count("|")
    at = open_page("evaluation", evaluation_tab="Each class")
    cat = each_class(measured("cifar10"))[3]
    table = next(e.value for e in at.markdown if e.value.startswith("| Class"))
    assert f"| cat | {100 * cat.precision:.1f} % | {100 * cat.recall:.1f} % |" in table
