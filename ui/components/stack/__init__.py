"""A stack of layers as a table whose rows are changed in place."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.stack import KINDS, Layer, Parameter
from ui.components.register import component
from ui.language import N_, _, number

NAMES = {
    "conv": N_("Convolution"),
    "batchnorm": N_("Batch norm"),
    "relu": "ReLU",
    "leakyrelu": "Leaky ReLU",
    "gelu": "GELU",
    "tanh": "tanh",
    "sigmoid": N_("Sigmoid"),
    "maxpool": N_("Max pooling"),
    "avgpool": N_("Average pooling"),
    "globalpool": N_("Global pooling"),
    "dropout": "Dropout",
    "flatten": N_("Flatten"),
    "dense": N_("Dense"),
}
PARAMETERS = {
    "filters": N_("filters"),
    "kernel": N_("kernel"),
    "stride": N_("stride"),
    "padding": N_("padding"),
    "dilation": N_("dilation"),
    "groups": N_("groups"),
    "p": "p",
    "units": N_("units"),
}


def stack(
    layers: Sequence[Layer],
    head: Sequence[str],
    cells: Sequence[Sequence[str]],
    shares: Sequence[Sequence[float]],
    problem: str,
    total: Sequence[str],
    key: str,
    on_act: Callable[[str, int, str, str], None],
) -> int:
    """Draw the table.

    Args:
        layers: all of them.
        head: titles of the columns, the layer's own first.
        cells: for each possible layer its figures, in the order of `head` without the first.
        shares: of the same places, 0 to 1: how long a bar lies behind the figure.
        problem: why the layer after these is impossible; empty when all are possible.
        total: the last line.
        key: of the component in the session.
        on_act: called with action, row, name and value as core.stack.edited takes them.

    Returns:
        The row that was chosen, from 0.
    """
    rows = [_row(layer, cells, shares, at, problem) for at, layer in enumerate(layers)]
    state: Any = st.session_state.get(key) or {}
    row = min(int(state.get("row") or 0), max(0, len(layers) - 1))
    data = {
        "head": list(head),
        "rows": rows,
        "total": list(total),
        "row": row,
        "kinds": {kind: _(NAMES[kind]) for kind in KINDS},
        "words": {
            "table": _("Layers"),
            "parameter": _("Layer {row}, {layer}: {name}"),
            "up": _("Layer {row}, {layer}: up"),
            "down": _("Layer {row}, {layer}: down"),
            "remove": _("Layer {row}, {layer}: remove"),
            "kind": _("Kind of layer"),
            "add": _("Add"),
            "addAfter": _("Add after layer {row}"),
        },
    }

    def acted() -> None:
        found = st.session_state[key].get("act")
        if found:
            on_act(found["action"], int(found["row"]), found["name"], str(found["value"]))

    component("stack")(data=data, key=key, on_act_change=acted, on_row_change=lambda: None)
    return row


def _row(
    layer: Layer, cells: Sequence[Sequence[str]], shares: Sequence[Sequence[float]], at: int, problem: str
) -> dict[str, Any]:
    possible = at < len(cells)
    return {
        "name": _(NAMES[layer.kind]),
        "parameters": [
            _parameter(parameter, value) for parameter, value in zip(KINDS[layer.kind], layer.values, strict=True)
        ],
        "note": _note(layer),
        "cells": list(cells[at]) if possible else [],
        "shares": list(shares[at]) if possible else [],
        "problem": "" if possible else problem if at == len(cells) else "…",
    }


def _parameter(parameter: Parameter, value: float) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "label": _(PARAMETERS[parameter.name]),
        "value": f"{value:g}",
        "least": parameter.least,
        "most": parameter.most,
        "whole": parameter.is_whole,
    }


def _note(layer: Layer) -> str:
    """What is not the default, in short."""
    said = []
    for parameter, value in zip(KINDS[layer.kind], layer.values, strict=True):
        if parameter.name == "kernel":
            said.append(f"{value:g} × {value:g}")
        elif parameter.name in ("filters", "units", "p"):
            said.append(number(value, 0 if parameter.is_whole else 2).rstrip())
        elif value != (layer["kernel"] if parameter.name == "stride" and "pool" in layer.kind else parameter.default):
            said.append(f"{_(PARAMETERS[parameter.name])} {value:g}")
    return ", ".join(said)
