"""A picture with a box and points on it that are dragged."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.images import encode
from ui.components.register import component
from ui.language import _


def marks(
    image: np.ndarray,
    box: Sequence[float],
    points: Sequence[Sequence[float]],
    alt: str,
    key: str,
    on_move: Callable[[list[float], list[list[float]]], None],
) -> None:
    """Draw the picture.

    Args:
        image: (H, W, 3) uint8 RGB.
        box: left, top, right, bottom, in shares of the picture.
        points: across and down, each, in shares.
        alt: what the picture shows, for a screen reader.
        key: of the component in the session.
        on_move: called with box and points after a move.
    """

    def moved() -> None:
        told: Any = st.session_state[key].get("move")
        lists = [told.get("box"), *(told.get("points") or [])] if isinstance(told, dict) else []
        if not lists or not all(isinstance(each, list | tuple) for each in lists):
            return
        numbers = [number for each in lists for number in each]
        if len(numbers) == 4 + 2 * len(points) and all(isinstance(n, int | float) and 0 <= n <= 1 for n in numbers):
            on_move(numbers[:4], [numbers[at : at + 2] for at in range(4, len(numbers), 2)])

    data = {
        "image": f"data:image/jpeg;base64,{b64encode(encode(image, 'jpeg')).decode()}",
        "ratio": image.shape[1] / image.shape[0],
        "box": list(box),
        "points": [list(point) for point in points],
        "alt": alt,
        "words": {
            "box": _("Box: arrows move it"),
            "corner": _("Corner of the box: arrows move it"),
            "point": _("Point {n}: arrows move it"),
        },
    }
    component("marks")(data=data, key=key, on_move_change=moved)
