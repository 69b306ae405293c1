"""The gesture that the page exists for: train with and without, and read what it buys; or end it before."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, visiting


@pytest.mark.parametrize(("size", "language"), [(WIDE, "en"), (NARROW, "pt")], ids=["wide", "narrow"])
def test_both_curves_grow_to_their_end(browser, address, size, language):
    with visiting(browser, address, size=size, language=language) as page:
        open_page(
            page,
            "/augmentation_gain?augmentation_gain_epochs=3&augmentation_gain_n_pictures=100&augmentation_gain_n_seeds=2",
        )
        lab = page.locator(".lab")
        expect(lab).to_have_attribute("data-state", "paused")
        page.get_by_role("button", name="Começar" if language == "pt" else "Start").click()
        expect(lab).to_have_attribute("data-state", "finished")
        expect(lab).to_have_attribute("data-epoch", "3")
        expect(lab.locator("canvas")).to_have_attribute("aria-label", re.compile(r" 3 .*\d ± \d.*\d ± \d"))
        keys = lab.locator(".key").all_text_contents()
        for label, text in zip(
            ("Sem ele", "Com ele") if language == "pt" else ("Without it", "With it"), keys, strict=True
        ):
            figure = page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")
            assert figure.text_content() in text


def test_a_run_is_ended_and_another_begins(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/augmentation_gain")
        lab = page.locator(".lab")
        page.get_by_role("button", name="Start").click()
        expect(lab).to_have_attribute("data-epoch", re.compile(r"[1-9]"))
        page.get_by_role("button", name="End").click()
        expect(lab).to_have_attribute("data-state", "cancelled")
        page.get_by_role("button", name="New run").click()
        expect(lab).to_have_attribute("data-state", "paused")


def test_a_pipeline_goes_from_one_page_to_the_other(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=Rotate%0AInvert")
        page.get_by_role("link", name="What does it buy?").click()
        page.wait_for_url(re.compile("augmentation_gain"))
        page.get_by_role("button", name="Pipeline").click()
        expect(page.get_by_role("textbox", name="Steps as text")).to_have_value("Rotate\nInvert")
        page.get_by_role("link", name="Build it in Augmentation").click()
        expect(page.locator(".steps li b")).to_have_text(["Rotate", "Invert"])
