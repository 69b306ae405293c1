"""A small convolution, cell by cell: hover, step or play over the outputs, type into input and kernel."""

from collections.abc import Callable

import streamlit as st

from core.convolution import Worked
from ui.components.register import component
from ui.language import LOCALES, _, current, number

EDITED = ("where", "block", "row", "column", "text")


def products(worked: Worked, kind: str, divisor: float, key: str, on_edit: Callable[..., None]) -> None:
    """Draw the boards.

    Args:
        worked: what core did.
        kind: "sum", "max" or "mean": what is done with the products.
        divisor: of the sum.
        key: of the component in the session.
        on_edit: called with where ("input" or "kernel"), block, row, column (from 0) and the text typed into a cell.
    """
    (top, _bottom), (left, _right) = ((0, 0), (0, 0)) if worked.sizes.transposed else worked.sizes.pads
    data = {
        "input": worked.input.tolist(),
        "kernel": worked.kernel.tolist(),
        "output": worked.output.tolist(),
        "shownRows": worked.shown_rows,
        "shownColumns": worked.shown_columns,
        "rows": worked.rows.tolist(),
        "columns": worked.columns.tolist(),
        "kernelRows": worked.kernel_rows,
        "kernelColumns": worked.kernel_columns,
        "height": worked.sizes.size[0],
        "width": worked.sizes.size[1],
        "top": top,
        "left": left,
        "groups": worked.sizes.groups,
        "weighted": worked.sizes.weighted,
        "kind": kind,
        "divisor": divisor,
        "border": None if kind == "max" else 0,
        "taken": st.session_state.get(f"{key}_taken", 0),
        "locale": LOCALES[current()].replace("_", "-"),
        "words": _words(),
    }

    def edited() -> None:
        for found in st.session_state[key].get("edit") or []:
            if found["id"] > st.session_state.get(f"{key}_taken", 0):
                st.session_state[f"{key}_taken"] = found["id"]
                on_edit(*(found[name] for name in EDITED))

    component("products")(data=data, key=key, on_edit_change=edited)


def _words() -> dict[str, str]:
    return {
        "input": _("Input"),
        "kernel": _("Kernel"),
        "products": _("Products"),
        "window": _("Window"),
        "comma": "; " if number(0.5, 1)[1] == "," else ", ",
        "output": _("Output"),
        "inputTitle": _("Input {height} × {width}"),
        "kernelTitle": _("Kernel {height} × {width}"),
        "outputTitle": _("Output {height} × {width}"),
        "channel": _("Channel {n}"),
        "filter": _("Filter {n}"),
        "cell": _("{what}, row {row}, column {column}: {value}"),
        "place": _("Row {row}, column {column}"),
        "placeOf": _("Filter {filter}, row {row}, column {column}"),
        "feeds": _("The input in row {row}, column {column}, {value}, goes into {n} outputs."),
        "feedsOne": _("The input in row {row}, column {column}, {value}, goes into one output."),
        "back": _("One step back"),
        "forward": _("One step forward"),
        "play": _("Play"),
        "pause": _("Pause"),
        "position": _("Position of the window"),
    }
