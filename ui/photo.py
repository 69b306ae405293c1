"""The visitor's one photo: given once, it is the current photo of every page; it lives in this session alone."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Literal

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import ImageRejected
from core.images import MAX_BYTES, SUFFIXES, Format, decode, encode, fit_within
from ui import errors, uploads
from ui.components.upload_words import upload_words
from ui.files import asset
from ui.language import N_, _
from ui.visitors import named

SAMPLES = {
    "chelsea": N_("Cat"),
    "astronaut": N_("Astronaut"),
    "coffee": N_("Coffee"),
    "rocket": N_("Rocket"),
    "camera": N_("Photographer, black and white"),
}
DEFAULT = "chelsea"
THUMBNAIL_PX = 196  # what the sidebar leaves, and the greatest height there
SAMPLE_PX = 96
MAX_MB = MAX_BYTES // 2**20
PREVIEW_PX = 1024  # longer side of what pages work on while knobs are turned
SOURCES = {"upload": N_("Upload"), "camera": N_("Camera"), "samples": N_("Samples")}
# 50 megapixels take half a gigabyte to decode, and more to give back at full size: the third visitor waits.
_decoding = threading.Semaphore(2)
_full_size = threading.Semaphore(2)
_PHOTO, _PROBLEM, _ROUND = "photo", "photo_problem", "photo_round"


@dataclass(frozen=True)
class Photo:
    """The file as it came, and a picture small enough to work on at once.

    Attributes:
        data: the file's bytes, still encoded.
        name: the file's name without its ending, safe for a new file's name.
        sample: a key of SAMPLES, or empty for the visitor's own.
        height: of the whole picture, in pixels, upright.
        width: likewise.
        preview: (h, w, 3) uint8 RGB, no side longer than 1024 pixels; the whole picture where it is no larger.
    """

    data: bytes
    name: str
    sample: str
    height: int
    width: int
    preview: np.ndarray


def current() -> Photo:
    """The photo that pages work on; a sample until the visitor gives one."""
    own: Photo | None = st.session_state.get(_PHOTO)
    if own is not None:
        return own
    asked = st.query_params.get("photo", DEFAULT)
    if asked not in SAMPLES or asked == DEFAULT:
        return _sample(DEFAULT)
    st.session_state[_PHOTO] = _sample(asked)  # it goes along to the other pages
    return _sample(asked)


def sidebar() -> None:
    """The photo, small, with what changes and removes it."""
    photo = current()
    _keep_in_address(photo)
    height, width = photo.preview.shape[:2]
    small: int | Literal["stretch"] = max(1, THUMBNAIL_PX * width // height) if height > width else "stretch"
    st.image(photo.preview, width=small, alt=_alt(photo))
    st.caption(f"{_title(photo)} · {photo.width} × {photo.height}")
    if not photo.sample:
        st.caption(_("It is in this tab alone: a reload forgets it, and no link carries it."))
    change, remove = st.columns(2, gap="small")
    with change:
        picker("sidebar", _("Change"))
    with remove:
        nothing = photo.sample == DEFAULT and _PROBLEM not in st.session_state
        st.button(_("Remove"), on_click=_remove, disabled=nothing, key="photo_remove", width="stretch")


@st.fragment
def picker(where: Literal["sidebar", "page"], label: str) -> None:
    """A button that opens the choice of a photo: upload, camera or samples. A fragment: opening computes nothing else.

    Args:
        where: "sidebar" or "page".
        label: of the button.
    """
    icon = ":material/add_photo_alternate:" if where == "page" else None  # the sidebar has no room
    if st.button(label, icon=icon, key=f"photo_picker_{where}", width="stretch"):
        st.dialog(_("Choose a photo"))(_choose)(_round())


def _choose(opened: int) -> None:
    if _round() != opened:
        st.rerun()  # one was given: the dialog closes, and the page works on the new photo
    source = st.segmented_control(
        _("Where from"),
        list(SOURCES),
        default="upload",
        required=True,
        format_func=lambda option: _(SOURCES[option]),
        key="photo_source",
        label_visibility="collapsed",
        width="stretch",
    )
    key = f"photo_{source}_{opened}"
    if source == "upload":
        st.file_uploader(
            _("A photo of yours"), SUFFIXES, key=key, on_change=_take_file, args=(key,), max_upload_size=MAX_MB
        )
    elif source == "camera":
        st.camera_input(_("Take a picture"), key=key, resolution="1080p", on_change=_take_file, args=(key,))
    else:
        for name in SAMPLES:
            _sample_row(name)
    upload_words(_("This file is not taken: only JPEG, PNG, WebP, BMP, TIFF or GIF, of at most 20 MB."))
    st.caption(_("Your photo stays in this session's memory and is gone soon after you leave."))


def _sample_row(name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.image(_sample(name).preview, width=SAMPLE_PX, alt="")
        st.button(_(SAMPLES[name]), key=f"photo_sample_{name}", on_click=_take_sample, args=(name,), width="stretch")


def download(slug: str, tag: str, function: Callable[[np.ndarray], np.ndarray]) -> None:
    """A button that gives the current photo back at its original size; the file is made when it is asked for.

    Args:
        slug: the page's.
        tag: the word behind the file's name.
        function: what the page does with a picture, (H, W, 3) uint8 -> the same.
    """
    photo = current()
    format: Format = "jpeg" if photo.data[:2] == b"\xff\xd8" else "png"

    @named  # it runs in another thread
    def make() -> bytes:
        with _full_size:
            return encode(function(decode(photo.data)), format, quality=95)

    st.download_button(
        _("Download, {width} × {height}").format(width=photo.width, height=photo.height),
        make,
        f"{photo.name}-{tag}.{'jpg' if format == 'jpeg' else 'png'}",
        f"image/{format}",
        key=f"{slug}_download",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )


def problem(slug: str) -> None:
    """Say why the last file was not accepted, on the page where it was given, until another photo comes."""
    rejected, name, where = st.session_state.get(_PROBLEM, (None, "", slug))
    if where not in ("", slug):
        del st.session_state[_PROBLEM]
    elif rejected is not None:
        st.session_state[_PROBLEM] = (rejected, name, slug)
        errors.show(_("{name} was not taken.").format(name=name) + " " + errors.sentence(rejected))


def _take_file(key: str) -> None:
    file = st.session_state.get(key)
    if not isinstance(file, UploadedFile):  # none, or one that is forgotten already
        return
    data = file.getvalue()
    uploads.forget(file)
    _next_round()
    try:
        st.session_state[_PHOTO] = _photo(data, file.name)
    except ImageRejected as error:
        st.session_state[_PROBLEM] = (error.alone(), _stem(file.name) + PurePath(file.name).suffix[:6], "")


def _take_sample(name: str) -> None:
    _next_round()
    st.session_state[_PHOTO] = _sample(name)


def _remove() -> None:
    _next_round()
    st.session_state.pop(_PHOTO, None)
    st.query_params.pop("photo", None)


def _round() -> int:
    return int(st.session_state.get(_ROUND, 0))


def _next_round() -> None:
    """Close the dialog and make fresh widgets, so that the same file can come again."""
    st.session_state[_ROUND] = _round() + 1
    st.session_state.pop(_PROBLEM, None)


def _keep_in_address(photo: Photo) -> None:
    """The link names the sample; a visitor's own photo is in no link."""
    wanted = photo.sample if photo.sample not in ("", DEFAULT) else None
    if wanted == st.query_params.get("photo"):
        return  # each write sends the whole address, which may already be behind the browser's
    if wanted:
        st.query_params["photo"] = wanted
    else:
        del st.query_params["photo"]


def fitted(data: bytes, longer_px: int) -> np.ndarray:
    """A file as (h, w, 3) uint8 RGB, made small enough while no more than one other is decoded.

    Raises:
        ImageRejected: as core.images.decode.
    """
    with _decoding:
        return np.array(fit_within(decode(data), longer_px))


def _photo(data: bytes, name: str, sample: str = "") -> Photo:
    with _decoding:
        image = decode(data)
        preview = np.array(fit_within(image, PREVIEW_PX))
    preview.flags.writeable = False  # pages share it, and all visitors a sample's
    return Photo(data, _stem(name), sample, image.shape[0], image.shape[1], preview)


def _stem(name: str) -> str:
    """A file's name without its ending, safe in Markdown and in another file's name."""
    return re.sub(r"[^\w-]+", "_", PurePath(name).stem)[:60] or "photo"


@cache
def _sample(name: str) -> Photo:
    return _photo(asset(f"samples/{name}.jpg").read_bytes(), name, name)


def _title(photo: Photo) -> str:
    return _(SAMPLES[photo.sample]) if photo.sample else _("Your photo")


def _alt(photo: Photo) -> str:
    return _("The current photo: {title}").format(title=_title(photo))
