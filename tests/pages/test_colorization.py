"""The page of colorization, through Streamlit's own test runner."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.colorization import Settings, colorize, compare, without_colour
from core.images import decode, encode
from tests.files import animated_gif, bomb_png, cmyk_jpeg
from tests.pages.visit import metrics, open_page, translate, upload
from ui.files import asset

GRADIENT = np.linspace(0, 255, 60 * 80 * 3).reshape(60, 80, 3).astype(np.uint8)


def test_colorization_shows_cores_numbers_and_follows_the_strength():
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    greyed = without_colour(photo)
    at = open_page("colorization", colorization_tab="Code")
    for strength in (1.0, 1.55):
        at.slider(key="colorization_strength").set_value(strength).run()
        truth = compare(colorize(greyed, Settings(strength=strength)).image, photo)
        assert metrics(at)["PSNR"] == f"{truth.psnr_db:.1f} dB"
        assert metrics(at)["ΔE00"] == f"{truth.ciede2000:.1f}"
        assert f"STRENGTH = {strength}" in at.code[0].value


def test_an_upload_becomes_the_photo_of_the_page():
    photo = decode(asset("samples/rocket.jpg").read_bytes())[:200, :300]
    at = upload(open_page("colorization"), encode(photo, "png"))
    assert not at.exception
    assert not at.error
    truth = compare(colorize(without_colour(photo), Settings()).image, photo)
    assert metrics(at)["PSNR"] == f"{truth.psnr_db:.1f} dB"
    assert any("300 × 200" in button.label for button in at.get("download_button"))


def test_a_grey_photo_has_no_truth_to_compare_with():
    at = upload(open_page("colorization"), encode(np.full((40, 50, 3), 130, np.uint8), "png"))
    assert not at.exception
    assert "PSNR" not in metrics(at)
    assert at.toggle(key="colorization_truth").disabled


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"just words", "This file cannot be read as a picture. Save it as JPEG, PNG, WebP, BMP, TIFF or GIF."),
        (encode(GRADIENT, "jpeg")[:400], "The file is damaged or cut short. Copy or export it again."),
        (
            bomb_png(10_000, 6_000),
            "The picture has {megapixels} megapixels; {limit_megapixels} is the most. Save a smaller copy.",
        ),
        (b"", "The file is empty. Choose another one."),
    ],
)
def test_bad_files_get_a_sentence_and_nothing_is_lost(data, sentence, language):
    at = upload(open_page("colorization", language), encode(GRADIENT, "png"))
    before = metrics(at)
    at = upload(at, data, "photo.jpg", "image/jpeg")
    assert not at.exception
    assert at.session_state["photo_problem"][0].__traceback__ is None  # it would hold the file
    said = translate(sentence, language).format(megapixels="60,0" if language == "pt" else "60.0", limit_megapixels=50)
    assert [error.value for error in at.error] == [
        translate("{name} was not taken.", language).format(name="photo.jpg") + " " + said
    ]
    assert {k: v for k, v in metrics(at).items() if "dB" in v} == {k: v for k, v in before.items() if "dB" in v}
    at = upload(at, encode(GRADIENT[:30], "png"))
    assert not at.error
    assert any("80 × 30" in button.label for button in at.get("download_button"))


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (encode(GRADIENT[:1, :1], "png"), "1 × 1"),
        (encode(np.tile(GRADIENT[:10], (1, 63, 1))[:, :5000], "png"), "5000 × 10"),
        (cmyk_jpeg(GRADIENT), "80 × 60"),
        (animated_gif(GRADIENT), "80 × 60"),
    ],
)
def test_strange_pictures_get_a_result(data, size):
    at = upload(open_page("colorization"), data)
    assert not at.exception
    assert not at.error
    assert any(size in button.label for button in at.get("download_button"))


def test_a_sideways_photo_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    out = BytesIO()
    Image.fromarray(GRADIENT).save(out, "jpeg", exif=exif)
    at = upload(open_page("colorization"), out.getvalue())
    assert any("60 × 80" in button.label for button in at.get("download_button"))


def test_a_toned_photo_has_no_truth_either():
    tone = np.array([1.0, 0.86, 0.7])
    sepia = (np.tile(GRADIENT[:, :, :1], (1, 1, 3)) * tone).astype(np.uint8)
    at = upload(open_page("colorization"), encode(sepia, "png"))
    assert "PSNR" not in metrics(at)
