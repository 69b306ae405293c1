"""What a classifier does on points of the plane: boundary, confusion matrix, report."""

import streamlit as st

from core.errors import JobError
from core.jobs import OVER
from core.moons import (
    PeerState,
    Results,
    Settings,
    Snapshot,
    peer_differences,
    peer_results,
    peer_state,
    results,
    snapshot,
    start_peer,
)
from core.plane import Split
from core.points import SPAN
from ui import charts, errors, jobs, page
from ui.language import N_, _, number

PARTS = {"test": N_("Test"), "validation": N_("Validation"), "train": N_("Training")}
REFRESH_S = 2


def tab(slug: str, token: str, settings: Settings, data: Split, *, is_moving: bool) -> None:
    """A live run beside scikit-learn's network with the same settings, as far as both have come.

    Args:
        slug: the page's.
        token: of the run.
        settings: that it was started with.
        data: its points.
        is_moving: whether it goes on, and the figures follow it.
    """
    part = st.segmented_control(
        _("Judge by"),
        list(PARTS),
        default="test",
        required=True,
        format_func=lambda name: _(PARTS[name]),
        key=f"{slug}_part",
    )
    is_behind = bool(st.session_state.get(f"{slug}_peer_behind"))
    follow = st.fragment(_beside, run_every=REFRESH_S if is_moving or is_behind else None)
    follow(slug, token, settings, data, str(part))


def _beside(slug: str, token: str, settings: Settings, data: Split, part: str) -> None:
    job = jobs.find(token)
    if job is None:
        return
    try:
        now = snapshot(job)
        peer = _peer(slug, token, settings, data, now)
    except JobError as error:
        st.caption(errors.sentence(error))
        return
    is_behind = peer.epoch < now.last_epoch and not peer.has_diverged
    if is_behind != bool(st.session_state.get(f"{slug}_peer_behind")):
        st.session_state[f"{slug}_peer_behind"] = is_behind
        st.rerun()  # so that it is drawn anew until it has caught up, and no longer
    ours, theirs = st.columns(2, gap="large")
    with ours:
        st.markdown("#### " + _("This network"))
        st.caption(_("Epoch {n}").format(n=number(now.epoch)))
        show(results(now, part), data, part, _("this network"), f"{slug}_ours")
    with theirs:
        st.markdown("#### MLPClassifier (scikit-learn)")
        found = peer_results(peer, data, part)
        if peer.has_diverged:
            st.caption(_("Its weights have run away."))
        elif found is None:
            st.caption(_("It trains as soon as this network does."))
        else:
            at, end = number(peer.epoch), number(now.last_epoch)
            st.caption(_("Epoch {epoch} of {epochs}").format(epoch=at, epochs=end))
            show(found, data, part, "scikit-learn", f"{slug}_theirs")
    unlike = ", ".join(_(Settings.model_fields[name].title or name) for name in peer_differences(settings, data))
    text = _("Both have the same points and settings, and first weights of their own.")
    if now.touched:
        text = _(
            "Both have the same points. This network was changed on its way, or began as a file; scikit-learn's has "
            "the settings alone."
        )
    if unlike:
        text += " " + _("scikit-learn has no such choice of: {names}. There it takes its nearest.").format(names=unlike)
    st.caption(text)


def _peer(slug: str, token: str, settings: Settings, data: Split, now: Snapshot) -> PeerState:
    """scikit-learn's network for this run; a new one when there is none yet."""
    kept_for, peer = st.session_state.get(f"{slug}_peer", ("", ""))
    job = jobs.find(peer)
    if job is None or kept_for != token or job.state in OVER:
        if job is not None:
            job.send("cancel")
        job = jobs.begun(lambda owner: start_peer(settings, data, owner=owner))
        st.session_state[f"{slug}_peer"] = (token, job.token)
    return peer_state(job, now.last_epoch)


def show(found: Results, data: Split, part: str, who: str, key: str) -> None:
    """One network: its boundary with the points of a part, its confusion matrix, its report.

    Args:
        found: what core measured.
        data: the points.
        part: train, validation or test.
        who: the network's name, for a screen reader.
        key: of the figures in the session.
    """
    rows, names = data.parts[part], list(data.points.names)
    accuracy = f"{number(100 * found.accuracy, 1)} %"
    figure = charts.plane(found.plane, data.points.xy[rows], data.points.labels[rows], SPAN, is_single=found.is_single)
    alt = _("The boundary of {who}; accuracy {accuracy}.").format(who=who, accuracy=accuracy)
    charts.show(figure, alt, f"{key}_plane")
    page.numbers([page.Number(_("Accuracy"), accuracy)])
    titles = (_("True class"), _("Class said"))
    counts = ", ".join(str(count) for count in found.confusion.flatten().tolist())
    alt = _("Confusion matrix of {who}, row by row: {counts}.").format(who=who, counts=counts)
    charts.show(charts.confusion(found.confusion, names, titles), alt, f"{key}_confusion")
    head = [_("Class"), _("Precision"), _("Recall"), "F1", _("Points")]
    page.table(
        head,
        [
            [_plain(r.name), number(r.precision, 2), number(r.recall, 2), number(r.f1, 2), number(r.n)]
            for r in found.report
        ],
    )


def _plain(name: str) -> str:
    """A visitor's own word, without what Markdown would make of it."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#!|$~:" else c for c in name)
