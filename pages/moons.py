"""A small network on points in the plane, trained live: the boundary, the weights and each neuron's own map move."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.errors import CamadasError, PointsRejected
from core.moons import (
    EXAMPLES,
    OwnPoints,
    Settings,
    Split,
    about,
    clicked,
    data_of,
    find,
    points_of,
    script,
    start,
    table,
)
from ui import code, controls, errors, page
from ui.components.network import network
from ui.components.upload_words import upload_words
from ui.language import N_, _, number

SLUG = "moons"
RUN, CLICKS, FILE, PROBLEM = (f"{SLUG}_{what}" for what in ("run", "clicks", "file", "problem"))
ENDED = ("failed", "cancelled", "forgotten")
REFERENCES = [
    "Rumelhart, Hinton, Williams (1986), [Learning representations by back-propagating errors]"
    "(https://doi.org/10.1038/323533a0)",
    "Glorot, Bengio (2010), [Understanding the difficulty of training deep feedforward neural networks]"
    "(https://proceedings.mlr.press/v9/glorot10a.html)",
    "He, Zhang, Ren, Sun (2015), [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852)",
    "Kingma, Ba (2015), [Adam](https://arxiv.org/abs/1412.6980)",
    "Smilkov et al. (2017), [Direct-manipulation visualization of deep networks](https://arxiv.org/abs/1708.03788): "
    "TensorFlow Playground",
]
# For each example what to predict first, and what explains it afterwards.
LESSONS = {
    "Two moons": (
        N_("How many bends does the boundary need?"),
        N_("Two: each hidden neuron draws one soft line, and the output adds a few of them to a curve."),
    ),
    "A line is not enough: XOR without hidden layer": (
        N_("How good can one straight line be?"),
        N_("Without a hidden layer the boundary is a line, and any line leaves about half of these points wrong."),
    ),
    "XOR with the right feature": (
        N_("Still no hidden layer, but the network is told x · y. Is that enough?"),
        N_("Yes: in the right features the problem is a line again. Finding such features is what layers are for."),
    ),
    "XOR with three neurons": (
        N_("How few neurons can do it?"),
        N_("Two can, when they begin well; three nearly always do. Try other seeds."),
    ),
    "A step too far": (
        N_("What does a learning rate of 10 do?"),
        N_("Each step jumps over the valley to a place that is worse: the loss leaps about or runs away."),
    ),
    "Dead neurons": (
        N_("Watch the small maps: which neurons no longer answer?"),
        N_(
            "A neuron with ReLU whose sum is below 0 for all points gives 0 and gets no gradient: "
            "it stays dead. A leaky ReLU or a smaller rate keeps it alive."
        ),
    ),
    "All the same: weights of zero": (
        N_("Eight neurons begin alike. Will they become different?"),
        N_("Never: the same weights get the same gradients. Chance at the start is what makes neurons differ."),
    ),
    "Learned by heart": (
        N_("A large network, twenty noisy points to learn from: which of the two losses will rise?"),
        N_("The validation loss: the boundary winds round single points, which say nothing about others."),
    ),
    "The same, held back": (
        N_("The same with L2 = 0.03: what becomes of the boundary?"),
        N_("It is smoother: large weights cost, so single points are given up, and validation gains."),
    ),
    "A deep chain of sigmoids": (
        N_("Five layers must be better than one. Or not?"),
        N_(
            "The slope of a sigmoid is at most 1/4, so through five layers a gradient shrinks to a thousandth: "
            "the first layers hardly learn. Change the activation to tanh."
        ),
    ),
    "The spiral": (
        N_("How long does it take until the arms are told apart?"),
        N_("Hundreds of epochs: from x and y alone many bends must be found. Give it the sines as well."),
    ),
    "Five classes": (
        N_("Where do the boundaries between five groups meet?"),
        N_("Each class has a score, and the greatest wins: the regions of a softmax meet in corners."),
    ),
}


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    own = own_points(settings)
    try:
        data = data_of(settings, own)
        token = running(settings, own)
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    lesson = LESSONS.get(st.session_state.get(f"{SLUG}_example") or "")
    if lesson:
        st.markdown("**" + _("Predict first:") + "** " + _(lesson[0]))
    network(token, settings, data, f"{SLUG}_network", click if settings.data == "my clicks" else None)
    parts: dict[str, Callable[[], None]] = {}
    if lesson:
        parts[N_("Afterwards")] = partial(afterwards, lesson[1])
    parts[N_("How it works")] = partial(explain, settings)
    parts[N_("Points")] = partial(hand_out, data)
    parts[N_("Code")] = partial(code.tab, SLUG, script(settings))
    parts[N_("References")] = partial(page.references, REFERENCES)
    page.tabs(SLUG, parts)
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the network."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Lesson"), EXAMPLES, Settings)
        with st.popover(_("Data"), icon=":material/scatter_plot:", width="stretch"):
            rows = [["data"], ["expression"], ["n_classes", "seed"], ["n_points"], ["noise"], ["train_share"]]
            controls.settings(SLUG, Settings, rows)
        with st.popover(_("Network"), icon=":material/hub:", width="stretch"):
            rows = [["layers"], ["features"], ["initialization", "weights_seed"], ["batch_norm"], ["dropout"]]
            controls.settings(SLUG, Settings, rows)
        with st.popover(_("Training"), icon=":material/tune:", width="stretch"):
            rows = [["optimizer", "learning_rate"], ["schedule", "batch_size"], ["loss"], ["l1", "l2"]]
            settings = controls.settings(SLUG, Settings, [*rows, ["epochs"], ["patience"]])
        st.button(_("New run"), icon=":material/replay:", on_click=forget, width="stretch")
    return settings


def own_points(settings: Settings) -> OwnPoints | None:
    """The visitor's own points: of a file, or clicked into the plane."""
    if settings.data == "my clicks":
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.caption(_("Click into the plane: each click adds a point of the class that is chosen below it."))
        right.button(_("Clear"), key=f"{SLUG}_clear", on_click=clear, width="stretch")
        return clicked(st.session_state.get(CLICKS, []))
    if settings.data != "my CSV":
        return None
    with st.container():
        given = st.file_uploader(
            _("A CSV file: x, y, label"), ["csv", "txt"], key=f"{SLUG}_upload", on_change=take_file
        )
        upload_words(_("This file is not taken: only CSV, of at most 5 MB."))
    problem, points = st.session_state.get(PROBLEM), st.session_state.get(FILE)
    if problem is not None and given is not None:
        errors.show(errors.sentence(problem))
    if points is None:
        st.caption(_("Until you give one, two moons are shown."))
    return points


