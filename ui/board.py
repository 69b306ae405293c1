"""The score board of a visit: configurations side by side, mean and spread over seeds."""

from collections.abc import Mapping

import streamlit as st

from core.board import MOST, SEEDS, Group, Row, differing, groups, table
from core.errors import CamadasError, JobError
from core.jobs import OVER
from core.moons import SEEDS as N_SEEDS
from core.moons import row, seeds, snapshot, start_seeds
from core.plane import Settings
from core.points import Points
from ui import errors, jobs, page
from ui.language import _, number, plain

KEY = "board"
ALWAYS = ("data", "layers", "optimizer", "learning_rate")  # what is said of a configuration that stands alone


def keep(rows: Mapping[str, Row]) -> None:
    """Write runs down, under keys; a run that stands there already is written anew."""
    board: dict[str, Row] = {**st.session_state.get(KEY, {}), **rows}
    st.session_state[KEY] = dict(list(board.items())[-MOST:])


def tab(slug: str, token: str, settings: Settings, own: Points | None) -> None:
    """The board, with a live run written down in it, and a way to try other first weights.

    Args:
        slug: the page's.
        token: of the run.
        settings: of the run.
        own: the visitor's own points.
    """
    keep_run(token)
    st.fragment(_seeds, run_every=1)(slug, settings, own)
    show(slug)


def keep_run(token: str) -> None:
    """Write a live run down as it is now, if it has been trained and still answers."""
    job = jobs.find(token)
    if job is None:
        return
    try:
        now = snapshot(job)
    except JobError:
        return
    if now.last_epoch:
        keep({token: row(now)})


def _seeds(slug: str, settings: Settings, own: Points | None) -> None:
    key = f"{slug}_seeds"
    job = jobs.find(st.session_state.get(key, ""))
    left, right = st.columns([2, 3], vertical_alignment="center")

    def begin() -> None:
        try:
            st.session_state[key] = jobs.begun(lambda owner: start_seeds(settings, own, owner=owner)).token
        except CamadasError as error:
            st.session_state[f"{key}_problem"] = errors.sentence(error)

    label = _("Train it from {n} first weights").format(n=N_SEEDS)
    if job is None:
        left.button(label, key=f"{key}_begin", on_click=begin, icon=":material/casino:")
    else:
        left.button(_("End"), key=f"{key}_end", on_click=job.send, args=("cancel",), icon=":material/stop:")
    if problem := st.session_state.pop(f"{key}_problem", ""):
        errors.show(problem)
    if job is None:
        return
    try:
        epoch, rows = seeds(job)
    except JobError as error:
        if job.state in OVER:
            st.session_state.pop(key)
            st.rerun()
        right.caption(errors.sentence(error))
        return
    if rows:
        keep({f"{job.token}{at}": found for at, found in enumerate(rows)})
        job.send("cancel")
        st.session_state.pop(key)
        st.rerun()
    right.progress(epoch / settings.epochs, _("Epoch {n}").format(n=number(epoch)))


def show(slug: str) -> None:
    """The table with its download."""
    rows: dict[str, Row] = st.session_state.get(KEY, {})
    if not rows:
        st.markdown(_("There is no run yet. Each run that you train is written down here."))
        return
    found = groups(rows.values())
    names = differing(found) or list(ALWAYS)
    head = [_("Configuration"), _("Runs"), _("Epochs"), _("Parameters"), _("Validation accuracy"), _("Test accuracy")]
    page.table(head, [_line(group, names) for group in found])
    st.caption(
        _("Best on the validation points first; ± is the standard deviation over seeds of points and weights. ")
        + _("The test points are there for the last word, not to choose by.")
    )
    with st.container(horizontal=True):
        text = table(rows.values())
        label = _("All runs (.csv)")
        st.download_button(
            label, text, "runs.csv", "text/csv", key=f"{slug}_runs", on_click="ignore", icon=":material/download:"
        )
        st.button(_("Clear the board"), key=f"{slug}_clear_board", on_click=_clear)


def said(settings: Settings, names: list[str]) -> str:
    """Some settings in words."""
    values = settings.model_dump()
    return ", ".join(f"{_(Settings.model_fields[name].title or name)} {_value(values[name])}" for name in names)


def _line(group: Group, names: list[str]) -> list[str]:
    text = said(group.settings, [name for name in names if name not in SEEDS])
    if group.touched:
        text += ", " + _("changed by hand")
    low, high = group.epochs
    epochs = number(low) if low == high else f"{number(low)}-{number(high)}"
    accuracies = [spread(*group.accuracies[part], n=group.n) for part in ("validation", "test")]
    return [text, number(group.n), epochs, number(group.n_parameters), *accuracies]


def spread(mean: float, deviation: float, n: int = 2) -> str:
    """Mean and standard deviation of n accuracies, 0 to 1."""
    text = f"{number(100 * mean, 1)} %"
    return f"{text} ± {number(100 * deviation, 1)}" if n > 1 else text


def _value(value: object) -> str:
    if isinstance(value, tuple):
        text = " ".join(_(str(v)) for v in value)
    elif isinstance(value, bool):
        text = _("yes") if value else _("no")
    elif isinstance(value, int | float):
        text = plain(value)
    else:
        lines = [" ".join(line.split()) for line in str(value).replace(",", "\n").splitlines() if line.strip()]
        text = " – ".join(_(line) for line in lines) or _("none")
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("[", "\\[").replace("<", "\\<")


def _clear() -> None:
    st.session_state.pop(KEY, None)
