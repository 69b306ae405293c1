"""The gesture that the page exists for: start a study, see its plots, find it again, take its best network along."""

import re

from playwright.sync_api import expect

from tests.browser.browse import open_page, settled, visiting


def test_a_study_runs_and_is_found_again(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/study?study_n_trials=10&study_epochs=20")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("Trial 10 of 10")).to_be_visible()
        expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)
        best = page.get_by_test_id("stMetricValue").first.text_content()
        page.reload()
        expect(page.get_by_text("Trial 10 of 10")).to_be_visible()
        expect(page.get_by_test_id("stMetricValue").first).to_have_text(str(best))
        settled(page)
        page.get_by_role("link", name="Train it in Two moons").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Two moons")
        page.wait_for_url(re.compile("moons_layers="))


def test_a_study_is_paused_and_goes_on(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/study?study_n_trials=60&study_epochs=200")
        page.get_by_role("button", name="Começar").click()
        expect(page.get_by_text(re.compile(r"Tentativa [1-9]\d* de 60"))).to_be_visible()
        page.get_by_role("button", name="Pausar").click()
        page.get_by_role("button", name="Continuar").click()
        expect(page.get_by_role("button", name="Pausar")).to_be_visible()
