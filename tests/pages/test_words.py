"""The page of words, through Streamlit's own test runner."""

import pytest

from core.words import read
from tests.pages.visit import metrics, open_page, translate


def test_the_figures_are_cores():
    at = open_page("words", words_sentence="the soup was good", words_filters="bread, so good")
    found = read("the soup was good", "bread, so good")
    assert metrics(at) == {
        " ".join(response.phrase): f"{response.values[response.best]:.2f}" for response in found.responses
    }


@pytest.mark.parametrize("language", ["en", "pt"])
def test_it_begins_with_a_sentence_in_the_visitors_language(language):
    at = open_page("words", language)
    asked = translate("very good, soup, hated it", language).split(", ")
    assert list(metrics(at)) == asked
    assert set(metrics(at).values()) == {"1,00" if language == "pt" else "1.00"}


@pytest.mark.parametrize("language", ["en", "pt"])
def test_an_unknown_word_gets_a_sentence_and_stays(language):
    at = open_page("words", language, words_filters="zebra")
    assert not at.exception
    said = translate("“{value}” is not in the small vocabulary. Write another word.", language)
    assert [error.value for error in at.error] == [said.format(value="zebra")]
    assert at.text_input(key="words_filters").value == "zebra"
