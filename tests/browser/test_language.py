"""The language goes along: by the browser, by the switch, by the link."""

import re

from playwright.sync_api import expect

from tests.browser.browse import NARROW, open_page, visiting
from tests.pages.visit import translate
from ui.catalog import PAGES


def test_a_link_hands_the_language_on(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/")
        page.get_by_test_id("stSidebar").get_by_text("Português").click()
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Colorização").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorização")
        links = page.get_by_test_id("stSidebarNavLink")
        expect(links).to_contain_text([translate(entry.title, "pt") for entry in PAGES])
        page.wait_for_url(re.compile("lang=pt"))
        expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
        expect(page).to_have_title("Colorização · Camadas")
        link = page.url
    with visiting(browser, address) as page:
        open_page(page, link.removeprefix(address))
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorização")


def test_the_browsers_own_language_needs_no_word_in_the_address(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/colorization")
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorização")
        expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
        assert "lang=" not in page.url
        page.get_by_test_id("stSidebar").get_by_text("English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorization")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorization")


def test_on_a_phone_the_sidebar_makes_way_for_the_page(browser, address):
    with visiting(browser, address, size=NARROW) as page:
        open_page(page, "/")
        page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Colorization").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorization")
        expect(page.get_by_test_id("stSidebarNavLink").first).not_to_be_in_viewport()
