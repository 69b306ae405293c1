"""Autoencoder: a drawn digit or a photo through encoder, code and decoder, and what the loss says of it."""

from functools import partial

import streamlit as st

from core.autoencoders import (
    EXAMPLES,
    NETWORKS,
    OF_PHOTOS,
    Coded,
    Settings,
    changes,
    measured,
    middle,
    parse,
    picture_of,
    said,
    samples,
    script,
    side_by_side,
    strip,
    through,
    written,
)
from core.errors import CamadasError
from ui import code, controls, errors, page, photo
from ui.components.code_sliders import CodeNumber, code_sliders
from ui.components.pad import pad
from ui.language import N_, _, formula, number

SLUG = "autoencoders"
N_SHOWN = 32
N_SAMPLES, PER_ROW = 64, 16
REFERENCES = [
    "Hinton, Salakhutdinov (2006), [Reducing the dimensionality of data with neural networks]"
    "(https://doi.org/10.1126/science.1127647)",
    "Kingma, Welling (2014), [Auto-encoding variational Bayes](https://arxiv.org/abs/1312.6114)",
    "Higgins et al. (2017), [beta-VAE](https://openreview.net/forum?id=Sy2fzU9gl)",
    "Burda, Grosse, Salakhutdinov (2016), [Importance weighted autoencoders](https://arxiv.org/abs/1509.00519)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    network = NETWORKS[settings.network]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        if settings.network == OF_PHOTOS:
            given()
        else:
            sheet(settings)
    try:
        picture = picture_of(settings, photo.current().preview)
        moved = changes(settings.moved, through(network, picture).mean.size)
        found = through(network, picture, moved)
    except CamadasError as error:
        with right:
            errors.show(errors.sentence(error))
        page.try_next(SLUG)
        return
    with right:
        words = _("Left: what goes in, {side} × {side} pixels. Right: what comes back out of {n} numbers.")
        words = words.format(side=len(found.picture), n=number(found.mean.size))
        page.pixels(side_by_side(found.picture, found.decoded), words)
    sliders(found)
    page.numbers(numbers(found))
    page.tabs(
        SLUG,
        {
            N_("The loss"): partial(loss, found),
            N_("The code"): partial(table, found),
            N_("Drawn from the prior"): partial(drawn, settings, network),
            N_("How good they are"): compared,
            N_("Code"): partial(code.tab, SLUG, script(settings), network),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the result."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=260)
        with st.container(width=260):
            chosen = controls.settings(SLUG, Settings, [["network"]])
        with st.container(width=220):
            controls.settings(SLUG, Settings, [["source"]])
        let_go(chosen)
        rows = [["brush"], ["is_centred"], ["strokes"], ["moved"]]
        settings = controls.popover(SLUG, N_("Input"), ":material/draw:", Settings, rows)
        st.session_state[f"{SLUG}_pulled"] = (settings.network, settings.moved)
        if settings.source == "photo" or settings.network == OF_PHOTOS:
            photo.picker("page", _("Choose a photo"))
        return controls.popover(SLUG, N_("Draws"), ":material/casino:", Settings, [["temperature"], ["draw"]])


def let_go(chosen: Settings) -> None:
    """Numbers that were pulled in one network's code mean nothing in another's."""
    network, moved = chosen.network, st.session_state.get(f"{SLUG}_moved") or ""
    before = st.session_state.get(f"{SLUG}_pulled")
    if before is not None and before[0] != network and before[1] == moved:
        controls.assign(SLUG, "moved", "")


def move_none() -> None:
    """In a callback: all numbers as the encoder says."""
    controls.assign(SLUG, "moved", "")


def given() -> None:
    """The square of the visitor's photo that the network of photos gets."""
    words = _("The middle of your photo, before it is made small.")
    st.image(middle(photo.current().preview), words, width="stretch", alt=words)


def sheet(settings: Settings) -> None:
    """The sheet to draw on."""
    try:
        strokes = parse(settings.strokes)
    except CamadasError:
        strokes = []

    def draw(strokes: list[list[tuple[float, float]]]) -> None:
        controls.assign(SLUG, "strokes", written(strokes))
        controls.assign(SLUG, "source", "drawing")
        controls.assign(SLUG, "moved", "")

    alt = _("A sheet to draw a digit on, with mouse or finger. Delete clears it.")
    pad(strokes, settings.brush, alt, f"{SLUG}_pad", draw)
    st.caption(_("Draw a digit. Delete clears the sheet."))


def sliders(found: Coded) -> None:
    """The numbers of the code, those that tell most first."""
    given = {int(at): float(found.code[at]) for at in found.order if found.code[at] != found.mean[at]}

    def move(values: dict[int, float | None]) -> None:
        try:
            before = changes(st.session_state.get(f"{SLUG}_moved") or "", found.mean.size)
        except CamadasError:  # typed since, and nothing that is read
            before = {}
        now = {**before, **{at: value for at, value in values.items() if value is not None}}
        kept = {at: value for at, value in now.items() if values.get(at, 0.0) is not None}
        controls.assign(SLUG, "moved", said(kept))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{_('The code')}**", width="stretch")
        st.button(_("As the encoder says"), on_click=move_none, disabled=not found.is_changed, icon=":material/replay:")
    places = [
        CodeNumber(
            int(at), float(found.code[at]), float(found.mean[at]), float(found.sigma[at]), word(found, at), at in given
        )
        for at in found.order[:N_SHOWN]
    ]
    code_sliders(places, found.reach, _("The code"), f"{SLUG}_code", move)
    if found.sigma.any():
        words = _(
            "A line is the mean, a band one standard deviation to each side. What tells most on average comes first."
        )
    else:
        words = _("A line is what the encoder says. A plain autoencoder knows no spread.")
    if (n_left := found.mean.size - N_SHOWN) > 0:
        words += " " + _("{n} more numbers tell less and are not shown.").format(n=number(n_left))
    st.caption(words + " " + _("Pull one and see what it means; a double click or Delete takes it back."))


def word(found: Coded, at: int) -> str:
    """A number of the code in words."""
    if not found.sigma.any():
        return _("Number {n} of the code: {mean}").format(n=number(at + 1), mean=number(found.mean[at], 2))
    words = _("Number {n} of the code: mean {mean}, standard deviation {sigma}, KL {kl} nats")
    return words.format(
        n=number(at + 1), mean=number(found.mean[at], 2), sigma=number(found.sigma[at], 2), kl=number(found.kl[at], 2)
    )


def numbers(found: Coded) -> list[page.Number]:
    """The row below the result."""
    n_pixels = number(found.picture.size)
    back_to = page.Number(
        _("PSNR"), f"{number(found.psnr_db, 1)} dB", help=_("Of what comes back, against what went in.")
    )
    if not found.sigma.any():
        return [
            page.Number(
                _("Squared error"),
                number(found.squared_error, 1),
                help=_("Summed over {n} pixels, of the picture shown.").format(n=n_pixels),
            ),
            back_to,
        ]
    kl = float(found.kl.sum())
    of_encoder = _("Of the code as the encoder says, whatever was pulled; PSNR is of the picture that is shown.")
    return [
        page.Number(_("Reconstruction"), f"{number(found.reconstruction, 1)} nats", help=of_encoder),
        page.Number(_("KL"), f"{number(kl, 1)} nats"),
        page.Number(_("Loss"), f"{number(found.reconstruction + kl, 1)} nats"),
        back_to,
    ]


def loss(found: Coded) -> None:
    """The loss with the present numbers in its formula."""
    total = formula(found.reconstruction, 1)
    if not found.sigma.any():
        st.markdown(_("A plain autoencoder is asked to bring the picture back, and for nothing else. Its loss is"))
        if found.likelihood == "bernoulli":
            st.latex(
                rf"-\sum_{{i=1}}^{{784}} x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i) = {total}\ \text{{nats}}"
            )
        else:
            st.latex(rf"\sum_{{i=1}}^{{784}} (\hat x_i - x_i)^2 = {total}")
        st.markdown(_("Nothing asks where its codes lie: what is between two of them need not look like a digit."))
        return
    kl = float(found.kl.sum())
    st.markdown(
        _(
            "The encoder gives each number a mean $\\mu$ and a standard deviation $\\sigma$. The loss is what the "
            "picture costs when its code is known, and what the code costs beyond the prior, a normal distribution:"
        )
    )
    st.latex(
        rf"\begin{{aligned}} L &= \underbrace{{-\log p(x \mid z)}}_{{{total}}} + \beta \cdot \underbrace{{\mathrm{{KL}}"
        rf"(q(z \mid x) \,\|\, p(z))}}_{{{formula(kl, 1)}}} \\ "
        rf"&= {formula(found.reconstruction + kl, 1)}\ \text{{nats}}, \quad \beta = 1 \end{{aligned}}"
    )
    at = int(found.kl.argmax())
    # as many digits as the result needs: the logarithm of a small spread moves fast
    mean, sigma, nats = (
        formula(float(found.mean[at]), 3),
        formula(float(found.sigma[at]), 4),
        formula(float(found.kl[at]), 2),
    )
    st.markdown(_("The number that says most about this picture, $z_{{{n}}}$, adds").format(n=at + 1))
    st.latex(
        rf"\begin{{aligned}} &\tfrac12 (\mu^2 + \sigma^2 - 1 - \log \sigma^2) \\ "
        rf"= {{}}&\tfrac12 (({mean})^2 + {sigma}^2 - 1 - \log {sigma}^2) = {nats} \end{{aligned}}"
    )
    st.markdown(
        _(
            "Here $z$ is the mean; in training it is drawn anew each time. Every pixel is the chance of white, "
            "so that a grey one costs something even when it is met exactly."
        )
        if found.likelihood == "bernoulli"
        else _(
            "Here $z$ is the mean; in training it is drawn anew each time. Levels of colour have a density, not a "
            "probability: where it is greater than 1, the cost is below zero. Only differences mean something."
        )
    )


def table(found: Coded) -> None:
    """Mean, standard deviation and KL of each number."""
    head = [_("Number"), _("Mean μ"), _("Standard deviation σ"), _("Variance σ²"), _("KL, nats")]
    rows = [
        [
            f"$z_{{{at + 1}}}$",
            number(found.mean[at], 2),
            number(found.sigma[at], 2),
            number(found.sigma[at] ** 2, 3),
            number(found.kl[at], 2),
        ]
        for at in found.order
    ]
    page.table(head, rows)


def drawn(settings: Settings, network: str) -> None:
    """Pictures decoded from codes that nobody has encoded."""
    _codes, made = samples(network, N_SAMPLES, settings.draw, settings.temperature)
    words = _("{n} pictures decoded from codes drawn from a normal distribution.").format(n=number(N_SAMPLES))
    page.pixels(strip(made, PER_ROW), words)
    card = measured(network)
    if "sample_confidence" in card:
        words = _(
            "Over 10,000 draws at temperature 1 our classifier of digits is sure of {confidence} % on average, and the "
            "entropy of its labels is {entropy} nats; ten equal classes have 2.30. Good samples need both: sure, and "
            "of all kinds."
        )
        confidence, spread = card["sample_confidence"].value, card["sample_entropy"].value
        st.caption(words.format(confidence=number(100 * confidence, 1), entropy=number(spread, 2)))
    if settings.network == OF_PHOTOS:
        st.caption(
            _(
                "Clouds of light and colour, no things: 128 numbers that are drawn apart from each other do not make a "
                "photo. Good samples of photos take far larger codes and networks, or other ways, such as diffusion."
            )
        )
    if "VAE" not in settings.network:
        st.caption(_("Nothing made this network's codes follow a normal distribution: what the draws meet is luck."))


def compared() -> None:
    """The figures of all networks on the test digits."""
    head = [_("Network"), _("Squared error, a pixel"), _("PCA, as many numbers"), _("PSNR"), _("Bound, nats")]
    rows = []
    for name, key in NETWORKS.items():
        try:
            card = measured(key)
        except CamadasError as error:
            errors.show(errors.sentence(error))
            continue
        bound = number(card["bound_100"].value, 1) if "bound_100" in card else "–"
        psnr = f"{number(card['psnr_db'].value, 1)} dB"
        rows.append([_(name), number(card["mse"].value, 4), number(card["pca_mse"].value, 4), psnr, bound])
    page.table(head, rows)
    st.caption(
        _(
            "On MNIST's 10,000 test digits, and on 5,000 photos of Tiny-ImageNet. The bound on log p(x) takes 100 "
            "samples of the code for each picture, and digits drawn once as black and white (Burda et al. 2016): "
            "greater is better. Photos have a density of colours: their bound does not compare with the others."
        )
    )


show()
