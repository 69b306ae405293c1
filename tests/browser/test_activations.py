"""The gesture that the page exists for: click a layer, then one of its maps."""

import re

import pytest
from playwright.sync_api import expect

from core.activations import steps
from tests.browser.browse import NARROW, WIDE, open_page, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_layer_and_a_map_are_clicked(browser, address, size):
    layers = steps("cifar10")
    with visiting(browser, address, size=size) as page:
        open_page(page, "/activations")
        boxes, maps = page.locator(".path button"), page.locator(".tiles .tile")
        expect(boxes).to_have_count(len(layers))
        expect(maps).to_have_count(layers[0].shape[0])
        boxes.nth(2).click()
        expect(maps).to_have_count(layers[2].shape[0])
        expect(page.get_by_text(f"{layers[2].name}", exact=True)).to_be_visible()
        maps.nth(40).click()
        expect(maps.nth(40)).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("img", name=re.compile("map 41"))).to_be_visible()


def test_the_keyboard_goes_along_the_path(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/activations")
        page.locator('.path [aria-pressed="true"]').focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator(".path button").nth(1)).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".path button").nth(1)).to_be_focused()
