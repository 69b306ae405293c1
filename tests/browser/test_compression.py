"""The gesture that the page exists for: turn the bytes and see what each way makes of them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_more_bytes_let_files_in(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/compression")
        expect(page.get_by_role("img", name=re.compile("^WebP needs more"))).to_be_visible()
        slider = page.get_by_role("slider", name="Bytes")
        slider.press("End")
        page.wait_for_url(re.compile("compression_n_bytes=400"))
        settled(page)
        expect(page.get_by_role("img", name=re.compile(r"^WebP: \d+ bytes, \d+\.\d dB$"))).to_be_visible()
        page.locator(".pad canvas").focus()
        page.keyboard.press("Delete")
        expect(page.get_by_text("There is nothing on the sheet")).to_be_visible()
