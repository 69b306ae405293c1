"""What the page About says: the models and their cards, the licences, the version."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.checkpoints import Metric, names, read_card, render_card
from core.host import host

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Model:
    """A network that the app uses.

    Attributes:
        name: of its checkpoint.
        summary: what it does, in English.
        parameters: how many.
        measured: the first figure of its card.
        licence: of the weights.
    """

    name: str
    summary: str
    parameters: int
    measured: Metric
    licence: str


@cache
def models() -> list[Model]:
    """All networks, in alphabetical order.

    Raises:
        CheckpointError: as core.checkpoints.read_card.
    """
    cards = map(read_card, names())
    return [Model(card.name, card.summary, card.parameters, card.metrics[0], card.licence) for card in cards]


def card(name: str) -> str:
    """A network's whole card, in Markdown and English, without the title.

    Raises:
        CheckpointError: as core.checkpoints.read_card.
    """
    return render_card(read_card(name)).split("\n", 1)[1]


@cache
def licences() -> str:
    """Of all that we use, in Markdown and English, without the title."""
    return (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").split("\n", 1)[1]


@cache
def version() -> str:
    """Of the app.

    >>> version().count(".")
    2
    """
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def is_alone() -> bool:
    """Whether this server computes by itself, and not with others."""
    return host().engine == "local"


def kept_s() -> float:
    """Seconds after which a closed tab's photo and settings are gone."""
    return host().session_kept_s
