"""The home page's cards stand in a grid, whatever their pictures and words."""

from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, visiting
from ui.catalog import PAGES

BOXES = "all => all.map(e => e.getBoundingClientRect()).map(b => [b.y, b.width, b.height].map(Math.round))"


@pytest.mark.parametrize(("size", "n_columns"), [(WIDE, 3), (NARROW, 1)], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_cards_are_alike(browser, address, size, n_columns, language):
    with visiting(browser, address, size=size, language=language) as page:
        open_page(page, "/")
        cards = page.locator('[class*="st-key-home_"] > * > *')
        n = len(PAGES) - 1
        expect(cards.locator("img")).to_have_count(n)
        boxes, pictures = (found.evaluate_all(BOXES) for found in (cards, cards.locator("img")))
        assert len(boxes) == n
        assert len({width for _y, width, _height in boxes}) == 1
        rows = Counter((y, height) for y, _width, height in boxes)
        assert max(rows.values()) == n_columns
        assert len({y for y, _height in rows}) == len(rows)  # of one height in a row
        assert len({height for _y, _width, height in pictures}) == 1
