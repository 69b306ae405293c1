"""Colorization: a photo goes in, a colorized photo comes out, and next to the truth where there is one."""

import time
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.colorization import (
    CHECKPOINT,
    Colorized,
    Comparison,
    Settings,
    chroma_picture,
    colorize,
    colorize_by_table,
    compare,
    is_grey,
    lightness_picture,
    script,
    tested,
    without_colour,
)
from core.errors import CamadasError
from core.images import Picture
from ui import code, controls, errors, page, photo
from ui.components.before_after import before_after
from ui.language import N_, _, formula, number

SLUG = "colorization"
COLOURFULNESS = N_("By Hasler and Süsstrunk: 0 is grey, 33 moderate, 59 quite colourful.")
PSNR = N_("How close the pixels are to the true ones. More is better.")
DIFFERENCE = N_("Mean colour difference from the truth, CIEDE2000. Less is better; 1 is barely seen.")
KNOWN = f"{SLUG}_known"
ORDER = ("grey", "table", "net", "truth")  # from the least to the most that is known
REFERENCES = [
    "Zhang, Isola, Efros (2016), [Colorful image colorization](https://arxiv.org/abs/1603.08511)",
    "Iizuka, Simo-Serra, Ishikawa (2016), [Let there be color!](https://doi.org/10.1145/2897824.2925974)",
    "Ronneberger, Fischer, Brox (2015), [U-Net](https://arxiv.org/abs/1505.04597)",
    "Hasler, Süsstrunk (2003), [Measuring colourfulness in natural images](https://doi.org/10.1117/12.477378)",
    "Sharma, Wu, Dalal (2005), [The CIEDE2000 color-difference formula](https://doi.org/10.1002/col.20070)",
]


@dataclass(frozen=True)
class Known:
    """A photo, what is made of it without the network, and how near that comes to it."""

    shown: Picture
    pictures: dict[str, Picture]
    measured: dict[str, Comparison]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    shown = photo.current().preview
    result_column, controls_column = page.columns()
    has_truth = not is_grey(shown)
    with controls_column:
        photo.picker("page", _("Choose a photo"))
        settings = controls.settings(SLUG, Settings)
        with_truth = st.toggle(
            _("Compare with the original"),
            key=f"{SLUG}_truth",
            bind="query-params",
            disabled=not has_truth,
            help=None if has_truth else _("This photo is black and white, or toned: there are no colours."),
        )
        photo.download(SLUG, "colorized", lambda image: colorize(image, settings).image)
    known = known_of(shown, has_truth=has_truth)
    greyed = known.pictures["grey"]
    start = time.perf_counter()
    try:
        result = colorize(greyed, settings)
    except CamadasError as error:
        with result_column:
            errors.show(errors.sentence(error))
        return
    seconds = time.perf_counter() - start
    with result_column:
        before_after(
            shown if with_truth and has_truth else greyed,
            result.image,
            (_("Original") if with_truth and has_truth else _("Grey"), _("Colorized")),
            alt=_("The current photo in the colours that the network gave it."),
            hint=_("Divider: how much of the left picture is seen"),
            key=f"{SLUG}_before_after",
        )
    pictures = {"net": result.image}
    measured = {"net": compare(result.image, shown)}
    if has_truth:
        pictures = {**known.pictures, "net": result.image, "truth": shown}
        measured = {**known.measured, **measured}
        pictures = {name: pictures[name] for name in ORDER}
        measured = {name: measured[name] for name in ORDER}
    page.numbers(numbers(result, seconds, measured))
    parts = {N_("How it works"): partial(explain, result, settings, measured)}
    if has_truth:
        parts[N_("What the network knows")] = partial(against_truth, pictures, measured)
    parts[N_("Code")] = partial(code.tab, SLUG, script(settings), CHECKPOINT)
    parts[N_("References")] = partial(page.references, REFERENCES)
    page.tabs(SLUG, parts)
    page.try_next(SLUG)


def known_of(shown: Picture, *, has_truth: bool) -> Known:
    """What does not depend on any knob, worked out once for a photo."""
    known: Known | None = st.session_state.get(KNOWN)
    if known is None or known.shown is not shown:
        pictures = {"grey": without_colour(shown)}
        measured = {}
        if has_truth:
            pictures["table"] = colorize_by_table(pictures["grey"])
            measured = {name: compare(picture, shown) for name, picture in {**pictures, "truth": shown}.items()}
        known = st.session_state[KNOWN] = Known(shown, pictures, measured)
    return known


