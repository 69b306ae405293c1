"""A clean stop: pages say that the app is back in a moment; they come back by themselves, with settings and runs."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browse import PATIENCE_S, answers, environment_of, free_port, open_page, settled, visiting
from ui.files import ROOT

ASKED = """new MutationObserver(() => {
  window.asked ||= document.querySelector('.stDialog h2')?.textContent === "Connection error";
}).observe(document.body, { childList: true, subtree: true })"""


def started(port: int, cache: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment_of({"CAMADAS_CACHE": str(cache)}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE_S
    while not answers(f"http://127.0.0.1:{port}/ready"):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)  # between two questions to a server that is starting
    return process


def epoch(page: Page) -> int:
    return int(page.locator(".lab").get_attribute("data-epoch") or 0)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_page_survives_a_new_start_with_its_settings_and_its_run(browser, tmp_path, language):
    words = {"en": ("Start", "The app is back in a moment"), "pt": ("Começar", "O aplicativo volta em um instante")}
    start, away = words[language]
    port = free_port()
    process = started(port, tmp_path)
    try:
        with visiting(browser, f"http://127.0.0.1:{port}", language=language) as page:
            open_page(page, "/moons?moons_noise=0.35&moons_epochs=5000")
            page.get_by_role("button", name=start).click()
            expect(page.locator(".lab")).to_have_attribute("data-epoch", re.compile(r"[2-9]\d|\d{3,}"))
            run = re.search(r"moons_run=([\w-]+)", page.url)[1]
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) in (0, -15)
            page.evaluate(ASKED)
            expect(page.get_by_role("status").filter(has_text=away)).to_be_visible()
            page.wait_for_function("window.asked")  # Streamlit's question about the internet
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(page.get_by_role("status").filter(has_text=away)).to_be_visible()
            before = epoch(page)
            process = started(port, tmp_path)
            expect(page.get_by_role("status").filter(has_text=away)).to_have_count(0)
            settled(page)
            expect(page.get_by_role("dialog")).to_have_count(0)
            assert f"moons_run={run}" in page.url
            assert "moons_noise=0.35" in page.url
            expect(page.locator(".lab")).to_have_attribute("data-state", "running")
            deadline = time.monotonic() + PATIENCE_S
            while epoch(page) <= before:
                assert time.monotonic() < deadline
    finally:
        process.kill()
        process.wait(timeout=20)
