"""Path through a network: every layer's maps of the visitor's photo, and the first filters through OpenCV."""

import math
from functools import partial

import streamlit as st

from core.activations import (
    NETWORKS,
    Settings,
    Step,
    activations,
    as_seen,
    beside,
    coloured,
    enlarged,
    first_filter,
    kernel_picture,
    script,
    steps,
)
from core.errors import CamadasError
from core.images import Picture
from ui import code, controls, errors, page, photo
from ui.components.path import path
from ui.components.tiles import tiles
from ui.language import N_, _, formula, number

SLUG = "activations"
INPUT_PX = 32
KINDS = {
    "Conv2d": N_("Convolution"),
    "MaxPool2d": N_("Max pooling"),
    "AdaptiveMaxPool2d": N_("Global max pooling"),
    "BatchNorm2d": N_("Batch norm"),
    "GELU": "GELU",
    "ReLU": "ReLU",
    "Flatten": N_("Flatten"),
    "Dropout": "Dropout",
    "Linear": N_("Dense"),
    "Scale": N_("Scaling"),
}
REFERENCES = [
    "Zeiler, Fergus (2014), [Visualizing and understanding convolutional networks](https://arxiv.org/abs/1311.2901)",
    "Wang et al. (2020), [CNN Explainer](https://arxiv.org/abs/2004.15004)",
    "[cv2.filter2D](https://docs.opencv.org/4.x/d4/d86/group__imgproc__filter.html)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    with st.container(horizontal=True):
        photo.picker("page", _("Choose a photo"))
        settings = controls.popover(SLUG, N_("Network"), ":material/layers:", Settings, [["network"], ["scale"]])
    seen, network = as_seen(photo.current().preview), NETWORKS[settings.network]
    try:
        layers, maps = steps(network), activations(seen, network)
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    layer = min(int(st.session_state.get(f"{SLUG}_layer", 0)), len(layers) - 1)
    channel = min(int(st.session_state.get(f"{SLUG}_channel", 0)), layers[layer].shape[0] - 1)
    path([box(step) for step in layers], layer, _("Layers, from the photo to the scores"), f"{SLUG}_path", take_layer)
    grid_column, one_column = page.columns()
    step, pictures = layers[layer], coloured(maps[layer], settings.scale)
    with grid_column:
        kind = _(KINDS[step.kind])
        st.markdown(f"**{layer + 1}. {kind}** `{step.name}` · {shape_of(step)}")
        labels = [_("Map {n}").format(n=number(at + 1)) for at in range(len(pictures))]
        name = _("Maps of layer {n}").format(n=number(layer + 1))
        tiles(pictures, labels, name, f"{SLUG}_maps", shown_px=tile_px(step), chosen=channel, on_choose=take_channel)
    with one_column:
        one_map(maps[layer], pictures[channel], channel, seen)
    page.numbers(
        [
            page.Number(_("Layers"), number(len(layers))),
            page.Number(_("Numbers here"), number(math.prod(step.shape)), help=_("Of what this layer gives.")),
            page.Number(_("Parameters here"), number(step.parameters)),
            page.Number(_("Parameters in all"), number(sum(each.parameters for each in layers))),
        ]
    )
    page.tabs(
        SLUG,
        {
            N_("How it works"): partial(explain, layers),
            N_("First filters, by OpenCV"): partial(by_opencv, seen, network, channel if layer == 0 else 0),
            N_("All layers"): partial(all_layers, layers),
            N_("Code"): partial(code.tab, SLUG, script(settings), network),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def take_layer(layer: int) -> None:
    """A layer was clicked."""
    st.session_state[f"{SLUG}_layer"], st.session_state[f"{SLUG}_channel"] = layer, 0


def take_channel(channel: int) -> None:
    """A map was clicked."""
    st.session_state[f"{SLUG}_channel"] = channel


def shape_of(step: Step) -> str:
    """A layer's output in words: 96 × 15 × 15."""
    return " × ".join(number(side) for side in step.shape)


def box(step: Step) -> tuple[str, str, float, float]:
    """A layer as the row of boxes draws it: as high as its maps, as wide as the logarithm of their number."""
    side = step.shape[1] if len(step.shape) == 3 else 1
    return _(KINDS[step.kind]), shape_of(step), math.sqrt(side / INPUT_PX), math.log2(max(2, step.shape[0])) / 11


def tile_px(step: Step) -> int:
    """How wide a map is drawn: large maps of few channels larger."""
    side = step.shape[1] if len(step.shape) == 3 else 1
    if side == 1:
        return 24
    return 96 if step.shape[0] <= 32 else 56 if step.shape[0] <= 128 else 40


def one_map(maps: Picture, picture: Picture, channel: int, seen: Picture) -> None:
    """The chosen map, large, beside what the network sees."""
    words = _("What the network sees, and map {n}").format(n=number(channel + 1))
    st.image(beside(enlarged(seen), picture), words, width="stretch", alt=words)
    values = maps[channel]
    said = _("From {least} to {greatest}, {mean} on average. Orange is above 0, blue below.")
    least, greatest, mean = (number(float(v), 2) for v in (values.min(), values.max(), values.mean()))
    st.caption(said.format(least=least, greatest=greatest, mean=mean))


def explain(layers: list[Step]) -> None:
    """Why channels grow and sizes shrink."""
    first, last = layers[0], next(step for step in reversed(layers) if len(step.shape) == 3 and step.shape[1] > 1)
    st.markdown(
        _(
            "From left to right the maps get smaller and there are more of them: {first} after the first layer, "
            "{last} later on. A place in a late map has seen much of the photo, so it can say *what* is there; *where* "
            "it is matters less and less. In the end one number a map is left, and the last layer turns these into "
            "ten scores."
        ).format(first=shape_of(first), last=shape_of(last))
    )
    st.markdown(
        _(
            "Click a layer, then a map. Early maps still look like the photo: edges and patches of colour. Late ones "
            "are a few bright places: the parts of things that this channel answers to."
        )
    )


def by_opencv(seen: Picture, network: str, channel: int) -> None:
    """A filter of the first layer, by torch and by cv2.filter2D."""
    found = first_filter(seen, network, channel)
    shown = [("torch", found.by_torch), ("cv2.filter2D", found.by_opencv)]
    pictures = [(enlarged(coloured(values[None], "each map")[0]), name) for name, values in shown]
    side = found.kernel.shape[1]
    words = _("Kernel of map {n}: {side} × {side} for red, green and blue").format(n=number(channel + 1), side=side)
    page.pictures([(enlarged(kernel_picture(found.kernel), 40), words), *pictures])
    st.markdown(
        _(
            "A layer's filter is a sum over the channels of what OpenCV's filter2D does to each, plus the bias "
            "{bias}. The greatest difference between the two pictures is {difference}. Click a map of the first layer "
            "to see its filter here."
        ).format(bias=number(found.bias, 3), difference=f"{found.difference:.1e}")
    )
    st.latex(
        r"y_k(i, j) = b_k + \sum_c \sum_{u, v} w_{k, c}(u, v)\, x_c(i s + u, j s + v), \qquad b_k = "
        + formula(found.bias, 3)
    )


def all_layers(layers: list[Step]) -> None:
    """Every layer's shape and parameters."""
    head = ["", _("Layer"), _("Kind"), _("Shape"), _("Parameters")]
    rows = [
        [str(at + 1), f"`{step.name}`", _(KINDS[step.kind]), shape_of(step), number(step.parameters)]
        for at, step in enumerate(layers)
    ]
    page.table(head, rows)


show()
