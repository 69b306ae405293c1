"""The gesture that the page exists for: train live, cancel; train to the end and compare."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_run_goes_to_its_end_and_is_compared(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/train_cnn?train_cnn_epochs=3&train_cnn_n_pictures=400")
        lab = page.locator(".lab")
        expect(lab).to_have_attribute("data-state", "paused")
        page.get_by_role("button", name="Start").click()
        expect(lab).to_have_attribute("data-state", "finished")
        expect(lab).to_have_attribute("data-epoch", "3")
        expect(page.get_by_role("cell", name="Yours, after 3 epochs")).to_be_visible()
        expect(page.locator(".lab .accuracy canvas")).to_have_attribute("aria-label", re.compile(r"over 3 epochs: \d"))
        accuracy = page.locator(".lab .accuracy .key").text_content()
        expect(page.get_by_role("row", name=re.compile(r"Yours, after 3 epochs"))).to_contain_text(accuracy)


def test_a_long_run_is_cancelled_and_another_one_begins(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/train_cnn?train_cnn_epochs=60")
        lab = page.locator(".lab")
        page.get_by_role("button", name="Start").click()
        expect(lab).to_have_attribute("data-epoch", re.compile(r"[1-9]"))
        page.get_by_role("button", name="End").click()
        expect(lab).to_have_attribute("data-state", "cancelled")
        expect(page.get_by_text("Ended. Press “New run” for another one.")).to_be_visible()
        page.get_by_role("button", name="New run").click()
        expect(lab).to_have_attribute("data-state", "paused")
        expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_a_reload_finds_the_run_again(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/train_cnn?train_cnn_epochs=2&train_cnn_n_pictures=300")
        lab = page.locator(".lab")
        page.get_by_role("button", name="Começar").click()
        expect(lab).to_have_attribute("data-state", "finished")
        page.reload()
        expect(lab).to_have_attribute("data-state", "finished")
        expect(lab).to_have_attribute("data-epoch", "2")
