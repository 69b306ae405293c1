"""The gesture that the page exists for: draw, damage, and see it mended."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_drawing_is_damaged_and_mended(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/denoising?denoising_strokes=;")
        expect(page.get_by_text("There is nothing on the sheet")).to_be_visible()
        sheet = page.locator(".pad canvas")
        sheet.scroll_into_view_if_needed()
        box = sheet.bounding_box()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
        page.mouse.up()
        page.wait_for_url(re.compile(r"denoising_strokes=50(,|%2C)20"))
        settled(page)
        ours = page.get_by_test_id("stMetric").filter(has_text="Autoencoder").get_by_test_id("stMetricValue")
        expect(ours).to_have_text(re.compile(r"^\d+\.\d dB$"))
        before = ours.inner_text()
        slider = page.get_by_role("slider", name="Noise")
        slider.press("End")
        page.wait_for_url(re.compile("denoising_sigma=1"))
        settled(page)
        expect(ours).not_to_have_text(before)
        expect(page.get_by_role("img", name=re.compile(r"^Autoencoder, "))).to_be_visible()
