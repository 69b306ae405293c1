"""The gesture that the page exists for: build a stack, and see why a layer is impossible."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting

READY = '.stack[data-state="ready"]'


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_stack_is_built_and_an_impossible_layer_explained(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/layers?layers_stack=conv%208%203")
        table = page.locator(READY)
        expect(table.locator("tbody tr")).to_have_count(2)
        table.get_by_role("combobox", name="Kind of layer").select_option("dense")
        table.get_by_role("button", name="Add").click()
        expect(table.locator(".why")).to_have_text(
            "A dense layer takes numbers in a row, but gets 8 × 30 × 30. Put a flatten layer before it."
        )
        page.wait_for_url(re.compile("dense"))
        settled(page)
        table.get_by_role("combobox", name="Kind of layer").select_option("flatten")
        table.get_by_role("button", name="Convolution", exact=True).click()
        settled(page)
        table.get_by_role("button", name="Add").click()
        expect(table.locator(".why")).to_have_count(0)
        expect(table.locator("tbody tr").last).to_contain_text("72,010")
        expect(table.locator("tfoot")).to_contain_text("72,234")


def test_a_row_is_changed_by_keyboard_and_moved(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/layers?layers_stack=conv%208%203%0Arelu")
        table = page.locator(READY)
        filters = table.get_by_label("Layer 1, Convolution: filters")
        filters.fill("16")
        filters.press("Enter")
        expect(table.locator("tfoot")).to_contain_text("448")
        filters = table.get_by_label("Layer 1, Convolution: filters")
        filters.press("ArrowUp")
        expect(table.locator("tfoot")).to_contain_text("476")
        table.get_by_role("button", name="Layer 1, Convolution: down").click()
        expect(table.get_by_label("Layer 2, Convolution: filters")).to_be_visible()
        table.get_by_role("button", name="Layer 2, Convolution: remove").click()
        expect(table.locator("tfoot")).not_to_contain_text("476")
        page.wait_for_url(re.compile("layers_stack=relu"))


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_word_for_a_number_gets_a_sentence(browser, address, language):
    with visiting(browser, address, language=language) as page:
        open_page(page, "/layers")
        field = page.locator(READY).get_by_label(re.compile("(filters|filtros)$"))
        field.fill("many")
        field.press("Enter")
        expect(page.get_by_test_id("stAlert")).to_contain_text("many")
        expect(page.locator(READY).get_by_label(re.compile("(filters|filtros)$"))).to_have_value("32")


def test_vgg_is_an_example_away(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/layers")
        page.get_by_role("combobox", name="Example").click()
        page.get_by_role("option", name="VGG-16").click()
        expect(page.locator(f"{READY} tfoot")).to_contain_text("138,357,544")
