"""The page of denoising: its figures are core's."""

import pytest

from core.denoising import Settings, mend, picture_of, strangeness
from core.drawing import DIGITS
from tests.pages.visit import metrics, open_page, translate


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_figures_are_cores(language):
    at = open_page("denoising", language, denoising_strokes=DIGITS["8"], denoising_hole="0.3")
    assert not at.exception
    settings = Settings(strokes=DIGITS["8"], hole=0.3)
    found = mend(settings)
    shown = metrics(at)
    for name, db in zip(("Damaged", "Autoencoder", "OpenCV"), found.psnr_db, strict=True):
        assert shown[translate(name, language)] == f"{db:.1f} dB".replace(".", "," if language == "pt" else ".")
    share = strangeness(picture_of(settings)).share
    assert shown[translate("Stranger than", language)] == f"{100 * share:.0f} %"


def test_noise_is_turned():
    at = open_page("denoising")
    at.slider(key="denoising_sigma").set_value(0.9).run()
    assert metrics(at)["Damaged"] == f"{mend(Settings(sigma=0.9)).psnr_db[0]:.1f} dB"


def test_an_empty_sheet_is_said():
    at = open_page("denoising", denoising_strokes=";")
    assert not at.exception
    assert "nothing on the sheet" in at.error[0].value


def test_without_damage_there_is_nothing_to_divide_by():
    at = open_page("denoising", denoising_sigma="0.0", denoising_tab="How it works")
    assert not at.exception
    assert metrics(at)["Damaged"] == "∞"
