"""Two app servers behind nginx, without a cluster: one dies, and comes back."""

import time
from contextlib import ExitStack
from urllib.parse import urlsplit

from playwright.sync_api import expect

from benchmarks.guests import marked_photo
from tests.browser.browse import PATIENCE_S, give_photo, logged, open_page, serving, settled, visiting
from tests.hosting.proxy import proxied, sessions

BACK_S = 10


def test_a_visitor_stays_at_the_other_server_when_the_dead_one_is_back(browser, tmp_path):
    with ExitStack() as stack:
        servers = [stack.enter_context(serving()) for _ in range(2)]
        address, _pem = stack.enter_context(proxied(tmp_path, [server for server, _process in servers]))
        page = stack.enter_context(visiting(browser, address, is_trusting=True))
        open_page(page, f"{address}/colorization?colorization_strength=1.2")
        ((used, process),) = [found for found in servers if sessions(found[0])]
        (left,) = [server for server, _process in servers if server != used]
        process.kill()
        killed_at = time.monotonic()
        process.wait(timeout=20)
        while not sessions(left):
            assert time.monotonic() - killed_at < BACK_S
            page.wait_for_timeout(100)
        settled(page)
        again, process = stack.enter_context(serving(port=urlsplit(used).port, environment={"CAMADAS_LOG": "json"}))
        asked_at = time.monotonic()
        while "/moons" not in logged(process):  # until nginx has found that it is back
            page.request.get(f"{address}/moons")
            assert time.monotonic() - asked_at < PATIENCE_S
        give_photo(page, "photo.jpg", "image/jpeg", marked_photo(1), "Choose a photo")
        expect(page.get_by_role("button", name="Download, 512 × 512")).to_be_visible()
        expect(page.get_by_role("slider", name="Colour strength")).to_have_value("1.2")
        broken = page.evaluate("[...document.images].filter((i) => i.complete && !i.naturalWidth).map((i) => i.src)")
        assert broken == []
        assert sessions(again) == 0
        assert sessions(left) == 1
