"""One browser for all tests of hosting."""

from tests.browser.conftest import browser

__all__ = ["browser"]
