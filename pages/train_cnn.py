"""Train a CNN: the visitor's own layers, live, then beside the networks that we ship."""

from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.train_cnn import EXAMPLES, Settings, Trained, about, n_parameters, script, shipped, start, trained
from ui import classes, code, controls, errors, jobs, page
from ui.components.curves import curves
from ui.components.tiles import tiles
from ui.language import N_, _, number, plural

SLUG = "train_cnn"
TILE_PX = 56
REFERENCES = [
    "LeCun, Bottou, Bengio, Haffner (1998), [Gradient-based learning applied to document recognition]"
    "(https://doi.org/10.1109/5.726791)",
    "Ioffe, Szegedy (2015), [Batch normalization](https://arxiv.org/abs/1502.03167)",
    "Srivastava et al. (2014), [Dropout](https://jmlr.org/papers/v15/srivastava14a.html)",
    "DeVries, Taylor (2017), [Improved regularization with cutout](https://arxiv.org/abs/1708.04552)",
    "Loshchilov, Hutter (2019), [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101): AdamW",
    "Jordan et al. (2024), [Muon](https://kellerjordan.github.io/posts/muon/)",
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = knobs()
    try:
        token = jobs.of_page(SLUG, settings, about(settings), lambda owner: start(settings, owner=owner)).token
    except CamadasError as error:
        errors.show(errors.sentence(error))
        return
    is_done = curves(SLUG, token, f"{SLUG}_curves")
    page.tabs(
        SLUG,
        {
            N_("Compare"): partial(compare, token, settings, is_done=is_done),
            N_("How it works"): partial(explain, settings),
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def knobs() -> Settings:
    """The controls, in a row above the curves."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.example(SLUG, _("Example"), EXAMPLES, Settings, width=260)
        rows = [["data"], ["n_pictures"], ["mirrors"], ["shift_px"], ["cutout_px"]]
        controls.popover(SLUG, N_("Pictures"), ":material/photo_library:", Settings, rows)
        controls.popover(SLUG, N_("Network"), ":material/layers:", Settings, [["stack"]])
        rows = [["optimizer"], ["learning_rate", "batch_size"], ["label_smoothing"], ["epochs"], ["seed"]]
        settings = controls.popover(SLUG, N_("Training"), ":material/tune:", Settings, rows)
        st.button(_("New run"), icon=":material/replay:", on_click=jobs.forget, args=(SLUG,), width="stretch")
    return settings


def compare(token: str, settings: Settings, *, is_done: bool) -> None:
    """The visitor's network beside ours, on the same test pictures, and what it got wrong."""
    found = jobs.asked(SLUG, token, trained)
    if found is None:
        return
    head = [_("Network"), _("Parameters"), _("Right, of the test pictures")]
    own = plural("Yours, after {n} epoch", "Yours, after {n} epochs", found.epoch)
    rows = [[own, number(n_parameters(settings)), f"{number(100 * found.accuracy, 1)} %"]]
    ours = shipped(settings)
    rows += [[_(word), number(n), f"{number(100 * share, 1)} %"] for word, n, share in ours]
    page.table(head, rows)
    n_test = number(len(found.said))
    if ours:
        words = _(
            "All on the same {n} test pictures. Ours learned from nearly all training pictures and for longer: the "
            "page Evaluation has all that is known of them."
        )
    else:
        words = _("On {n} test pictures. We ship no network for these digits of 8 × 8; choose MNIST to compare.")
    st.caption(words.format(n=n_test))
    mistakes(found)
    if not is_done:
        st.button(_("Measure now"), icon=":material/refresh:", key=f"{SLUG}_again")


def mistakes(found: Trained) -> None:
    """Some test pictures that the network names wrongly."""
    if not len(found.images):
        return
    st.markdown("**" + _("Named wrongly") + "**")
    pairs = [(classes.said(t), classes.said(n)) for t, n in zip(found.truths, found.names, strict=True)]
    labels = [_("{truth}, named {said}").format(truth=truth, said=said) for truth, said in pairs]
    captions = [f"{truth} → {said}" for truth, said in pairs]
    tiles(found.images, labels, _("Named wrongly"), f"{SLUG}_mistakes", shown_px=TILE_PX, captions=captions)


def explain(settings: Settings) -> None:
    """What the curves show."""
    st.markdown(
        _(
            "Left, the loss: cross-entropy in nats, of the pictures that it learns from (orange, as they come, "
            "augmented) and of test pictures (blue, after each epoch). While both fall it learns; when orange goes on "
            "falling and blue rises it learns by heart. Right, the share of test pictures that it names rightly."
        )
    )
    st.latex(r"L = -\frac{1}{B} \sum_{i=1}^{B} \log \frac{e^{z_{i, y_i}}}{\sum_k e^{z_{i, k}}}")
    st.markdown(
        _(
            "A step looks at {batch} pictures. Try few pictures and many epochs, then shifts or dropout against "
            "learning by heart; take batch norm away and raise the learning rate. The run lives on the server: a "
            "reload of this page finds it again."
        ).format(batch=number(settings.batch_size))
    )


show()
