"""The visitor's own points, kept for all pages of networks on the plane: of a CSV file, or clicked."""

import streamlit as st

from core.errors import CamadasError
from core.plane import Common, Split, points_file
from core.points import Points, clicked, of_picture, read_csv
from ui import errors, photo
from ui.components.upload_words import upload_words
from ui.language import _, number

FILE, CLICKS, PROBLEM = "points_file", "points_clicks", "points_problem"


def own(slug: str, settings: Common, *, is_drawn: bool) -> Points | None:
    """The visitor's own points, where the settings ask for them and there are some.

    Args:
        slug: the page's.
        settings: what the controls say.
        is_drawn: whether points are clicked on this very page.

    Raises:
        PointsRejected: if the visitor's photo is all alike.
    """
    if settings.data == "my clicks":
        if is_drawn:
            left, right = st.columns([3, 1], vertical_alignment="center")
            left.caption(_("Click into the plane: each click adds a point of the class that is chosen below it."))
            right.button(_("Clear"), key=f"{slug}_clear", on_click=clear, width="stretch")
        else:
            st.caption(_("Points are clicked on the page Two moons."))
        return clicked(st.session_state.get(CLICKS, []))
    if settings.data == "my photo":
        photo.picker("page", _("Choose a photo"))
        return of_picture(photo.current().preview, settings.n_points, settings.seed)
    if settings.data != "my CSV":
        return None
    with st.container():
        given = st.file_uploader(
            _("A CSV file: x, y, label"),
            ["csv", "txt"],
            key=f"{slug}_upload",
            on_change=_take,
            args=(slug,),
            max_upload_size=5,
        )
        upload_words(_("This file is not taken: only CSV, of at most 5 MB."))
    problem, points = st.session_state.get(PROBLEM), st.session_state.get(FILE)
    if problem is not None and given is not None:
        errors.show(errors.sentence(problem))
    if points is None:
        st.caption(_("Until you give one, two moons are shown."))
    found: Points | None = points
    return found


def download(slug: str, settings: Common, data: Split) -> None:
    """The points as the file that the page's script reads, and how many there are of each part."""
    counts = {name: number(len(data.labels[part])) for name, part in data.parts.items()}
    st.markdown(
        _("{n} points: {train} to learn from, {validation} to choose by, {test} to judge by at the end.").format(
            n=number(len(data.labels)), **counts
        )
    )
    st.download_button(
        _("Points (.csv)"),
        points_file(settings, data),
        "points.csv",
        "text/csv",
        key=f"{slug}_points",
        on_click="ignore",
        icon=":material/download:",
    )


def click(x: float, y: float, label: int) -> None:
    """The visitor clicked into the plane."""
    st.session_state.setdefault(CLICKS, []).append((x, y, label))


def clear() -> None:
    """Take the visitor's clicks away."""
    st.session_state.pop(CLICKS, None)


def _take(slug: str) -> None:
    """A file was given; one that cannot be read leaves the points as they were."""
    file = st.session_state[f"{slug}_upload"]
    st.session_state.pop(PROBLEM, None)
    if file is None:
        return
    try:
        st.session_state[FILE] = read_csv(file.getvalue())
    except CamadasError as error:
        st.session_state[PROBLEM] = error.alone()
