"""Convolution over words: filters that look for a phrase slide over the vectors of a sentence."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.words import CHECKPOINT, Read, Response, Settings, neighbours, read, script, vocabulary
from ui import charts, code, controls, errors, page
from ui.language import N_, _, formula, number

SLUG = "words"
REFERENCES = [
    "Kim (2014), [Convolutional neural networks for sentence classification](https://arxiv.org/abs/1408.5882)",
    "Mikolov, Chen, Corrado, Dean (2013), [Efficient estimation of word representations in vector space]"
    "(https://arxiv.org/abs/1301.3781)",
    "Collobert et al. (2011), [Natural language processing (almost) from scratch]"
    "(https://jmlr.org/papers/v12/collobert11a.html)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    result_column, controls_column = page.columns()
    with controls_column:
        chosen = controls.settings(SLUG, Settings)
    empty = {name: controls.placeholder(Settings, name) for name, value in chosen if not value}
    settings = chosen.model_copy(update=empty)
    try:
        found = read(settings.sentence, settings.filters)
    except CamadasError as error:
        with result_column:
            errors.show(errors.sentence(error))
        found = None
    if found is not None:
        with result_column:
            draw(found)
        page.numbers(figures(found))
    parts: dict[str, Callable[[], None]] = {}
    if found is not None:
        parts = {N_("How it works"): partial(explain, found), N_("Neighbours"): partial(near, found)}
    parts[N_("Vocabulary")] = all_words
    parts[N_("Code")] = partial(code.tab, SLUG, script(settings), CHECKPOINT)
    parts[N_("References")] = partial(page.references, REFERENCES)
    page.tabs(SLUG, parts)
    page.try_next(SLUG)


def draw(found: Read) -> None:
    """The sentence as a matrix, with the window that answers most, and the answers of each filter."""
    if found.unknown:
        st.caption(_("Left out, since the small vocabulary lacks them: {words}").format(words=", ".join(found.unknown)))
    first = found.responses[0]
    window = (first.best, first.best + len(first.phrase))
    alt = _("The vectors of the words, one a row; a frame marks where the first filter answers most.")
    charts.show(charts.matrix(found.vectors, found.words, window), alt, f"{SLUG}_matrix")
    values = [(" ".join(response.phrase), windows(found, response), response.values) for response in found.responses]
    charts.show(charts.responses(values), _("The answer of each filter at each place."), f"{SLUG}_responses")


def windows(found: Read, response: Response) -> list[str]:
    """The words under a filter at each place."""
    k = len(response.phrase)
    return [" ".join(found.words[t : t + k]) for t in range(len(response.values))]


def figures(found: Read) -> list[page.Number]:
    """What pooling over time keeps of each filter: its greatest answer."""
    return [
        page.Number(
            " ".join(response.phrase),
            number(float(response.values[response.best]), 2),
            help=_("The greatest answer, at: {words}").format(words=windows(found, response)[response.best]),
        )
        for response in found.responses
    ]


def explain(found: Read) -> None:
    """The sum with the present numbers."""
    first = found.responses[0]
    k, dimensions = first.kernel.shape
    st.latex(rf"y_t = \sum_{{u=0}}^{{{k - 1}}} \sum_{{d=0}}^{{{dimensions - 1}}} x_{{t+u,\,d}}\; k_{{u,\,d}}")
    at, most = first.best + 1, formula(float(first.values[first.best]), 2)
    st.latex(rf"y_{{{at}}} = {most} \quad \text{{{' '.join(found.words[first.best : first.best + k])}}}")
    st.markdown(
        _(
            "Each word is a vector of {dimensions} numbers, so the sentence is a matrix of {n} × {dimensions}, and a "
            "filter slides over it in one direction: down, word by word. Here the filters are the vectors of a "
            "phrase, scaled so that the phrase itself gives 1. Words of the same kind have vectors near each other, "
            "so the filter finds what it has never been told. A network for sentences learns its filters, and keeps "
            "the greatest answer of each, wherever it was: pooling over time."
        ).format(dimensions=dimensions, n=len(found.words))
    )
    st.markdown(
        _(
            "The vectors are ours: trained in ten seconds to guess the words around a word, in 24,000 sentences of two "
            "small grammars that we wrote, one in English and one in Portuguese."
        )
    )


def near(found: Read) -> None:
    """For each word those that lie nearest."""
    rows = []
    for word in dict.fromkeys(found.words):
        said = ", ".join(f"{other} {number(cosine, 2)}" for other, cosine in neighbours(word))
        rows.append([word, said])
    page.table([_("Word"), _("Nearest, with the cosine of the angle")], rows)


def all_words() -> None:
    """Every word that has a vector."""
    st.markdown(", ".join(sorted(vocabulary())))


show()
