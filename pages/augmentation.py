"""Augmentation: a pipeline of the visitor's, its draws from one picture, and what each step did."""

from functools import partial

import streamlit as st

from core.augmentation import (
    BUDGET_S,
    EXAMPLES,
    Draw,
    Pipeline,
    Settings,
    changed,
    draws,
    histogram,
    is_cut,
    marked,
    marks_of,
    same,
    same_size,
    script,
    settings_of,
    sized,
    to_json,
)
from core.errors import CamadasError
from core.images import Picture
from ui import augment_many, beside_torchvision, charts, code, controls, errors, page, photo, pipeline_links
from ui.components.marks import marks
from ui.components.steps import steps
from ui.components.tiles import tiles
from ui.components.upload_words import upload_words
from ui.language import N_, _, number, plain

SLUG = "augmentation"
PROBLEM, CHOSEN, LAST = f"{SLUG}_problem", f"{SLUG}_chosen", f"{SLUG}_last"
TILE_PX = 160
HISTOGRAMS_A_ROW = 3
REFERENCES = [
    "Jung et al. (2020), [imgaug](https://imgaug.readthedocs.io): the library behind this page",
    "Shorten, Khoshgoftaar (2019), [A survey on image data augmentation for deep learning]"
    "(https://doi.org/10.1186/s40537-019-0197-0)",
    "Cubuk et al. (2020), [RandAugment](https://arxiv.org/abs/1909.13719)",
    "DeVries, Taylor (2017), [Improved regularization with cutout](https://arxiv.org/abs/1708.04552)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    result_column, controls_column = page.columns()
    with controls_column:
        settings = knobs()
    try:
        image = sized(photo.current().preview, settings)
        pipeline = settings.as_pipeline()
        with result_column, st.spinner(_("Drawing")):
            found = drawn_for(photo.current().preview, image, settings)
    except CamadasError as error:
        with result_column:
            errors.show(errors.sentence(error))
        return
    with controls_column:
        steps(pipeline.entries, f"{SLUG}_steps", partial(act, settings.pipeline))
        pipeline_links.to_gain(settings)
        if problem := st.session_state.pop(PROBLEM, None):
            errors.show(problem)
    chosen = min(chosen_of(settings), len(found) - 1)
    with result_column:
        shown = same_size([marked(draw) for draw in found])
        labels = [_("Draw {n}").format(n=number(at + 1)) for at in range(len(found))]
        name = _("Draws: choose one to see its steps")
        tiles(shown, labels, name, f"{SLUG}_grid", shown_px=TILE_PX, chosen=chosen, on_choose=choose)
        if len(found) < settings.draws:
            words = _(
                "{n} of {all} draws: these steps take too long for more. Leave some out, or take a smaller picture."
            )
            st.caption(words.format(n=number(len(found)), all=number(settings.draws)))
        if is_cut(photo.current().preview):
            st.caption(_("The photo is very long: this is its middle."))
        st.caption(_("Box, points and the outline of a mask move along. Click a draw to see its steps below."))
    page.tabs(
        SLUG,
        {
            N_("Step by step"): partial(step_by_step, image, found[chosen], chosen),
            N_("Box and points"): partial(move_marks, image, settings),
            N_("Histograms"): partial(histograms, image, found[chosen], chosen),
            N_("In torchvision"): partial(beside_torchvision.tab, SLUG, image, settings, pipeline, found),
            N_("Files"): partial(files, pipeline),
            N_("How it works"): explain,
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls beside the draws."""
    photo.picker("page", _("Choose a photo"))
    controls.example(SLUG, _("Example"), EXAMPLES, Settings)
    with st.container(horizontal=True):
        rows = [["choose"], ["least", "most"], ["is_random"], ["draws"], ["side_px"], ["seed"]]
        controls.popover(SLUG, N_("Draws"), ":material/casino:", Settings, rows)
        rows = [["pipeline"], ["box"], ["points"]]
        return controls.popover(SLUG, N_("As text"), ":material/edit_note:", Settings, rows)


def chosen_of(settings: Settings) -> int:
    """The draw whose steps are shown."""
    return min(int(st.session_state.get(CHOSEN, 0)), settings.draws - 1)


def drawn_for(whole: Picture, image: Picture, settings: Settings) -> list[Draw]:
    """The draws of the grid; those of the run before where nothing has changed."""
    asked = (settings, chosen_of(settings))
    last_whole, last_asked, found = st.session_state.get(LAST, (None, None, []))
    if last_whole is not whole or last_asked != asked:
        found = draws(image, settings, BUDGET_S, chosen_of(settings))
        st.session_state[LAST] = (whole, asked, found)
    return list(found)


def act(text: str, action: str, row: int, name: str, value: str) -> None:
    """A step was added, moved, taken away or set."""
    try:
        controls.assign(SLUG, "pipeline", changed(text, action, row, name, value))
    except CamadasError as error:
        st.session_state[PROBLEM] = errors.sentence(error)


def choose(at: int) -> None:
    """A draw was clicked."""
    st.session_state[CHOSEN] = at


def after_steps(image: Picture, draw: Draw) -> list[tuple[str, Picture]]:
    """The photo and the picture after each step that was used, with what was drawn for it."""
    found = [(_("The photo"), image)]
    for applied in draw.applied:
        values = ", ".join(f"{name.replace('_', ' ')} {drawn(*ends)}" for name, ends in applied.drawn.items())
        values = _("no change") if same(found[-1][1], applied.image) else values
        found.append((f"{applied.name.removeprefix('pillike.')} {values}".strip(), applied.image))
    return found


def step_by_step(image: Picture, draw: Draw, at: int) -> None:
    """The picture after each step that was used, with what was drawn for it."""
    st.markdown("**" + _("Draw {n}").format(n=number(at + 1)) + "**")
    captions, shown = zip(*after_steps(image, draw), strict=True)
    tiles(same_size(list(shown)), captions, _("After each step"), f"{SLUG}_after", shown_px=TILE_PX, captions=captions)
    if not draw.applied:
        st.caption(_("No step was used in this draw."))


def drawn(low: float, high: float) -> str:
    """What was drawn: one number, or the least and greatest of many."""
    return plain(low, 3) if low == high else f"{plain(low, 3)} … {plain(high, 3)}"


def move_marks(image: Picture, settings: Settings) -> None:
    """The box and the points on the photo, to be dragged."""
    lying = marks_of(settings)
    alt = _("The photo with a box and points on it.")
    marks(image, lying.box, lying.points, alt, f"{SLUG}_marks", put_marks)
    st.caption(_("Drag the box, its corner or a point, or move them with the arrows: every draw follows."))


def put_marks(box: list[float], points: list[list[float]]) -> None:
    """Box or points were moved."""
    controls.assign(SLUG, "box", " ".join(f"{100 * share:.1f}" for share in box))
    controls.assign(SLUG, "points", ", ".join(" ".join(f"{100 * share:.1f}" for share in point) for point in points))


def histograms(image: Picture, draw: Draw, at: int) -> None:
    """Brightness of the photo, and after each step of a draw."""
    st.markdown("**" + _("Draw {n}").format(n=number(at + 1)) + "**")
    words = (_("Brightness"), _("Share of the pixels"))
    columns = st.columns(HISTOGRAMS_A_ROW, gap="medium")
    for place, (caption, picture) in enumerate(after_steps(image, draw)):
        with columns[place % HISTOGRAMS_A_ROW]:
            st.caption(f"**{caption}**")
            alt = _("How often each brightness occurs, for red, green and blue: {name}.").format(name=caption)
            charts.show(charts.histogram(histogram(picture), words), alt, f"{SLUG}_histogram_{place}")


def files(pipeline: Pipeline) -> None:
    """The pipeline as a file, out and in."""
    st.download_button(
        _("Pipeline (.json)"),
        to_json(pipeline),
        "pipeline.json",
        "application/json",
        key=f"{SLUG}_json",
        icon=":material/download:",
        on_click="ignore",
    )
    with st.container():
        key = f"{SLUG}_file"
        given = st.file_uploader(_("Bring a pipeline back"), ["json"], key=key, on_change=take_file, max_upload_size=1)
        upload_words(_("This file is not taken: only .json, of at most 100 kB."), f"{SLUG}_file_words")
    problem = st.session_state.get(f"{SLUG}_file_problem")
    if problem and given is not None:
        errors.show(problem)
    augment_many.tab(SLUG, pipeline)


def take_file() -> None:
    """A pipeline's file was given: the controls take it."""
    file = st.session_state[f"{SLUG}_file"]
    st.session_state.pop(f"{SLUG}_file_problem", None)
    if file is None:
        return
    try:
        controls.take(SLUG, settings_of(file.getvalue()), Settings)
    except CamadasError as error:
        st.session_state[f"{SLUG}_file_problem"] = errors.sentence(error)


def explain() -> None:
    """What augmentation is for."""
    st.markdown(
        _(
            "A network that sees a picture twice should not see the same numbers twice. Each time, the pipeline draws "
            "anew how far it turns, shifts, blurs or recolours it; what the picture shows stays the same, so its "
            "label stays too. Boxes, points and masks are labels with a place: they move with the picture."
        )
    )
    st.markdown(
        _(
            "A change is a good one if you would still give the picture the same name, and if it can happen where the "
            "network will be used. A mirrored cat is a cat, a mirrored 2 is no 2."
        )
    )


show()
