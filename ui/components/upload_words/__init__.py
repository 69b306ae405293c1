"""Beside Streamlit's uploader or camera: their words in the visitor's language, and why a file is refused.

Streamlit has both in English alone, and says the second only in a tooltip, which a phone does not show.
"""

from ui.components.register import component
from ui.language import N_, _

STREAMLITS = (
    N_("Upload"),
    N_("Take Photo"),
    N_("Clear photo"),
    N_("This app would like to use your camera."),
    N_("Learn how to allow access."),
    N_("per file"),
    N_("Close"),
)


def upload_words(refused: str, key: str = "upload_words") -> None:
    """Draw nothing until Streamlit refuses a file, by its ending or size, before it is sent; then the reason.

    Args:
        refused: the sentence, in the visitor's language.
        key: of the component, where a page has several.
    """
    words = {word: _(word) for word in STREAMLITS if _(word) != word}
    component("upload_words")(data={"words": words, "refused": refused}, key=key)
