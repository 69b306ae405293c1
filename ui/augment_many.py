"""Many pictures through the page's pipeline: a ZIP, files or a folder in, a ZIP out."""

from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.augment_many import MOST_COPIES, SIDE_PX, Archive, Files, Progress, found, start
from core.errors import CamadasError, JobError
from core.images import MAX_BYTES, SUFFIXES
from core.jobs import ENDED, OVER
from core.pipelines import Pipeline
from core.zips import MAX_ZIP_BYTES
from ui import errors, jobs, uploads
from ui.components.upload_words import upload_words
from ui.language import N_, _, number

REFRESH_S = 0.5
MAX_MB, MOST_MB = MAX_BYTES // 2**20, MAX_ZIP_BYTES // 2**20
KINDS = {"zip": N_("A ZIP"), "files": N_("Pictures"), "folder": N_("A folder")}


def tab(slug: str, pipeline: Pipeline) -> None:
    """The uploader, the copies and, once begun, how far it is and the archive.

    Args:
        slug: the page's.
        pipeline: what is done to every picture.
    """
    st.markdown("##### " + _("Many pictures"))
    words = _("Pictures in, a ZIP with augmented copies out. Those longer than {side} pixels are made smaller first.")
    st.caption(words.format(side=number(SIDE_PX)))
    key = f"{slug}_many"
    kind = st.segmented_control(
        _("Given as"),
        list(KINDS),
        default="zip",
        required=True,
        format_func=lambda option: _(KINDS[option]),
        key=f"{key}_kind",
    )
    given = _uploader(f"{key}_{kind}_{st.session_state.get(f'{key}_round', 0)}", str(kind))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        copies = st.number_input(_("Copies of each"), 1, MOST_COPIES, 3, key=f"{key}_copies", width=180)
        st.button(
            _("Augment them"),
            icon=":material/play_arrow:",
            key=f"{key}_start",
            type="primary",
            disabled=not given,
            on_click=_begin,
            args=(key, given, pipeline, int(copies)),
        )
    if problem := st.session_state.get(f"{key}_problem"):
        errors.show(problem)
    job = jobs.find(st.session_state.get(f"{key}_job", ""))
    is_moving = job is not None and job.state not in ENDED
    st.fragment(_progress, run_every=REFRESH_S if is_moving else None)(key, is_moving)


def _uploader(key: str, kind: str) -> list[UploadedFile]:
    with st.container():
        if kind == "zip":
            one = st.file_uploader(_("ZIP of pictures"), ["zip"], key=key, max_upload_size=MOST_MB)
            words = _("This file is not taken: only .zip, of at most {most} MB.").format(most=number(MOST_MB))
            upload_words(words, f"{key}_words")
            return [one] if one else []
        label = _("A folder of pictures") if kind == "folder" else _("Several pictures")
        many: Literal[True, "directory"] = "directory" if kind == "folder" else True
        several = st.file_uploader(label, SUFFIXES, accept_multiple_files=many, key=key, max_upload_size=MAX_MB)
        words = _("Not taken: only pictures, of at most {most} MB each.").format(most=number(MAX_MB))
        upload_words(words, f"{key}_words")
        return list(several)


def _begin(key: str, given: list[UploadedFile], pipeline: Pipeline, copies: int) -> None:
    """The button: the files are read, handed over and let go."""
    st.session_state[f"{key}_problem"] = ""
    is_zip = len(given) == 1 and given[0].name.lower().endswith(".zip")
    files: Files = given[0].getvalue() if is_zip else [(file.name, file.getvalue()) for file in given]
    try:
        job = jobs.begun(lambda owner: start(files, pipeline, copies, owner=owner))
    except JobError as error:  # the files stay: later there may be room
        st.session_state[f"{key}_problem"] = errors.sentence(error)
        return
    except CamadasError as error:
        st.session_state[f"{key}_problem"] = errors.sentence(error)
        _let_go(key, given)
        return
    before = jobs.find(st.session_state.get(f"{key}_job", ""))
    if before is not None:
        before.send("cancel")
    st.session_state[f"{key}_job"] = job.token
    _let_go(key, given)


def _let_go(key: str, given: list[UploadedFile]) -> None:
    for file in given:
        uploads.forget(file)
    st.session_state[f"{key}_round"] = st.session_state.get(f"{key}_round", 0) + 1


def _progress(key: str, was_moving: bool) -> None:
    """How far the job is, drawn anew while it goes on; then what came out."""
    job = jobs.find(st.session_state.get(f"{key}_job", ""))
    if job is None:
        return
    if job.state == "failed":
        errors.show(_("Something went wrong on our side. Reference: {reference}").format(reference=job.problem))
        return
    try:
        now = found(job)
    except JobError as error:
        st.caption(errors.sentence(error))
        return
    if was_moving and (isinstance(now, Archive) or job.state in OVER):
        st.rerun()  # so that it is no longer drawn anew
    if isinstance(now, Archive):
        _ready(key, now)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        text = _("Picture {n} of {all}").format(n=number(now.done), all=number(now.of))
        st.progress(now.done / now.of, text)
        st.button(_("Cancel"), key=f"{key}_cancel", icon=":material/close:", on_click=job.send, args=("cancel",))
    _problems(now)


def _ready(key: str, archive: Archive) -> None:
    """What came out, to take away."""
    now = archive.progress
    words = _("{written} results of {n} of {all} pictures.")
    st.markdown(words.format(written=number(now.written), n=number(now.good), all=number(now.of)))
    if now.is_full:
        st.caption(_("The archive is full: the other pictures are not in it. Take fewer copies."))
    if now.written:
        st.download_button(
            _("Augmented pictures (.zip)"),
            archive.read,
            "augmented.zip",
            "application/zip",
            key=f"{key}_zip",
            icon=":material/download:",
            on_click="ignore",
        )
    _problems(now)


def _problems(now: Progress) -> None:
    """The files that were left out, and why."""
    for name, error in now.problems:
        st.markdown(f":material/error: {errors.plain_text(name)}: {errors.sentence(error)}")
