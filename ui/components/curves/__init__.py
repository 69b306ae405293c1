"""A network in training: its losses and its accuracy as curves that grow."""

import streamlit as st

from ui.components.register import component
from ui.language import LOCALES, _, current


def curves(slug: str, token: str, key: str) -> bool:
    """Draw the run of this token; gives whether it has come to its end.

    Args:
        slug: the page's.
        token: of the job.
        key: of the component in the session.
    """
    done = f"{slug}_done"

    def finished() -> None:
        st.session_state[done] = token

    data = {"token": token, "locale": LOCALES[current()].replace("_", "-"), "words": _words()}
    component("curves", is_live=True)(data=data, key=key, on_finished_change=finished)
    return bool(st.session_state.get(done) == token)


def _words() -> dict[str, str]:
    return {
        "start": _("Start"),
        "goOn": _("Go on"),
        "pause": _("Pause"),
        "cancel": _("End"),
        "progress": _("Epochs done"),
        "count": _("Epoch {epoch} of {epochs} · {speed} pictures/s · {left} s left"),
        "loss": _("Loss, nats"),
        "accuracy": _("Test accuracy"),
        "trained": _("training {value}"),
        "held": _("test {value}"),
        "lossAlt": _("Loss over {epochs} epochs: training {trained}, test {held}."),
        "accuracyAlt": _("Test accuracy over {epochs} epochs: {accuracy}."),
        "queued": _("Others are training: you are number {n} in the queue."),
        "gone": _("This run has ended. Change a control, or press New run."),
        "failed": _("Something went wrong on our side. Reference: {reference}"),
        "cancelled": _("Ended. Press New run for another one."),
        "forgotten": _("Nobody watched, so the run has ended. Press New run for another one."),
        "finished": _("All epochs are done."),
        "diverged": _("The loss has run away: it is no number any more. Take a smaller learning rate."),
    }
