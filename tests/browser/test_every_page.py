"""What holds for every page of the catalog: by its link first, at both widths, in both themes and languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting
from ui.catalog import ALL, PAGES

AXE = Axe()
SLUGS = [page.slug for page in ALL]
NOT_OURS = [["[data-testid=stSidebarNav]"], ["[data-testid=stCode]"]]  # Streamlit's own list, and code that scrolls
STYLED = """() => document.fonts.ready.then(() =>
    [...document.querySelectorAll('style')].some((style) => style.textContent.includes('.st-key-address')))"""


def path(slug: str) -> str:
    return "/" if slug == "home" else f"/{slug}"


def serious_violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds twice, with the elements; our style and the fonts come a moment after the first words, and a
    formula is wider than its place until its own font is there."""
    for _ in range(2):
        page.wait_for_function(STYLED)
        found = AXE.run(page, {"exclude": NOT_OURS}, {"resultTypes": ["violations"]}).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        if not serious:
            break
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in serious]


def test_a_deep_link_comes_first_to_a_fresh_server(browser, address):
    with visiting(browser, address) as page:
        open_page(page, path(PAGES[-1].slug))
        expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(len(PAGES))
        expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[-1].title)


def is_whole(page: Page, promise: str, language: str) -> None:
    """No error, no warning, nothing to scroll sideways for, and in the visitor's language."""
    settled(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    too_wide = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")
    assert too_wide <= 0
    assert (page.get_by_text(promise, exact=True).count() > 0) == (language == "en")


@pytest.mark.parametrize(
    ("language", "theme", "sizes"), [("en", "light", (WIDE, NARROW)), ("pt", "dark", (NARROW, WIDE))], ids=["en", "pt"]
)
@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_is_whole_and_keeps_nobody_out(browser, address, slug, language, theme, sizes):
    promise = next(entry for entry in ALL if entry.slug == slug).promise
    with visiting(browser, address, size=sizes[0], theme=theme, language=language) as page:
        open_page(page, path(slug))
        for size in sizes:
            page.set_viewport_size(size)
            is_whole(page, promise, language)
            for tab in page.get_by_role("tab").all() if size == WIDE else []:
                tab.click()
                settled(page)
                assert not serious_violations(page)
            if size == WIDE:
                assert not serious_violations(page)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nor_does_the_choice_of_a_photo(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/colorization")
        page.get_by_test_id("stMain").get_by_role("button", name="Choose a photo").click()
        for source in ("Upload", "Camera", "Samples"):
            page.get_by_role("dialog").get_by_role("radio", name=source).click()
            settled(page)
            assert not serious_violations(page)


def test_the_whole_catalog_is_reached_from_the_home_page(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/")
        for entry in PAGES[1:]:
            page.get_by_test_id("stMain").get_by_role("link", name=entry.title, exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_have_text(entry.title)
            page.get_by_test_id("stSidebarNavLink").first.click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Camadas")
