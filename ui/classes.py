"""Names of the classes that our networks know, for people."""

from ui.language import N_, _

WORDS = (
    N_("airplane"),
    N_("automobile"),
    N_("bird"),
    N_("cat"),
    N_("deer"),
    N_("dog"),
    N_("frog"),
    N_("horse"),
    N_("ship"),
    N_("truck"),
    N_("T-shirt/top"),
    N_("trouser"),
    N_("pullover"),
    N_("dress"),
    N_("coat"),
    N_("sandal"),
    N_("shirt"),
    N_("sneaker"),
    N_("bag"),
    N_("ankle boot"),
)


def said(name: str) -> str:
    """A class in the visitor's language; a digit as it is."""
    return _(name) if name in WORDS else name
