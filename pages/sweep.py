"""Many networks at once: learning rates against widths, each from several first weights."""

from functools import partial

import streamlit as st

from core.errors import CamadasError, JobError
from core.sweep import (
    EXAMPLES,
    Settings,
    about,
    cells,
    data_of,
    networks,
    rows,
    script,
    start,
)
from ui import board, catalog, code, controls, errors, jobs, page, points
from ui.components.sweep import sweep
from ui.language import N_, _, number, plain

SLUG = "sweep"
OPENED = f"{SLUG}_opened"
REFERENCES = [
    "Bergstra, Bengio (2012), [Random search for hyper-parameter optimization]"
    "(https://jmlr.org/papers/v13/bergstra12a.html)",
    "Glorot, Bengio (2010), [Understanding the difficulty of training deep feedforward neural networks]"
    "(https://proceedings.mlr.press/v9/glorot10a.html)",
    "[torch.func](https://docs.pytorch.org/docs/stable/func.html): stack_module_state and vmap",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    try:
        own = points.own(SLUG, settings, is_drawn=False)
        data = data_of(settings, own)
        runs = networks(settings)
        told = about(settings, own)
        token = jobs.of_page(SLUG, settings, told, lambda owner: start(settings, own, owner=owner)).token
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    st.caption(_("{n} networks, trained together.").format(n=number(len(runs))))
    sweep(token, settings, data, f"{SLUG}_grid", partial(open_one, settings), partial(keep, token))
    if (asked := st.session_state.pop(OPENED, None)) is not None and catalog.is_open("moons"):
        st.switch_page(catalog.page_of(catalog.entry("moons")), query_params=asked)
    page.tabs(
        SLUG,
        {
            N_("How it works"): partial(explain, len(runs)),
            N_("Results"): partial(results, token),
            N_("Score board"): partial(board.show, SLUG),
            N_("Files"): partial(points.download, SLUG, settings, data),
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the grid."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=200)
        rows = [["data"], ["expression"], ["n_classes", "seed"], ["n_points"], ["noise"], ["train_share"]]
        controls.popover(SLUG, N_("Data"), ":material/scatter_plot:", Settings, rows)
        rows = [["rates"], ["widths"], ["n_seeds"]]
        controls.popover(SLUG, N_("Grid"), ":material/grid_view:", Settings, rows)
        rows = [["depth"], ["activation", "initialization"], ["features"], ["batch_norm"], ["dropout"]]
        controls.popover(SLUG, N_("Network"), ":material/hub:", Settings, rows)
        rows = [["optimizer", "schedule"], ["batch_size"], ["loss"], ["l1", "l2"], ["epochs"]]
        settings = controls.popover(SLUG, N_("Training"), ":material/tune:", Settings, rows)
        st.button(_("New run"), icon=":material/replay:", on_click=jobs.forget, args=(SLUG,), width="stretch")
    return settings


def open_one(settings: Settings, at: int) -> None:
    """A network of the grid is wanted alone: as a link to the page Two moons."""
    runs = networks(settings)
    if 0 <= at < len(runs):
        st.session_state[OPENED] = controls.link("moons", runs[at])


def keep(token: str) -> None:
    """A sweep has come to its end: the score board takes its networks."""
    job = jobs.find(token)
    if job is None:
        return
    try:
        board.keep({f"{token}{at}": row for at, row in enumerate(rows(job))})
    except JobError:
        return  # it ended in this very moment


def results(token: str) -> None:
    """Learning rates and widths, the best first."""
    job = jobs.find(token)
    if job is None:
        return
    try:
        found = cells(rows(job))
    except JobError as error:
        st.caption(errors.sentence(error))
        return
    head = [_("Learning rate"), _("Neurons a layer"), _("Validation accuracy"), _("Test accuracy")]
    page.table(
        head,
        [
            [plain(cell.rate), number(cell.width), board.spread(*cell.validation), board.spread(*cell.test)]
            for cell in found
        ],
    )
    st.caption(_("As of the epoch at which this tab was opened; the best on the validation points first."))


def explain(n: int) -> None:
    """What the page does."""
    st.markdown(
        _(
            "A row is a learning rate, a column a width; the small squares of a cell are networks that differ in "
            "their first weights alone. All {n} are trained at once: their weights lie in one tensor, so that a step "
            "of all is a few products of batches of matrices."
        ).format(n=number(n))
    )
    st.latex(r"H^{(k)}_l = f\bigl(W^{(k)}_l\, H^{(k)}_{l-1} + b^{(k)}_l\bigr), \qquad k = 1 \ldots " + str(n))
    st.markdown(
        _(
            "Narrow networks lie in the tensor of the widest with a mask, and each ends with the weights that it would "
            "have if it were trained alone. When the squares of a cell differ, the first weights decide: a single run "
            "would have told little."
        )
    )


show()
