"""The app through nginx: TLS, a base path, WebSockets, uploads, live views."""

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from benchmarks.guests import marked_photo
from tests.browser.browse import give_photo, open_page, serving, settled, visiting
from tests.hosting.proxy import proxied, trusting
from tests.protocol import Visitor, run

BASE = "/school/camadas"


@pytest.fixture(scope="module", params=["", BASE], ids=["root", "base"])
def hosted(request, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    environment = {"STREAMLIT_SERVER_BASE_URL_PATH": request.param.strip("/")}
    folder = tmp_path_factory.mktemp("nginx")
    with (
        serving(wait_for="/ready", environment=environment) as (server, _process),
        proxied(folder, [server], request.param) as found,
    ):
        yield found


def ask(address: str, pem: Path) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, context=trusting(pem)) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        return error.code, address


def test_a_photo_is_colorized_in_a_real_browser(browser, hosted):
    address, _pem = hosted
    with visiting(browser, address, is_trusting=True) as page:
        open_page(page, f"{address}/colorization")
        give_photo(page, "photo.jpg", "image/jpeg", marked_photo(1), "Choose a photo")
        expect(page.get_by_role("button", name="Download, 512 × 512")).to_be_visible()
        settled(page)
        with page.expect_download() as caught:
            page.get_by_role("button", name="Download, 512 × 512").click()
        assert Path(caught.value.path()).stat().st_size > 10_000
        page.reload()
        settled(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Colorization")


def test_a_network_trains_live_in_a_real_browser(browser, hosted):
    address, _pem = hosted
    with visiting(browser, address, is_trusting=True) as page:
        open_page(page, f"{address}/moons")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".lab")).to_have_attribute("data-frames", re.compile("[2-9]|[1-9][0-9]+"))


def test_pages_are_found_by_their_links_and_by_the_sidebar(browser, hosted):
    address, _pem = hosted
    with visiting(browser, address, is_trusting=True) as page:
        open_page(page, f"{address}/convolution?convolution_stride_height=2")
        expect(page.locator(".st-key-convolution_stride_height input")).to_have_value("2")
        page.get_by_test_id("stSidebarNavLink").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Camadas")
        assert page.url.startswith(f"{address}/")


def test_the_base_path_without_its_slash_leads_there(hosted):
    address, pem = hosted
    status, url = ask(address, pem)
    assert status == 200
    assert url == f"{address}/" or not address.endswith(BASE)


def test_a_base_path_may_be_written_with_slashes_or_without(tmp_path):
    with serving(environment={"STREAMLIT_SERVER_BASE_URL_PATH": "school/camadas"}) as (server, _process):
        for written in ("school/camadas", "/school/camadas/", "school/camadas/"):
            with proxied(tmp_path, [server], written) as (address, pem):
                assert address.endswith(BASE)
                assert ask(f"{address}/ready", pem)[0] == 200, written
                assert ask(f"{address}/moons", pem)[0] == 200, written
                assert ask(f"{address}/metrics", pem)[0] == 404, written
                assert ask(f"{address}-of-others/ready", pem)[0] == 404, written


def test_the_meters_are_not_for_the_world(hosted):
    address, pem = hosted
    assert ask(f"{address}/metrics", pem)[0] == 404
    assert ask(f"{address}/_stcore/metrics", pem)[0] == 404
    assert ask(f"{address}/ready", pem)[0] == 200


def test_cookies_are_for_tls_alone_and_stick_to_a_server(hosted):
    address, pem = hosted
    with urllib.request.urlopen(f"{address}/moons", context=trusting(pem)) as answer:
        cookies = answer.headers.get_all("set-cookie")
        assert answer.headers["Strict-Transport-Security"]
        assert answer.headers["Server"] == "nginx"  # no version
    assert {cookie.split("=")[0] for cookie in cookies} >= {"camadas_visitor", "camadas_server"}
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies if cookie.startswith("camadas_"))


def test_a_live_view_streams_through_it(hosted):
    address, pem = hosted

    async def watch() -> tuple[int, str]:
        async with Visitor(address, trusting(pem)) as visitor:
            shown = await visitor.open("moons")
            return await visitor.watch(json.loads(shown.components["moons_network"])["token"], 60, until_frames=10)

    assert run(watch()) == (10, "running")


@contextmanager
def page_of_others(folder: Path) -> Iterator[str]:
    """A site that is not ours, for localhost is not 127.0.0.1: it shows what lies in the folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder)) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_port}"
        site.shutdown()


def test_a_course_shows_the_app_in_a_frame_and_another_site_does_not(browser, tmp_path):
    with ExitStack() as stack:
        course, other = (stack.enter_context(page_of_others(tmp_path)) for _ in range(2))
        server, _process = stack.enter_context(serving(environment={"CAMADAS_EMBEDDING": course}))
        address, _pem = stack.enter_context(proxied(tmp_path, [server]))
        framing = f'<iframe src="{address}/colorization" width="1200" height="700"></iframe>'
        (tmp_path / "index.html").write_text(framing)
        page = stack.enter_context(browser.new_context(ignore_https_errors=True)).new_page()
        page.goto(course)
        frame = page.frames[1]
        expect(frame.get_by_role("heading", level=1)).to_have_text("Colorization")
        give_photo(frame, "photo.jpg", "image/jpeg", marked_photo(1), "Choose a photo")
        expect(frame.get_by_role("button", name="Download, 512 × 512")).to_be_visible()
        settled(frame)
        assert frame.evaluate("[...document.images].filter((i) => i.complete && !i.naturalWidth).length") == 0
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(other)
