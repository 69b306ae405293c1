"""A pipeline in torchvision beside imgaug: step by step, drawn, measured, and as a script."""

import streamlit as st

from core.augmentation import Draw, Settings, same_size, script_v2
from core.counterparts import MEASURED_S, beside, draws, throughput
from core.errors import CamadasError
from core.images import Picture
from core.pipelines import Pipeline
from ui import code, errors, page
from ui.components.tiles import tiles
from ui.language import N_, _, number, plain

TILE_PX = 120
MOST_SHOWN = 6
HOW_NEAR = {
    "same": N_("the same"),
    "one value": N_("one value, the middle: torchvision draws none"),
    "other colours": N_("like it, reckoned in other colours"),
    "other draws": N_("like it, drawn in another way"),
    "other noise": N_("noise of its own in each channel"),
    "other edge": N_("like it, with another edge"),
}


def tab(slug: str, image: Picture, settings: Settings, pipeline: Pipeline, found: list[Draw]) -> None:
    """Table, pictures of both, throughput and script.

    Args:
        slug: the page's.
        image: what the pipeline gets.
        settings: of the page.
        pipeline: theirs.
        found: imgaug's draws.
    """
    both = beside(pipeline)
    n_there = len(both.common.flat())
    words = _("torchvision.transforms.v2 has {n} of the {all} steps.")
    st.markdown(words.format(n=number(n_there), all=number(len(both.steps))))
    rows = []
    for step, call in zip(pipeline.flat(), both.steps, strict=True):
        name = step.name.removeprefix("pillike.")
        rows.append([name, f"`{call}`" if call else "–", _(HOW_NEAR[call.nearness]) if call else _("none")])
    if rows:
        page.table([_("Step"), "torchvision", _("How near it is")], rows, n_words=3)
    if pipeline.choose == "some" or any(getattr(entry, "choose", "") == "some" for entry in pipeline.entries):
        st.caption(_("“Some of these” is not in torchvision: what stands under it is left out."))
    n = min(MOST_SHOWN, len(found))
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**imgaug**")
        _row([draw.image for draw in found[:n]], _("Drawn by imgaug"), f"{slug}_there")
    with right:
        st.markdown("**torchvision**")
        try:
            _row(draws(image, both.calls, n, settings.seed), _("Drawn by torchvision"), f"{slug}_v2")
        except CamadasError as error:
            errors.show(errors.sentence(error))
    st.caption(_("The same seed means other draws in the other library: compare the kind, not the picture."))
    _measured(slug, image, pipeline)
    code.tab(f"{slug}_torchvision", script_v2(settings))


def _row(images: list[Picture], name: str, key: str) -> None:
    labels = [_("Draw {n}").format(n=number(at + 1)) for at in range(len(images))]
    tiles(same_size(images), labels, name, key, shown_px=TILE_PX)


def _measured(slug: str, image: Picture, pipeline: Pipeline) -> None:
    """Pictures a second of both, measured when asked for."""
    key = f"{slug}_throughput"
    asked, found = st.session_state.get(key, (None, []))
    if st.button(_("Measure the speed of both now"), icon=":material/speed:", key=f"{key}_now"):
        with st.spinner(_("Measuring")):
            asked, found = pipeline, throughput(image, pipeline)
        st.session_state[key] = (asked, found)
    if asked != pipeline:
        return
    head = [_("Pictures a second"), *(f"{one.side_px} × {one.side_px}" for one in found)]
    names = (_("imgaug, all steps"), _("imgaug, the steps that both have"), _("torchvision, the same"))
    rates = zip(*((one.whole, one.common, one.torchvision) for one in found), strict=True)
    rows = [
        [name, *(_("too slow") if rate is None else plain(rate, 3) for rate in row)]
        for name, row in zip(names, rates, strict=True)
    ]
    page.table(head, rows)
    st.caption(
        _("One picture after another on one core of this server, just now, {s} s each.").format(s=plain(MEASURED_S, 1))
    )
