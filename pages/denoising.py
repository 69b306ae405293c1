"""Denoising: noise and holes taken out of a drawn digit, and how strange a drawing is."""

import math
from functools import partial

import streamlit as st

from core.denoising import (
    DETECTOR,
    EXAMPLES,
    NETWORK,
    Mended,
    Settings,
    Strangeness,
    measured,
    mend,
    parse,
    script,
    shown,
    strangeness,
    written,
)
from core.errors import CamadasError
from ui import charts, code, controls, errors, page
from ui.components.pad import pad
from ui.language import N_, _, formula, number

SLUG = "denoising"
PICTURE_PX = 196
REFERENCES = [
    "Vincent et al. (2008), [Extracting and composing robust features with denoising autoencoders]"
    "(https://doi.org/10.1145/1390156.1390294)",
    "Buades, Coll, Morel (2005), [A non-local algorithm for image denoising](https://doi.org/10.1109/CVPR.2005.38)",
    "Telea (2004), [An image inpainting technique based on the fast marching method]"
    "(https://doi.org/10.1080/10867651.2004.10487596)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        sheet(settings)
    try:
        found = mend(settings)
        strange = strangeness(found.picture)
    except CamadasError as error:
        with right:
            errors.show(errors.sentence(error))
        page.try_next(SLUG)
        return
    with right:
        pictures(found)
    page.numbers(numbers(found, strange))
    page.tabs(
        SLUG,
        {
            N_("How strange it is"): partial(stranger, strange),
            N_("How it works"): partial(explain, found, settings),
            N_("Code"): partial(code.tab, SLUG, script(settings), NETWORK),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the result."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=260)
        with st.container(width=260):
            controls.settings(SLUG, Settings, [["sigma"]])
        controls.popover(SLUG, N_("Hole"), ":material/crop_square:", Settings, [["hole"], ["across"], ["down"]])
        rows = [["brush"], ["strokes"], ["seed"]]
        return controls.popover(SLUG, N_("Digit"), ":material/draw:", Settings, rows)


def sheet(settings: Settings) -> None:
    """The sheet to draw on."""
    try:
        strokes = parse(settings.strokes)
    except CamadasError:
        strokes = []
    alt = _("A sheet to draw a digit on, with mouse or finger. Delete clears it.")
    pad(strokes, settings.brush, alt, f"{SLUG}_pad", lambda drawn: controls.assign(SLUG, "strokes", written(drawn)))
    st.caption(_("Draw a digit. Delete clears the sheet."))


def pictures(found: Mended) -> None:
    """As drawn, damaged, and mended twice."""
    named = (
        (found.picture, _("As drawn"), math.inf),
        (found.damaged, _("Damaged"), found.psnr_db[0]),
        (found.by_network, _("Autoencoder"), found.psnr_db[1]),
        (found.by_opencv, _("OpenCV"), found.psnr_db[2]),
    )
    with st.container(horizontal=True):
        for image, name, db in named:
            words = f"{name}, {number(db, 1)} dB" if math.isfinite(db) else name
            st.image(shown(image, PICTURE_PX), words, width=PICTURE_PX, alt=words, output_format="PNG")


def numbers(found: Mended, strange: Strangeness) -> list[page.Number]:
    """The row below the result."""
    before, ours, theirs = (f"{number(db, 1)} dB" if math.isfinite(db) else "∞" for db in found.psnr_db)
    share = f"{number(100 * strange.share)} %"
    by_hand = _("Non-local means, told the strength of the noise; the hole filled by Telea's method.")
    return [
        page.Number(_("Damaged"), before, help=_("PSNR against the digit as drawn.")),
        page.Number(_("Autoencoder"), ours, help=_("It is not told where the hole is, nor how strong the noise.")),
        page.Number(_("OpenCV"), theirs, help=by_hand),
        page.Number(_("Stranger than"), share, help=_("Of digits that were held out: so many come back better.")),
    ]


def stranger(found: Strangeness) -> None:
    """The drawing's error beside those of digits."""
    words = _(
        "A plain autoencoder of digits brings this drawing back with an error of {error}; 95 % of digits stay "
        "below {limit}."
    )
    st.markdown(words.format(error=number(found.error, 4), limit=number(found.limit, 4)))
    verdict = _("So it is strange: probably no digit.") if found.is_strange else _("So it passes for a digit.")
    st.markdown(f"**{verdict}**")
    titles = (_("Squared error, a pixel"), _("Share of digits below"), _("your drawing"))
    alt = _("How many digits have an error below each value, and where the drawing lies.")
    charts.show(charts.below(found.quantiles, found.error, titles), alt, f"{SLUG}_errors")
    card = measured(DETECTOR)
    st.caption(
        _(
            "At this limit {false} % of MNIST's test digits are taken for strangers, and {found} % of Fashion-MNIST's "
            "clothes are found. The drawing is measured as drawn, before its damage."
        ).format(
            false=number(100 * card["false_alarms"].value, 1), found=number(100 * card["strangers_found"].value, 1)
        )
    )


def explain(found: Mended, settings: Settings) -> None:
    """How both work."""
    st.latex(r"L = \| f(x + \varepsilon) - x \|^2 \qquad \text{PSNR} = 10 \log_{10} \frac{1}{\text{mse}}")
    st.markdown(
        _(
            "The autoencoder was shown digits with noise of up to 0.8 and grey holes, and asked for the clean ones. "
            "Its 64 numbers have no room for noise: what comes back is the digit that fits best, even where nothing "
            "is left to see. Shown no digit, it bends it towards one."
        )
    )
    st.markdown(
        _(
            "Non-local means replaces each pixel by the mean of pixels whose surroundings look alike in the same "
            "picture. It knows nothing of digits. Under weak noise it does as well; under strong noise too few "
            "surroundings still look alike."
        )
    )
    card = measured(NETWORK)
    st.markdown(
        _(
            "On all test digits at noise 0.5: damaged {noisy} dB, autoencoder {ours} dB, non-local means at its best "
            "strength {theirs} dB."
        ).format(
            noisy=number(card["noisy_psnr_db"].value, 1),
            ours=number(card["denoised_psnr_db"].value, 1),
            theirs=number(card["non_local_means_psnr_db"].value, 1),
        )
    )
    db = found.psnr_db[1]
    if math.isfinite(db):
        mse = formula(10 ** (-db / 10), 4)
        st.latex(rf"\text{{PSNR}} = 10 \log_{{10}} \frac{{1}}{{{mse}}} = {formula(db, 1)}\ \text{{dB}}")


show()
