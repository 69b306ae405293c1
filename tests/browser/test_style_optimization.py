"""The gesture that the page exists for: pixels get a style step by step, beside the network's."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_run_goes_to_its_end_and_its_matrices_stand_there(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/style_optimization?style_optimization_steps=10&style_optimization_size_px=128")
        lab = page.locator(".lab")
        expect(lab).to_have_attribute("data-state", "paused")
        expect(page.locator(".fast figcaption")).to_have_text(re.compile(r"By the network: \d"))
        page.get_by_role("button", name="Start").click()
        expect(lab).to_have_attribute("data-state", "finished", timeout=60_000)
        expect(page.locator(".made figcaption")).to_have_text(re.compile(r"By optimization: \d.*loss \d"))
        settled(page)
        expect(page.get_by_role("cell", name="relu4_1")).to_be_visible()


def test_a_run_is_ended(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/style_optimization?style_optimization_steps=500")
        lab = page.locator(".lab")
        page.get_by_role("button", name="Começar").click()
        expect(page.locator(".count")).to_have_text(re.compile(r"Passo [1-9]"))
        page.get_by_role("button", name="Encerrar").click()
        expect(lab).to_have_attribute("data-state", "cancelled")
