"""A confusion matrix whose cells can be clicked."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui.components.register import component
from ui.language import LOCALES, _, current


def confusion(
    counts: Sequence[Sequence[int]],
    names: Sequence[str],
    chosen: tuple[int, int],
    key: str,
    on_choose: Callable[[int, int], None],
    *,
    as_shares: bool,
) -> None:
    """Draw the matrix.

    Args:
        counts: (c, c), a row a true class, a column a class named.
        names: of the classes.
        chosen: row and column of the cell that is marked.
        key: of the component in the session.
        on_choose: called with row and column of the cell that was clicked.
        as_shares: write shares of the row instead of counts.
    """

    def told() -> None:
        cell = st.session_state[key].get("choose")
        places = range(len(names))
        if isinstance(cell, list | tuple) and len(cell) == 2 and all(at in places for at in cell):
            on_choose(int(cell[0]), int(cell[1]))

    data = {
        "counts": [list(row) for row in counts],
        "names": list(names),
        "chosen": list(chosen),
        "shares": as_shares,
        "locale": LOCALES[current()].replace("_", "-"),
        "words": {
            "table": _("Confusion matrix"),
            "corner": _("true ↓ named →"),
            "cell": _("{truth} named {said}: {n} of {all}, {share} %"),
        },
    }
    component("confusion")(data=data, key=key, on_choose_change=told)
