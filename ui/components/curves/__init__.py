"""A network in training: its losses and its accuracy as curves that grow."""

from ui.components.live_words import live_words
from ui.components.register import watch
from ui.language import _


def curves(slug: str, token: str, key: str) -> bool:
    """Draw the run of this token; gives whether it has come to its end.

    Args:
        slug: the page's.
        token: of the job.
        key: of the component in the session.
    """
    return watch("curves", slug, token, key, _words())


def _words() -> dict[str, str]:
    return {
        **live_words(),
        "count": _("Epoch {epoch} of {epochs} · {speed} pictures/s · {left} s left"),
        "loss": _("Loss, nats"),
        "accuracy": _("Test accuracy"),
        "trained": _("training {value}"),
        "held": _("test {value}"),
        "lossAlt": _("Loss over {epochs} epochs: training {trained}, test {held}."),
        "accuracyAlt": _("Test accuracy over {epochs} epochs: {accuracy}."),
        "diverged": _("The loss has run away: it is no number any more. Take a smaller learning rate."),
    }
