"""The gesture that the page exists for: write a phrase and see where the sentence answers."""

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_phrase_is_found(browser, address, language, size):
    phrase, field = ("bem ruim", "Filtros") if language == "pt" else ("really awful", "Filters")
    with visiting(browser, address, language=language, size=size) as page:
        open_page(page, "/words")
        expect(page.get_by_test_id("stMetricValue")).to_have_count(3)
        box = page.get_by_role("textbox", name=field)
        box.fill(phrase)
        box.press("Enter")
        expect(page.get_by_test_id("stMetricValue")).to_have_count(1)
        expect(page.get_by_test_id("stMetricLabel")).to_have_text(phrase)
        expect(page.get_by_test_id("stMetricValue")).to_have_text("1,00" if language == "pt" else "1.00")
