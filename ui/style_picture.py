"""The visitor's own style: a picture, given once, on every page that takes one; it lives in this session alone."""

import numpy as np
import streamlit as st

from core.errors import ImageRejected
from core.images import SUFFIXES
from ui import controls, errors, uploads
from ui.components.upload_words import upload_words
from ui.language import _
from ui.photo import MAX_MB, fitted

PICTURE_PX = 768  # longer side of what is kept
_PICTURE, _PROBLEM = "style_picture", "style_picture_problem"


def current() -> np.ndarray | None:
    """The style that was given, (H, W, 3) uint8; None before."""
    found: np.ndarray | None = st.session_state.get(_PICTURE)
    return found


def uploader(slug: str, chosen: str, own: str) -> None:
    """Where a style is given; one that cannot be read gets a sentence, and the one before it stays.

    Args:
        slug: the page's.
        chosen: name of the Settings field that is set to `own` when a picture comes.
        own: the option that means the visitor's picture.
    """
    key = f"{slug}_style_file_{st.session_state.get(f'{_PICTURE}_round', 0)}"

    def take() -> None:
        file = st.session_state.get(key)
        if file is None:
            return
        data, name = file.getvalue(), file.name
        uploads.forget(file)
        st.session_state[f"{_PICTURE}_round"] = st.session_state.get(f"{_PICTURE}_round", 0) + 1
        st.session_state.pop(_PROBLEM, None)
        try:
            picture = fitted(data, PICTURE_PX)
        except ImageRejected as error:
            st.session_state[_PROBLEM] = (name[:40], ImageRejected(error.reason, **error.details))
            return
        picture.flags.writeable = False
        st.session_state[_PICTURE] = picture
        controls.assign(slug, chosen, own)

    st.file_uploader(_("A style of yours"), SUFFIXES, key=key, on_change=take, max_upload_size=MAX_MB)
    upload_words(
        _("This file is not taken: only JPEG, PNG, WebP, BMP, TIFF or GIF, of at most 20 MB."), f"{slug}_style_words"
    )
    problem = st.session_state.get(_PROBLEM)
    if problem is not None:
        name, rejected = problem
        errors.show(_("{name} was not taken.").format(name=_plain(name)) + " " + errors.sentence(rejected))


def _plain(name: str) -> str:
    """A file's name without what Markdown would read."""
    return "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name)
