"""A sweep in training: the boundary of each network, a heat map of validation accuracy, the one that was clicked."""

from collections.abc import Callable

import streamlit as st

from core.plane import Split
from core.points import SPAN
from core.sweep import Settings
from ui.components.live_words import live_words
from ui.components.register import component
from ui.language import LOCALES, _, current


def sweep(
    token: str,
    settings: Settings,
    data: Split,
    key: str,
    on_open: Callable[[int], None],
    on_finished: Callable[[], None],
) -> None:
    """Draw the sweep of this token.

    Args:
        token: of the job.
        settings: that it was started with.
        data: its points.
        key: of the component in the session.
        on_open: called with the number of the network that the visitor wants to see alone.
        on_finished: called when the sweep has come to its end.
    """

    def opened() -> None:
        at = st.session_state[key].get("open")
        if isinstance(at, int | float):
            on_open(int(at))

    rows = data.parts["validation"]
    points = zip(data.points.xy[rows], data.points.labels[rows], strict=True)
    component("sweep", is_live=True)(
        data={
            "token": token,
            "rates": sorted(settings.rates),
            "widths": sorted(settings.widths),
            "seeds": settings.n_seeds,
            "span": SPAN,
            "points": [[round(float(x), 3), round(float(y), 3), int(label)] for (x, y), label in points],
            "locale": LOCALES[current()].replace("_", "-"),
            "words": _words(),
        },
        key=key,
        on_open_change=opened,
        on_finished_change=on_finished,
    )


def _words() -> dict[str, str]:
    return {
        **live_words(),
        "epoch": _("Epoch {epoch} of {epochs}"),
        "corner": _("rate ↓ width →"),
        "boundaries": _("Boundaries: choose one to see it larger"),
        "heat": _("Validation accuracy: mean ± spread over first weights"),
        "network": _("Learning rate {rate}, {width} neurons a layer, seed {seed}: {accuracy}"),
        "open": _("Train it in Two moons"),
    }
