"""The visitor without a browser is shown what a real browser is shown."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.guests import marked_photo
from tests.browser.browse import PATIENCE_S, give_photo, open_page, settled, visiting
from tests.protocol import KEY, Visitor, run


class Overheard:
    """What a browser's WebSocket brings: kinds of the widgets by key, and the data of our components."""

    def __init__(self, page: Page) -> None:
        self.widgets: dict[str, str] = {}
        self.components: dict[str, str] = {}
        page.on("websocket", self._follow)

    def until(self, page: Page, condition: Callable[[], bool]) -> None:
        """Listen until it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline
            page.evaluate("0")  # lets Playwright hand out what has come

    def _follow(self, line: WebSocket) -> None:
        if "_stcore/stream" in line.url:
            line.on("framereceived", self._hear)

    def _hear(self, data: bytes | str) -> None:
        message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
        if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
            return
        kind = str(message.delta.new_element.WhichOneof("type"))
        proto = getattr(message.delta.new_element, kind)
        found = KEY.match(getattr(proto, "id", ""))
        if found:
            self.widgets[found[1]] = kind
            if kind == "bidi_component":
                self.components[found[1]] = proto.json or proto.mixed.json


async def without_browser(address: str) -> tuple[dict[str, str], str, str]:
    async with Visitor(address) as visitor:
        await visitor.open("convolution")
        widgets = {key: widget.kind for key, widget in visitor.widgets.items()}
        products = (await visitor.set("convolution_stride_height", 2.0)).components["convolution_products"]
        await visitor.go("colorization")
        shown = await visitor.give_photo("photo.jpg", "image/jpeg", marked_photo(1), where="page")
        return widgets, products, shown.components["colorization_before_after"]


def test_both_are_shown_the_same(browser, address):
    with visiting(browser, address) as page:
        heard = Overheard(page)
        open_page(page, "/convolution")
        widgets, before = dict(heard.widgets), heard.components["convolution_products"]
        field = page.locator(".st-key-convolution_stride_height input")
        field.fill("2")
        field.press("Enter")
        expect(page).to_have_url(re.compile("convolution_stride_height=2"))
        settled(page)
        heard.until(page, lambda: heard.components["convolution_products"] != before)
        products = heard.components["convolution_products"]
        open_page(page, "/colorization")
        give_photo(page, "photo.jpg", "image/jpeg", marked_photo(1), "Choose a photo")
        expect(page.get_by_role("button", name="Download, 512 × 512")).to_be_visible()
        settled(page)
        picture = heard.components["colorization_before_after"]
    assert run(without_browser(address)) == (widgets, products, picture)


@pytest.mark.parametrize("page", ["moons", "style_transfer", "cifar10"])
def test_a_page_has_the_same_widgets(browser, address, page):
    async def open_it() -> dict[str, str]:
        async with Visitor(address) as visitor:
            await visitor.open(page)
            return {key: widget.kind for key, widget in visitor.widgets.items()}

    with visiting(browser, address) as seen:
        heard = Overheard(seen)
        open_page(seen, f"/{page}")
        assert heard.widgets == run(open_it())
