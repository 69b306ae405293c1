"""Write every page of the catalog, in both themes and languages, 1280 and 390 pixels wide: make screenshots."""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.browse import LOCALES, NARROW, WIDE, launch, open_page, serving, settled, visiting
from ui.catalog import ALL


def whole_page(page: Page, file: Path) -> None:
    """Streamlit scrolls inside: make the window as high as what it holds."""
    size = page.viewport_size
    assert size is not None
    needed = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], needed)})
    settled(page)
    for figure in page.locator("figure[data-state]").all():
        figure.and_(page.locator('[data-state="ready"]')).wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file)


def main(folder: Path, slugs: list[str]) -> None:
    """Start a server, visit everything, write SLUG-LANGUAGE-THEME-WIDTH.png."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, serving() as (address, _process):
        browser = launch(playwright)
        for entry in (page for page in ALL if not slugs or page.slug in slugs):
            for language in LOCALES:
                for theme in ("light", "dark"):
                    for size in (WIDE, NARROW):
                        with visiting(browser, address, size=size, theme=theme, language=language) as page:
                            open_page(page, "/" if entry.slug == "home" else f"/{entry.slug}")
                            file = folder / f"{entry.slug}-{language}-{theme}-{size['width']}.png"
                            whole_page(page, file)
                            print(file)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
