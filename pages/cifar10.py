"""CNN on CIFAR-10: a picture goes in, ten probabilities come out, or "none of these"."""

from functools import partial

import streamlit as st

from core.cifar10 import CLASSES, NETWORKS, Answer, Settings, as_seen, ask_all, script, shown, tested
from core.errors import CamadasError
from ui import charts, classes, code, controls, errors, page, photo
from ui.language import N_, _, formula, number

SLUG = "cifar10"
MAIN, CLASSIC = NETWORKS.values()
REFERENCES = [
    "Krizhevsky (2009), [Learning multiple layers of features from tiny images]"
    "(https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf): CIFAR-10",
    "Jordan (2024), [94% on CIFAR-10 in 3.29 seconds on a single GPU](https://arxiv.org/abs/2404.00498)",
    "Guo, Pleiss, Sun, Weinberger (2017), [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599)",
    "Liu, Wang, Owens, Li (2020), [Energy-based out-of-distribution detection](https://arxiv.org/abs/2010.03759)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    given = photo.current().preview
    result_column, controls_column = page.columns()
    with controls_column:
        photo.picker("page", _("Choose a photo"))
        settings = controls.settings(SLUG, Settings, [["size"], ["across"], ["down"]])
        st.caption(
            _(
                "Two networks: a modern one, whose first layer whitens the picture (takes the correlation out of its "
                "pixels), and the classic one of a first course."
            )
        )
        st.caption(_("They know: {things}.").format(things=", ".join(classes.said(name) for name in CLASSES)))
    seen = as_seen(given, **settings.model_dump())
    try:
        answers, seconds = ask_all(seen, (MAIN, CLASSIC))
    except CamadasError as error:
        with result_column:
            errors.show(errors.sentence(error))
        return
    main = answers[MAIN]
    with result_column:
        words = _("The current photo, and its square as the networks see it: 32 × 32 pixels.")
        st.image(shown(given, settings), words, width="stretch", alt=words, output_format="JPEG")
        st.markdown(f"### {verdict(main)}")
        bars(answers)
    page.numbers(numbers(main, seconds))
    page.tabs(
        SLUG,
        {
            N_("How it works"): partial(explain, main),
            N_("How often it is right"): measured,
            N_("Code"): partial(code.tab, SLUG, script(settings), MAIN),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def verdict(answer: Answer) -> str:
    """What the network says, in a line."""
    name, share = classes.said(CLASSES[answer.best]), f"{number(100 * answer.probabilities[answer.best], 1)} %"
    if not answer.is_known:
        reason = _("energy above its limit") if answer.refusal == "energy" else _("entropy above its limit")
        words = _("None of these ({reason}). Nearest: {name}, {share}")
        return words.format(reason=reason, name=name, share=share)
    return _("{name}, {share}").format(name=name.capitalize(), share=share)


def bars(answers: dict[str, Answer]) -> None:
    """The probabilities of both networks, side by side."""
    names = [classes.said(name) for name in CLASSES]
    series = [(_(name), answers[key].probabilities) for name, key in NETWORKS.items()]
    said = "; ".join(f"{name}: {verdict(answer)}" for (name, _p), answer in zip(series, answers.values(), strict=True))
    charts.show(charts.probabilities(names, series), said, f"{SLUG}_bars")


def numbers(answer: Answer, seconds: float) -> list[page.Number]:
    """The row below the result."""
    decides = answer.energy if answer.refusal == "energy" else answer.entropy
    label = _("Energy, limit {limit}") if answer.refusal == "energy" else _("Entropy, limit {limit}")
    limit = number(answer.threshold, 2)
    above = _("Above the limit the answer is: none of these. The limit lets 95 % of held-out pictures pass.")
    return [
        page.Number(_("Probability"), f"{number(100 * answer.probabilities[answer.best], 1)} %", help=_("Calibrated.")),
        page.Number(label.format(limit=limit), number(decides, 2), help=above),
        page.Number(_("Temperature"), number(answer.temperature, 2), help=_("The scores are divided by it.")),
        page.Number(_("Time"), f"{number(seconds * 1000)} ms", help=_("Of the first network, for this picture.")),
    ]


def explain(answer: Answer) -> None:
    """How scores become probabilities, with the present numbers."""
    best = answer.best
    st.markdown(
        _(
            "The network gives one score a class, $z_k$. Divided by the temperature $T = {temperature}$ and passed "
            "through softmax they are probabilities; that of **{name}**, the class $c$, is"
        ).format(temperature=formula(answer.temperature, 2), name=classes.said(CLASSES[best]))
    )
    st.latex(
        rf"p_c = \frac{{e^{{z_c / T}}}}{{\sum_k e^{{z_k / T}}}} = \frac{{e^{{{formula(answer.logits[best], 2)} / "
        rf"{formula(answer.temperature, 2)}}}}}{{\sum_k e^{{z_k / T}}}} = {formula(answer.probabilities[best], 3)}"
    )
    st.markdown(
        _(
            "Without the temperature it would be {plain} %. $T$ was fitted on training pictures held out, so that of "
            "the answers given with 80 %, 80 in 100 are right. A network must name one of its ten things whatever it "
            "is shown. What is unlike all of them gives weak scores: their energy $E$ is high then, or the "
            "probabilities are spread and their entropy $H$ is high."
        ).format(plain=number(100 * answer.uncalibrated[best], 1))
    )
    energy, entropy = formula(answer.energy, 2), formula(answer.entropy, 2)
    st.latex(rf"E = -T \log \sum_k e^{{z_k / T}} = {energy} \qquad H = -\sum_k p_k \log p_k = {entropy}\ \text{{nats}}")
    measure = _("the energy") if answer.refusal == "energy" else _("the entropy")
    st.markdown(_("Here {measure} decides; it tells the ten things from other ones better.").format(measure=measure))


def measured() -> None:
    """What both networks do on test pictures, and on photos of other things."""
    head = ["", *map(_, NETWORKS)]
    labels = {
        "top1": _("Right, of CIFAR-10's test pictures"),
        "ece_before": _("Calibration error without the temperature"),
        "ece_after": _("Calibration error with it"),
        "refused": _("“None of these”, of CIFAR-10's test pictures"),
        "refused_others": _("“None of these”, of photos of other things"),
    }
    cards = [tested(key) for key in NETWORKS.values()]
    rows = [[label, *(f"{number(100 * card[key].value, 1)} %" for card in cards)] for key, label in labels.items()]
    page.table(head, rows)
    first = cards[0]
    st.markdown(
        _(
            "On {n} test pictures, one view of each, and {others} pictures of Tiny-ImageNet whose class is none of "
            "the ten. The pictures of CIFAR-10 were here as JPEG of quality 75 with halved chroma, for training and "
            "for the test, so these figures cannot be compared with published ones. “None of these” is a guess too: "
            "many other things pass for one of the ten."
        ).format(n=number(first["top1"].n), others=number(first["refused_others"].n))
    )


show()
