"""A variational autoencoder in training: its two losses as curves, its codes and its samples as they change."""

from collections.abc import Sequence

from ui.components.live_words import live_words
from ui.components.register import watch
from ui.language import _


def vae(slug: str, token: str, key: str, classes: Sequence[str]) -> bool:
    """Draw the run of this token; gives whether it has come to its end.

    Args:
        slug: the page's.
        token: of the job.
        key: of the component in the session.
        classes: names of the labels, in the visitor's language.
    """
    return watch("vae", slug, token, key, {**_words(), "classes": list(classes)})


def _words() -> dict[str, str]:
    return {
        **live_words(),
        "count": _("Epoch {epoch} of {epochs} · {left} s left"),
        "loss": _("Nats a test picture"),
        "reconstruction": _("reconstruction {value}"),
        "kl": _("KL {value}"),
        "codes": _("Codes"),
        "samples": _("Drawn from the prior"),
        "lossAlt": _("Loss over {epochs} epochs: reconstruction {reconstruction} nats, KL {kl} nats."),
        "codesAlt": _("Codes of the test pictures, coloured by class; circles at one and two standard deviations."),
        "samplesAlt": _("Pictures decoded from codes that were drawn from the prior."),
        "diverged": _("The loss has run away: it is no number any more. Take a smaller learning rate."),
    }
