"""A plane of codes with two places on it, A and B, and a way between them."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.images import encode
from ui.components.register import component, is_count
from ui.language import _

Ends = tuple[tuple[float, float], tuple[float, float]]


def plane(
    places: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[tuple[str, str]],
    image: np.ndarray | None,
    ends: Ends,
    way: np.ndarray,
    name: str,
    key: str,
    on_move: Callable[[Ends], None],
) -> None:
    """Draw the plane.

    Args:
        places: (n, 2) float32 shares from left and from below; those beyond the plane are left out.
        labels: (n,) int64, classes of the points.
        classes: name and colour of each.
        image: (H, W) uint8 that covers the plane instead of the points.
        ends: A and B, shares from left and from below.
        way: (m, 2) shares, from A to B.
        name: of what is shown, for a screen reader.
        key: of the component in the session.
        on_move: called with A and B after a click or a pull.
    """

    def moved() -> None:
        told: Any = st.session_state[key].get("move")
        if not isinstance(told, dict) or not is_count(told.get("n")):
            return
        st.session_state[f"{key}_n"] = told["n"]
        pairs = told.get("ends")
        if isinstance(pairs, list | tuple) and len(pairs) == 2 and all(map(_is_place, pairs)):
            first, second = ((float(x), float(y)) for x, y in pairs)
            on_move((first, second))

    is_seen = ((places >= 0) & (places <= 1)).all(1)
    data = {
        "name": name,
        "places": b64encode(np.round(places[is_seen] * 65535).astype("<u2").tobytes()).decode(),
        "labels": b64encode(labels[is_seen].astype(np.uint8).tobytes()).decode(),
        "classes": [word for word, _colour in classes],
        "colours": [colour for _word, colour in classes],
        "image": f"data:image/jpeg;base64,{b64encode(encode(image, 'jpeg', quality=80)).decode()}"
        if image is not None
        else "",
        "ends": [list(end) for end in ends],
        "way": way.round(4).tolist(),
        "n": st.session_state.get(f"{key}_n", 0),
        "words": {"alt": name, "from": _("A: arrows move it"), "to": _("B: arrows move it")},
    }
    component("plane")(data=data, key=key, on_move_change=moved)


def _is_place(pair: Any) -> bool:
    is_pair = isinstance(pair, list | tuple) and len(pair) == 2
    return is_pair and all(isinstance(share, int | float) and 0 <= share <= 1 for share in pair)
