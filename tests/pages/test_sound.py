"""The page of sound, through Streamlit's own test runner."""

import numpy as np
import pytest

from core.sound import Settings, Sound, convolve, encode, kernel_of, source
from tests.pages.visit import metrics, open_page

OWN = encode(Sound(np.sin(np.arange(8000) * 0.2).astype(np.float32), 16_000))


def test_the_figures_are_cores():
    at = open_page("sound")
    at.slider(key="sound_delay_s").set_value(0.4).run()
    chosen = Settings(delay_s=0.4)
    before = source(chosen)
    after = convolve(before, kernel_of(chosen, before.rate))
    assert metrics(at)["Before"] == f"{before.seconds:.2f} s"
    assert metrics(at)["After"] == f"{after.seconds:.2f} s"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"words", "This is no WAV file. Save the sound as WAV."),
        (b"", "There is no sound in this file. Choose another one."),
        (OWN[:20], "The file is damaged, or of a kind that is not read. Export it as WAV with 16 bits."),
        (
            encode(Sound(np.zeros(600 * 4000, np.float32), 4000)),
            "The sound lasts {seconds} s; {limit} s is the most. Cut it.",
        ),
    ],
)
def test_bad_files_get_a_sentence_and_the_sound_before_stays(data, sentence):
    at = open_page("sound", sound_source="my WAV")
    at.file_uploader[0].set_value(("own.wav", OWN, "audio/wav")).run()
    assert not at.error
    before = metrics(at)
    assert before["Before"] == "0.50 s"
    at.file_uploader[0].set_value(("other.wav", data, "audio/wav")).run()
    assert not at.exception
    said = sentence.format(seconds="600.0", limit=30)
    assert [error.value for error in at.error] == [said]
    assert metrics(at) == before
