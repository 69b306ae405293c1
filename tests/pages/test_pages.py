"""Every page of the catalog, in both languages, through Streamlit's own test runner."""

import importlib
from io import BytesIO
from typing import Literal, get_args, get_origin

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.colorization import Settings, colorize, compare, without_colour
from core.images import decode, encode
from tests.files import animated_gif, bomb_png, cmyk_jpeg
from tests.messages import read
from ui.catalog import PAGES
from ui.files import ROOT, asset

PORTUGUESE = {message.id: message.string for message in read()}
SLUGS = [page.slug for page in PAGES]


def translate(message: str, language: str) -> str:
    return PORTUGUESE[message] if language == "pt" else message


def open_page(slug: str, language: str = "en", **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / f"{slug}.py"), default_timeout=60)
    at.session_state["language"] = language
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def upload(at: AppTest, data: bytes, name: str = "photo.png", mime: str = "image/png") -> AppTest:
    return next(w for w in at.file_uploader if "page" in w.key).set_value((name, data, mime)).run()


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("slug", SLUGS)
def test_every_page_opens(slug, language):
    at = open_page(slug, language)
    assert not at.exception
    assert not at.error
    entry = next(page for page in PAGES if page.slug == slug)
    assert at.title[0].value == ("Camadas" if slug == "home" else translate(entry.title, language))
    assert at.markdown[0].value == translate(entry.promise, language)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_shell_lists_the_pages(language):
    at = AppTest.from_file(str(ROOT / "ui" / "shell" / "main.py"), default_timeout=60)
    at.query_params["lang"] = language
    at.run()
    assert not at.exception
    assert at.title[0].value == "Camadas"
    assert at.sidebar.button(key="photo_remove").label == translate("Remove", language)


def other_value(field):
    """A value of a Settings field that is allowed and not its default."""
    if get_origin(field.annotation) is Literal:
        return next(option for option in get_args(field.annotation) if option != field.default)
    if field.annotation is bool:
        return not field.default
    return next(rule.ge for rule in field.metadata if hasattr(rule, "ge"))


@pytest.mark.parametrize("slug", [s for s in SLUGS if (ROOT / "core" / f"{s}.py").exists()])
def test_the_link_carries_the_settings(slug):
    model = importlib.import_module(f"core.{slug}").Settings
    for name, field in model.model_fields.items():
        key = f"{slug}_{name}"
        at = open_page(slug, **{key: str(other_value(field))})
        assert not at.exception
        assert at.session_state[key] == other_value(field)
        wrong = open_page(slug, **{key: "nonsense"})
        assert not wrong.exception
        assert wrong.session_state[key] == field.default


def test_colorization_shows_cores_numbers_and_follows_the_strength():
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    greyed = without_colour(photo)
    at = open_page("colorization")
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
    assert not at.toggle


GRADIENT = np.linspace(0, 255, 60 * 80 * 3).reshape(60, 80, 3).astype(np.uint8)


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
    said = translate(sentence, language).format(megapixels="60,0" if language == "pt" else "60.0", limit_megapixels=50)
    assert [error.value for error in at.error] == [translate("The file was not accepted.", language) + " " + said]
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


def test_a_problem_stays_on_its_page_and_can_be_dismissed():
    at = AppTest.from_file(str(ROOT / "ui" / "shell" / "main.py"), default_timeout=60).run()
    picker = next(w for w in at.file_uploader if "sidebar" in w.key)
    at = picker.set_value(("a.jpg", b"words", "image/jpeg")).run()
    assert len(at.error) == 1
    at.sidebar.button(key="photo_remove").click().run()
    assert not at.error


def test_samples_and_remove():
    at = AppTest.from_file(str(ROOT / "ui" / "shell" / "main.py"), default_timeout=60)
    at.query_params["photo"] = "rocket"
    at.run()
    assert any("Rocket · 640 × 427" in caption.value for caption in at.sidebar.caption)
    at.sidebar.button(key="photo_remove").click().run()
    assert any("Cat · 451 × 300" in caption.value for caption in at.sidebar.caption)
