"""The page of style transfer, through Streamlit's own test runner."""

import numpy as np
import pytest

from core import style_transfer
from core.images import encode, fit_within
from core.patterns import draw
from core.style_task import StyleSettings
from core.style_transfer import OWN, Settings, stylized, view
from tests.files import bomb_png
from tests.pages.visit import finished, metrics, open_page, upload

SMALL = fit_within(draw("shapes", 1, 96), 96)


def give_style(at, data, name="style.png"):
    uploader = next(each for each in at.file_uploader if each.key.startswith("style_transfer_style_file"))
    return uploader.set_value((name, data, "image/png")).run()


def test_the_page_shows_what_the_network_saw_and_the_code_its_settings():
    at = open_page("style_transfer", style_transfer_tab="Code", style_transfer_brush="2.0")
    assert not at.exception
    assert metrics(at)["What the network sees"] == "226 × 150"
    assert "BRUSH = 2.0" in at.code[0].value
    at.slider(key="style_transfer_strength").set_value(0.5).run()
    assert "STRENGTH = 0.5" in at.code[0].value


def test_a_picture_of_ones_own_becomes_the_style_on_both_pages():
    own = draw("waves", 9, 80)
    at = give_style(open_page("style_transfer"), encode(own, "png"))
    assert not at.exception
    assert not at.error
    assert at.selectbox(key="style_transfer_style").value == OWN
    assert np.array_equal(at.session_state["style_picture"][OWN], own)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"words", "This file cannot be read as a picture. Save it as JPEG, PNG, WebP, BMP, TIFF or GIF."),
        (
            bomb_png(10_000, 6_000),
            "The picture has {megapixels} megapixels; {limit_megapixels} is the most. Save a smaller copy.",
        ),
    ],
)
def test_a_bad_style_gets_a_sentence_and_the_one_before_stays(data, sentence):
    at = give_style(open_page("style_transfer"), encode(draw("waves", 9, 80), "png"))
    at = give_style(at, data, "bad.png")
    assert not at.exception
    assert sentence.split("{")[0] in at.error[0].value
    assert list(at.session_state["style_picture"]) == [OWN]
    assert at.selectbox(key="style_transfer_style").value == OWN


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((1, 1, 3), np.uint8), "The style's shorter side has"),
        (np.full((64, 64, 3), 90, np.uint8), "The style has one colour alone"),
    ],
)
def test_what_is_no_style_is_said_and_the_controls_stay(image, reason):
    at = give_style(open_page("style_transfer"), encode(image, "png"))
    assert not at.exception
    assert reason in at.error[0].value
    at.selectbox(key="style_transfer_style").set_value("Mosaic").run()
    assert not at.exception
    assert not at.error
    assert "What the network sees" in metrics(at)


def test_their_picture_without_one_is_asked_for():
    at = open_page("style_transfer", style_transfer_style=OWN)
    assert not at.exception
    assert "There is no picture of yours yet" in at.error[0].value


def test_a_refined_network_is_used_and_given_up_again(monkeypatch):
    monkeypatch.setattr(style_transfer, "REFINING", StyleSettings(epochs=1, n_steps=2, batch_size=2, side_px=32))
    at = upload(open_page("style_transfer"), encode(np.array(SMALL), "png"))
    at.button(key="style_transfer_refine").click().run()
    assert not at.exception
    job = finished(at, "style_transfer")
    at.session_state["style_transfer_done"] = job.token  # what the component says at the end
    at.run()
    assert metrics(at)["Network"] == "refined"
    at.slider(key="style_transfer_strength").set_value(0.5).run()
    assert metrics(at)["Network"] == "refined"
    at.number_input(key="style_transfer_seed").set_value(2).run()
    assert metrics(at)["Network"] == "for all styles"
    at.number_input(key="style_transfer_seed").set_value(1).run()
    at.button(key="style_transfer_back").click().run()
    assert metrics(at)["Network"] == "for all styles"


def test_a_network_refined_while_nobody_watched_is_taken(monkeypatch):
    monkeypatch.setattr(style_transfer, "REFINING", StyleSettings(epochs=1, n_steps=2, batch_size=2, side_px=32))
    at = upload(open_page("style_transfer"), encode(np.array(SMALL), "png"))
    at.button(key="style_transfer_refine").click().run()
    finished(at, "style_transfer")
    at.slider(key="style_transfer_strength").set_value(0.5).run()
    assert metrics(at)["Network"] == "refined"


def test_a_white_photo_is_explained():
    at = upload(open_page("style_transfer"), encode(np.full((6, 60, 3), 255, np.uint8), "png"))
    at.session_state["style_transfer_tab"] = "How it works"
    at.run()
    assert not at.exception
    assert not at.error
    assert any("AdaIN" in each.value for each in at.latex)


def test_a_photo_of_one_pixel_is_painted():
    at = upload(open_page("style_transfer"), encode(np.full((1, 1, 3), 90, np.uint8), "png"))
    assert not at.exception
    assert stylized(view(np.full((1, 1, 3), 90, np.uint8)), Settings()).image.shape == (1, 1, 3)
