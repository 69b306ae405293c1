"""Train a VAE: beta weighs what a code costs against what it brings back, live."""

from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.train_vae import EXAMPLES, Settings, Trained, about, classes_of, places, script, shown, start, trained
from ui import charts, classes, code, controls, errors, jobs, page
from ui.components.tiles import tiles
from ui.components.vae import vae
from ui.language import N_, _, formula, number

SLUG = "train_vae"
TILE_PX = 56
REFERENCES = [
    "Kingma, Welling (2014), [Auto-encoding variational Bayes](https://arxiv.org/abs/1312.6114)",
    "Higgins et al. (2017), [beta-VAE](https://openreview.net/forum?id=Sy2fzU9gl)",
    "Alemi et al. (2018), [Fixing a broken ELBO](https://arxiv.org/abs/1711.00464): rate and distortion",
    "Bowman et al. (2016), [Generating sentences from a continuous space](https://arxiv.org/abs/1511.06349): codes "
    "that say nothing",
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
    is_done = vae(SLUG, token, f"{SLUG}_live", [classes.said(name) for name in classes_of(settings)])
    page.tabs(
        SLUG,
        {
            N_("What came out"): partial(result, token, settings, is_done=is_done),
            N_("Your runs"): runs,
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
        rows = [["data"], ["n_pictures"]]
        controls.popover(SLUG, N_("Pictures"), ":material/photo_library:", Settings, rows)
        controls.popover(SLUG, N_("Network"), ":material/compress:", Settings, [["n_code"], ["beta"], ["likelihood"]])
        rows = [["learning_rate"], ["epochs"], ["seed"]]
        settings = controls.popover(SLUG, N_("Training"), ":material/tune:", Settings, rows)
        st.button(_("New run"), icon=":material/replay:", on_click=jobs.forget, args=(SLUG,), width="stretch")
    return settings


def result(token: str, settings: Settings, *, is_done: bool) -> None:
    """Both parts of the loss, test pictures before and after, and what each number of the code tells."""
    found = jobs.asked(SLUG, token, trained)
    if found is None:
        return
    if found.has_diverged:
        st.caption(_("The loss has run away: it is no number any more. Take a smaller learning rate."))
    elif found.epoch:
        figures(found, settings)
        if is_done and found.epoch == settings.epochs:
            keep(token, found, settings)
    else:
        st.caption(_("Press Start. The figures come at the end, or when asked."))
    if not is_done:
        st.button(_("Measure now"), icon=":material/refresh:", key=f"{SLUG}_again")


def figures(found: Trained, settings: Settings) -> None:
    """The numbers, and the pictures."""
    told = sum(kl > 0.1 for kl in found.kl_by_number)
    page.numbers(
        [
            page.Number(_("Reconstruction"), f"{number(found.reconstruction, 1)} nats"),
            page.Number(_("KL"), f"{number(found.kl, 1)} nats"),
            page.Number(
                _("Numbers in use"),
                _("{n} of {all}").format(n=number(told), all=number(len(found.kl_by_number))),
                help=_("Their KL is above 0.1 nats on average."),
            ),
        ]
    )
    cost, weight, kl = formula(found.reconstruction, 1), formula(settings.beta, 2), formula(found.kl, 1)
    total = formula(found.reconstruction + settings.beta * found.kl, 1)
    st.latex(
        rf"L = \underbrace{{-\log p(x \mid z)}}_{{{cost}}} + \underbrace{{\beta}}_{{{weight}}} \cdot "
        rf"\underbrace{{\mathrm{{KL}}(q(z \mid x) \,\|\, p(z))}}_{{{kl}}} = {total}\ \text{{nats}}"
    )
    for images, name, key in (
        (found.before, _("Test pictures"), "before"),
        (found.after, _("Through their codes"), "after"),
    ):
        st.markdown(f"**{name}**")
        labels = [f"{name}, {number(at)}" for at in range(1, len(images) + 1)]
        tiles([shown(image) for image in images], labels, name, f"{SLUG}_{key}", shown_px=TILE_PX)
    words = _("After epoch {epoch} of {epochs}, on pictures that the network has not learned from.")
    st.caption(words.format(epoch=number(found.epoch), epochs=number(settings.epochs)))


def keep(token: str, found: Trained, settings: Settings) -> None:
    """Put a run that has ended on the visitor's list."""
    kept = st.session_state.setdefault(f"{SLUG}_runs", {})
    kept[token] = (settings, found.reconstruction, found.kl)


def runs() -> None:
    """Every run that has ended in this session: what a code costs against what it fails to bring back."""
    kept = list(st.session_state.get(f"{SLUG}_runs", {}).values())
    if not kept:
        st.caption(_("Runs that have come to their end stand here, to be compared: try beta 0.1, 1 and 4."))
        return
    head = [
        _("Pictures"),
        _("Likelihood"),
        _("Numbers in the code"),
        _("Beta"),
        _("Reconstruction, nats"),
        _("KL, nats"),
    ]
    rows = [
        [_(s.data), _(s.likelihood), number(s.n_code), number(s.beta, 2), number(reconstruction, 1), number(kl, 1)]
        for s, reconstruction, kl in kept
    ]
    page.table(head, rows, n_words=2)
    points = [(kl, reconstruction, _("beta {beta}").format(beta=number(s.beta, 2))) for s, reconstruction, kl in kept]
    words = _("A point for each run: KL across, reconstruction up. Beta chooses where on the curve a network ends.")
    charts.show(charts.points(points, _("KL, nats"), _("Reconstruction, nats")), words, f"{SLUG}_plane")
    st.caption(words)


def explain(settings: Settings) -> None:
    """What is made small."""
    st.latex(r"L = -\log p(x \mid z) + \beta \cdot \mathrm{KL}(q(z \mid x) \,\|\, p(z)), \qquad z \sim q(z \mid x)")
    st.markdown(
        _(
            "The blue line is the first part: what a test picture costs when its code is known. The orange line is the "
            "second: how much the code tells, in nats, beyond the prior. With beta {beta} a nat of code must save "
            "{beta} nats of picture. A large beta empties the code: all pictures come back as one. A small one fills "
            "it, and the codes leave the prior: samples get worse while reconstruction gets better."
        ).format(beta=number(settings.beta, 2))
    )
    st.markdown(
        _(
            "The circles in the middle are one and two standard deviations of the prior; with more than two numbers "
            "the two that tell most are drawn. The samples on the right are decoded from the same draws all the time."
        )
    )
    st.caption(
        _("On this server: {places}.").format(places=", ".join(_(place) for place in places() if place != "CIFAR-10"))
    )


show()
