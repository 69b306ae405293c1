"""Tells the browser, and so a screen reader, which language the page is in; shows nothing."""

import streamlit as st

from ui.components.register import component

STREAMLITS = "en"  # what its page says of itself
_KEY = "root_language"


def document_language(tag: str) -> None:
    """Set `lang` of the document's root, if it is or was another than Streamlit's: the component loads 0.2 MB.

    Args:
        tag: as in BCP 47: "en", "pt-BR".
    """
    if tag == STREAMLITS and _KEY not in st.session_state:
        return
    st.session_state[_KEY] = tag
    component("document_language")(data=tag, key="document_language", height=1)
