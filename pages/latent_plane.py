"""Latent plane: codes of two numbers, what lies between them, and the grid of all that they can say."""

from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.latent_plane import (
    NETWORKS,
    PAIR,
    REACH,
    Codes,
    Plane,
    Settings,
    at,
    between,
    decode,
    film,
    manifold,
    measured,
    plane,
    samples,
    script,
    shown,
    strip,
)
from ui import charts, classes, code, controls, errors, page
from ui.components import plane as component
from ui.language import N_, _, formula, number, plural

SLUG = "latent_plane"
N_SAMPLES, PER_ROW = 64, 8
PICTURE_PX = 112
REFERENCES = [
    "Kingma, Welling (2014), [Auto-encoding variational Bayes](https://arxiv.org/abs/1312.6114)",
    "Shoemake (1985), [Animating rotation with quaternion curves](https://doi.org/10.1145/325334.325242): slerp",
    "White (2016), [Sampling generative networks](https://arxiv.org/abs/1609.04468): slerp between codes",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    result, beside = page.columns()
    with beside:
        settings = knobs()
    network = NETWORKS[settings.network]
    try:
        found = plane(network)
        first = found.code(settings.across, settings.up)
        second = found.code(settings.to_across, settings.to_up)
        codes = between(first, second, settings.n_frames, settings.way)
        frames = decode(network, codes)
        with result:
            sheet(settings, network, found, codes)
            said(network, found, first)
            words = plural("{n} picture from A to B", "{n} pictures from A to B", settings.n_frames)
            page.pixels(strip(frames, settings.n_frames), words)
    except CamadasError as error:
        errors.show(errors.sentence(error))
        page.try_next(SLUG)
        return
    with beside:
        st.download_button(
            _("Save the way as GIF"),
            partial(film, frames),
            f"{network}_{settings.way}.gif",
            "image/gif",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
    page.tabs(
        SLUG,
        {
            N_("Line and slerp"): partial(ways, first, second),
            N_("Why a prior"): compared,
            N_("Code"): partial(code.tab, SLUG, script(settings), network),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls."""
    controls.settings(SLUG, Settings, [["network"], ["view"], ["way"], ["n_frames"]])
    rows = [["across"], ["up"], ["to_across"], ["to_up"]]
    return controls.popover(SLUG, N_("A and B"), ":material/place:", Settings, rows)


def sheet(settings: Settings, network: str, found: Plane, codes: Codes) -> None:
    """The plane, with A and B on it."""

    def move(ends: component.Ends) -> None:
        names = (("across", "up"), ("to_across", "to_up"))
        for pair, end in zip(names, ends, strict=True):
            for name, share in zip(pair, end, strict=True):
                controls.assign(SLUG, name, share)

    coloured = [(classes.said(name), colour) for name, colour in zip(found.classes, charts.CLASSES, strict=True)]
    if settings.view == "codes":
        name, image = _("The codes of {n} test pictures on the plane.").format(n=number(len(found.codes))), None
    else:
        name, image = _("What each place of the plane is decoded to."), manifold(network, found.middle, found.reach)
    ends = ((settings.across, settings.up), (settings.to_across, settings.to_up))
    component.plane(
        found.shares(found.codes), found.labels, coloured, image, ends, found.shares(codes), name, f"{SLUG}_plane", move
    )
    st.caption(_("Click: A goes there. Pull: a way from A to B."))


def said(network: str, found: Plane, code: tuple[float, float]) -> None:
    """What A is decoded to, and what our classifier calls it."""
    picture, best, share = at(network, code)
    name = classes.said(found.classes[best])
    place = _("A lies at ({x}, {y}).").format(x=number(code[0], 2), y=number(code[1], 2))
    words = _("Our classifier says {name}, {share} %.").format(name=name, share=number(100 * share, 1))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(shown(picture, PICTURE_PX), width=PICTURE_PX, alt=f"{place} {words}", output_format="PNG")
        st.markdown(f"{place}  \n**{words}**", width="content")


def ways(first: tuple[float, float], second: tuple[float, float]) -> None:
    """Both ways as formulas with the present numbers."""
    parted = "; " if "{,}" in formula(0.5, 1) else ", "
    a, b = (f"({formula(x, 2)}{parted}{formula(y, 2)})" for x, y in (first, second))
    st.latex(rf"a = {a}, \quad b = {b}, \quad t = 0 \ldots 1")
    st.latex(rf"\text{{{_('line')}}}(t) = (1 - t)\, a + t\, b")
    st.latex(
        r"\text{slerp}(t) = \frac{\sin((1 - t)\,\theta)}{\sin \theta}\, a + \frac{\sin(t\,\theta)}{\sin \theta}\, b"
    )
    st.markdown(
        _(
            "$\\theta$ is the angle between $a$ and $b$ as seen from (0, 0), the middle of the prior. With 32 numbers "
            "nearly all codes of a VAE lie far from it, and a line through it crosses a place where the prior has "
            "hardly any: slerp keeps the distance. With two numbers the middle is full, and both ways are good."
        )
    )


def compared() -> None:
    """The same draws from the prior, and the same grid, through plain autoencoders and VAEs."""
    st.markdown(
        _(
            "An autoencoder and a VAE decode the same codes: with two numbers a grid, with 32 draws from a normal "
            "distribution. A VAE was trained so that its codes follow that. Nobody asked that of a plain one: its "
            "codes lie anywhere, and the draws know nothing of them. In two numbers there is little room to miss; of "
            "32, the draws meet no digit."
        )
    )
    try:
        pictures()
    except CamadasError as error:
        errors.show(errors.sentence(error))


def pictures() -> None:
    """Of both kinds, a grid and draws, and what a classifier says of them."""
    for column, (name, keys) in zip(st.columns(2), PAIR.items(), strict=True):
        grid = manifold(keys[0], (0.0, 0.0), REACH)
        words = _("{name}: the same grid, from -{reach} to {reach} on both axes").format(
            name=_(name), reach=number(REACH)
        )
        column.image(grid, words, width="stretch", alt=words)
        _codes, made = samples(keys[1], N_SAMPLES)
        words = _("{name}, 32 numbers: draws").format(name=_(name))
        column.image(strip(made, PER_ROW), words, width="stretch", alt=words)
    head = [_("Network"), _("Numbers in the code"), _("Certainty"), _("Entropy, nats")]
    rows = []
    for name, keys in PAIR.items():
        for key, n_code in zip(keys, (2, 32), strict=True):
            card = measured(key)
            sure, spread = card["sample_confidence"].value, card["sample_entropy"].value
            rows.append([_(name), number(n_code), f"{number(100 * sure, 1)} %", number(spread, 2)])
    page.table(head, rows)
    st.caption(
        _(
            "How sure our classifier of digits is, and how evenly its labels fall, over 10,000 draws; ten equal "
            "classes have 2.30 nats. Certainty alone says nothing: scraps get a name too, always the same."
        )
    )


show()
