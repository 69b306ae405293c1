"""Style by optimization: pixels are changed step by step until they have a style, in a race with the network."""

from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.style_optimization import (
    EXAMPLES,
    OWN,
    Settings,
    about,
    gram_picture,
    optimized,
    script,
    start,
    view,
)
from ui import code, controls, errors, jobs, page, photo, style_picture
from ui.components.painting import painting
from ui.components.tiles import tiles
from ui.language import N_, _, formula, number

SLUG = "style_optimization"
GRAM_PX = 150
REFERENCES = [
    "Gatys, Ecker, Bethge (2016), [Image style transfer using convolutional neural networks]"
    "(https://doi.org/10.1109/CVPR.2016.265)",
    "Gatys et al. (2017), [Controlling perceptual factors in neural style transfer](https://arxiv.org/abs/1611.07865): "
    "from coarse to fine",
    "Simonyan, Zisserman (2014), [Very deep convolutional networks](https://arxiv.org/abs/1409.1556): VGG",
    "Kingma, Ba (2015), [Adam](https://arxiv.org/abs/1412.6980)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    shown = view(photo.current().preview)
    settings = knobs()
    own = style_picture.given()
    try:
        begin = lambda owner: start(shown, settings, own, owner=owner)  # noqa: E731
        token = jobs.of_page(SLUG, settings, about(shown, settings, own), begin).token
    except CamadasError as error:
        errors.show(errors.sentence(error))
        page.try_next(SLUG)
        return
    made = _("By optimization: {seconds} s, loss {loss}")
    is_done = painting(SLUG, token, f"{SLUG}_live", made, _("Loss"))
    weights = () if settings.network == "VGG-19" else ("tiny_vgg",)
    page.tabs(
        SLUG,
        {
            N_("Gram matrices"): partial(matrices, token, settings, is_done=is_done),
            N_("How it works"): partial(explain, token, settings),
            N_("Code"): partial(code.tab, SLUG, script(settings), *weights),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the pictures."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=260)
        photo.picker("page", _("Photo"))

        def give(settings: Settings) -> None:
            del settings
            style_picture.uploader(SLUG, "style", OWN, _("A style of yours"))

        controls.popover(SLUG, N_("Style"), ":material/brush:", Settings, [["style"], ["seed"]], give)
        rows = [["content_weight"], ["style_weight"], ["smoothness"], ["content_layer"], ["style_layers"]]
        controls.popover(SLUG, N_("Loss"), ":material/balance:", Settings, rows)
        rows = [["start"], ["size_px"], ["steps"], ["rate"], ["network"]]
        settings = controls.popover(SLUG, N_("Steps"), ":material/tune:", Settings, rows)
        st.button(_("New run"), icon=":material/replay:", on_click=jobs.forget, args=(SLUG,), width="stretch")
    return settings


def matrices(token: str, settings: Settings, *, is_done: bool) -> None:
    """The Gram matrices of style and result side by side, layer by layer, and the losses of both ways."""
    found = jobs.asked(SLUG, token, optimized)
    if found is None:
        return
    if not is_done:
        st.button(_("Measure now"), icon=":material/refresh:", key=f"{SLUG}_again")
    for layer, (made, wanted) in found.grams.items():
        most = float(wanted.max())
        pictures = [gram_picture(wanted, most), gram_picture(made, most)]
        labels = [_("{layer}: the style").format(layer=layer), _("{layer}: the picture now").format(layer=layer)]
        tiles(pictures, labels, layer, f"{SLUG}_gram_{layer}", shown_px=GRAM_PX)
    st.caption(
        _(
            "Each square shows how strongly two of the first 64 channels respond together, on average over all places; "
            "black is never. The loss is what is left between left and right."
        )
    )
    head = ["", _("Optimization"), _("Network")]
    names = {"content": _("content"), "smoothness": _("smoothness")}
    rows = [
        [names.get(part, part), number(found.parts.get(part, 0.0), 3), number(found.fast_parts[part], 3)]
        for part in found.fast_parts
    ]
    total = [_("Loss"), number(found.loss, 3), number(found.fast_loss, 3)]
    clock = [_("Seconds"), number(found.seconds, 1), number(found.fast_seconds, 1)]
    page.table(head, [*rows, total, clock])


def explain(token: str, settings: Settings) -> None:
    """The loss, with the present numbers."""
    st.latex(
        r"L = \alpha \, \frac{\|F(x) - F(p)\|^2}{\|F(p)\|^2} + \frac{\beta}{|\Lambda|} \sum_{l \in \Lambda} "
        r"\frac{\|G_l(x) - G_l(s)\|^2}{\|G_l(s)\|^2} + \gamma \, \mathrm{TV}(x), \qquad "
        r"G_l = \frac{1}{HW} F_l F_l^\top"
    )
    found = jobs.asked(SLUG, token, optimized)
    if found is not None and found.parts:
        terms = " + ".join(formula(value, 3) for value in found.parts.values())
        st.latex(rf"{terms} = {formula(found.loss, 3)}")
    st.markdown(
        _(
            "No network is trained here: the pixels x are what is changed. At each step a network that knows how to "
            "name things says how far the features of x are from those of the photo p, and how far the Gram matrices "
            "from those of the style s; the gradient of this loss with respect to every pixel tells where to go. A "
            "Gram matrix says which channels are strong together, and not where: that is what makes it a style. Half "
            "of the {steps} steps are taken at half the size, for the large shapes."
        ).format(steps=number(settings.steps))
    )
    st.markdown(
        _(
            "The feed-forward network beside it has learned once, for all photos and styles, to make in one go what "
            "takes so many steps here. Its loss is measured by the same formula, at the size that the steps are at. It "
            "was trained by another measure of style, so that it rarely wins by this one."
        )
    )


show()
