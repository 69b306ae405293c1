"""The layers of a network as boxes in a row, as high as the maps are large and as wide as there are channels."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui.components.register import component


def path(
    boxes: Sequence[tuple[str, str, float, float]],
    chosen: int,
    name: str,
    key: str,
    on_choose: Callable[[int], None],
) -> None:
    """Draw the row.

    Args:
        boxes: of each layer its name, its shape in words, its height and its width, both 0 to 1.
        chosen: the one that is marked, from 0.
        name: of the row, for a screen reader.
        key: of the component in the session.
        on_choose: called with the number of the one that was clicked.
    """

    def told() -> None:
        at = st.session_state[key].get("choose")
        if isinstance(at, int | float) and 0 <= at < len(boxes):
            on_choose(int(at))

    data = {"boxes": [list(box) for box in boxes], "chosen": chosen, "name": name}
    component("path")(data=data, key=key, on_choose_change=told)
