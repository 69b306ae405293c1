"""The gesture that the page exists for: point at an output and read its sum, by mouse, finger and keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting

READY = '.walk[data-state="ready"]'


def cell(page: Page, name: str):
    return page.locator(READY).get_by_label(name, exact=False).first


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_an_output_shows_its_window_and_its_sum(browser, address, language, size):
    with visiting(browser, address, language=language, size=size) as page:
        open_page(page, "/convolution")
        total = page.locator(f"{READY} .sum")
        expect(total).to_contain_text("5·(−1) + 2·0 + 6·1 + 4·2 + 3·1 + 4·2 + 3·1 + 9·(−2) + 2·0 = 5")
        cell(page, "Saída, linha 2, coluna 3" if language == "pt" else "Output, row 2, column 3").hover()
        expect(total).to_contain_text("4·(−1) + 5·0 + 1·1 + 2·2 + 4·1 + 7·2 + 4·1 + 6·(−2) + 8·0 = 11")
        expect(page.locator(f"{READY} .board.input .lit")).to_have_count(9)
        expect(page.locator(f"{READY} .board.products .cell").first).to_have_text("−4")


def test_an_input_shows_every_output_that_it_feeds(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/convolution")
        cell(page, "Input, row 1, column 2").hover()
        expect(page.locator(f"{READY} .board.output .lit")).to_have_count(2)
        cell(page, "Input, row 4, column 4").hover()
        expect(page.locator(f"{READY} .board.output .lit")).to_have_count(9)
        expect(page.locator(f"{READY} .sum")).to_have_text("The input in row 4, column 4, 6, goes into 9 outputs.")


def test_all_of_it_by_keyboard(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/convolution")
        total = page.locator(f"{READY} .sum")
        cell(page, "Output, row 1, column 1").focus()
        for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
            page.keyboard.press(key)
        expect(total).to_contain_text("= 11")
        page.get_by_role("button", name="One step forward").press("Enter")
        expect(total).to_contain_text("Row 2, column 4 =")
        page.get_by_role("slider", name="Position of the window").press("Home")
        expect(total).to_contain_text("= 5")
        cell(page, "Input, row 1, column 1").focus()
        page.keyboard.type("10")
        page.keyboard.press("Enter")
        expect(total).to_contain_text("The input in row 2, column 1, 4")
        expect(cell(page, "Output, row 1, column 1")).to_have_text("0")
        page.wait_for_url(re.compile("convolution_input=10"))


def test_the_walk_plays_and_pauses(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/convolution")
        page.get_by_role("button", name="Play").click()
        expect(page.locator(f"{READY} .sum")).to_contain_text("Row 1, column 3 =")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_word_in_a_cell_gets_a_sentence_and_nothing_is_lost(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/convolution")
        kernel = cell(page, "Kernel, row 1, column 1")
        kernel.click()
        kernel.click()
        kernel.fill("two")
        kernel.press("Enter")
        expect(page.get_by_test_id("stAlert")).to_contain_text(
            "Kernel, row 1, column 1: “two” is no number we can use."
        )
        expect(cell(page, "Kernel, row 1, column 1")).to_have_value("−1")
        expect(page.locator(f"{READY} .sum")).to_contain_text("= 5")


def test_the_link_carries_the_matrices(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/convolution?convolution_kernel=1%201%0A1%201&convolution_divisor=4")
        expect(page.locator(f"{READY} .sum")).to_contain_text("(5·1 + 2·1 + 4·1 + 3·1) / 4 = 3.5")
        settled(page)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_an_example_in_any_language(browser, address, language):
    chosen = ("Comece por aqui", "Transposta: 3") if language == "pt" else ("Start from one", "Transposed: 3")
    with visiting(browser, address, language=language) as page:
        open_page(page, "/convolution")
        page.get_by_role("combobox", name=re.compile("Example|Exemplo")).click()
        page.get_by_role("option", name=chosen[1]).click()
        expect(page.locator(f"{READY} .board.output .cell")).to_have_count(49)
        expect(page.get_by_text("nn.ConvTranspose2d(1, 1, kernel_size=3, stride=2, bias=False)")).to_be_visible()


def test_a_quick_hand_loses_nothing(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/convolution")
        cell(page, "Input, row 1, column 1").focus()
        for value in range(11, 19):
            page.keyboard.type(str(value))
            page.keyboard.press("Enter")
        page.wait_for_url(re.compile("11.*12.*13.*14.*15.*16.*17.*18"))
        settled(page)
        for row in range(8):
            expect(cell(page, f"Input, row {row + 1}, column 1")).to_have_value(str(11 + row))


def test_looking_at_a_long_number_keeps_its_digits(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/convolution?convolution_kernel=12.3456%200%0A0%20123456.5")
        kernel = cell(page, "Kernel, row 1, column 1")
        kernel.click()
        kernel.click()
        expect(kernel).to_have_value("12.3456")
        kernel.press("Enter")
        large = cell(page, "Kernel, row 2, column 2")
        large.click()
        large.click()
        expect(large).to_have_value("123456.5")
        large.press("Escape")
        settled(page)
        expect(page.locator(f"{READY} .sum")).to_contain_text("5·12.3456")
