"""A study: Optuna looks for good settings, with its history, importances and parallel coordinates."""

from functools import partial

import streamlit as st

from core.errors import CamadasError, JobError
from core.study import (
    EXAMPLES,
    RANGES,
    Found,
    Job,
    Points,
    Settings,
    about,
    best,
    data_of,
    found,
    is_kept,
    script,
    settings_of,
    start,
)
from ui import catalog, charts, code, controls, errors, jobs, page, points
from ui.language import N_, _, number, plain

SLUG = "study"
MOVING, MORE = f"{SLUG}_moving", 20
OVER = ("done", "lost", "cancelled", "forgotten")
REFRESH_S = 1.5
REFERENCES = [
    "Akiba et al. (2019), [Optuna](https://arxiv.org/abs/1907.10902)",
    "Bergstra, Bardenet, Bengio, Kégl (2011), [Algorithms for hyper-parameter optimization]"
    "(https://papers.nips.cc/paper/2011/hash/86e8f7ab32cfd12577bc2619bc635690-Abstract.html): TPE",
    "Bergstra, Bengio (2012), [Random search for hyper-parameter optimization]"
    "(https://jmlr.org/papers/v13/bergstra12a.html)",
    "Watanabe, Bansal, Hutter (2023), [PED-ANOVA](https://arxiv.org/abs/2304.10255): importance of knobs",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    try:
        own = points.own(SLUG, settings, is_drawn=False)
        data = data_of(settings, own)
        told = about(settings, own)
        token = jobs.of_page(SLUG, settings, told, lambda owner: begin(settings, own, owner)).token
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    is_moving = bool(st.session_state.setdefault(MOVING, is_going_on(token)))
    st.fragment(progress, run_every=REFRESH_S if is_moving else None)(token, settings, is_moving)
    page.tabs(
        SLUG,
        {
            N_("How it works"): partial(explain, settings),
            N_("Files"): partial(points.download, SLUG, settings, data),
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the figures."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=200)
        rows = [["data"], ["expression"], ["n_classes", "seed"], ["n_points"], ["noise"], ["train_share"]]
        controls.popover(SLUG, N_("Data"), ":material/scatter_plot:", Settings, rows)
        rows = [["knobs"], ["sampler"], ["objective"], ["n_trials"], ["n_seeds", "sampler_seed"]]
        controls.popover(SLUG, N_("Search"), ":material/search:", Settings, rows)
        rows = [["depth"], ["width"], ["activation", "initialization"], ["features"], ["batch_norm"], ["dropout"]]
        controls.popover(SLUG, N_("Network"), ":material/hub:", Settings, rows)
        rows = [["optimizer", "learning_rate"], ["schedule", "batch_size"], ["loss"], ["l1", "l2"], ["epochs"]]
        settings = controls.popover(SLUG, N_("Training"), ":material/tune:", Settings, rows)
        st.button(_("New study"), icon=":material/replay:", on_click=anew, width="stretch")
    return settings


def anew() -> None:
    """Leave this study and begin another one; the storage keeps its trials."""
    jobs.forget(SLUG)
    st.session_state[MOVING] = False


def is_going_on(token: str) -> bool:
    """Whether a study that a reload has found again is under way."""
    job = jobs.find(token)
    return job is not None and job.state in ("running", "queued")


def begin(settings: Settings, own: Points | None, owner: str) -> Job:
    """A new study, or one that the storage has under the link's token."""
    token = st.query_params.get(f"{SLUG}_run", "")
    return start(settings, own, token if token and is_kept(token, settings, own, owner) else "", owner=owner)


def progress(token: str, settings: Settings, was_moving: bool) -> None:
    """The buttons, the figures and the plots, drawn anew while the study goes on."""
    job = jobs.find(token)
    if job is None:
        return
    if job.state == "failed":
        errors.show(_("Something went wrong on our side. Reference: {reference}").format(reference=job.problem))
        return
    try:
        now = found(job)
    except JobError as error:
        st.caption(errors.sentence(error))
        return
    n_done = len(now.tried)
    is_over = n_done >= now.n_trials
    if is_over or job.state in OVER:
        st.session_state[MOVING] = False
    is_moving = bool(st.session_state.get(MOVING))
    if is_moving != was_moving:
        st.rerun()  # so that it is drawn anew each second, or no longer
    with st.container(horizontal=True, vertical_alignment="center"):
        label = _("Pause") if is_moving else _("Go on") if n_done else _("Start")
        icon = ":material/pause:" if is_moving else ":material/play_arrow:"
        commands = ["pause"] if is_moving else ["resume"]
        is_dead = job.state in OVER
        st.button(
            label, key=f"{SLUG}_play", icon=icon, on_click=tell, args=(job, commands), disabled=is_over or is_dead
        )
        more = _("{n} trials more").format(n=MORE)
        st.button(
            more, key=f"{SLUG}_more", on_click=tell, args=(job, ["more", "resume"]), disabled=not is_over or is_dead
        )
        text = _("Trial {n} of {all}").format(n=number(n_done), all=number(now.n_trials))
        st.progress(min(1.0, n_done / now.n_trials), text)
    if now.is_cut_off:
        errors.show(_("The place where studies are kept does not answer. The study goes on as soon as it does."))
    if not now.tried:
        st.caption(_("Each trial is a dot, a bar or a line here, as soon as there are some."))
        return
    figures(now, settings)


def tell(job: Job, commands: list[str]) -> None:
    """A button was pressed."""
    for command in commands:
        job.send(command, MORE if command == "more" else None)
    st.session_state[MOVING] = commands[-1] == "resume"


def figures(now: Found, settings: Settings) -> None:
    """What a study has found so far."""
    top = best(now, settings)
    assert top is not None
    is_loss = settings.objective == "validation loss"
    score = number(top.score, 3) if is_loss else f"{number(100 * top.score, 1)} %"
    page.numbers(
        [
            page.Number(_("Best") + f", {_(settings.objective)}", score),
            page.Number(_("Validation accuracy"), f"{number(100 * top.validation, 1)} %"),
            page.Number(_("Test accuracy"), f"{number(100 * top.test, 1)} %", help=_("Of the best trial.")),
        ]
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**" + ", ".join(f"{_(knob)} {_value(value)}" for knob, value in top.values.items()) + "**")
        asked = controls.link("moons", settings_of(settings, top.values))
        catalog.link("moons", _("Train it in Two moons"), query_params=asked)
    st.caption(_("There its learning rate and L2 are the nearest that can be chosen, and it has one start."))
    scores = [tried.score for tried in now.tried]
    keep = min if is_loss else max
    so_far = [keep(scores[: at + 1]) for at in range(len(scores))]
    left, right = st.columns(2)
    with left:
        st.markdown("##### " + _("History"))
        words = (_("Trial"), _(settings.objective), _("a trial"), _("best so far"))
        history = charts.progress(scores, so_far, words, is_log=is_loss)
        charts.show(history, _("The score of each trial."), f"{SLUG}_history")
    with right:
        st.markdown("##### " + _("Importance"))
        if now.importance:
            ordered = sorted(now.importance.items(), key=lambda item: -item[1])
            names = [_(knob) for knob, _share in ordered]
            bars = charts.shares(names, [share for _knob, share in ordered], _("share of the differences"))
            said = ", ".join(f"{_(knob)} {number(100 * share)} %" for knob, share in ordered)
            charts.show(bars, said, f"{SLUG}_importance")
        else:
            st.caption(_("How much each knob matters is said after eight trials of two knobs or more."))
    st.markdown("##### " + _("Parallel coordinates"))
    axes = [axis(knob, [tried.values[knob] for tried in now.tried]) for knob in RANGES if knob in settings.knobs]
    axes.append(charts.Axis(_(settings.objective), scores, is_log=is_loss and min(scores) > 0))
    alt = _("Each trial as a line through its settings; the best ones are orange.")
    charts.show(charts.parallel(axes, scores, less_is_better=is_loss), alt, f"{SLUG}_parallel")


def axis(knob: str, values: list[object]) -> charts.Axis:
    """The axis of one knob."""
    where = RANGES[knob]
    choices = [str(choice) for choice in getattr(where, "choices", ())]
    return charts.Axis(_(knob), values, choices, bool(getattr(where, "log", False)), _)


def explain(settings: Settings) -> None:
    """What the page does."""
    st.markdown(
        _(
            "A trial is a choice of settings: a network is trained with them for {epochs} epochs, from {n} first "
            "weights at once, and its mean score on the validation points goes back to the sampler. TPE models where "
            "good trials lie and where bad ones do, and tries next where good ones are the likelier; chance and grid "
            "do not look at what they have found."
        ).format(epochs=number(settings.epochs), n=number(settings.n_seeds))
    )
    following, good, bad = (rf"\text{{{word}}}" for word in (_("next"), _("good"), _("bad")))
    st.latex(rf"x_{{{following}}} = \arg\max_x \; \frac{{p(x \mid {good})}}{{p(x \mid {bad})}}")
    st.markdown(
        _(
            "The more trials are compared on the same validation points, the more the best of them owes to chance: "
            "hence the test points, which nobody chose by. The study is kept under the link of this page for a month."
        )
    )


def _value(value: object) -> str:
    if isinstance(value, float):
        return plain(value, 2)
    return _(value) if isinstance(value, str) else str(value)


show()
