"""The page of the layer stack, through Streamlit's own test runner."""

import pytest

from core.layers import EXAMPLES, Settings, describe, total
from tests.pages.visit import metrics, open_page, translate


def test_the_figures_are_cores():
    at = open_page("layers")
    assert metrics(at)["Parameters"] == "2.2M"
    at.number_input(key="layers_height").set_value(64).run()
    whole = total(describe(Settings(height=64), timed=False).rows)
    assert metrics(at)["Parameters"] == f"{whole.parameters / 1e6:.1f}M"


def test_an_example_sets_the_stack():
    at = open_page("layers")
    at.selectbox(key="layers_example").set_value("LeNet-5").run()
    assert not at.exception
    assert metrics(at)["Parameters"] == "61.7K"
    assert at.session_state["layers_stack"] == EXAMPLES["LeNet-5"]["stack"]


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_word_that_is_no_layer_gets_a_sentence_and_stays(language):
    at = open_page("layers", language, layers_stack="conv 8 3\npaint")
    assert not at.exception
    assert at.error[0].value.startswith(
        translate("Layer {row}: “{value}” is no layer. Write one of {rule}.", language)
        .split("{rule}")[0]
        .format(row=2, value="paint")
    )
    assert at.text_area(key="layers_stack").value == "conv 8 3\npaint"


def test_an_empty_stack_opens():
    at = open_page("layers", layers_stack="#")
    assert not at.exception
    assert not at.error


def test_the_one_layer_example_stands_against_the_dense_one():
    at = open_page("layers")
    at.selectbox(key="layers_example").set_value("One layer: 5 × 5 on 32 × 32 × 3").run()
    said = "\n".join(element.value for element in at.latex)
    assert r"\tfrac{32+0-1\,(5-1)-1}{1} \right\rfloor + 1 = 28" in said
    assert r"5 \cdot 5 \cdot 3 \cdot 64 + 64 = 4{,}864" in said
    assert r"4{,}800 \cdot 28 \cdot 28 = 3{,}763{,}200" in said
    assert r"= 154{,}140{,}672" in said


def test_what_a_link_says_is_shown_as_it_is():
    at = open_page("layers", layers_stack="![](//ab.co/x)")
    assert r"“\!\[\]\(//ab.co/x\)”" in at.error[0].value
