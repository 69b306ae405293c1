"""The page template: header, result beside controls, a row of numbers, tabs, and where to go next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.host import host
from core.images import Picture
from ui import catalog, photo
from ui.language import _, every

NUMBER_PX = 163  # four in a row on a desk, two on a phone
WIDEST_PX = 1460  # what is wider Streamlit makes smaller, and smooth


@dataclass(frozen=True)
class Number:
    """One figure below the result.

    Attributes:
        label: what it is, with its unit in `value`.
        value: as the visitor reads it.
        delta: against what it is compared; begins with an ASCII plus or minus.
        help: what it means.
        less_is_better: a negative delta is then the good one.
    """

    label: str
    value: str
    delta: str = ""
    help: str = ""
    less_is_better: bool = False


def header(slug: str) -> None:
    """The page's name, and below it the question that it answers."""
    entry = catalog.entry(slug)
    st.title(_(entry.title), anchor=False)
    st.markdown(_(entry.promise))
    with st.empty():  # its place stays, or what moves up would no longer be written into the address
        photo.problem(slug)


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The result (left, wider) and the controls (right); on a phone the result is on top."""
    result, controls = st.columns([5, 3], gap="medium")
    return result, controls


def numbers(figures: Sequence[Number]) -> None:
    """A row of figures."""
    with st.container(horizontal=True, gap="medium"):
        for figure in figures:
            st.metric(
                figure.label,
                figure.value,
                figure.delta or None,
                delta_color=_delta_color(figure),
                help=figure.help or None,
                width=NUMBER_PX,
            )


def _delta_color(figure: Number) -> Literal["normal", "inverse", "off"]:
    if not any(digit in figure.delta for digit in "123456789"):  # no difference is neither good nor bad
        return "off"
    return "inverse" if figure.less_is_better else "normal"


def tabs(slug: str, parts: Mapping[str, Callable[[], None]]) -> None:
    """Tabs by title, the open one in the address; the open one is drawn by its function, the others cost nothing.

    Args:
        slug: the page's.
        parts: title, marked with N_ -> what draws it.
    """
    key, titles = f"{slug}_tab", [_(title) for title in parts]
    asked = st.query_params.get(key)
    if asked not in titles:  # it may be named in another language, by a link or before a change of language
        for title in parts:
            if asked in every(title):
                st.session_state[key] = _(title)
    opened = st.tabs(titles, key=key, bind="query-params")
    for tab, draw in zip(opened, parts.values(), strict=True):
        with tab:
            if tab.open:
                draw()


def pictures(captioned: Sequence[tuple[Picture, str]], n_columns: int | None = None) -> None:
    """Pictures side by side, each with its caption; on a phone one below the other.

    Args:
        captioned: pictures and captions.
        n_columns: in a row; all in one without it.
    """
    n = n_columns or len(captioned)
    for start in range(0, len(captioned), n):
        for column, (picture, caption) in zip(st.columns(n), captioned[start : start + n], strict=False):
            column.image(picture, caption, width="stretch", alt=caption)


def pixels(picture: Picture, words: str) -> None:
    """A small picture over the whole width, without loss; its pixels are squares where there is room."""
    k = max(1, WIDEST_PX // picture.shape[1])
    st.image(picture.repeat(k, 0).repeat(k, 1), words, width="stretch", alt=words, output_format="PNG")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], n_words: int = 1) -> None:
    """A small table: words in the first columns, figures in the others."""
    lines = [head, [*["---"] * n_words, *["---:"] * (len(head) - n_words)], *rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def references(entries: Sequence[str]) -> None:
    """A list of sources, in Markdown."""
    st.markdown("\n".join(f"- {entry}" for entry in entries))


def try_next(slug: str) -> None:
    """The page that follows in the catalog; after the last one, the home page."""
    there = [entry for entry in catalog.PAGES if catalog.is_open(entry.slug)]
    order = [entry.slug for entry in there]
    following = there[(order.index(slug) + 1) % len(order)] if slug in order else there[0]
    st.divider()
    label = _("Next: {title}").format(title=_(following.title)) if following.section else _("All pages")
    catalog.link(following.slug, label)


def greeting() -> None:
    """The operator's words on the home page."""
    if host().greeting:
        st.markdown(host().greeting)


def foot(*, is_about: bool = False) -> None:
    """What stands at the foot of every page: the operator's words, and the way to About."""
    if is_about and not host().footer:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="foot"):
        if host().footer:
            st.markdown(host().footer)
        if not is_about:
            catalog.link(catalog.ABOUT.slug, _("About: what is kept, networks, licences"))
