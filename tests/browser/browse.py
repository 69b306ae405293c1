"""A server of our own and a real browser on it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Frame, Page, Playwright, Request, expect
from prometheus_client.parser import text_string_to_metric_families

from ui.files import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LOCALES = {"en": "en-US", "pt": "pt-BR"}
SETTLED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
PATIENCE_S = 60  # machines are slow at times
START_S = 180  # and a cluster has a dozen processes to start
expect.set_options(timeout=PATIENCE_S * 1000)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody does, at this port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def logged(process: subprocess.Popen) -> str:
    """What a server has written to its log so far."""
    assert process.stderr is not None
    process.stderr.seek(0)
    return process.stderr.read().decode()


def counted(address: str) -> dict[tuple[str, ...], float]:
    """A server's meters, by name and labels' values."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def environment_of(more: Mapping[str, str]) -> dict[str, str]:
    """In which a server of ours runs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def serving(
    app: Path = ROOT / "streamlit_app.py",
    wait_for: str = "/ready",
    environment: Mapping[str, str] | None = None,
    port: int = 0,
    before: Sequence[str] = (),
) -> Iterator[tuple[str, subprocess.Popen]]:
    """The app on this port of this machine, a free one without it, until the block ends; its address and process.

    Args:
        app: the script.
        wait_for: path that answers 200 once it is there.
        environment: more variables.
        port: a free one without it.
        before: a command that starts it, in front of its own.
    """
    port = port or free_port()
    command = [*before, sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    variables = environment_of(environment or {})
    log = tempfile.TemporaryFile()  # noqa: SIM115 - the process keeps it
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=log)
    process.stderr = log
    address = f"http://127.0.0.1:{port}"
    base = "/" + variables.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
    try:
        deadline = time.monotonic() + START_S
        while not answers(address + base.rstrip("/") + wait_for):
            assert process.poll() is None, logged(process)
            assert time.monotonic() < deadline, f"no answer from {wait_for} in {START_S} s"
            time.sleep(0.02)  # between two questions to a server that is starting
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def launch(playwright: Playwright, *more: str) -> Browser:
    """The installed Chromium or Chrome; `more` are flags."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, "no Chromium or Chrome is installed: run `make setup-test`"
    return playwright.chromium.launch(executable_path=found, args=[*FLAGS, *more])


@contextmanager
def visiting(
    browser: Browser,
    address: str,
    *,
    size: dict[str, int] = WIDE,
    theme: str = "light",
    language: str = "en",
    permissions: Sequence[str] = (),
    is_trusting: bool = False,
) -> Iterator[Page]:
    """A visitor with a fresh session; fails if the page asks another host for anything or throws in JavaScript."""
    context = browser.new_context(
        base_url=f"{address}/",
        viewport=size,
        color_scheme=theme,
        locale=LOCALES[language],
        permissions=list(permissions),
        ignore_https_errors=is_trusting,
    )
    foreign: list[str] = []
    thrown: list[str] = []
    own = urlsplit(address).netloc

    def watch(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != own:
            foreign.append(request.url)

    context.on("request", watch)
    page = context.new_page()
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.set_default_timeout(PATIENCE_S * 1000)
    yield page
    context.close()
    assert not foreign, foreign
    assert not thrown, thrown


def settled(page: Page | Frame) -> None:
    """Wait until the script has run and what it draws is drawn."""
    page.locator(SETTLED).wait_for()
    expect(page.locator('[data-state="loading"]')).to_have_count(0)  # components of ours


def open_page(page: Page, path: str) -> None:
    """Come by a link and wait for the whole page."""
    page.goto(f".{path}" if path.startswith("/") else path)  # within the app's base path
    page.get_by_role("heading", level=1).wait_for()  # before the script has begun, it seems settled too
    settled(page)


def give_photo(page: Page | Frame, name: str, mime: str, data: bytes, button: str | re.Pattern[str]) -> None:
    """Upload a file through the picker on the page; `button` names it."""
    opener = page.get_by_test_id("stMain").get_by_role("button", name=button)
    opener.wait_for()  # of the page that is coming, after which that page settles
    settled(page)
    opener.click()
    chooser = page.get_by_role("dialog").locator('input[type="file"]')
    chooser.set_input_files({"name": name, "mimeType": mime, "buffer": data})
    page.get_by_role("dialog").wait_for(state="hidden")
