"""A filter that slides over the words of a sentence: convolution in one dimension over word vectors (Kim 2014)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.checkpoints import load, read_card
from core.errors import SettingsError
from core.scripting import render

CHECKPOINT = "words"
MAX_WORDS, MAX_FILTERS, MAX_PHRASE = 24, 4, 4


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentence: str = Field(
        "",
        max_length=240,
        title="Sentence",
        description="Up to 24 words of the small vocabulary; the list is in a tab below.",
        examples=["the soup was awful and the dog refused it"],
        json_schema_extra={"placeholder": "the film was very good but the soup was really awful and the man hated it"},
    )
    filters: str = Field(
        "",
        max_length=120,
        title="Filters",
        description="Each looks for a phrase of one to four words, or for words of their kinds; with commas between.",
        examples=["dog, so bad"],
        json_schema_extra={"placeholder": "very good, soup, hated it"},
    )


@dataclass(frozen=True)
class Response:
    """What one filter gives.

    Attributes:
        phrase: its words.
        kernel: (k, D), the vectors of the phrase over the sum of their squares.
        values: (n - k + 1,), 1 where the sentence says the phrase itself.
        best: where the greatest value is.
    """

    phrase: list[str]
    kernel: np.ndarray
    values: np.ndarray
    best: int


@dataclass(frozen=True)
class Read:
    """A sentence as the filters see it.

    Attributes:
        words: (n,) of the vocabulary.
        vectors: (n, D).
        unknown: words that were left out.
        responses: one a filter.
    """

    words: list[str]
    vectors: np.ndarray
    unknown: list[str]
    responses: list[Response]


def vocabulary() -> list[str]:
    """The words that have vectors."""
    return list(read_card(CHECKPOINT).arguments["vocabulary"])


def vectors() -> np.ndarray:
    """(V, D) float32, a row a word; without their mean, and of length 1: strangers answer with about 0."""
    table = load(CHECKPOINT).middle.detach().float().cpu().numpy()  # type: ignore[operator]
    table = table - table.mean(axis=0)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def read(sentence: str, filters: str) -> Read:
    """Slide filters over a sentence.

    Args:
        sentence: words of the vocabulary; others are left out and named.
        filters: phrases with commas between.

    Raises:
        SettingsError: if no known word is left, a filter has an unknown one, or anything is too long or too much.
    """
    known, table = vocabulary(), vectors()
    said = _words(sentence)
    words = [word for word in said if word in known]
    if not words:
        raise SettingsError("no_known_words", argument="sentence")
    if len(words) > MAX_WORDS:
        raise SettingsError("phrase_too_long", value=len(words), rule=MAX_WORDS)
    rows = table[[known.index(word) for word in words]]
    phrases = [phrase for part in filters.split(",") if (phrase := _words(part))]
    if not phrases:
        raise SettingsError("no_known_words", argument="filters")
    if len(phrases) > MAX_FILTERS:
        raise SettingsError("too_many_phrases", value=len(phrases), rule=MAX_FILTERS)
    responses = []
    for phrase in phrases:
        strange = [word for word in phrase if word not in known]
        if strange:
            raise SettingsError("unknown_word", value=strange[0])
        most = min(MAX_PHRASE, len(words))
        if len(phrase) > most:
            raise SettingsError("phrase_too_long", value=len(phrase), rule=most)
        responses.append(respond(phrase, rows, table[[known.index(word) for word in phrase]]))
    return Read(words, rows, [word for word in said if word not in known], responses)


def respond(phrase: list[str], rows: np.ndarray, kernel: np.ndarray) -> Response:
    """One filter over a sentence: y_t = sum over u and d of x[t + u, d] k[u, d].

    Args:
        phrase: the words that it looks for.
        rows: (n, D) the sentence.
        kernel: (k, D) the vectors of the phrase.
    """
    scaled = kernel / (kernel**2).sum()
    n = len(rows) - len(kernel) + 1
    values = np.array([(rows[t : t + len(kernel)] * scaled).sum() for t in range(n)])
    return Response(phrase, scaled, values, int(values.argmax()))


def nearest(word: str, words: Sequence[str], table: np.ndarray, n: int) -> list[tuple[str, float]]:
    """The n words nearest to one, by cosine, and how near: 1 is the same direction."""
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    near = unit @ unit[words.index(word)]
    near[words.index(word)] = -2
    return [(words[row], float(near[row])) for row in np.argsort(-near)[:n]]


def neighbours(word: str, n: int = 4) -> list[tuple[str, float]]:
    """The words nearest to one of the shipped vocabulary, and their cosines."""
    return nearest(word, vocabulary(), vectors(), n)


def script(settings: Settings) -> str:
    """The stand-alone Python script that gives the page's responses."""
    return render("words", settings=settings)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())
