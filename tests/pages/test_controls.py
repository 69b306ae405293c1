"""Widgets from a Settings model."""

import pytest
from streamlit.testing.v1 import AppTest


def small_page():
    from typing import Literal

    from pydantic import BaseModel, Field

    from ui import controls

    class Settings(BaseModel):
        pick: Literal["Camera", "Samples"] = Field("Camera", title="Upload")

    controls.settings("small", Settings)


@pytest.mark.parametrize("word", ["Samples", "Exemplos"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_link_may_name_a_word_in_any_language(language, word):
    at = AppTest.from_function(small_page)
    at.session_state["language"] = language
    at.query_params["small_pick"] = word
    at.run()
    assert not at.exception
    assert at.session_state["small_pick"] == "Samples"
