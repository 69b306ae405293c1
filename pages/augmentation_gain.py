"""What augmentation buys: few pictures, the same network with and without a pipeline, several seeds, live."""

from functools import partial

import streamlit as st

from core.augmentation_gain import EXAMPLES, Gain, Settings, about, gained, places, script, shown, start
from core.errors import CamadasError
from ui import code, controls, errors, jobs, page, pipeline_links
from ui.components.gain import gain
from ui.components.tiles import tiles
from ui.language import N_, _, number

SLUG = "augmentation_gain"
TILE_PX = 56
REFERENCES = [
    "Shorten, Khoshgoftaar (2019), [A survey on image data augmentation for deep learning]"
    "(https://doi.org/10.1186/s40537-019-0197-0)",
    "Simard, Steinkraus, Platt (2003), [Best practices for convolutional neural networks applied to visual document "
    "analysis](https://doi.org/10.1109/ICDAR.2003.1227801)",
    "Bouthillier et al. (2021), [Accounting for variance in machine learning benchmarks]"
    "(https://arxiv.org/abs/2103.03098)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    try:
        token = jobs.of_page(SLUG, settings, about(settings), lambda owner: start(settings, owner=owner)).token
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    is_done = gain(SLUG, token, f"{SLUG}_curves")
    page.tabs(
        SLUG,
        {
            N_("What came out"): partial(result, token, is_done=is_done),
            N_("The pictures"): partial(pictures, settings),
            N_("How it works"): partial(explain, settings),
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the curves."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=260)
        controls.popover(SLUG, N_("Pictures"), ":material/photo_library:", Settings, [["data"], ["n_pictures"]])
        rows = [["pipeline"], ["choose"], ["least", "most"], ["is_random"]]
        controls.popover(
            SLUG, N_("Pipeline"), ":material/auto_awesome_motion:", Settings, rows, more=pipeline_links.to_builder
        )
        rows = [["epochs"], ["n_seeds"], ["seed"]]
        settings = controls.popover(SLUG, N_("Training"), ":material/tune:", Settings, rows)
        st.button(_("New run"), icon=":material/replay:", on_click=jobs.forget, args=(SLUG,), width="stretch")
    return settings


def result(token: str, *, is_done: bool) -> None:
    """Both accuracies, and what the pipeline has bought."""
    found = jobs.asked(SLUG, token, gained)
    if found is None:
        return
    if found.epoch:
        figures(found)
    else:
        st.caption(
            _("Press Start: both kinds of network learn side by side. The figures come at the end, or when asked.")
        )
    if not is_done:
        st.button(_("Measure now"), icon=":material/refresh:", key=f"{SLUG}_again")


def figures(found: Gain) -> None:
    """Means, spreads and the difference, in percent."""
    (without, with_it), (spread, spread_with) = found.means, found.spreads
    bought, error = found.difference
    page.numbers(
        [
            page.Number(_("Without it"), f"{number(100 * without, 1)} ± {number(100 * spread, 1)} %"),
            page.Number(_("With it"), f"{number(100 * with_it, 1)} ± {number(100 * spread_with, 1)} %"),
            page.Number(
                _("It buys"),
                f"{number(100 * bought, 1, signed=True)} ± {number(100 * error, 1)}",
                help=_("Percentage points: the mean of each seed's difference, and the standard error of that mean."),
            ),
        ]
    )
    head = [_("Seed"), _("Without it"), _("With it")]
    pairs = zip(found.without, found.with_it, strict=True)
    page.table(head, [[number(at), *(f"{number(100 * a, 1)} %" for a in pair)] for at, pair in enumerate(pairs, 1)])
    words = _("After epoch {epoch} of {epochs}, on pictures that no network has learned from.")
    st.caption(words.format(epoch=number(found.epoch), epochs=number(found.epochs)))


def pictures(settings: Settings) -> None:
    """Some training pictures, and a draw of each."""
    before, after = shown(settings)
    for images, name, key in ((before, _("As they are"), "before"), (after, _("Drawn by the pipeline"), "after")):
        st.markdown(f"**{name}**")
        labels = [f"{name}, {number(at)}" for at in range(1, len(images) + 1)]
        tiles(images, labels, name, f"{SLUG}_{key}", shown_px=TILE_PX)
    st.caption(_("Would you still give them the same name? Then the pipeline tells the network no lies."))


def explain(settings: Settings) -> None:
    """How the comparison is made fair."""
    st.markdown(
        _(
            "{n} networks learn from the same {pictures} pictures. Half of them see the pictures as they are, the "
            "others see a new draw of each in every epoch. Every seed gives one pair the same first weights and the "
            "same order of pictures, so that the pipeline is all that differs; several seeds show how much is chance."
        ).format(n=number(2 * settings.n_seeds), pictures=number(settings.n_pictures))
    )
    st.markdown(
        _(
            "The curves are means over the seeds, the bands one standard deviation to each side. A gain that is not "
            "clearly larger than its ± may be luck: take more seeds. The network is the small one of the page Train a "
            "CNN, without its dropout; the accuracy is that of the last epoch, not of the best one. The plot is "
            "cut off below where the first quarter of the run lies."
        )
    )
    st.caption(_("On this server: {places}.").format(places=", ".join(_(place) for place in places())))


show()
