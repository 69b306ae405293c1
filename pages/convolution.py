"""Convolution by hand: every product of a small convolution, its formula, its cost and its line of torch."""

from functools import partial

import streamlit as st

from core.convolution import (
    EXAMPLES,
    MAX_CHANNELS,
    MAX_INPUT,
    MAX_KERNEL,
    Settings,
    Worked,
    changed,
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
PROBLEM = f"{SLUG}_problem"


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
            return
        if problem is not None:
            errors.show(errors.sentence(problem))
        kind = {"max pooling": "max"}.get(settings.operation, "mean" if "pooling" in settings.operation else "sum")
        products(worked, kind, settings.divisor, f"{SLUG}_products", partial(edit, settings))
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
    st.selectbox(
        _("Example"),
        list(EXAMPLES),
        index=None,
        format_func=_,
        placeholder=_("Start from one"),
        key=f"{SLUG}_example",
        on_change=take_example,
    )
    with st.popover(_("Matrices"), icon=":material/grid_on:", width="stretch"):
        texts = controls.settings(SLUG, Settings, [["input"], ["kernel"]])
        sizes(texts)
    return controls.settings(SLUG, Settings, ROWS)


def sizes(settings: Settings) -> None:
    """Numbers of rows, columns and channels of the two matrices."""
    try:
        worked = work(settings.model_copy(update={"operation": "convolution", "padding": "full", "groups": 1}))
    except CamadasError:
        return  # the page says what is wrong with the text
    n_in, n_out = worked.sizes.channels
    for what, label, most, now in (
        ("input", _("Input"), MAX_INPUT, worked.sizes.size),
        ("kernel", _("Kernel"), MAX_KERNEL, worked.sizes.kernel),
    ):
        n_label, n_now = (_("Channels"), n_in) if what == "input" else (_("Filters"), n_out)
        asked = [
            (n_label, n_now, MAX_CHANNELS, "n"),
            (_("Rows"), now[0], most, "rows"),
            (_("Columns"), now[1], most, "columns"),
        ]
        for column, (name, value, limit, tag) in zip(st.columns(3), asked, strict=True):
            key = f"{SLUG}_{what}_{tag}"
            st.session_state[key] = value
            column.number_input(
                f"{label}: {name}", 1, limit, key=key, on_change=take_size, args=(settings, worked), step=1
            )


def take_size(settings: Settings, worked: Worked) -> None:
    """Cut or extend the matrices to what was asked."""
    n_in, n_out = (int(st.session_state[f"{SLUG}_{what}_n"]) for what in ("input", "kernel"))
    input_size, kernel_size = (
        (int(st.session_state[f"{SLUG}_{what}_rows"]), int(st.session_state[f"{SLUG}_{what}_columns"]))
        for what in ("input", "kernel")
    )
    deep = n_in if st.session_state.get(f"{SLUG}_groups", 1) == 1 else 1
    texts = resize(settings, input=(n_in, *input_size), kernel=(n_out * deep, *kernel_size))
    for name, text in texts.items():
        st.session_state[f"{SLUG}_{name}"] = text


def take_example() -> None:
    """Set all controls to an example's."""
    chosen = st.session_state[f"{SLUG}_example"]
    if chosen is not None:
        controls.take(SLUG, EXAMPLES[chosen], Settings)


def edit(settings: Settings, where: str, block: int, row: int, column: int, text: str) -> None:
    """A cell was typed into."""
    try:
        st.session_state[f"{SLUG}_{where}"] = changed(settings, where, block, row, column, text)
    except CamadasError as error:
        st.session_state[PROBLEM] = error


def explain(settings: Settings, worked: Worked) -> None:
    """The formula of the sum with its indices, and the arithmetic of the layer with the present numbers."""
    if settings.operation == "convolution":
        layers.sum_formula(worked.sizes, settings.divisor, settings.flip)
    elif settings.operation == "transposed convolution":
        st.markdown(
            _(
                "Each input is multiplied by the whole kernel, and the products are added where they overlap; windows "
                "begin {stride} apart. It is the gradient of a convolution with respect to its input: where that "
                "shrinks, this grows."
            ).format(stride=f"{worked.sizes.stride[0]} × {worked.sizes.stride[1]}")
        )
        st.latex(r"y_{\,i s + u d - p} \mathrel{+}= \tfrac{1}{S}\, x_{\,i}\; k_{\,u}")
    else:
        st.markdown(
            _(
                "A pooling has no weights: it keeps the greatest number under the window, or their mean. It makes the "
                "picture smaller, and what follows a little less sensitive to where things are."
            )
        )
    layers.arithmetic(worked.sizes)


show()
