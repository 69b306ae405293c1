"""The numbers of a code as sliders that stand upright, side by side."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from ui.components.register import component, is_count
from ui.language import number


@dataclass(frozen=True)
class CodeNumber:
    """One number of a code.

    Attributes:
        at: its place in the code, from 0.
        value: where its slider stands.
        mean: what the encoder says.
        sigma: the standard deviation that goes with it; 0 for none.
        help: all of it in words.
        moved: whether the visitor has moved it.
    """

    at: int
    value: float
    mean: float
    sigma: float
    help: str
    moved: bool


def code_sliders(
    numbers: Sequence[CodeNumber], reach: float, name: str, key: str, on_move: Callable[[dict[int, float | None]], None]
) -> None:
    """Draw the sliders.

    Args:
        numbers: in the order in which they stand.
        reach: the sliders go from minus to plus this.
        name: of the group, for a screen reader.
        key: of the component in the session.
        on_move: called with place -> value of those that were moved, None for one that goes back to its mean.
    """
    places = {each.at for each in numbers}

    def moved() -> None:
        told: Any = st.session_state[key].get("move")
        if not isinstance(told, dict) or not is_count(told.get("n")):
            return
        st.session_state[f"{key}_n"] = told["n"]
        found = _moves(told.get("values"), reach)
        if found is not None and found.keys() <= places:
            on_move(found)

    data = {
        "numbers": [
            {**asdict(each), "name": f"z{_low(each.at + 1)}", "said": number(round(each.value, 1) + 0.0, 1)}
            for each in numbers
        ],
        "low": -reach,
        "high": reach,
        "n": st.session_state.get(f"{key}_n", 0),
        "point": number(0.1, 1)[1],
        "words": {"group": name},
    }
    component("code_sliders")(data=data, key=key, on_move_change=moved)


def _low(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _moves(told: Any, reach: float) -> dict[int, float | None] | None:
    """What the browser says, if it is places and values."""
    if not isinstance(told, list) or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in told):
        return None
    found: dict[int, float | None] = {}
    for at, value in told:
        is_value = value is None or (isinstance(value, int | float) and -reach <= value <= reach)
        if not re.fullmatch(r"[0-9]{1,3}", str(at)) or not is_value:
            return None
        found[int(at)] = None if value is None else float(value)
    return found
