"""How a folder of this one becomes a component of Streamlit's."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

FILES = {"html": "index.html", "css": "style.css", "js": "index.js"}


@cache
def component(folder: str) -> Any:
    """The component in ui/components/FOLDER, of those FILES that it has; registered once a process."""
    here = Path(__file__).parent / folder
    parts: dict[str, Any] = {kind: (here / file).read_text() for kind, file in FILES.items() if (here / file).exists()}
    return st.components.v2.component(f"camadas_{folder}", **parts)
