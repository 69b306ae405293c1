"""A picture that is being painted: as it is now, what it races with, its loss over time and the parts of it."""

from ui.components.live_words import live_words
from ui.components.register import watch
from ui.language import _


def painting(slug: str, token: str, key: str, made: str, loss: str, button: str = "") -> bool:
    """Draw the run of this token; gives whether it has come to its end.

    Args:
        slug: the page's.
        token: of the job.
        key: of the component in the session.
        made: what stands above the picture; {seconds} and {loss} are filled in.
        loss: what the curve shows.
        button: the page's, that begins another run, where it is not "New run"; what is begun by it leaves nothing when
            it is ended early.
    """
    return watch("painting", slug, token, key, {**_words(button), "made": made, "loss": loss})


def _words(button: str) -> dict[str, str]:
    return {
        **live_words(button),
        **({"cancel": _("Cancel")} if button else {}),
        "progress": _("Steps done"),
        "finished": _("All steps are done."),
        "done": _("All steps are done."),
        "queued": _("Others are computing: you are number {n} in the queue."),
        "count": _("Step {step} · {left} s left"),
        "now": _("now {loss}"),
        "network": _("the network's"),
        "fast": _("By the network: {seconds} s, loss {loss}"),
        "parts": _("Where the loss comes from"),
        "content": _("content"),
        "smoothness": _("smoothness"),
        "seconds": _("seconds"),
        "madeAlt": _("The photo in the style, as far as it has come."),
        "fastAlt": _("The same by the feed-forward network."),
        "lossAlt": _("Loss over time: {loss} after {seconds} seconds."),
    }
