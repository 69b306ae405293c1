"""Filters on a photo: the result beside the difference, a bank of maps, and three ways to the same numbers."""

import time
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.filters import Filtered, Settings, apply, filtered, kernel_of, kernel_picture, script, three_ways
from core.images import Picture
from ui import code, controls, errors, layers, page, photo
from ui.components.before_after import before_after
from ui.language import N_, _, number, scientific

SLUG = "filters"
MAX_WRITTEN = 7  # a larger kernel is drawn, not written
MAPS_PER_ROW = 3
KERNEL_CELL_PX = 12
ROWS = [["filters"], ["size", "angle"], ["wavelength"], ["custom", "divisor"]]
REFERENCES = [
    "Gonzalez, Woods (2018), Digital image processing, chapter 3",
    "Sobel (2014), [An isotropic 3×3 image gradient operator](https://doi.org/10.13140/RG.2.1.1912.4965), "
    "first presented in 1968",
    "Scharr (2000), [Optimale Operatoren in der digitalen Bildverarbeitung](https://doi.org/10.11588/heidok.00000962)",
    "Freeman, Adelson (1991), [The design and use of steerable filters](https://doi.org/10.1109/34.93808)",
    "Daugman (1985), [Uncertainty relation for resolution in space, spatial frequency, and orientation]"
    "(https://doi.org/10.1364/JOSAA.2.001160)",
    "[cv2.filter2D](https://docs.opencv.org/4.x/d4/d86/group__imgproc__filter.html), "
    "[torch.nn.functional.conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    shown = photo.current().preview
    with st.container(horizontal=True):
        photo.picker("page", _("Choose a photo"))
        rows = [["channels"], ["shown"], ["mode"]]
        controls.popover(SLUG, N_("Channels and border"), ":material/tune:", Settings, rows)
    settings = controls.settings(SLUG, Settings, ROWS)
    start = time.perf_counter()
    try:
        maps = apply(shown, settings)
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    seconds = time.perf_counter() - start
    shown_large = maps[-1]
    left, right = st.columns(2, gap="medium")
    with left:
        before_after(
            shown,
            shown_large.image,
            (_("Photo"), _(shown_large.kind)),
            alt=_("The current photo through the filter {name}.").format(name=_(shown_large.kind)),
            hint=_("Divider: how much of the left picture is seen"),
            key=f"{SLUG}_before_after",
        )
    with right:
        said = _("Difference: grey where nothing changed, darker or lighter where the result is.")
        st.image(shown_large.difference, said, width="stretch", alt=said)
    photo.download(SLUG, "filtered", partial(whole, settings))
    page.numbers(figures(shown_large, seconds))
    parts = {N_("How it works"): partial(explain, shown_large)}
    if len(maps) > 1:
        parts[N_("All maps")] = partial(bank, maps)
    parts[N_("Three ways")] = partial(ways, shown, settings)
    parts[N_("Code")] = partial(code.tab, SLUG, script(settings))
    parts[N_("References")] = partial(page.references, REFERENCES)
    page.tabs(SLUG, parts)
    page.try_next(SLUG)


def whole(settings: Settings, image: Picture) -> Picture:
    """The filter chosen last on a photo of any size."""
    kernel = kernel_of(settings.filters[-1], settings)
    return filtered(image, kernel, settings.channels, settings.mode, settings.shown)


def figures(chosen: Filtered, seconds: float) -> list[page.Number]:
    """The row below the pictures."""
    height, width = chosen.kernel.shape
    total = float(chosen.kernel.sum())
    return [
        page.Number(_("Kernel"), f"{height} × {width}", help=_("Rows and columns.")),
        page.Number(
            _("Sum of the kernel"),
            number(0.0 if abs(total) < 1e-6 else total, 2),
            help=_("1 keeps the light as it is; 0 leaves nothing of an even surface."),
        ),
        page.Number(
            _("Mean change"), number(chosen.mean_change, 1), help=_("Of the pixels of the result, in steps of 256.")
        ),
        page.Number(_("Time"), f"{number(seconds * 1000)} ms", help=_("For all filters and the pictures above.")),
    ]


def explain(chosen: Filtered) -> None:
    """The kernel itself, and what its numbers do."""
    if max(chosen.kernel.shape) <= MAX_WRITTEN:
        st.latex(r"k = " + layers.matrix(chosen.kernel))
    else:
        said = _("The kernel: orange above 0, blue below.")
        st.image(kernel_picture(chosen.kernel, KERNEL_CELL_PX), said, alt=said)
    st.markdown(
        _(
            "The kernel lies over each pixel and its neighbours; the new pixel is the sum of their products. Numbers "
            "that sum to 1 keep the light: a blur shares it among neighbours, a sharpening takes from them what it "
            "gives the middle. Numbers that sum to 0 answer to change alone, which is what an edge is. A network "
            "learns such numbers instead of being given them."
        )
    )


def bank(maps: Sequence[Filtered]) -> None:
    """All maps of the bank."""
    for row in range(0, len(maps), MAPS_PER_ROW):
        columns = st.columns(MAPS_PER_ROW)
        for column, found in zip(columns, maps[row:], strict=False):
            column.image(found.image, _(found.kind), width="stretch", alt=_(found.kind))
    st.markdown(
        _(
            "A layer with {n} filters gives {n} such maps of the same photo; the next layer sums over all of them."
        ).format(n=number(len(maps)))
    )


def ways(image: Picture, settings: Settings) -> None:
    """A loop in Python, OpenCV, torch and our own function, on the same small picture, measured now."""
    try:
        (height, width), found = three_ways(image, settings)
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    names = {"numpy": _("NumPy, a loop in Python")}
    st.markdown(
        _("The filter chosen last on the photo as grey, {width} × {height} pixels, measured now:").format(
            width=width, height=height
        )
    )
    page.table(
        ["", _("Time"), _("Greatest difference")],
        [
            [names.get(way.name, f"`{way.name}`"), f"{number(way.seconds * 1000, 3)} ms", scientific(way.difference)]
            for way in found
        ],
    )
    st.markdown(
        _(
            "What is left between them, {most} at most for pixels from 0 to 1, is the rounding of 32 bits. The loop "
            "visits every window in Python; the others do the same in compiled code, a large kernel by the Fourier "
            "transform."
        ).format(most=scientific(max(way.difference for way in found)))
    )


show()
