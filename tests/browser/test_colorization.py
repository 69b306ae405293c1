"""The gesture that the page exists for: a grey photo goes in, a coloured one comes out."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.colorization import without_colour
from core.colour import mean_chroma
from core.images import decode, encode, fit_within
from tests.browser.browse import NARROW, WIDE, give_photo, open_page, settled, visiting
from tests.files import animated_gif, bomb_png, cmyk_jpeg, noise

CHOOSE = re.compile("Choose a photo|Escolher uma foto")
RESULT = 'figure[data-state="ready"]'


def download_label(page: Page, width: int, height: int):
    return page.get_by_role("button", name=re.compile(rf"(Download|Baixar), {width} × {height}"))


def expect_result(page: Page, width: int, height: int) -> None:
    """The slider shows a picture of this size."""
    after = page.locator(f"{RESULT} img.after")
    expect(after).to_have_js_property("naturalWidth", width)
    expect(after).to_have_js_property("naturalHeight", height)


def upload(page: Page, data: bytes, name: str = "photo.jpg", mime: str = "image/jpeg") -> None:
    give_photo(page, name, mime, data, CHOOSE)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_grey_photo_in_coloured_photo_out(browser, address, language, size, sample):
    photo = encode(without_colour(sample)[:200], "jpeg")
    with visiting(browser, address, language=language, size=size) as page:
        open_page(page, "/")
        if size is NARROW:
            open_page(page, "/colorization")
        else:
            page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile("Coloriza")).click()
        upload(page, photo, "old photo.jpg")
        expect(download_label(page, 451, 200)).to_be_visible()
        expect_result(page, 451, 200)
        with page.expect_download() as waiting:
            download_label(page, 451, 200).click()
        found = waiting.value
        assert found.suggested_filename == "old_photo-colorized.jpg"
        coloured = decode(found.path().read_bytes())
        assert coloured.shape == (200, 451, 3)
        assert mean_chroma(coloured) > 3
        assert np.abs(without_colour(coloured).astype(int) - without_colour(decode(photo))).mean() < 2


def test_the_divider_follows_mouse_and_keyboard(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/colorization")
        page.locator(RESULT).wait_for()
        figure = page.locator(RESULT)
        box = figure.bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.2, y, steps=5)
        page.mouse.up()
        at = "figure => parseFloat(figure.style.getPropertyValue('--at'))"
        assert figure.evaluate(at) == pytest.approx(20, abs=2)
        divider = page.get_by_role("slider", name="Divider: how much of the left picture is seen")
        divider.focus()
        before = figure.evaluate(at)
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        assert figure.evaluate(at) == before + 5


def test_the_link_reproduces_the_page(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/colorization?photo=rocket")
        strength = page.get_by_role("slider", name="Colour strength")
        strength.focus()
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile("colorization_strength=1.2"))
        page.get_by_text("Compare with the original").click()
        page.wait_for_url(re.compile("colorization_truth=true"))
        expect(page.locator("figure .left")).to_have_text("Original")
        settled(page)
        value = page.get_by_test_id("stMetricValue").first.inner_text()
        link = page.url
    with visiting(browser, address) as page:
        open_page(page, link.removeprefix(address))
        expect(page.get_by_role("slider", name="Colour strength")).to_have_value("1.2")
        expect(page.get_by_test_id("stMetricValue").first).to_have_text(value)
        expect(page.get_by_test_id("stSidebar").get_by_text("Rocket · 640 × 427")).to_be_visible()
        expect(page.locator("figure .left")).to_have_text("Original")


def test_a_refused_file_leaves_the_link_alive(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/colorization")
        for name, data in (("bad.jpg", b"no picture"), ("good.jpg", encode(noise(60, 80), "jpeg"))):
            upload(page, data, name)
            expect(page.get_by_test_id("stAlert")).to_have_count(int(name == "bad.jpg"))
        expect(download_label(page, 80, 60)).to_be_visible()
        settled(page)
        page.get_by_role("slider", name="Colour strength").press("ArrowRight")
        page.wait_for_url(re.compile("colorization_strength=1.05"))


@pytest.mark.parametrize(("language", "tab", "title"), [("pt", "Code", "Código"), ("en", "Referências", "References")])
def test_a_link_opens_its_tab_in_any_language(browser, address, language, tab, title):
    with visiting(browser, address, language=language) as page:
        open_page(page, f"/colorization?colorization_tab={tab}")
        expect(page.get_by_role("tab", selected=True)).to_have_text(title)


def test_the_keyboard_goes_from_the_photo_to_the_controls_and_on(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/colorization")
        divider = page.get_by_role("slider", name="Divider: how much of the left picture is seen")
        main = page.get_by_test_id("stMain")
        choose = main.get_by_role("button", name="Choose a photo")
        others = [
            page.get_by_role("slider", name="Colour strength"),
            main.get_by_role("radio").first,
            page.get_by_role("switch", name="Compare with the original"),
            page.get_by_role("button", name="Download, "),
            page.get_by_role("tab", name="How it works"),
        ]
        divider.focus()
        for wanted in [choose, *others]:
            for _ in range(6):  # help buttons may stand between
                page.keyboard.press("Tab")
                if wanted.evaluate("element => element === document.activeElement"):
                    break
            expect(wanted).to_be_focused()


def test_a_change_of_language_keeps_photo_and_settings(browser, address, sample):
    with visiting(browser, address) as page:
        open_page(page, "/colorization?colorization_strength=0.5")
        page.get_by_role("tab", name="References").click()
        upload(page, encode(sample[:150], "jpeg"))
        expect(download_label(page, 451, 150)).to_be_visible()
        page.get_by_test_id("stSidebar").get_by_text("Português").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorização")
        expect(page.get_by_role("button", name="Baixar, 451 × 150")).to_be_visible()
        expect(page.get_by_role("slider", name="Intensidade da cor")).to_have_value("0.5")
        expect(page.get_by_role("tab", selected=True)).to_have_text("Referências")
        assert "lang=pt" in page.url


def test_the_photo_goes_along_and_stays_with_its_visitor(browser, address, sample):
    with visiting(browser, address) as page, visiting(browser, address) as stranger:
        open_page(page, "/colorization")
        upload(page, encode(sample[:130], "jpeg"))
        expect(download_label(page, 451, 130)).to_be_visible()
        page.get_by_test_id("stSidebarNavLink").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Camadas")
        sidebar = page.get_by_test_id("stSidebar")
        expect(sidebar.get_by_text("Your photo · 451 × 130")).to_be_visible()
        open_page(stranger, "/colorization")
        expect(stranger.get_by_test_id("stSidebar").get_by_text("Cat · 451 × 300")).to_be_visible()
        expect(sidebar.get_by_text("Your photo · 451 × 130")).to_be_visible()
        sidebar.get_by_role("button", name="Remove").click()
        expect(sidebar.get_by_text("Cat · 451 × 300")).to_be_visible()


def test_a_sample_from_a_link_goes_along(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/colorization?photo=rocket")
        page.get_by_test_id("stSidebarNavLink").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Camadas")
        expect(page.get_by_test_id("stSidebar").get_by_text("Rocket · 640 × 427")).to_be_visible()


def test_the_download_has_the_original_size_and_no_place(browser, address):
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (23.0, 33.0, 0.0)
    out = BytesIO()
    Image.fromarray(noise(11, 15).repeat(100, 0).repeat(100, 1)).save(out, "jpeg", exif=exif)
    with visiting(browser, address) as page:
        open_page(page, "/colorization")
        upload(page, out.getvalue())
        with page.expect_download() as waiting:
            download_label(page, 1500, 1100).click()
        data = waiting.value.path().read_bytes()
        assert decode(data).shape == (1100, 1500, 3)
        assert not Image.open(BytesIO(data)).getexif()


N_BAD_FILES = 7


def bad_files(sample: np.ndarray) -> list[tuple[str, str, bytes, str | tuple[int, int]]]:
    """Name, type, bytes, and the sentence (in Portuguese) or the size of the result."""
    whole = encode(sample, "jpeg")
    panorama = np.tile(sample[:10], (1, 12, 1))[:, :5000]
    return [
        ("words.jpg", "image/jpeg", b"These are words, not pixels.", "Não conseguimos ler este arquivo como imagem"),
        ("short.jpg", "image/jpeg", whole[: len(whole) // 3], "O arquivo está danificado ou incompleto"),
        ("bomb.png", "image/png", bomb_png(10_000, 6_000), "A imagem tem 60,0 megapixels; o máximo é 50"),
        ("dot.png", "image/png", encode(np.ascontiguousarray(sample[:1, :1]), "png"), (1, 1)),
        ("panorama.png", "image/png", encode(panorama, "png"), (5000, 10)),
        ("print.jpg", "image/jpeg", cmyk_jpeg(sample), (451, 300)),
        ("moving.gif", "image/gif", animated_gif(sample[:120]), (451, 120)),
    ]


@pytest.mark.parametrize("number", range(N_BAD_FILES))
def test_bad_input_gets_a_sentence_or_a_result_and_the_next_upload_works(browser, address, number, sample):
    files = bad_files(sample)
    assert len(files) == N_BAD_FILES
    name, mime, data, outcome = files[number]
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/colorization")
        upload(page, data, name, mime)
        if isinstance(outcome, str):
            alert = page.get_by_test_id("stAlert")
            expect(alert).to_contain_text(f"{name} não foi aceito.")
            expect(alert).to_contain_text(outcome)
            expect(download_label(page, 451, 300)).to_be_visible()  # the photo that was there is kept
        else:
            expect(download_label(page, *outcome)).to_be_visible()
            expect_result(page, *fit_within(np.zeros((*outcome, 3), np.uint8), 1024).shape[:2])
        upload(page, encode(sample[:111], "png"), "next.png", "image/png")
        expect(download_label(page, 451, 111)).to_be_visible()
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "size"), [("words.txt", 100), ("large.png", 21 * 2**20)], ids=["wrong ending", "too large"]
)
def test_a_file_that_is_not_even_sent_gets_a_sentence_too(browser, address, name, size):
    with visiting(browser, address, language="pt", size=NARROW) as page:
        open_page(page, "/colorization")
        page.get_by_test_id("stMain").get_by_role("button", name=CHOOSE).click()
        picker = page.get_by_role("dialog")
        expect(picker.get_by_role("button", name="Enviar")).to_be_visible()
        expect(picker.get_by_text("Upload", exact=True)).to_have_count(0)  # Streamlit's own word
        file = {"name": name, "mimeType": "text/plain", "buffer": bytes(size)}
        picker.locator('input[type="file"]').set_input_files(file)
        expect(picker.get_by_text("Este arquivo não é aceito: só JPEG, PNG, WebP")).to_be_visible()


def test_the_camera_gives_a_photo(browser, address):
    with visiting(browser, address, permissions=["camera"], language="pt") as page:
        open_page(page, "/colorization")
        page.get_by_test_id("stMain").get_by_role("button", name=CHOOSE).click()
        picker = page.get_by_role("dialog")
        picker.get_by_text("Câmera", exact=True).click()
        expect(picker.locator("video")).to_have_js_property("readyState", 4)
        picker.get_by_role("button", name="Tirar foto").click()
        expect(page.get_by_test_id("stSidebar").get_by_text(re.compile("Sua foto · "))).to_be_visible()
        expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_sample_is_chosen_on_the_page(browser, address):
    with visiting(browser, address, size=NARROW) as page:
        open_page(page, "/colorization")
        page.get_by_test_id("stMain").get_by_role("button", name=CHOOSE).click()
        picker = page.get_by_role("dialog")
        picker.get_by_text("Samples", exact=True).click()
        picker.get_by_role("button", name="Photographer, black and white").click()
        expect(download_label(page, 512, 512)).to_be_visible()
        page.wait_for_url(re.compile("photo=camera"))
        expect(page.get_by_text("PSNR")).to_have_count(0)  # a grey photo has no truth
