"""The gestures that the page exists for: a style is given, the strength moved, the network refined and stopped."""

import re

import pytest
from playwright.sync_api import expect

from core.images import encode
from core.patterns import draw
from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting

RESULT = 'figure[data-state="ready"] img.after'


def result_of(page) -> str:
    return page.locator(RESULT).get_attribute("src")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_style_is_uploaded_and_the_strength_moved(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/style_transfer")
        first = result_of(page)
        page.get_by_role("button", name="A style of yours").click()
        data = encode(draw("waves", 9, 200), "png")
        page.locator("input[type=file]").set_input_files({"name": "w.png", "mimeType": "image/png", "buffer": data})
        expect(page.locator(RESULT)).not_to_have_attribute("src", first)
        settled(page)
        page.keyboard.press("Escape")
        styled = result_of(page)
        expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
        strength = page.get_by_role("slider", name="Strength")
        strength.press("Home")
        expect(page.locator(RESULT)).not_to_have_attribute("src", styled)
        expect(strength).to_have_value("0")
        expect(page).to_have_url(re.compile("style_transfer_strength=0"))


def test_a_second_picture_of_ones_own_is_mixed_in(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/style_transfer")
        page.get_by_role("button", name="Second style").click()
        first = result_of(page)
        data = encode(draw("shapes", 4, 200), "png")
        page.locator("input[type=file]").set_input_files({"name": "s.png", "mimeType": "image/png", "buffer": data})
        expect(page.locator(RESULT)).not_to_have_attribute("src", first)
        settled(page)
        expect(page.get_by_role("combobox", name="Second style")).to_have_value("Another of yours")
        expect(page.get_by_test_id("stMain").locator("img[alt='The second style']")).to_be_visible()


def test_the_network_is_refined_and_stopped(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/style_transfer")
        page.get_by_role("button", name="Refinar neste estilo").click()
        lab = page.locator(".lab")
        expect(page.locator(".made canvas")).to_be_visible()
        expect(lab).to_have_attribute("data-state", "running")
        expect(page.locator(".count")).to_have_text(re.compile(r"Passo [1-9]"))
        page.get_by_role("button", name="Cancelar").click()
        expect(page.get_by_test_id("stMetric").filter(has_text=re.compile("^Rede"))).to_contain_text("para todos")
        expect(lab).to_have_count(0)
        expect(page.get_by_role("button", name="Refinar neste estilo")).to_be_enabled()


def test_a_mask_is_drawn_and_the_photo_stays_outside(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/style_transfer")
        first = result_of(page)
        page.get_by_role("button", name="Mask").click()
        sheet = page.locator(".pad canvas")
        expect(page.locator(".pad")).to_have_attribute("data-state", "ready")
        box = sheet.bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 20, steps=5)
        page.mouse.up()
        expect(page.locator(RESULT)).not_to_have_attribute("src", first)
        settled(page)
        assert "style_transfer_mask=" in page.url
