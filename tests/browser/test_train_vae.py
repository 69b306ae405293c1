"""The gesture that the page exists for: turn beta, train, see reconstruction against KL."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_run_goes_to_its_end_and_stands_on_the_list(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/train_vae?train_vae_epochs=3&train_vae_n_pictures=300&train_vae_beta=0.25")
        lab = page.locator(".lab")
        expect(lab).to_have_attribute("data-state", "paused")
        page.get_by_role("button", name="Start").click()
        expect(lab).to_have_attribute("data-state", "finished")
        expect(lab).to_have_attribute("data-epoch", "3")
        expect(page.locator(".loss canvas")).to_have_attribute(
            "aria-label", re.compile(r"over 3 epochs: reconstruction \d")
        )
        expect(page.get_by_test_id("stMetric").filter(has_text="Reconstruction")).to_contain_text("nats")
        settled(page)
        page.get_by_role("tab", name="Your runs").click()
        expect(page.get_by_role("cell", name="0.25", exact=True)).to_be_visible()


def test_a_run_is_ended_and_samples_are_drawn(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/train_vae?train_vae_epochs=200")
        lab = page.locator(".lab")
        page.get_by_role("button", name="Começar").click()
        expect(lab).to_have_attribute("data-epoch", re.compile(r"[1-9]"))
        levels = page.locator(".samples canvas").evaluate(
            "c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size"
        )
        assert levels > 20
        page.get_by_role("button", name="Encerrar").click()
        expect(lab).to_have_attribute("data-state", "cancelled")
