"""The gesture that the page exists for: give a photo of a cat and read its class."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browse import NARROW, WIDE, give_photo, open_page, visiting
from ui.files import asset

CAT = asset("samples/chelsea.jpg").read_bytes()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_photo_of_a_cat_is_named_a_cat(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/cifar10?photo=rocket")
        verdict = page.get_by_test_id("stMain").get_by_role("heading", level=3).first
        before = verdict.text_content()
        give_photo(page, "cat.jpg", "image/jpeg", CAT, "Choose a photo")
        expect(verdict).to_have_text(re.compile(r"^Cat, \d+\.\d %$"))
        assert verdict.text_content() != before
        bars = page.get_by_test_id("stPlotlyChart").first
        expect(bars).to_be_visible()
        expect(page.get_by_role("img", name=re.compile(r"32 × 32"))).to_be_visible()


def test_a_smaller_square_is_another_question_and_travels_in_the_link(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/cifar10?cifar10_size=0.2&cifar10_down=1")
        verdict = page.get_by_test_id("stMain").get_by_role("heading", level=3).first
        small = verdict.text_content()
        page.get_by_role("slider", name="Tamanho do quadrado").press("End")
        expect(verdict).not_to_have_text(small)
        page.wait_for_url(re.compile(r"^(?!.*cifar10_size=0\.2)"))
