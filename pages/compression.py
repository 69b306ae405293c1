"""Compression: a drawn digit in few bytes, in four ways."""

import math
from functools import partial

import streamlit as st

from core.compression import EXAMPLES, NETWORK, RAW, Packed, Settings, parse, script, shown, ways, within, written
from core.errors import CamadasError
from ui import charts, code, controls, errors, page
from ui.components.pad import pad
from ui.language import N_, _, number

SLUG = "compression"
PICTURE_PX = 196
REFERENCES = [
    "Ballé, Laparra, Simoncelli (2017), [End-to-end optimized image compression](https://arxiv.org/abs/1611.01704)",
    "Pearson (1901), [On lines and planes of closest fit to systems of points in space]"
    "(https://doi.org/10.1080/14786440109462720): principal components",
    "Wallace (1992), [The JPEG still picture compression standard](https://doi.org/10.1109/30.125072)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        sheet(settings)
    try:
        found = ways(settings)
    except CamadasError as error:
        with right:
            errors.show(errors.sentence(error))
        page.try_next(SLUG)
        return
    with right:
        pictures(found, settings)
    curves(found)
    page.tabs(
        SLUG,
        {
            N_("How it works"): explain,
            N_("All sizes"): partial(table, found),
            N_("Code"): partial(code.tab, SLUG, script(settings), NETWORK),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the result."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=260)
        with st.container(width=300):
            controls.settings(SLUG, Settings, [["n_bytes"]])
        return controls.popover(SLUG, N_("Digit"), ":material/draw:", Settings, [["brush"], ["strokes"]])


def sheet(settings: Settings) -> None:
    """The sheet to draw on."""
    try:
        strokes = parse(settings.strokes)
    except CamadasError:
        strokes = []
    alt = _("A sheet to draw a digit on, with mouse or finger. Delete clears it.")
    pad(strokes, settings.brush, alt, f"{SLUG}_pad", lambda drawn: controls.assign(SLUG, "strokes", written(drawn)))
    st.caption(_("Draw a digit. Delete clears the sheet."))


def pictures(found: dict[str, list[Packed]], settings: Settings) -> None:
    """The best that each way makes of the bytes; its smallest where it needs more."""
    with st.container(horizontal=True):
        for name, packed in found.items():
            best = within(packed, settings.n_bytes)
            words = caption(name, best or packed[0])
            if best is None:
                words = _("{way} needs more: {words}").format(way=_(name), words=caption("", packed[0]))
            picture = shown((best or packed[0]).picture, PICTURE_PX)
            st.image(picture, words, width=PICTURE_PX, alt=words, output_format="PNG")


def caption(name: str, packed: Packed) -> str:
    """Bytes and quality in words."""
    words = _("{n} bytes, {psnr}").format(n=number(packed.n_bytes), psnr=decibels(packed))
    return f"{_(name)}: {words}" if name else words


def decibels(packed: Packed) -> str:
    """As people read it."""
    return f"{number(packed.psnr_db, 1)} dB" if math.isfinite(packed.psnr_db) else _("the same")


def curves(found: dict[str, list[Packed]]) -> None:
    """Quality over bytes."""
    lines = [
        (_(name), [(each.n_bytes, each.psnr_db) for each in packed if math.isfinite(each.psnr_db)])
        for name, packed in found.items()
    ]
    alt = _("Peak signal-to-noise ratio over bytes, a line for each way.")
    charts.show(charts.rates(lines, _("Bytes"), _("PSNR, dB")), alt, f"{SLUG}_rates")


def table(found: dict[str, list[Packed]]) -> None:
    """Every size of every way."""
    head = [_("Method"), _("Bytes"), _("Rate"), _("PSNR")]
    rows = [
        [_(name), number(each.n_bytes), f"{number(each.rate, 1)} : 1", decibels(each)]
        for name, packed in found.items()
        for each in packed
    ]
    page.table(head, rows)


def explain() -> None:
    """What is sent in each way."""
    st.markdown(
        _(
            "Raw, a digit has {raw} bytes. The autoencoder sends its 32 numbers with 1 to 8 bits each: 4 to 32 bytes. "
            "PCA sends so many components, a byte each. For both the receiver has the network or the axes already: "
            "they have learned what digits look like, and that is not counted. JPEG and WebP know nothing of digits "
            "and send whole files with headers, of which JPEG's alone have more than 300 bytes."
        ).format(raw=number(RAW))
    )
    st.markdown(
        _(
            "So this is no fair race, and that is the lesson: what a receiver knows beforehand need not be sent. Draw "
            "something that is no digit, and the knowledge is worth much less: a house comes back worse than a two."
        )
    )


show()
