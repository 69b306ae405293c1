"""Networks in training with and without something: both accuracies with their spread, as they grow."""

from ui.components.live_words import live_words
from ui.components.register import watch
from ui.language import _


def gain(slug: str, token: str, key: str) -> bool:
    """Draw the run of this token; gives whether it has come to its end.

    Args:
        slug: the page's.
        token: of the job.
        key: of the component in the session.
    """
    return watch("gain", slug, token, key, _words())


def _words() -> dict[str, str]:
    return {
        **live_words(),
        "count": _("Epoch {epoch} of {epochs} · {networks} networks · {left} s left"),
        "accuracy": _("Validation accuracy, mean ± standard deviation over the seeds"),
        "value": _("{mean} ± {spread} %"),
        "without": _("without it {value}"),
        "with": _("with it {value}"),
        "alt": _("Validation accuracy over {epochs} epochs: {without}, {with}."),
    }
