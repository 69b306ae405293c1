"""A small network on points in the plane, trained live: the boundary, the weights and each neuron's own map move."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.moons import (
    EXAMPLES,
    Job,
    Loaded,
    Settings,
    Split,
    about,
    data_of,
    fits,
    packed,
    script,
    snapshot,
    start,
    unpacked,
    use_script,
)
from ui import board, code, controls, errors, jobs, page, points, results
from ui.components.network import network
from ui.components.upload_words import upload_words
from ui.language import N_, _, plain
from ui.lessons import LESSONS

SLUG = "moons"
LOADED, PROBLEM = f"{SLUG}_loaded", f"{SLUG}_problem"
REFERENCES = [
    "Rumelhart, Hinton, Williams (1986), [Learning representations by back-propagating errors]"
    "(https://doi.org/10.1038/323533a0)",
    "Glorot, Bengio (2010), [Understanding the difficulty of training deep feedforward neural networks]"
    "(https://proceedings.mlr.press/v9/glorot10a.html)",
    "He, Zhang, Ren, Sun (2015), [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852)",
    "Kingma, Ba (2015), [Adam](https://arxiv.org/abs/1412.6980)",
    "Smilkov et al. (2017), [Direct-manipulation visualization of deep networks](https://arxiv.org/abs/1708.03788): "
    "TensorFlow Playground",
    "Pedregosa et al. (2011), [scikit-learn](https://jmlr.org/papers/v12/pedregosa11a.html): MLPClassifier",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    try:
        own = points.own(SLUG, settings, is_drawn=True)
        data = data_of(settings, own)
        loaded = loaded_for(settings, data)
        told = about(settings, own, loaded)
        job = jobs.of_page(
            SLUG, settings, told, lambda owner: start(settings, own, loaded, owner=owner), board.keep_run
        )
        token = job.token
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    lesson = LESSONS.get(st.session_state.get(f"{SLUG}_example") or "")
    if lesson:
        st.markdown("**" + _("Predict first:") + "** " + _(lesson[0]))
    on_click = points.click if settings.data == "my clicks" else None
    goal = lesson[2] if lesson else 0.0
    is_moving = network(token, settings, data, f"{SLUG}_network", on_click, build, goal)
    parts: dict[str, Callable[[], None]] = {}
    parts[N_("How it works")] = partial(explain, settings)
    if lesson:
        parts[N_("Afterwards")] = partial(afterwards, lesson[1])
    parts[N_("Results")] = partial(results.tab, SLUG, token, settings, data, is_moving=is_moving)
    parts[N_("Score board")] = partial(board.tab, SLUG, token, settings, own)
    parts[N_("Files")] = partial(files, token, settings, data)
    parts[N_("Code")] = partial(code.tab, SLUG, script(settings))
    parts[N_("References")] = partial(page.references, REFERENCES)
    page.tabs(SLUG, parts)
    page.try_next(SLUG)


def build(layers: str) -> None:
    """Neurons or layers were added or taken away below the controls."""
    controls.assign(SLUG, "layers", layers)


def afterwards(sentence: str) -> None:
    """What explains a lesson."""
    st.markdown(_(sentence))


def knobs() -> Settings:
    """The controls, in a row above the network."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Lesson"), EXAMPLES, Settings, width=300)
        rows = [["data"], ["expression"], ["n_classes", "seed"], ["n_points"], ["noise"], ["train_share"]]
        controls.popover(SLUG, N_("Data"), ":material/scatter_plot:", Settings, rows)
        rows = [["layers"], ["features"], ["initialization", "weights_seed"], ["batch_norm"], ["dropout"]]
        controls.popover(SLUG, N_("Network"), ":material/hub:", Settings, rows)
        rows = [["optimizer", "learning_rate"], ["schedule", "batch_size"], ["loss"], ["l1", "l2"]]
        rows += [["epochs"], ["patience"]]
        settings = controls.popover(SLUG, N_("Training"), ":material/tune:", Settings, rows)
        st.button(_("New run"), icon=":material/replay:", on_click=anew, width="stretch")
    return settings


def loaded_for(settings: Settings, data: Split) -> Loaded | None:
    """The network of the visitor's file, where it fits what the controls say."""
    loaded: Loaded | None = st.session_state.get(LOADED)
    if loaded is None or fits(loaded, settings, data):
        return loaded
    st.caption(_("The network from your file has other layers, features or classes, so it is set aside."))
    return None


def anew() -> None:
    """Begin from first weights again; a network of a file is put away."""
    jobs.forget(SLUG, board.keep_run)
    st.session_state.pop(LOADED, None)


def files(token: str, settings: Settings, data: Split) -> None:
    """What can be taken away, and brought back."""
    points.download(SLUG, settings, data)
    icon, job = ":material/download:", jobs.find(token)
    with st.container(horizontal=True):
        st.download_button(
            _("Network (.safetensors)"),
            partial(network_file, job),
            "network.safetensors",
            "application/octet-stream",
            on_click="ignore",
            icon=icon,
            disabled=job is None,
        )
        st.download_button(
            _("Script that reads it (.py)"), use_script(), "network.py", "text/x-python", on_click="ignore", icon=icon
        )
    st.caption(_("The network goes as it is shown: after a look back, as it was then."))
    with st.container():
        given = st.file_uploader(
            _("Bring a network back"),
            ["safetensors"],
            key=f"{SLUG}_network_file",
            on_change=take_network,
            max_upload_size=2,
        )
        refused = _("This file is not taken: only .safetensors, of at most 2 MB.")
        upload_words(refused, f"{SLUG}_network_words")
    problem = st.session_state.get(PROBLEM)
    if problem and given is not None:
        errors.show(problem)


def network_file(job: Job | None) -> bytes:
    """The network of the run, as it is shown."""
    return packed(snapshot(job)) if job is not None else b""


def take_network() -> None:
    """A network's file was given: the controls take its settings, and a run begins with its weights."""
    file = st.session_state[f"{SLUG}_network_file"]
    st.session_state.pop(PROBLEM, None)
    if file is None:
        return
    try:
        loaded = unpacked(file.getvalue())
    except CamadasError as error:
        st.session_state[PROBLEM] = errors.sentence(error)
        return
    st.session_state[LOADED] = loaded
    if loaded.points is not None:
        st.session_state[points.FILE] = loaded.points
    controls.take(SLUG, loaded.settings.model_dump(), Settings)


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
        ).format(rate=plain(settings.learning_rate), batch=settings.batch_size, loss=_(settings.loss))
    )


show()
