"""Many small pictures in a grid, each of which can be chosen."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import streamlit as st

from core.images import Format, encode, fit_within
from ui.components.register import component

FINEST = 2  # pixels of a picture for one of the page
MOST_EXACT = 500_000  # numbers that are sent without loss
COLUMNS = 16  # of the one picture in which all are sent


def tiles(
    images: Iterable[np.ndarray],
    labels: Sequence[str],
    name: str,
    key: str,
    *,
    shown_px: int,
    captions: Sequence[str] = (),
    chosen: int | None = None,
    on_choose: Callable[[int], None] | None = None,
) -> None:
    """Draw the grid.

    Args:
        images: (h, w, 3) uint8 RGB each, all of one size; drawn pixel by pixel where they are small.
        labels: what each one shows, for a screen reader and on hover.
        name: of the grid, for a screen reader.
        key: of the component in the session.
        shown_px: the width of a tile.
        captions: below each tile; none without it.
        chosen: the one that is marked.
        on_choose: called with the number of the one that was clicked; without it they are pictures alone.
    """

    def told() -> None:
        at = st.session_state[key].get("choose")
        if on_choose is not None and isinstance(at, int | float) and 0 <= at < len(labels):
            on_choose(int(at))

    stacked = np.stack([fit_within(image, FINEST * shown_px) for image in images])
    height, width = stacked.shape[1:3]
    kind: Format = "jpeg" if stacked.size > MOST_EXACT else "png"
    data = {
        "sprite": f"data:image/{kind};base64,{b64encode(encode(sprite(stacked), kind)).decode()}",
        "exact": width <= shown_px,
        "columns": COLUMNS,
        "rows": -(-len(labels) // COLUMNS),
        "width": shown_px,
        "height": round(shown_px * height / width),
        "labels": list(labels),
        "captions": list(captions),
        "name": name,
        "chosen": chosen,
        "live": on_choose is not None,
    }
    component("tiles")(data=data, key=key, on_choose_change=told)


def sprite(images: np.ndarray) -> np.ndarray:
    """All pictures as one, 16 in a row: (n, h, w, 3) uint8 -> (ceil(n / 16) h, 16 w, 3)."""
    n, height, width = images.shape[:3]
    rows = -(-n // COLUMNS)
    padded = np.zeros((rows * COLUMNS, height, width, 3), np.uint8)
    padded[:n] = images
    grid = padded.reshape(rows, COLUMNS, height, width, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(grid.reshape(rows * height, COLUMNS * width, 3))
