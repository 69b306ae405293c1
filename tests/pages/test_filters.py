"""The page of filters, through Streamlit's own test runner."""

import pytest

from core.filters import Settings, apply
from core.images import decode, encode
from tests.pages.visit import metrics, open_page, translate, upload
from ui.files import asset


def test_the_figures_are_cores_and_the_first_filter_leads():
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    at = open_page("filters")
    assert metrics(at)["Mean change"] == f"{apply(photo, Settings())[0].mean_change:.1f}"
    at.session_state["filters_filters"] = ["Sobel", "box blur"]
    at.run()
    assert not at.exception
    at.slider(key="filters_size").set_value(15).run()
    truth = apply(photo, Settings(filters=("box blur",), size=15))[0]
    assert metrics(at)["Mean change"] == f"{truth.mean_change:.1f}"
    assert metrics(at)["Kernel"] == "15 × 15"


def test_an_upload_is_filtered():
    photo = decode(asset("samples/rocket.jpg").read_bytes())[:200, :300]
    at = upload(open_page("filters"), encode(photo, "png"))
    assert not at.error
    assert metrics(at)["Mean change"] == f"{apply(photo, Settings())[0].mean_change:.1f}"


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_kernel_without_a_middle_gets_a_sentence(language):
    at = open_page("filters", language, filters_filters="custom", filters_custom="1 1\n1 1")
    assert not at.exception
    sentence = "A kernel of {value} has no middle. Give it an odd number of rows and of columns."
    assert [error.value for error in at.error] == [translate(sentence, language).format(value="2 × 2")]
    assert at.text_area(key="filters_custom").value == "1 1\n1 1"


def test_no_filter_chosen_is_the_default_again():
    at = open_page("filters")
    at.session_state["filters_filters"] = []
    at.run()
    assert not at.exception
    assert at.session_state["filters_filters"] == ["sharpen"]


def test_three_ways_are_measured_in_their_tab():
    at = open_page("filters", filters_tab="Three ways")
    assert not at.exception
    assert any("cv2.filter2D" in element.value and "torch" in element.value for element in at.markdown)
