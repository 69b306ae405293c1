"""How a folder of this one becomes a component of Streamlit's."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.images import Format, encode
from ui.language import LOCALES, current

FILES = {"html": "index.html", "css": "style.css", "js": "index.js"}


@cache
def component(folder: str, *, is_live: bool = False) -> Any:
    """The component in ui/components/FOLDER, of those FILES that it has; registered once a process.

    Args:
        folder: its name.
        is_live: whether it watches a job: it has then what stands in live.js and live.css, and live.html for {bar}.
    """
    here = Path(__file__).parent / folder
    parts: dict[str, Any] = {kind: (here / file).read_text() for kind, file in FILES.items() if (here / file).exists()}
    if is_live:
        for kind in ("js", "css"):
            parts[kind] = (here.parent / f"live.{kind}").read_text() + parts.get(kind, "")
        parts["html"] = parts["html"].replace("{bar}", (here.parent / "live.html").read_text().strip())
    return st.components.v2.component(f"camadas_{folder}", **parts)


def address_of(image: np.ndarray, small_px: int = 0) -> str:
    """A picture, (H, W, 3) uint8, as a data: address; pixel by pixel where no side is longer than `small_px`."""
    kind: Format = "png" if max(image.shape) <= small_px else "jpeg"
    return f"data:image/{kind};base64,{b64encode(encode(image, kind)).decode()}"


def is_count(told: object) -> bool:
    """Whether a browser's word is a number that counts messages."""
    return isinstance(told, int | float) and 0 <= told < 2**53


def watch(folder: str, slug: str, token: str, key: str, words: Mapping[str, str | list[str]]) -> bool:
    """Draw the run of this token with a live component; gives whether it has come to its end.

    Args:
        folder: of the component.
        slug: the page's.
        token: of the job.
        key: of the component in the session.
        words: in the visitor's language.
    """
    done = f"{slug}_done"

    def finished() -> None:
        st.session_state[done] = token

    data = {"token": token, "locale": LOCALES[current()].replace("_", "-"), "words": words}
    component(folder, is_live=True)(data=data, key=key, on_finished_change=finished)
    return bool(st.session_state.get(done) == token)
