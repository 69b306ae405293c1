"""Tells the browser, and so a screen reader, which language the page is in; shows nothing."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st


def document_language(tag: str) -> None:
    """Set the document's language.

    Args:
        tag: as in BCP 47: "en", "pt-BR".
    """
    _component()(data=tag, key="document_language", height=1)


@cache
def _component() -> Any:
    js = (Path(__file__).parent / "index.js").read_text()
    return st.components.v2.component("camadas_document_language", js=js)
