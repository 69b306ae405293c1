"""Style transfer: a photo in the style of any picture, at once; refined on one style in less than a minute."""

from functools import partial

import streamlit as st

from core.errors import CamadasError, JobError
from core.images import Picture
from core.style_transfer import (
    EXAMPLES,
    N_BANDS,
    OWN,
    OWN_TOO,
    Lately,
    Settings,
    StyleDecoder,
    Stylized,
    about,
    all_styles,
    channel,
    has_left_something,
    is_at_work,
    parse,
    refined,
    script,
    start,
    stylized,
    view,
    written,
)
from ui import code, controls, errors, jobs, page, photo, style_picture
from ui.components.before_after import before_after
from ui.components.pad import pad
from ui.components.painting import painting
from ui.language import N_, _, formula, number

SLUG = "style_transfer"
CHECKPOINTS = ("tiny_vgg", "style")
STYLE_PX = 150
REFINED = f"{SLUG}_refined"  # what it is about, and the decoder
LATELY = f"{SLUG}_lately"  # what was seen and made of the photo
GALLERY = f"{SLUG}_gallery"  # what it was painted from, and the pictures
REFERENCES = [
    "Huang, Belongie (2017), [Arbitrary style transfer in real-time with adaptive instance normalization]"
    "(https://arxiv.org/abs/1703.06868)",
    "Johnson, Alahi, Fei-Fei (2016), [Perceptual losses for real-time style transfer](https://arxiv.org/abs/1603.08155)",
    "Perez et al. (2018), [FiLM](https://arxiv.org/abs/1709.07871): a network told what to do by scales and shifts",
    "Pitié, Kokaram (2007), The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer, "
    "European Conference on Visual Media Production",
    "Heeger, Bergen (1995), [Pyramid-based texture analysis/synthesis](https://doi.org/10.1145/218380.218446)",
    "Odena, Dumoulin, Olah (2016), [Deconvolution and checkerboard artifacts](https://doi.org/10.23915/distill.00003)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    shown = view(photo.current().preview)
    result_column, controls_column = page.columns()
    with controls_column:
        settings = knobs(shown)
    own = style_picture.given()
    try:
        wanted = about(settings, own)
        decoder = kept(wanted)
        result = stylized(shown, settings, own, decoder, st.session_state.setdefault(LATELY, Lately()))
    except CamadasError as error:
        with result_column:
            errors.show(errors.sentence(error))
            words = _("The photo as it is.")
            st.image(shown, words, width="stretch", alt=words)
        page.try_next(SLUG)
        return
    with controls_column:
        refine(shown, settings, own, wanted, is_refined=decoder is not None)
        photo.download(SLUG, "stylized", lambda image: stylized(image, settings, own, decoder).image)
    with result_column:
        before_after(
            shown,
            result.image,
            (_("Photo"), _("Stylized")),
            alt=_("The current photo in the style that was chosen."),
            hint=_("Divider: how much of the left picture is seen"),
            key=f"{SLUG}_before_after",
        )
        with st.container(horizontal=True):
            for image, words in styles_of(result):
                st.image(image, words, width=STYLE_PX, alt=words)
        watch(wanted)
    page.numbers(numbers(result, is_refined=decoder is not None))
    page.tabs(
        SLUG,
        {
            N_("All styles"): partial(gallery, shown, own),
            N_("How it works"): partial(explain, shown, result, settings),
            N_("Code"): partial(taken_away, settings, is_refined=decoder is not None),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs(shown: Picture) -> Settings:
    """The controls, beside the result."""
    with st.container(horizontal=True):
        photo.picker("page", _("Photo"))
        with st.popover(_("A style of yours"), icon=":material/brush:", width="stretch", key=f"{SLUG}_own_box"):
            style_picture.uploader(SLUG, "style", OWN, _("A style of yours"))
    controls.example(SLUG, _("Example"), EXAMPLES, Settings)
    controls.settings(SLUG, Settings, [["style"], ["seed"], ["strength"], ["brush"], ["keep_colours"]])

    def draw(settings: Settings) -> None:
        try:
            strokes = parse(settings.mask)
        except CamadasError:
            strokes = []
        alt = _("The photo, to draw on with mouse or finger where the style is to hold. Delete clears it.")
        take = lambda drawn: controls.assign(SLUG, "mask", written(drawn))  # noqa: E731
        pad(strokes, settings.mask_width, alt, f"{SLUG}_pad", take, shown)
        st.caption(_("Draw where the style is to hold. Outside stands the photo, or the second style."))

    def give(_settings: Settings) -> None:
        style_picture.uploader(SLUG, "second", OWN_TOO, _("Another style of yours"))

    with st.container(horizontal=True):
        rows = [["second"], ["second_seed"], ["mix"]]
        controls.popover(SLUG, N_("Second style"), ":material/join:", Settings, rows, give)
        return controls.popover(SLUG, N_("Mask"), ":material/gesture:", Settings, [["mask_width"], ["mask"]], draw)


def kept(wanted: str) -> StyleDecoder | None:
    """The decoder that this session has refined on the style, if it has."""
    token = st.session_state.get(f"{SLUG}_run", "")
    job = jobs.find(token)
    if job is not None and (st.session_state.get(f"{SLUG}_done") == token or has_left_something(job)):
        try:
            decoder = refined(job)
        except JobError:
            decoder = None
        if decoder is not None:
            st.session_state[REFINED] = (job.about, decoder)
        st.session_state[f"{SLUG}_run"] = ""
        job.send("cancel")  # it has nothing left to do
    known, latest = st.session_state.get(REFINED, ("", None))
    return latest if known == wanted else None


def refine(shown: Picture, settings: Settings, own: dict[str, Picture], wanted: str, *, is_refined: bool) -> None:
    """The button that begins to refine the network on the first style."""

    def begin() -> None:
        jobs.forget(SLUG)
        try:
            job = jobs.begun(lambda owner: start(shown, settings, own, owner=owner))
        except CamadasError as error:
            st.session_state[f"{SLUG}_problem"] = error
            return
        st.session_state[f"{SLUG}_run"] = job.token

    def back() -> None:
        st.session_state.pop(REFINED, None)

    problem = st.session_state.pop(f"{SLUG}_problem", None)
    if problem is not None:
        errors.show(errors.sentence(problem))
    if is_refined:
        label = _("Use the network as it was")
        st.button(label, icon=":material/undo:", on_click=back, key=f"{SLUG}_back", width="stretch")
        return
    job = jobs.find(st.session_state.get(f"{SLUG}_run", ""))
    st.button(
        _("Refine on this style"),
        icon=":material/model_training:",
        on_click=begin,
        key=f"{SLUG}_refine",
        disabled=job is not None and job.about == wanted and is_at_work(job),
        help=_("Trains the decoder on this one style for 45 seconds, in this session alone."),
        width="stretch",
    )


def watch(wanted: str) -> None:
    """The network while it is refined on the style."""
    token = st.session_state.get(f"{SLUG}_run", "")
    job = jobs.find(token)
    if job is None or job.about != wanted:
        return
    made, loss = _("While it is refined"), _("Distance to the style")
    painting(SLUG, token, f"{SLUG}_live", made, loss, _("Refine on this style"))


def numbers(result: Stylized, *, is_refined: bool) -> list[page.Number]:
    """The row below the picture."""
    seconds = result.seconds
    time_taken = f"{number(seconds * 1000)} ms" if seconds < 1 else f"{number(seconds, 1)} s"
    width, height = result.seen
    meant = _("From style and photo to the picture; if others compute, with the wait for them.")
    return [
        page.Number(_("Time"), time_taken, help=meant),
        page.Number(_("What the network sees"), f"{width} × {height}", help=_("The larger the brush, the smaller.")),
        page.Number(_("Network"), _("refined") if is_refined else _("for all styles")),
    ]


def styles_of(result: Stylized) -> list[tuple[Picture, str]]:
    """The styles, as the encoder sees them."""
    found = [(result.style, _("The style"))]
    return found if result.second is None else [*found, (result.second, _("The second style"))]


def gallery(shown: Picture, own: dict[str, Picture]) -> None:
    """The photo in every style that is drawn by code, and in the visitor's own; painted once for each."""
    asked = (hash(shown.tobytes()), {name: hash(picture.tobytes()) for name, picture in own.items()})
    kept, found = st.session_state.get(GALLERY, (None, []))
    if kept != asked:
        with st.spinner(_("Painting all styles")):
            found = all_styles(shown, own)
        st.session_state[GALLERY] = (asked, found)
    page.pictures([(image, _(name)) for name, image in found], n_columns=4)


def taken_away(settings: Settings, *, is_refined: bool) -> None:
    """The script and the weights."""
    if is_refined:
        st.caption(_("The script takes the network as it was, without what it was refined by here."))
    code.tab(SLUG, script(settings), *CHECKPOINTS)


def explain(shown: Picture, result: Stylized, settings: Settings) -> None:
    """What happens to the features, with the present numbers."""
    one = channel(shown, result.style)
    st.latex(r"\mathrm{AdaIN}(x) = \sigma_s \, \frac{x - \mu_c}{\sigma_c} + \mu_s")
    st.markdown(
        _(
            "An encoder, trained to name 200 kinds of things, turns both pictures into features. Where the photo's "
            "lines are stays as it is; mean and spread of each of the 256 channels become those of the style. In "
            "channel {n} the photo has mean {mean_c} and spread {spread_c}, the style {mean_s} and {spread_s}:"
        ).format(
            n=number(one.at),
            mean_c=number(one.mean, 2),
            spread_c=number(one.spread, 2),
            mean_s=number(one.style_mean, 2),
            spread_s=number(one.style_spread, 2),
        )
    )
    st.latex(
        rf"{formula(one.style_spread, 2)} \cdot \frac{{x - {formula(one.mean, 2)}}}{{{formula(one.spread, 2)}}}"
        rf" + {formula(one.style_mean, 2)}"
    )
    st.markdown(
        _(
            "A decoder paints a picture from them. It was trained on photographs with paintings and with patterns "
            "drawn by code such as these; your own picture it has never seen, and refining lets it practise on it. "
            "What it paints then gets the style's colours by a linear map and, in {n_bands} "
            "bands from fine to coarse, the style's histograms. With strength {strength} all this is taken that far "
            "from the photo to the style."
        ).format(strength=number(settings.strength, 2), n_bands=number(N_BANDS))
    )


show()
