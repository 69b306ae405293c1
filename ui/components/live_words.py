"""The words of a bar that starts, pauses and ends a run, and what it says of the run's state."""

from ui.language import _


def live_words() -> dict[str, str]:
    """In the visitor's language, by the names that live.js has for them."""
    return {
        "start": _("Start"),
        "goOn": _("Go on"),
        "pause": _("Pause"),
        "cancel": _("End"),
        "progress": _("Epochs done"),
        "below": _("epochs"),
        "queued": _("Others are training: you are number {n} in the queue."),
        "gone": _("This run has ended. Change a control, or press New run."),
        "failed": _("Something went wrong on our side. Reference: {reference}"),
        "cancelled": _("Ended. Press New run for another one."),
        "forgotten": _("Nobody watched, so the run has ended. Press New run for another one."),
        "finished": _("All epochs are done."),
        "done": _("All epochs are done."),
    }
