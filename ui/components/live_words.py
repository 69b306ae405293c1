"""The words of a bar that starts, pauses and ends a run, and what it says of the run's state."""

from ui.language import _


def live_words(button: str = "") -> dict[str, str]:
    """In the visitor's language, by the names that live.js has for them.

    Args:
        button: the page's, that begins another run; "New run" without it.
    """
    again = button or _("New run")
    return {
        "start": _("Start"),
        "goOn": _("Go on"),
        "pause": _("Pause"),
        "cancel": _("End"),
        "progress": _("Epochs done"),
        "below": _("epochs"),
        "queued": _("Others are training: you are number {n} in the queue."),
        "gone": _("This run has ended. Change a control, or press “{button}”.").format(button=again),
        "away": _(
            "What computes does not answer just now. The run goes on as soon as it does, from what was kept of it."
        ),
        "lost": _("The machine that computed this run has failed. Press “{button}” for another one.").format(
            button=again
        ),
        "failed": _("Something went wrong on our side. Reference: {reference}"),
        "cancelled": _("Ended. Press “{button}” for another one.").format(button=again),
        "forgotten": _("Nobody watched, so the run has ended. Press “{button}” for another one.").format(button=again),
        "finished": _("All epochs are done."),
        "done": _("All epochs are done."),
    }
