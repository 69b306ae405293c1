"""A stack of layers: built row by row, with what each one gives, costs and sees."""

import secrets
from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.layers import EXAMPLES, Described, Row, Settings, describe, edit, script, sizes_of, total
from ui import code, controls, errors, layers, page
from ui.components.stack import stack
from ui.language import N_, _, amount, number

SLUG = "layers"
PROBLEM, ASKED = f"{SLUG}_problem", f"{SLUG}_asked"
REFERENCES = [
    "LeCun, Bottou, Bengio, Haffner (1998), [Gradient-based learning applied to document recognition]"
    "(https://doi.org/10.1109/5.726791): LeNet-5",
    "Simonyan, Zisserman (2015), [Very deep convolutional networks](https://arxiv.org/abs/1409.1556): VGG",
    "Springenberg, Dosovitskiy, Brox, Riedmiller (2015), [Striving for simplicity]"
    "(https://arxiv.org/abs/1412.6806): strides instead of pooling",
    "Ioffe, Szegedy (2015), [Batch normalization](https://arxiv.org/abs/1502.03167)",
    "Srivastava et al. (2014), [Dropout](https://jmlr.org/papers/v15/srivastava14a.html)",
    "Araujo, Norris, Sim (2019), [Computing receptive fields](https://distill.pub/2019/computing-receptive-fields)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    problem = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        errors.show(errors.sentence(problem))
    try:
        with st.spinner(_("Each layer is being measured")):
            described = describe(settings, asked=st.session_state.get(ASKED, 0))
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    chosen = table(described)
    whole = total(described.rows)
    page.numbers(
        [
            page.Number(_("Parameters"), amount(whole.parameters), help=number(whole.parameters)),
            page.Number(_("Multiply-adds"), amount(whole.multiply_adds), help=number(whole.multiply_adds)),
            page.Number(_("Memory"), size(whole.memory), help=_("Parameters and all outputs of one picture.")),
            page.Number(_("Time"), took(whole), help=_("One picture, measured on this machine, layer by layer.")),
        ]
    )
    page.tabs(
        SLUG,
        {
            N_("The chosen layer"): partial(explain_layer, settings, described, chosen),
            N_("How it works"): explain,
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """Example, input and text, in a row above the table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings)
        rows = [["channels", "height", "width"], ["stack"]]
        settings = controls.popover(SLUG, N_("Input and text"), ":material/tune:", Settings, rows)
        st.button(_("Measure again"), icon=":material/timer:", on_click=measure_again, width="stretch")
    return settings


def measure_again() -> None:
    """Have each layer run anew, for this visitor."""
    st.session_state[ASKED] = secrets.randbits(32)


def act(action: str, row: int, name: str, value: str) -> None:
    """A row was changed, moved, added or removed."""
    try:
        key = f"{SLUG}_stack"  # what the session has now counts, not what the last run saw
        text = st.session_state.get(key, Settings.model_fields["stack"].default)
        controls.assign(SLUG, "stack", edit(text, action, row, name, value))
    except CamadasError as error:
        st.session_state[PROBLEM] = error


def table(described: Described) -> int:
    """Draw the stack and give the chosen row."""
    whole = total(described.rows)
    head = [
        _("Layer"),
        _("Output"),
        _("Parameters"),
        _("Receptive field"),
        _("Multiply-adds"),
        _("Memory"),
        _("Time"),
    ]
    shares = [
        [0.0, share(row.parameters, whole.parameters), 0.0, share(row.multiply_adds, whole.multiply_adds), 0.0, 0.0]
        for row in described.rows
    ]
    sums = [_("Up to here") if described.problem else _("All"), "", number(whole.parameters), ""]
    sums += [number(whole.multiply_adds), size(whole.memory), took(whole)]
    why = errors.sentence(described.problem) if described.problem else ""
    return stack(
        described.layers,
        head,
        [cells(row) for row in described.rows],
        shares,
        why,
        sums,
        f"{SLUG}_table",
        act,
    )


def cells(row: Row) -> list[str]:
    """The figures of one layer."""
    return [
        " × ".join(map(str, row.shape)),
        number(row.parameters),
        " × ".join(map(str, row.field)),
        number(row.multiply_adds),
        size(row.memory),
        took(row),
    ]


def share(part: int, whole: int) -> float:
    """0 to 1."""
    return part / whole if whole else 0.0


def size(n_bytes: int) -> str:
    """Bytes as KiB or MiB."""
    return f"{number(n_bytes / 1024, 1)} KiB" if n_bytes < 1 << 20 else f"{number(n_bytes / (1 << 20), 1)} MiB"


def took(row: Row) -> str:
    """Micro- or milliseconds, or that it was not run here."""
    if row.seconds is None:
        return _("not run here")
    return f"{number(row.seconds * 1e6)} µs" if row.seconds < 1e-3 else f"{number(row.seconds * 1000, 1)} ms"


def explain_layer(settings: Settings, described: Described, chosen: int) -> None:
    """The arithmetic of the chosen layer, with its numbers."""
    if not described.rows:
        st.markdown(_("Add a layer: its arithmetic comes here."))
        return
    at = min(chosen, len(described.rows) - 1)
    row, layer = described.rows[at], described.layers[at]
    st.code(row.line, language="python")
    before = described.rows[at - 1].shape if at else (settings.channels, settings.height, settings.width)
    sizes = sizes_of(layer, before)
    if sizes is not None:
        if sizes.weighted:
            layers.sum_formula(sizes, 1.0, flip=False)
        layers.arithmetic(sizes)
    elif layer.kind == "dense":
        layers.dense(before[0], row.shape[0])
    else:
        st.markdown(
            _("It gives {output} for {input}, with {n} parameters.").format(
                output=" × ".join(map(str, row.shape)), input=" × ".join(map(str, before)), n=number(row.parameters)
            )
        )


def explain() -> None:
    """What the columns mean."""
    st.markdown(
        _(
            "Click a row for its arithmetic and to change its numbers. **Receptive field**: how much of the "
            "input one number of this layer can depend on; strides make it grow faster. **Multiply-adds**: products "
            "for one picture, of convolutions and dense layers. **Memory**: what comes out and the parameters, with 4 "
            "bytes a number; training keeps several times as much. **Time**: one picture through this layer alone, "
            "measured here; the same multiply-adds can take very different times."
        )
    )
    st.markdown(
        _(
            "Compare the examples: nearly all parameters of VGG are in its first dense layer, nearly all its "
            "multiply-adds in the convolutions. Put a global pooling before the dense layer of any network and see "
            "what becomes of its parameters."
        )
    )


show()
