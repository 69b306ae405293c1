"""About: what is kept of a visit, the networks and their cards, licences, version."""

import streamlit as st

from core.about import Model, card, is_alone, kept_s, licences, models, version
from core.errors import CheckpointError
from ui import errors, page
from ui.language import N_, _, number, plain, plural

SLUG = "about"
MEASURES = {
    "mse": N_("mean squared error {value}"),
    "top1": N_("right in {percent} %"),
    "gain_median_db": N_("{value} dB nearer the truth than grey"),
    "texture": N_("{percent} % of the photo’s distance to the style"),
    "same_kind": N_("{percent} % of words have one of their kind nearest"),
}


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    page.tabs(
        SLUG,
        {
            N_("What is kept"): kept,
            N_("Networks"): networks,
            N_("Licences"): licenced,
        },
    )
    st.caption(_("Camadas {version}, MIT licence.").format(version=version()))
    page.try_next(SLUG)


def kept() -> None:
    """The promise, and what stands behind it."""
    seconds = round(kept_s())
    st.markdown(
        "\n".join(
            f"- {sentence}"
            for sentence in (
                _(
                    "**Your photos and files** are in this server's memory while your tab is open, never on its disk, "
                    "in no log and in no link. Nobody but your browser is given them."
                )
                + " "
                + plural(
                    "When you close the tab, or reload it, they are gone within about {n} second.",
                    "When you close the tab, or reload it, they are gone within about {n} seconds.",
                    seconds,
                )
                + " "
                + _("What comes out of many pictures at once lies in a temporary file without a name."),
                _(
                    "**Runs** that train a network end a minute after nobody watches them any more. Their results "
                    "are kept for ten minutes, so that a reload finds them. Those on a photo or a file of yours end "
                    "with your visit and leave nothing. When the server is started anew, the others are written "
                    "down, to go on after it, for ten minutes at most."
                ),
                _(
                    "**Studies** are kept for 30 days, under a name that only your link knows: settings and scores, "
                    "no points."
                ),
                _(
                    "**One cookie** tells your browser from others, so that your runs and pictures are yours. It "
                    "is a random number that is good for 30 days and says nothing about you."
                ),
                _("**The log** counts requests, errors and seconds. It has no addresses, no file names, no photos."),
                _("Nothing is loaded from any other server, and nothing is sent to one.")
                if is_alone()
                else _(
                    "This server computes with others of the same operator: what is worked on goes through their "
                    "memory, where that is full through a temporary file. Nothing is loaded from or sent to anybody "
                    "else."
                ),
            )
        )
    )


def networks() -> None:
    """All of ours, and one card."""
    try:
        found = models()
    except CheckpointError as error:
        errors.show(errors.sentence(error))
        return
    st.markdown(_("All of them were trained for Camadas. Their cards are in English."))
    page.table(
        [_("Network"), _("What it does"), _("Licence"), _("Measured"), _("Parameters")],
        [[m.name, m.summary, m.licence, figure(m), number(m.parameters)] for m in found],
        n_words=4,
    )
    chosen = st.selectbox(_("Card"), [m.name for m in found], key=f"{SLUG}_card", bind="query-params")
    with st.container(border=True):
        st.markdown(card(chosen))


def figure(model: Model) -> str:
    """What was measured, in words."""
    value = model.measured.value
    return _(MEASURES[model.measured.name]).format(value=plain(value, 3), percent=number(100 * value, 1))


def licenced() -> None:
    """Of what we use."""
    st.caption(_("This list is in English."))
    st.markdown(licences())


show()
