"""The gesture that the page exists for: click in the plane and see another digit; pull a way and keep it as a film."""

import re
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from core.latent_plane import at, plane
from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting


def of_link(page, name: str) -> float:
    return float(parse_qs(urlsplit(page.url).query)[f"latent_plane_{name}"][0])


def test_two_clicks_show_two_digits(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/latent_plane")
        sheet = page.locator(".plane .sheet")
        said = page.get_by_text(re.compile("Our classifier says"))
        names = set()
        for x, y in ((0.2, 0.8), (0.75, 0.25)):
            box = sheet.bounding_box()
            page.mouse.click(box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"])
            page.wait_for_url(re.compile(rf"latent_plane_across=0?{x}"))
            expect(page.locator('.plane[data-state="ready"]')).to_be_visible()
            settled(page)
            _picture, best, share = at(
                "vae_mnist_2", plane("vae_mnist_2").code(of_link(page, "across"), of_link(page, "up"))
            )
            expect(said).to_contain_text(f"says {best}, {100 * share:.1f} %")
            names.add(best)
        assert len(names) == 2


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_way_is_pulled_and_saved(browser, address, size, tmp_path):
    with visiting(browser, address, size=size, language="pt") as page:
        open_page(page, "/latent_plane?latent_plane_n_frames=6&latent_plane_way=slerp")
        sheet = page.locator(".plane .sheet")
        sheet.scroll_into_view_if_needed()
        box = sheet.bounding_box()
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"], steps=5)
        page.mouse.up()
        page.wait_for_url(re.compile(r"latent_plane_to_across=0?\.5"))
        settled(page)
        assert (of_link(page, "across"), of_link(page, "up")) == pytest.approx((0.25, 0.75), abs=0.02)
        assert of_link(page, "to_up") == pytest.approx(0.1, abs=0.02)
        with page.expect_download() as got:
            page.get_by_role("button", name="Salvar o caminho em GIF").click()
        got.value.save_as(tmp_path / "way.gif")
        with Image.open(BytesIO(Path(tmp_path / "way.gif").read_bytes())) as gif:
            assert gif.n_frames == 10


def test_a_is_moved_with_the_arrows(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/latent_plane?latent_plane_view=pictures")
        page.locator(".plane .from").focus()
        for _ in range(5):
            page.keyboard.press("ArrowLeft")
        page.wait_for_url(re.compile(r"latent_plane_across=0?\.2(&|$)"))
        expect(page.locator('.plane[data-state="ready"]')).to_be_visible()
        expect(page.locator(".plane .from")).to_be_focused()


def test_another_network_brings_its_own_codes(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/latent_plane")
        canvas = page.locator(".plane canvas")
        before = canvas.evaluate("c => c.toDataURL()")
        page.get_by_role("combobox", name="Network").click()
        page.get_by_role("option", name="VAE of clothes").click()
        expect(page.locator(".plane li").first).to_have_text("T-shirt/top")
        settled(page)
        assert canvas.evaluate("c => c.toDataURL()") != before