def take_file() -> None:
    """A file was given; one that cannot be read leaves the points as they were."""
    file = st.session_state[f"{SLUG}_upload"]
    st.session_state.pop(PROBLEM, None)
    if file is None:
        return
    try:
        st.session_state[FILE] = table(file.getvalue())
    except CamadasError as error:
        st.session_state[PROBLEM] = PointsRejected(error.reason, **error.details)  # without its traceback


def click(x: float, y: float, label: int) -> None:
    """The visitor clicked into the plane."""
    st.session_state.setdefault(CLICKS, []).append((x, y, label))


def clear() -> None:
    """Take the visitor's clicks away."""
    st.session_state.pop(CLICKS, None)


def hand_out(data: Split) -> None:
    """The points as a file."""
    names = [name.replace(",", ";") for name in data.points.names]
    lines = [
        f"{x:.5f},{y:.5f},{names[label]}" for (x, y), label in zip(data.points.xy, data.points.labels, strict=True)
    ]
    st.markdown(
        _("{n} points: {train} to learn from, {validation} to choose by, {test} to judge by at the end.").format(
            n=number(len(lines)), **{name: number(len(lines[part])) for name, part in data.parts.items()}
        )
    )
    text = "\n".join(lines)
    st.download_button(
        _("Points (.csv)"), text, "points.csv", "text/csv", on_click="ignore", icon=":material/download:"
    )


def running(settings: Settings, own: OwnPoints | None) -> str:
    """The token of this visit's run: found again after a reload, made anew when the settings are others."""
    wanted, token = about(settings, points_of(settings, own)), st.session_state.get(RUN) or st.query_params.get(RUN, "")
    job = find(token)
    if job is None or job.about != wanted or job.state in ENDED:
        forget()
        token = start(settings, own).token
    st.session_state[RUN] = token
    if st.query_params.get(RUN) != token:
        st.query_params[RUN] = token
    return token


def forget() -> None:
    """End this visit's own run, if there is one."""
    job = find(st.session_state.pop(RUN, ""))
    if job is not None:
        job.send("cancel")
    st.query_params.pop(RUN, None)


def afterwards(sentence: str) -> None:
    """What explains a lesson."""
    st.markdown(_(sentence))


def explain(settings: Settings) -> None:
    """What the picture shows."""
    st.markdown(
        _(
            "From left to right: what the network is told about a point, its hidden neurons, and its answer. Each "
            "small square is the whole plane as that neuron sees it: orange where it answers above 0, blue below. A "
            "line is a weight, thick when it is large; click one to change it. Filled points are learned from, rings "
            "are for validation; those for the test are not shown."
        )
    )
    st.latex(r"h_l = f\bigl(W_l\, h_{l-1} + b_l\bigr), \qquad W \leftarrow W - \eta\, \frac{\partial L}{\partial W}")
    st.markdown(
        _(
            "Here $\\eta$ is {rate}, a step looks at {batch} points, and $L$ is {loss}. The run lives on the server: "
            "a reload of this page finds it again."
        ).format(rate=settings.learning_rate, batch=settings.batch_size, loss=_(settings.loss))
    )


show()
