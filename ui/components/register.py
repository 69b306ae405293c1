"""How a folder of this one becomes a component of Streamlit's."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

FILES = {"html": "index.html", "css": "style.css", "js": "index.js"}


@cache
def component(folder: str, *, is_live: bool = False) -> Any:
    """The component in ui/components/FOLDER, of those FILES that it has; registered once a process.

    Args:
        folder: its name.
        is_live: whether it watches a job: it has then what stands in live.js and live.css.
    """
    here = Path(__file__).parent / folder
    parts: dict[str, Any] = {kind: (here / file).read_text() for kind, file in FILES.items() if (here / file).exists()}
    if is_live:
        for kind in ("js", "css"):
            parts[kind] = (here.parent / f"live.{kind}").read_text() + parts[kind]
    return st.components.v2.component(f"camadas_{folder}", **parts)
