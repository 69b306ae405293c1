"""The gesture that the page exists for: run a sweep, choose one of its networks, go on with it alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_sweep_runs_and_one_network_goes_on_alone(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/sweep?sweep_epochs=50&sweep_n_seeds=2&sweep_rates=0.03&sweep_rates=0.3")
        lab = page.locator(".lab")
        expect(lab).to_have_attribute("data-state", "paused")
        maps = page.locator(".lab .map")
        expect(maps).to_have_count(16)
        expect(page.locator(".lab .heat tbody td")).to_have_count(8)
        drawn = "canvas => canvas.toDataURL()"
        before = maps.nth(15).locator("canvas").evaluate(drawn)
        page.get_by_role("button", name="Start").click()
        expect(lab).to_have_attribute("data-state", "finished")
        expect(lab).to_have_attribute("data-epoch", "50")
        assert maps.nth(15).locator("canvas").evaluate(drawn) != before
        maps.nth(15).press("Enter")
        expect(page.locator(".lab .chosen p")).to_have_text(re.compile(r"^Learning rate 0\.3, 16 .* seed 1: \d"))
        page.get_by_role("button", name="Train it in Two moons").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Two moons")
        page.wait_for_url(re.compile("moons_learning_rate=0.3"))
        expect(page.locator(".lab .pair").nth(1)).to_contain_text("16")


def test_a_finished_sweep_stands_on_the_score_board_and_is_found_again(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/sweep?sweep_epochs=20&sweep_n_seeds=2&sweep_tab=Score%20board")
        page.get_by_role("button", name="Começar").click()
        expect(page.locator(".lab")).to_have_attribute("data-state", "finished")
        panel = page.get_by_role("tabpanel")
        expect(panel.get_by_role("row")).to_have_count(17)  # 16 configurations under the head
        page.reload()
        expect(page.locator(".lab")).to_have_attribute("data-state", "finished")
        expect(page.locator(".lab")).to_have_attribute("data-epoch", "20")


def test_a_change_of_language_stops_nothing(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/sweep?sweep_epochs=1000&sweep_n_seeds=1")
        lab, count = page.locator(".lab"), page.locator(".lab .count")
        page.get_by_role("button", name="Start").click()
        expect(lab).to_have_attribute("data-epoch", re.compile("[1-9]"))
        page.get_by_role("button", name="Pause").click()
        expect(lab).to_have_attribute("data-state", "paused")
        page.get_by_text("Português", exact=True).click()
        expect(page.locator(".lab .heat caption")).to_contain_text("Acurácia")
        expect(count).to_contain_text("Época")
        before = page.locator(".lab .heat tbody").text_content()
        page.get_by_role("button", name="Continuar").click()
        expect(lab).to_have_attribute("data-state", "finished")
        expect(count).to_have_text("Época 1.000 de 1.000")
        assert page.locator(".lab .heat tbody").text_content() != before
