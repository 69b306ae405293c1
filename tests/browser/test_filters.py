"""The gesture that the page exists for: a photo goes in and comes out sharper."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from core.filters import Settings, apply
from core.images import decode, encode
from tests.browser.browse import NARROW, WIDE, give_photo, open_page, settled, visiting

CHOOSE = re.compile("Choose a photo|Escolher uma foto")
RESULT = 'figure[data-state="ready"] img.after'


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_photo_goes_in_and_comes_out_sharper(browser, address, language, size, sample):
    photo = np.ascontiguousarray(sample[:160, :240])
    with visiting(browser, address, language=language, size=size) as page:
        open_page(page, "/filters")
        give_photo(page, "cat.png", "image/png", encode(photo, "png"), CHOOSE)
        expect(page.locator(RESULT)).to_have_js_property("naturalWidth", 240)
        with page.expect_download() as waiting:
            page.get_by_role("button", name=re.compile("(Download|Baixar), 240 × 160")).click()
        sharper = decode(waiting.value.path().read_bytes())
        assert np.array_equal(sharper, apply(photo, Settings())[0].image)


def test_a_bank_has_a_map_for_each_filter(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/filters")
        pills = page.get_by_test_id("stMain")
        pills.get_by_role("button", name="Sobel").click()
        settled(page)
        pills.get_by_role("button", name="Gabor").click()
        page.wait_for_url(re.compile("filters_filters=Gabor"))
        page.get_by_role("tab", name="All maps").click()
        maps = page.get_by_role("tabpanel").get_by_role("img")
        expect(maps).to_have_count(3)
        expect(page.get_by_role("slider", name="Angle")).to_be_visible()
