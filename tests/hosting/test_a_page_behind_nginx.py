"""The browser tests of one page, colorization, once more: through nginx, with TLS, under a base path."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import test_colorization
from tests.browser.browse import launch, serving
from tests.hosting.proxy import proxied

BASE = "/school/camadas"
TESTS = {name: found for name, found in vars(test_colorization).items() if name.startswith("test_")}
assert len(TESTS) > 5
globals().update(TESTS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One that takes a certificate of our own making."""
    with sync_playwright() as playwright:
        opened = launch(playwright, "--ignore-certificate-errors")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    environment = {"STREAMLIT_SERVER_BASE_URL_PATH": BASE.strip("/")}
    with (
        serving(environment=environment) as (server, _process),
        proxied(tmp_path_factory.mktemp("nginx"), [server], BASE) as (found, _pem),
    ):
        yield found
