"""A network in training: its weights, each neuron's map, the plane, the losses; and what one can do with the run."""

from base64 import b64encode
from collections.abc import Callable

import streamlit as st

from core.plane import MAX_LAYERS, MAX_WIDTH, RATES, STRENGTHS, Settings, Split, parse_layers
from core.playground import MAP_CELLS, NEURON_CELLS, PACES, feature_maps
from core.points import SPAN
from ui.components.live_words import live_words
from ui.components.register import component
from ui.language import LOCALES, _, current

MAX_TEXT = 200  # characters of all layers, as in the settings
N_DRAWN = 4  # classes that can be clicked
PARTS = ("train", "validation", "test")


def network(
    token: str,
    settings: Settings,
    data: Split,
    key: str,
    on_click: Callable[[float, float, int], None] | None,
    on_layers: Callable[[str], None],
    goal: float = 0.0,
) -> bool:
    """Draw the run of this token.

    Args:
        token: of the job.
        settings: that the run was started with.
        data: its points.
        key: of the component in the session.
        on_click: called with x, y and class of a click into the plane; None where clicks mean nothing.
        on_layers: called with the layers, as the settings write them, when a neuron or a layer is added or taken away.
        goal: validation accuracy to reach, 0 to 1; 0 for none.

    Returns:
        Whether the run goes on, as far as the page knows.
    """

    def clicked() -> None:
        for point in st.session_state[key].get("point") or []:
            if on_click is not None and point["id"] > st.session_state.get(f"{key}_taken", 0):
                st.session_state[f"{key}_taken"] = point["id"]
                on_click(float(point["x"]), float(point["y"]), min(max(int(point["label"]), 0), N_DRAWN - 1))

    def changed() -> None:
        text = st.session_state[key].get("layers")
        if isinstance(text, str) and len(text) <= MAX_TEXT:
            on_layers(text)

    def moved() -> None:
        st.session_state[f"{key}_moving"] = (token, bool(st.session_state[key].get("moving")))

    shown = _data(token, settings, data, goal, is_clicked=on_click is not None)
    component("network", is_live=True)(
        data={**shown, "taken": st.session_state.get(f"{key}_taken", 0)},
        key=key,
        on_point_change=clicked,
        on_layers_change=changed,
        on_moving_change=moved,
    )
    known, moving = st.session_state.get(f"{key}_moving", ("", False))
    return bool(moving) if known == token else False


def _data(token: str, settings: Settings, data: Split, goal: float, *, is_clicked: bool) -> dict[str, object]:
    """What the browser is told of a run: its points, features and layers, and all words."""
    part = {row: at for at, name in enumerate(PARTS) for row in range(*data.parts[name].indices(len(data.labels)))}
    points = [
        [round(float(x), 3), round(float(y), 3), int(label), part[row]]
        for row, ((x, y), label) in enumerate(zip(data.points.xy, data.points.labels, strict=True))
        if is_clicked or part[row] < PARTS.index("test")
    ]
    maps = [b64encode(feature.tobytes()).decode() for feature in feature_maps(settings)]
    return {
        "token": token,
        "points": points,
        "single": data.y.shape[1] == 1,
        "span": SPAN,
        "cells": MAP_CELLS,
        "neuronCells": NEURON_CELLS,
        "features": [{"name": name, "map": m} for name, m in zip(settings.features, maps, strict=True)],
        "goal": goal,
        "paces": sorted(PACES, key=lambda pace: pace or 1e9),
        "rates": RATES,
        "strengths": STRENGTHS,
        "layers": parse_layers(settings.layers),
        "mostLayers": MAX_LAYERS,
        "mostNeurons": MAX_WIDTH,
        "locale": LOCALES[current()].replace("_", "-"),
        "words": _words(),
        "drawn": N_DRAWN if is_clicked else 0,
    }


def _words() -> dict[str, str]:
    return {
        **live_words(),
        "step": _("One step"),
        "epoch": _("One epoch"),
        "cancelHelp": _("Ends this run for good. Results and files keep how it stood."),
        "stepHelp": _("One batch of points"),
        "epochHelp": _("Once through all points"),
        "picture": _("Picture"),
        "goal": _("Goal: tell {accuracy} % of the validation points apart."),
        "reached": _("Goal reached at epoch {epoch}: {accuracy} % of the validation points are told apart."),
        "neuron": _("What this neuron answers is shown in the large plane."),
        "pace": _("Epochs a second"),
        "full": _("all it can"),
        "rate": _("Learning rate"),
        "epochCount": _("Epoch"),
        "speed": _("Epochs a second"),
        "trainLoss": _("Loss, training"),
        "validationLoss": _("Loss, validation"),
        "trainAccuracy": _("Accuracy, training"),
        "validationAccuracy": _("Accuracy, validation"),
        "scrub": _("Back through the epochs"),
        "curve": _("Loss over the epochs: of training, and fainter of validation."),
        "net": _(
            "The network: a map of each neuron over the plane, and its weights as lines. The arrow keys choose a "
            "weight."
        ),
        "plane": _("The plane in the colours of the classes; {accuracy} % of the validation points are told apart."),
        "layers": _("Hidden layers: {n}"),
        "moreLayers": _("One layer more"),
        "fewerLayers": _("One layer fewer"),
        "more": _("One neuron more in layer {layer}"),
        "fewer": _("One neuron fewer in layer {layer}"),
        "planeKeys": _("The arrow keys move a cross over it, and Enter puts a point there."),
        "weight": _("Weight of layer {layer}, from {from} to {to}"),
        "set": _("Set"),
        "class": _("Class of the next point"),
        "diverged": _("The loss has run away: the steps are too long. Try a smaller learning rate."),
        "early stopping": _("Stopped early: the validation loss no longer got better."),
    }
