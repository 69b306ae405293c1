"""Names of the classes that our networks know, for people."""

from ui.language import N_, _

WORDS = {
    "airplane": N_("airplane"),
    "automobile": N_("automobile"),
    "bird": N_("bird"),
    "cat": N_("cat"),
    "deer": N_("deer"),
    "dog": N_("dog"),
    "frog": N_("frog"),
    "horse": N_("horse"),
    "ship": N_("ship"),
    "truck": N_("truck"),
    "T-shirt/top": N_("T-shirt or top"),
    "trouser": N_("trousers"),
    "pullover": N_("pullover"),
    "dress": N_("dress"),
    "coat": N_("coat"),
    "sandal": N_("sandal"),
    "shirt": N_("shirt"),
    "sneaker": N_("sneaker"),
    "bag": N_("bag"),
    "ankle boot": N_("ankle boot"),
}
NETWORKS = {
    "cifar10": N_("Whitened network"),
    "cifar10_strided": N_("Classic network"),
    "mnist": N_("Digits (MNIST)"),
    "fashion_mnist": N_("Clothes (Fashion-MNIST)"),
}


def said(name: str) -> str:
    """A class in the visitor's language; a digit as it is."""
    return _(WORDS[name]) if name in WORDS else name
