"""The gesture that the page exists for: click a cell of the confusion matrix and see such pictures."""

import re

import pytest
from playwright.sync_api import expect

from core.evaluation import measured
from tests.browser.browse import NARROW, WIDE, open_page, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_click_on_a_cell_shows_its_pictures(browser, address, size):
    found = measured("cifar10")
    mistake = found.mistakes[5]
    n_kept = sum((m.truth, m.said) == (mistake.truth, mistake.said) for m in found.mistakes)
    with visiting(browser, address, size=size) as page:
        open_page(page, "/evaluation")
        cells = page.locator(".confusion tbody tr").nth(mistake.truth).get_by_role("button")
        cells.nth(mistake.said).click()
        truth, said = found.classes[mistake.truth], found.classes[mistake.said]
        n = found.confusion[mistake.truth][mistake.said]
        expect(page.get_by_text(re.compile(rf"^{n} pictures?: {truth}, named {said}$"))).to_be_visible()
        expect(cells.nth(mistake.said)).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".tiles .tile")).to_have_count(n_kept)
        page.wait_for_url(
            re.compile(
                f"evaluation_truth={truth}.*evaluation_said={said}|evaluation_said={said}.*evaluation_truth={truth}"
            )
        )


def test_arrows_go_from_cell_to_cell(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/evaluation?evaluation_truth=cat&evaluation_said=dog")
        page.locator('.confusion [aria-pressed="true"]').focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile("dog, named rightly"))).to_be_visible()
        expect(page.locator(".confusion tbody tr:nth-child(6) td:nth-child(7) button")).to_be_focused()
