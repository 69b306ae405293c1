"""The visitor's own styles: pictures, given once for all pages that take one; they live in this session alone."""

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


def given() -> dict[str, np.ndarray]:
    """The visitor's styles by the option that means them, (H, W, 3) uint8 each; empty before one is given."""
    found: dict[str, np.ndarray] = st.session_state.setdefault(_PICTURE, {})
    return found


def uploader(slug: str, chosen: str, option: str, label: str) -> None:
    """Where a style is given; one that cannot be read gets a sentence, and the one before it stays.

    Args:
        slug: the page's.
        chosen: name of the Settings field that is set to `option` when a picture comes.
        option: the one that means this picture.
        label: above the field.
    """
    key = f"{slug}_{chosen}_file_{st.session_state.get(f'{_PICTURE}_round', 0)}"
    trouble = f"{_PROBLEM}_{chosen}"

    def take() -> None:
        file = st.session_state.get(key)
        if file is None:
            return
        data, name = file.getvalue(), file.name
        uploads.forget(file)
        st.session_state[f"{_PICTURE}_round"] = st.session_state.get(f"{_PICTURE}_round", 0) + 1
        st.session_state.pop(trouble, None)
        try:
            picture = fitted(data, PICTURE_PX)
        except ImageRejected as error:
            st.session_state[trouble] = (name[:40], error.alone())
            return
        picture.flags.writeable = False
        st.session_state[_PICTURE] = {**given(), option: picture}
        controls.assign(slug, chosen, option)

    st.file_uploader(label, SUFFIXES, key=key, on_change=take, max_upload_size=MAX_MB)
    upload_words(
        _("This file is not taken: only JPEG, PNG, WebP, BMP, TIFF or GIF, of at most 20 MB."), f"{slug}_{chosen}_words"
    )
    problem = st.session_state.get(trouble)
    if problem is not None:
        name, rejected = problem
        errors.show(_("{name} was not taken.").format(name=_plain(name)) + " " + errors.sentence(rejected))


def _plain(name: str) -> str:
    """A file's name without what Markdown would read."""
    return "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name)
