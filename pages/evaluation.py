"""Evaluation: everything that is known of how good our classifiers are, down to the pictures that they got wrong."""

from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.evaluation import (
    CHECKPOINTS,
    DATASETS,
    Evaluation,
    Settings,
    card_of,
    curves,
    each_class,
    least_loss,
    measured,
    pictures,
    script,
    sums,
    worst,
)
from ui import charts, classes, code, controls, errors, page
from ui.components.confusion import confusion
from ui.components.tiles import tiles
from ui.language import N_, _, formula, number, plural

SLUG = "evaluation"
TILE_PX = 56
REFERENCES = [
    "Guo, Pleiss, Sun, Weinberger (2017), [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599)",
    "Fawcett (2006), [An introduction to ROC analysis](https://doi.org/10.1016/j.patrec.2005.10.010): confusion "
    "matrix, precision, recall",
    "Pedregosa et al. (2011), [scikit-learn](https://jmlr.org/papers/v12/pedregosa11a.html): classification report",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    result_column, controls_column = page.columns()
    with controls_column:
        settings = controls.settings(SLUG, Settings)
    try:
        network = CHECKPOINTS[settings.network]
        found = measured(network)
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    with controls_column:
        row = st.container(horizontal=True, wrap=False)
        truth, said = worst(found)
        truth = controls.choice(SLUG, "truth", _("True class"), found.classes, truth, row)
        said = controls.choice(SLUG, "said", _("Class named"), found.classes, said, row)
        cell(network, found, truth, said)
    with result_column:
        names = [classes.said(name) for name in found.classes]
        confusion(
            found.confusion,
            names,
            (truth, said),
            f"{SLUG}_confusion",
            partial(choose, found),
            as_shares=settings.cells == "shares",
        )
    page.numbers(numbers(found))
    page.tabs(
        SLUG,
        {
            N_("How to read it"): partial(explain, network, found, truth, said),
            N_("Each class"): partial(by_class, found),
            N_("Reliability"): partial(reliability, found),
            N_("Training curves"): partial(training, network),
            N_("Networks compared"): compared,
            N_("Code"): partial(code.tab, SLUG, script(settings), network),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def choose(found: Evaluation, truth: int, said: int) -> None:
    """A cell was clicked."""
    controls.assign(SLUG, "truth", found.classes[truth])
    controls.assign(SLUG, "said", found.classes[said])


def cell(network: str, found: Evaluation, truth: int, said: int) -> None:
    """The pictures of the cell that was chosen."""
    n = found.confusion[truth][said]
    names = {"truth": classes.said(found.classes[truth]), "said": classes.said(found.classes[said])}
    head = plural("{n} picture", "{n} pictures", n)
    if truth == said:
        st.markdown(f"**{head}:** " + _("{truth}, named rightly").format(**names))
    else:
        st.markdown(f"**{head}:** " + _("{truth}, named {said}").format(**names))
    shown, is_whole = pictures(network, truth, said)
    if shown:
        sure = [f"{number(100 * one.confidence)} %" for one in shown]
        alt = _("Test picture {row}: {truth}, named {said} with {share}")
        labels = [alt.format(row=number(one.row), share=share, **names) for one, share in zip(shown, sure, strict=True)]
        images = [one.image for one in shown]
        tiles(images, labels, _("Pictures of this cell"), f"{SLUG}_pictures", shown_px=TILE_PX, captions=sure)
        words = _("The surest answers first, with their probabilities.")
        st.caption(words if is_whole else words + " " + _("A few of them: the data set is not on this server."))
    elif n:
        st.caption(_("The data set is not on this server, and the few pictures that the card keeps are other ones."))


def numbers(found: Evaluation) -> list[page.Number]:
    """The row below the matrix."""
    help_text = _("Expected calibration error: how far probability and share of right answers are apart, on average.")
    return [
        page.Number(_("Right"), f"{number(100 * found.top1, 2)} %", help=_("Top-1 accuracy, one view of each.")),
        page.Number(_("Test pictures"), number(found.n)),
        page.Number(_("ECE, T = 1"), f"{number(100 * found.ece_before, 2)} %", help=help_text),
        page.Number(
            _("ECE, T = {temperature}").format(temperature=number(found.temperature, 2)),
            f"{number(100 * found.ece_after, 2)} %",
            help=help_text,
        ),
    ]


def explain(network: str, found: Evaluation, truth: int, said: int) -> None:
    """What the matrix says, with the present numbers."""
    of_class, named = sums(found)
    n, true_n, right = found.confusion[truth][said], of_class[truth], found.confusion[truth][truth]
    name, other = classes.said(found.classes[truth]), classes.said(found.classes[said])
    st.markdown(
        _(
            "A row holds the test pictures that truly are of a class, a column those that the network named so. Of "
            "{true_n} pictures of class **{name}**, {n} were named **{other}**. On the diagonal stand the right ones."
        ).format(true_n=number(true_n), name=name, n=number(n), other=other)
    )
    one = each_class(found)[truth]
    recall, precision = formula(100 * one.recall, 1), formula(100 * one.precision, 1)
    st.latex(
        rf"\text{{{_('recall')}}} = \frac{{{right}}}{{{true_n}}} = {recall}\,\% \qquad "
        rf"\text{{{_('precision')}}} = \frac{{{right}}}{{{named[truth]}}} = {precision}\,\%"
    )
    if DATASETS[network] == "cifar10":
        st.markdown(
            _(
                "The pictures of CIFAR-10 were here as JPEG of quality 75 with halved chroma, for training and for "
                "the test, so these figures cannot be compared with published ones."
            )
        )


def by_class(found: Evaluation) -> None:
    """Precision and recall of every class."""
    head = [_("Class"), _("Precision"), _("Recall"), "F1", _("Pictures")]
    rows = [
        [
            classes.said(each.name),
            *(f"{number(100 * v, 1)} %" for v in (each.precision, each.recall, each.f1)),
            number(each.n),
        ]
        for each in each_class(found)
    ]
    page.table(head, rows)


def reliability(found: Evaluation) -> None:
    """Confidence against accuracy, before and after the temperature."""
    words = (_("Probability given"), _("Share of right answers"), _("as it should be"))
    after = _("T = {temperature}").format(temperature=number(found.temperature, 2))
    figure = charts.reliability([("T = 1", found.before), (after, found.after)], words)
    alt = _("Reliability diagram; the calibration error goes from {before} % to {after} %.").format(
        before=number(100 * found.ece_before, 2), after=number(100 * found.ece_after, 2)
    )
    charts.show(figure, alt, f"{SLUG}_reliability")
    st.markdown(
        _(
            "Of the answers given with a probability of 80 %, 80 in 100 should be right: then the points lie on the "
            "line. Above it the network is too modest, below it too sure. The temperature was fitted on training "
            "pictures held out, never on these."
        )
    )


def training(network: str) -> None:
    """Loss and accuracy of the run that made the network."""
    card = card_of(network)
    names = {
        "training loss": _("Training loss"),
        "held-out loss": _("Held-out loss"),
        "held-out accuracy": _("Held-out accuracy"),
    }
    lines = [(names[curve.name], curve.epochs, curve.values) for curve in curves(card)]
    figure = charts.curves(lines[:2], lines[2:], (_("Epoch"), _("Loss, nats"), _("Accuracy")))
    last = f"{number(100 * lines[2][2][-1], 1)} %" if lines[2][2] else "–"
    alt = _("Loss and accuracy over {n} epochs; the last held-out accuracy is {last}.")
    charts.show(figure, alt.format(n=number(len(card.curve)), last=last), f"{SLUG}_training")
    if (least := least_loss(card)) > 0:
        words = _(
            "The training loss cannot fall below {least}: its labels are smoothed, and its pictures augmented. So it "
            "lies above the held-out loss, which is neither."
        )
        st.markdown(words.format(least=number(least, 2)))
    st.caption(
        _("{minutes} minutes on {hardware}: `{command}`").format(
            minutes=number(card.seconds / 60), hardware=card.hardware, command=card.command
        )
    )


def compared() -> None:
    """All networks in one table, and the two of CIFAR-10 class by class."""
    head = [_("Network"), _("Parameters"), _("Right"), _("ECE, T = 1"), _("ECE, calibrated"), _("Test pictures")]
    rows = []
    for word, name in CHECKPOINTS.items():
        card, found = card_of(name), measured(name)
        figures = [f"{number(100 * v, 2)} %" for v in (found.top1, found.ece_before, found.ece_after)]
        rows.append([_(word), number(card.parameters), *figures, number(found.n)])
    page.table(head, rows)
    both = [(word, name) for word, name in CHECKPOINTS.items() if DATASETS[name] == "cifar10"]
    series = [(_(word), [each.recall for each in each_class(measured(name))]) for word, name in both]
    things = [classes.said(name) for name in measured(both[0][1]).classes]
    st.markdown("**" + _("Recall of each class of CIFAR-10") + "**")
    alt = _("Recall of each class, of both networks of CIFAR-10.")
    charts.show(charts.probabilities(things, series), alt, f"{SLUG}_recall")


show()
