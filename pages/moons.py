"""A small network on points in the plane, trained live: the boundary, the weights and each neuron's own map move."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.moons import EXAMPLES, Settings, data_of, find, script, start
from ui import code, controls, errors, page
from ui.components.network import network
from ui.language import N_, _

SLUG = "moons"
RUN = f"{SLUG}_run"
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
    try:
        data = data_of(settings)
        token = running(settings)
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    lesson = LESSONS.get(st.session_state.get(f"{SLUG}_example") or "")
    if lesson:
        st.markdown("**" + _("Predict first:") + "** " + _(lesson[0]))
    network(token, settings, data, f"{SLUG}_network")
    parts: dict[str, Callable[[], None]] = {}
    if lesson:
        parts[N_("Afterwards")] = partial(afterwards, lesson[1])
    parts[N_("How it works")] = partial(explain, settings)
    parts[N_("Code")] = partial(code.tab, SLUG, script(settings))
    parts[N_("References")] = partial(page.references, REFERENCES)
    page.tabs(SLUG, parts)
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the network."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Lesson"),
            list(EXAMPLES),
            index=None,
            format_func=_,
            placeholder=_("Choose one"),
            key=f"{SLUG}_example",
            on_change=take_example,
        )
        with st.popover(_("Data"), icon=":material/scatter_plot:", width="stretch"):
            rows = [["data"], ["expression"], ["n_classes", "seed"], ["n_points"], ["noise"], ["train_share"]]
            controls.settings(SLUG, Settings, rows)
        with st.popover(_("Network"), icon=":material/hub:", width="stretch"):
            rows = [["layers"], ["features"], ["initialization"], ["batch_norm"], ["dropout"]]
            controls.settings(SLUG, Settings, rows)
        with st.popover(_("Training"), icon=":material/tune:", width="stretch"):
            rows = [["optimizer", "learning_rate"], ["schedule", "batch_size"], ["loss"], ["l1", "l2"]]
            settings = controls.settings(SLUG, Settings, [*rows, ["epochs"], ["patience"]])
        st.button(_("New run"), icon=":material/replay:", on_click=forget, width="stretch")
    return settings


def take_example() -> None:
    """Set all controls to a lesson's."""
    chosen = st.session_state[f"{SLUG}_example"]
    if chosen is not None:
        controls.take(SLUG, EXAMPLES[chosen], Settings)


def running(settings: Settings) -> str:
    """The token of this visit's run: found again after a reload, made anew when the settings are others."""
    wanted, token = settings.model_dump_json(), st.session_state.get(RUN) or st.query_params.get(RUN, "")
    job = find(token)
    if job is None or job.about != wanted or job.state in ENDED:
        forget()
        token = start(settings).token
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
