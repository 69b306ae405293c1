"""The gesture that the page exists for: draw a three and see it decoded; pull a number and see what it means."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.autoencoders import Settings, changes, picture_of, through
from core.calibration import probabilities
from core.checkpoints import read_card
from core.drawing import DIGITS, parse
from core.inference import predict
from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting

PHOTO = np.zeros((4, 4, 3), np.uint8)


def draw(page: Page, text: str) -> None:
    """Every stroke by mouse."""
    sheet = page.locator(".pad canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box is not None
    for stroke in parse(text):
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=3)
        page.mouse.up()
    ready(page)


def ready(page: Page) -> None:
    expect(page.locator('.pad[data-state="ready"]')).to_be_visible()
    expect(page.locator('.codes[data-state="ready"]')).to_be_visible()
    settled(page)


def of_link(page: Page) -> Settings:
    query = parse_qs(urlsplit(page.url).query)
    found = {name: query.get(f"autoencoders_{name}") for name in Settings.model_fields}
    return Settings(**{name: values[0] for name, values in found.items() if values})


def psnr(page: Page) -> str:
    return page.get_by_test_id("stMetric").filter(has_text="PSNR").get_by_test_id("stMetricValue").inner_text()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_three_that_is_drawn_comes_back_as_a_three(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, f"/autoencoders?autoencoders_strokes={DIGITS['1']}")
        page.locator(".pad .clear").click()
        expect(page.get_by_text("There is nothing on the sheet")).to_be_visible()
        draw(page, DIGITS["3"])
        page.wait_for_url(re.compile(r"^(?!.*autoencoders_strokes=38)"))
        expect(page.get_by_text("There is nothing on the sheet")).to_have_count(0)
        found = through("vae_mnist_32", picture_of(of_link(page), PHOTO))
        scores = predict("mnist", found.decoded[None, None])
        assert probabilities(scores, read_card("mnist").calibration["temperature"])[0].argmax() == 3
        assert psnr(page) == f"{found.psnr_db:.1f} dB"


def test_strokes_drawn_one_after_the_other_all_stay(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/autoencoders")
        page.locator(".pad canvas").focus()
        page.keyboard.press("Delete")
        expect(page.get_by_text("There is nothing on the sheet")).to_be_visible()
        draw(page, "20,20 40,20; 20,50 40,50; 20,80 40,80; 70,20 70,80")
        assert len(parse(of_link(page).strokes)) == 4
        page.keyboard.press("Control+z")
        ready(page)
        page.wait_for_url(
            re.compile(r"autoencoders_strokes=[^&]*20,80[^&;]*(&|$)|autoencoders_strokes=[^&]*20%2C80[^&;]*(&|$)")
        )
        assert len(parse(of_link(page).strokes)) == 3


def test_a_number_is_pulled_by_keyboard_and_taken_back(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/autoencoders")
        before = psnr(page)
        slider = page.locator(".codes input").first
        slider.focus()
        for _ in range(8):
            slider.press("ArrowUp")
        page.wait_for_url(re.compile("autoencoders_moved="))
        ready(page)
        settings = of_link(page)
        found = through("vae_mnist_32", picture_of(settings, PHOTO), changes(settings.moved, 32))
        first = int(found.order[0])
        assert found.code[first] > found.mean[first] + 0.5
        expect(page.get_by_test_id("stMetric").filter(has_text="PSNR")).to_contain_text(
            f"{found.psnr_db:.1f} dB".replace(".", ",")
        )
        page.get_by_role("button", name="Como diz o codificador").click()
        expect(page.get_by_test_id("stMetric").filter(has_text="PSNR")).to_contain_text(before)
        page.wait_for_url(re.compile("^(?!.*autoencoders_moved)"))


def test_an_example_replaces_the_drawing(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/autoencoders")
        draw(page, "10,90 90,90")
        page.get_by_role("combobox", name="Example").click()
        page.get_by_role("option", name="No digit: a house").click()
        page.wait_for_url(re.compile("autoencoders_example"))
        ready(page)
        assert len(parse(of_link(page).strokes)) == 2
