"""Convolution by hand: every product of a small convolution, its formula, its cost and its line of torch."""

from functools import partial

import streamlit as st

from core.convolution import (
    EXAMPLES,
    MAX_CHANNELS,
    MAX_INPUT,
    MAX_KERNEL,
    Counts,
    Settings,
    Worked,
    changed,
    counts,
    resize,
    script,
    work,
)
from core.errors import CamadasError
from ui import code, controls, errors, layers, page
from ui.components.products import products
from ui.language import N_, _

SLUG = "convolution"
REFERENCES = [
    "Dumoulin, Visin (2016), [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285)",
    "LeCun, Bottou, Bengio, Haffner (1998), [Gradient-based learning applied to document recognition]"
    "(https://doi.org/10.1109/5.726791)",
    "Yu, Koltun (2016), [Multi-scale context aggregation by dilated convolutions](https://arxiv.org/abs/1511.07122)",
    "Howard et al. (2017), [MobileNets](https://arxiv.org/abs/1704.04861), on depthwise convolutions",
    "[torch.nn.Conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html)",
]
ROWS = [
    ["operation"],
    ["padding"],
    ["padding_height", "padding_width"],
    ["mode"],
    ["stride_height", "stride_width"],
    ["dilation_height", "dilation_width"],
    ["groups", "divisor"],
    ["flip"],
]
PROBLEM, LAST = f"{SLUG}_problem", f"{SLUG}_last"


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    result_column, controls_column = page.columns()
    with controls_column:
        settings = knobs()
    with result_column:
        problem = st.session_state.pop(PROBLEM, None)
        try:
            worked = work(settings)
        except CamadasError as error:
            errors.show(errors.sentence(error))
            st.caption(_("Below is what it was before."))
            settings = st.session_state.get(LAST, Settings())
            worked = work(settings)
        st.session_state[LAST] = settings
        if problem is not None:
            errors.show(errors.sentence(problem))
        kind = {"max pooling": "max"}.get(settings.operation, "mean" if "pooling" in settings.operation else "sum")
        products(worked, kind, settings.divisor, f"{SLUG}_products", edit)
        st.caption(
            _("Point at an output, or at an input cell to see where it goes. Click a cell and type to change it.")
        )
        st.code(worked.line, language="python")
    page.numbers(layers.numbers(worked.sizes))
    page.tabs(
        SLUG,
        {
            N_("How it works"): partial(explain, settings, worked),
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls that the chosen operation has."""
    controls.example(SLUG, _("Example"), EXAMPLES, Settings)
    controls.popover(SLUG, N_("Matrices"), ":material/grid_on:", Settings, [["input"], ["kernel"]], sizes)
    return controls.settings(SLUG, Settings, ROWS)


def sizes(settings: Settings) -> None:
    """Numbers of rows, columns, channels and filters of the two matrices."""
    try:
        now = counts(settings)
    except CamadasError:
        return  # the page says what is wrong with the text
    fields = {
        "input": [(_("Channels"), now.channels, MAX_CHANNELS), *sides(now.input, MAX_INPUT)],
        "kernel": [(_("Filters"), now.filters, MAX_CHANNELS), *sides(now.kernel, MAX_KERNEL)],
    }
    for (what, asked), label in zip(fields.items(), (_("Input"), _("Kernel")), strict=True):
        for at, (column, (name, value, most)) in enumerate(zip(st.columns(3), asked, strict=True)):
            key = f"{SLUG}_{what}_size_{at}"
            st.session_state[key] = min(value, most)
            column.number_input(f"{label}: {name}", 1, most, key=key, on_change=take_size, args=(settings,), step=1)


def sides(size: tuple[int, int], most: int) -> list[tuple[str, int, int]]:
    """The fields for rows and columns: name, present value and the most."""
    return [(_("Rows"), size[0], most), (_("Columns"), size[1], most)]


def take_size(settings: Settings) -> None:
    """Cut or extend the matrices to what was asked."""
    (channels, *input_size), (filters, *kernel_size) = (
        [int(st.session_state[f"{SLUG}_{what}_size_{at}"]) for at in range(3)] for what in ("input", "kernel")
    )
    wanted = Counts(channels, filters, (input_size[0], input_size[1]), (kernel_size[0], kernel_size[1]))
    try:
        texts = resize(settings, wanted)
    except CamadasError as error:
        st.session_state[PROBLEM] = error
        return
    for name, text in texts.items():
        controls.assign(SLUG, name, text)


def edit(where: str, block: int, row: int, column: int, said: str) -> None:
    """A cell was typed into; what the session has now counts, not what the last run saw."""
    key = f"{SLUG}_{where}"
    text = st.session_state.get(key) or Settings.model_fields[where].default
    try:
        controls.assign(SLUG, where, changed(text, where, block, row, column, said))
    except CamadasError as error:
        st.session_state[PROBLEM] = error


def explain(settings: Settings, worked: Worked) -> None:
    """The formula of the sum with its indices, and the arithmetic of the layer with the present numbers."""
    if settings.operation == "convolution":
        layers.sum_formula(worked.sizes, settings.divisor, settings.flip)
    elif settings.operation == "transposed convolution":
        layers.spread_formula(worked.sizes, settings.divisor, settings.flip)
    else:
        layers.pooling_formula(settings.operation, worked.sizes)
    layers.arithmetic(worked.sizes)


show()
