"""The page of autoencoders: its figures are core's, and an empty sheet is answered kindly."""

import numpy as np
import pytest

from core.autoencoders import NETWORKS, OF_PHOTOS, Settings, changes, picture_of, through
from core.drawing import DIGITS
from core.images import encode
from tests.pages.visit import metrics, open_page, translate, upload
from ui import photo

PHOTO = np.zeros((4, 4, 3), np.uint8)


def said(value: float, language: str = "en") -> str:
    english = f"{value:,.1f}"
    return english.translate(str.maketrans(",.", ".,")) if language == "pt" else english


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("network", NETWORKS)
def test_the_figures_are_cores(network, language):
    at = open_page("autoencoders", language, autoencoders_network=translate(network, language))
    assert not at.exception
    found = through(NETWORKS[network], picture_of(Settings(network=network), photo.current().preview))
    shown = metrics(at)
    assert shown["PSNR"] == f"{said(found.psnr_db, language)} dB"
    if network.startswith("VAE"):
        assert shown[translate("Reconstruction", language)] == f"{said(found.reconstruction, language)} nats"
        total = found.reconstruction + float(found.kl.sum())
        assert shown[translate("Loss", language)] == f"{said(total, language)} nats"
    else:
        assert shown[translate("Squared error", language)] == said(784 * found.mse, language)


def test_strokes_and_moved_numbers_come_by_the_link():
    at = open_page("autoencoders", autoencoders_strokes=DIGITS["7"], autoencoders_moved="1:2.5")
    found = through("vae_mnist_32", picture_of(Settings(strokes=DIGITS["7"]), PHOTO), changes("1:2.5", 32))
    assert found.is_changed
    assert metrics(at)["PSNR"] == f"{said(found.psnr_db)} dB"


def test_the_encoders_code_comes_back():
    at = open_page("autoencoders", autoencoders_moved="1:2.5")
    button = next(button for button in at.button if button.label == "As the encoder says")
    button.click().run()
    found = through("vae_mnist_32", picture_of(Settings(), PHOTO))
    assert metrics(at)["PSNR"] == f"{said(found.psnr_db)} dB"


@pytest.mark.parametrize(
    ("link", "begins"),
    [
        ({"strokes": ";"}, "There is nothing on the sheet"),
        ({"strokes": "x"}, "“x” is no stroke"),
        ({"moved": "y"}, "“y” names no"),
    ],
)
def test_nonsense_gets_a_sentence(link, begins):
    at = open_page("autoencoders", **{f"autoencoders_{name}": value for name, value in link.items()})
    assert not at.exception
    assert [error.value for error in at.error if error.value.startswith(begins)]


def test_a_photo_of_a_digit_goes_in():
    at = open_page("autoencoders", autoencoders_source="photo")
    image = np.full((120, 100, 3), 235, np.uint8)
    image[20:100, 45:55] = 30
    upload(at, encode(image, "png"))
    found = through("vae_mnist_32", picture_of(Settings(source="photo"), image))
    assert metrics(at)["PSNR"] == f"{said(found.psnr_db)} dB"


@pytest.mark.parametrize("tab", ["The code", "How good they are"])
def test_tabs_hold_tables(tab):
    at = open_page("autoencoders", autoencoders_tab=tab)
    assert not at.exception
    assert [element for element in at.markdown if element.value.count("\n|") >= 4]


def test_what_was_drawn_waits_while_the_network_of_photos_is_shown():
    at = open_page("autoencoders", autoencoders_strokes=DIGITS["7"])
    before = metrics(at)
    at.selectbox(key="autoencoders_network").set_value(OF_PHOTOS).run()
    at.run()
    assert not at.exception
    assert "autoencoders_strokes" not in {field.key for field in at.text_input}
    at.selectbox(key="autoencoders_network").set_value("VAE, 32 numbers").run()
    assert metrics(at) == before


def test_numbers_pulled_in_one_network_are_let_go_in_another():
    at = open_page("autoencoders", autoencoders_moved="1:2.5")
    at.selectbox(key="autoencoders_network").set_value("Autoencoder, 32 numbers").run()
    assert not at.exception
    assert at.session_state["autoencoders_moved"] == ""
    at.selectbox(key="autoencoders_example").set_value("One number pulled").run()
    assert at.session_state["autoencoders_moved"] == "1:2.5"
