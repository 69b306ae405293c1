"""The code tab: the page's stand-alone script for its present settings, to read and to take away."""

import streamlit as st

from core.scripting import notebook
from ui.files import ROOT
from ui.language import _


def tab(slug: str, script: str, *checkpoints: str) -> None:
    """Show a script with its downloads.

    Args:
        slug: the page's; the files' name.
        script: Python source in the percent format.
        *checkpoints: the weights that it reads.
    """
    with st.container(horizontal=True):
        st.download_button(
            _("Script (.py)"),
            script,
            f"{slug}.py",
            "text/x-python",
            key=f"{slug}_py",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            _("Notebook (.ipynb)"),
            notebook(script),
            f"{slug}.ipynb",
            "application/x-ipynb+json",
            key=f"{slug}_ipynb",
            icon=":material/download:",
            on_click="ignore",
        )
        for at, checkpoint in enumerate(checkpoints):
            weights = ROOT / "checkpoints" / f"{checkpoint}.safetensors"
            st.download_button(
                _("Weights (.safetensors)") if len(checkpoints) == 1 else weights.name,
                weights.read_bytes,
                weights.name,
                "application/octet-stream",
                key=f"{slug}_weights{at or ''}",
                icon=":material/download:",
                on_click="ignore",
            )
    st.code(script, language="python", height=480)