def numbers(result: Colorized, seconds: float, measured: dict[str, Comparison]) -> list[page.Number]:
    """The row below the picture: against the truth where there is one."""
    net, grey, truth = measured["net"], measured.get("grey"), measured.get("truth")
    colours = number(net.colourfulness)
    time_taken = f"{number(seconds * 1000)} ms" if seconds < 1 else f"{number(seconds, 1)} s"
    took = page.Number(_("Time"), time_taken, help=_("Of the network and of colouring the picture above."))
    if grey is None or truth is None:
        height, width = result.net_input.shape
        saw = _("Pixels of lightness that the network gets.")
        view = page.Number(_("What the network sees"), f"{width} × {height}", help=saw)
        return [page.Number(_("Colourfulness"), colours, help=_(COLOURFULNESS)), view, took]
    gain = _("{gain} dB against grey").format(gain=number(net.psnr_db - grey.psnr_db, 1, signed=True))
    closer = _("{closer} against grey").format(closer=number(net.ciede2000 - grey.ciede2000, 1, signed=True))
    of_truth = _("{value} of {truth}").format(value=colours, truth=number(truth.colourfulness))
    return [
        page.Number("PSNR", f"{number(net.psnr_db, 1)} dB", gain, _(PSNR)),
        page.Number("ΔE00", number(net.ciede2000, 1), closer, _(DIFFERENCE), less_is_better=True),
        page.Number(_("Colourfulness"), of_truth, help=_(COLOURFULNESS)),
        took,
    ]


def explain(result: Colorized, settings: Settings, measured: dict[str, Comparison]) -> None:
    """What the network gets, what it says and how the two become a picture, with the present numbers."""
    height, width = result.net_input.shape
    sees = _("The network sees lightness, {width} × {height} pixels.").format(width=width, height=height)
    says = _("The network answers with colour alone, {width} × {height} values.")
    page.pictures(
        [
            (lightness_picture(result.net_input), sees),
            (chroma_picture(result.chroma), says.format(width=result.chroma.shape[1], height=result.chroma.shape[0])),
            (result.image, _("The photo keeps its own lightness and takes the colour.")),
        ]
    )
    st.markdown(
        _(
            "The photo is split into lightness $L^*$ and two colour channels, $a^*$ (green to red) and $b^*$ (blue to "
            "yellow), as in CIE Lab. A U-Net, trained on 80,000 small photographs, reads $L^*$, reduced to "
            "{width} × {height}, and predicts the $a^*$ and $b^*$ that such scenes have on average. These two are "
            "enlarged to the size of the photo and multiplied by the strength {strength}; colours that the screen "
            "cannot show are drawn towards grey."
        ).format(width=width, height=height, strength=number(settings.strength, 2))
    )
    strength = formula(settings.strength, 2)
    st.latex(
        rf"(L^*, a^*, b^*)_{{\text{{out}}}} = \bigl(L^*_{{\text{{in}}}},\; {strength}\, a^*_{{\text{{net}}}},"
        rf"\; {strength}\, b^*_{{\text{{net}}}}\bigr)"
    )
    if "truth" in measured:
        mse, psnr = formula(measured["net"].mean_squared_error, 1), formula(measured["net"].psnr_db, 1)
        st.markdown(_("Against the true colours, the mean squared error of the pixels gives the figure above:"))
        st.latex(rf"\text{{PSNR}} = 10 \log_{{10}} \frac{{255^2}}{{{mse}}} = {psnr}\ \text{{dB}}")
    st.markdown(
        _(
            "Where many colours are possible, a car, a shirt, a wall, the safest answer is an average: that is "
            "why colours come out paler than the true ones, and why the strength goes beyond 1."
        )
    )


def against_truth(pictures: dict[str, Picture], measured: dict[str, Comparison]) -> None:
    """What the network knows beyond grey, and beyond a table that never looks at the picture."""
    names = {"grey": _("Grey"), "table": _("Blind table"), "net": _("Network"), "truth": _("True colours")}
    page.pictures([(picture, names[key]) for key, picture in pictures.items()])
    rows = [
        [names[key], f"{number(found.psnr_db, 1)} dB", number(found.ciede2000, 1), number(found.colourfulness)]
        for key, found in measured.items()
    ]
    page.table(["", "PSNR", "ΔE00", _("Colourfulness")], rows)
    st.markdown(
        _(
            "The blind table has 20 rows: for each range of lightness, the mean colour of the training photos. It "
            "never looks at the picture, so what the network gains over it is what it recognises. Measured on "
            "the picture as shown, at most 1024 pixels wide or high."
        )
    )
    general = tested()
    st.markdown(
        _(
            "And in general? On {n} test photographs, all of things that it was never shown, half of the results are "
            "closer to the true colours than grey by {net} dB or more; those of the blind table by {table} dB."
        ).format(
            n=number(general["n"]),
            net=number(general["gain_median_db"], 1),
            table=number(general["blind_median_db"], 1),
        )
    )


show()
