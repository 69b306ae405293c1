"""A sheet to draw on: white strokes on black, or strokes of the accent on a picture."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.drawing import MOST_POINTS, Strokes
from ui.components.register import address_of, component, is_count
from ui.language import _


def pad(
    strokes: Strokes,
    brush: float,
    alt: str,
    key: str,
    on_draw: Callable[[Strokes], None],
    under: np.ndarray | None = None,
) -> None:
    """Draw the sheet.

    Args:
        strokes: that stand on it, points in shares of its side.
        brush: its width, as a share of the shorter side.
        alt: what it is for, for a screen reader.
        key: of the component in the session.
        on_draw: called with all strokes after each change.
        under: (H, W, 3) uint8, what is drawn on; None for black.
    """

    def drawn() -> None:
        told: Any = st.session_state[key].get("draw")
        if not isinstance(told, dict) or not is_count(told.get("n")):
            return
        st.session_state[f"{key}_n"] = told["n"]
        found = _strokes(told.get("strokes"))
        if found is not None:
            on_draw(found)

    data = {
        "strokes": strokes,
        "brush": brush,
        "under": None if under is None else {"address": address_of(under), "size": under.shape[1::-1]},
        "n": st.session_state.get(f"{key}_n", 0),
        "words": {"label": alt, "clear": _("Clear")},
    }
    component("pad")(data=data, key=key, on_draw_change=drawn)


def _strokes(told: Any) -> Strokes | None:
    """What the browser says, if it is strokes."""
    if not isinstance(told, list) or not all(isinstance(stroke, list) and stroke for stroke in told):
        return None
    if sum(map(len, told)) > 2 * MOST_POINTS or not all(_is_place(point) for stroke in told for point in stroke):
        return None
    return [[(float(x), float(y)) for x, y in stroke] for stroke in told]


def _is_place(point: Any) -> bool:
    is_pair = isinstance(point, Sequence) and len(point) == 2
    return is_pair and all(isinstance(share, int | float) and 0 <= share <= 1 for share in point)
