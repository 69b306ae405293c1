"""The home page's cards stand in a grid, whatever their pictures and words."""

from collections import Counter

import pytest

from tests.browser.browse import NARROW, WIDE, open_page, visiting
from ui.catalog import PAGES


@pytest.mark.parametrize(("size", "n_columns"), [(WIDE, 3), (NARROW, 1)], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_cards_are_alike(browser, address, size, n_columns, language):
    with visiting(browser, address, size=size, language=language) as page:
        open_page(page, "/")
        cards = page.locator('[class*="st-key-home_"] > * > *')
        boxes = [card.bounding_box() for card in cards.all()]
        assert len(boxes) == len(PAGES) - 1
        assert len({round(box["width"]) for box in boxes}) == 1
        rows = Counter((round(box["y"]), round(box["height"])) for box in boxes)
        assert max(rows.values()) == n_columns
        assert len({y for y, _ in rows}) == len(rows)  # of one height in a row
        pictures = {round(image.bounding_box()["height"]) for image in cards.locator("img").all()}
        assert len(pictures) == 1
