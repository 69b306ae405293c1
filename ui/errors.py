"""A reason from core, as a sentence in the visitor's language; the remedy comes last."""

import streamlit as st

from core.errors import CamadasError
from ui.language import N_, _, number

SENTENCES = {
    ("ImageRejected", "empty"): N_("The file is empty. Choose another one."),
    ("ImageRejected", "file_too_large"): N_(
        "The file has {size_mb} MB; {limit_mb} MB is the most. Save a smaller copy."
    ),
    ("ImageRejected", "not_a_picture"): N_(
        "This file cannot be read as a picture. Save it as JPEG, PNG, WebP, BMP, TIFF or GIF."
    ),
    ("ImageRejected", "too_many_pixels"): N_(
        "The picture has {megapixels} megapixels; {limit_megapixels} is the most. Save a smaller copy."
    ),
    ("ImageRejected", "too_long"): N_("The picture is {side} pixels long; {limit} is the most. Cut or shrink it."),
    ("ImageRejected", "broken"): N_("The file is damaged or cut short. Copy or export it again."),
    ("ImageRejected", "unsupported"): N_("Pixels of the kind {mode} cannot be read. Save the picture as RGB."),
    ("CheckpointError", "missing"): N_("The network's file {file} is missing. Train it, or fetch it again."),
    ("CheckpointError", "unreadable"): N_("The network's file {file} is damaged. Fetch it again."),
    ("CheckpointError", "no_card"): N_("The network's file {file} does not say what it is. Fetch it again."),
    ("CheckpointError", "wrong_hash"): N_("The network's file {file} has been changed. Fetch it again."),
    ("CheckpointError", "tensors_differ"): N_("The network's file {file} belongs to another version. Fetch it again."),
    ("DatasetError", "missing"): N_(
        "The data set {name} is not on this server. The rest of the page works without it."
    ),
    ("DatasetError", "broken_picture"): N_("A picture of the data set is damaged: {file}, number {row}."),
    ("DatasetError", "no_pictures"): N_("There are no pictures in {file}."),
    ("DatasetError", "no_colour"): N_("{name} has no photo with colours to compare with."),
    ("DatasetError", "too_few"): N_("{name} has {n} pictures; at least {least} are needed."),
    ("DatasetError", "sizes_differ"): N_("The pictures of {name} differ in size."),
    ("SettingsError", "shape"): N_("{argument} must be {rule}, but is {value}."),
    ("SettingsError", "folder"): N_("{argument} is no folder that can be used: {value}."),
    ("SettingsError", "resumed"): N_("{argument} is {value}, but the run to resume has {rule}."),
    ("SettingsError", "unknown"): N_("{argument} {value} is not known. Choose one of {rule}."),
}


def sentence(error: CamadasError) -> str:
    """What happened and what helps, in the visitor's language."""
    details = {
        name: number(value, 1 if isinstance(value, float) else 0) if isinstance(value, int | float) else value
        for name, value in error.details.items()
    }
    return _(SENTENCES[type(error).__name__, error.reason]).format(**details)


def show(message: str) -> None:
    """A problem that the visitor can mend."""
    st.error(message, icon=":material/info:")
