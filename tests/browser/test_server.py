"""What surrounds the pages: headers, readiness, an error that is our fault."""

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from core.images import encode
from tests.browser.browse import answers, environment_of, give_photo, logged, open_page, serving, visiting
from tests.files import noise
from ui.files import ROOT

BROKEN = """
import streamlit as st
from ui.server import MIDDLEWARE, ROUTES, apologize, lifespan
app = st.App({script!r}, lifespan=lifespan, on_script_error=apologize, routes=ROUTES, middleware=MIDDLEWARE)
"""
DISKLESS = """
import tempfile
def rollover(file):
    raise OSError("a file in memory is about to be written to the disk")
tempfile.SpooledTemporaryFile.rollover = rollover
"""
SCRIPT = """
import streamlit as st
st.title("Before")
if st.button("Fail"):
    raise ZeroDivisionError("a secret of the house")
st.write("After")
"""


def test_every_answer_has_the_headers_and_ready_says_so(address):
    for path in ("/", "/colorization", "/_stcore/health", "/ready"):
        with urllib.request.urlopen(address + path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["Referrer-Policy"] == "same-origin", path
            assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"], path
            if path == "/ready":
                assert json.loads(answer.read())["ready"] is True


def test_a_bug_is_an_apology_with_a_reference_and_the_app_stays_up(browser, tmp_path: Path):
    (tmp_path / "script.py").write_text(SCRIPT)
    app = tmp_path / "broken_app.py"
    app.write_text(BROKEN.format(script=str(tmp_path / "script.py")))
    with serving(app, wait_for="/_stcore/health") as (address, process), visiting(browser, address) as page:
        open_page(page, "/")
        page.get_by_role("button", name="Fail").click()
        alert = page.get_by_test_id("stAlert")
        expect(alert).to_contain_text("Something went wrong on our side.")
        reference = alert.inner_text().split("Reference:")[1].strip()
        assert len(reference) == 8
        assert "secret" not in page.content()
        assert "Traceback" not in page.content()
        open_page(page, "/")
        expect(page.get_by_text("After")).to_be_visible()
        assert answers(address + "/_stcore/health")
        log = logged(process)
        assert f"reference {reference}" in log
        assert "ZeroDivisionError: a secret of the house" in log


@pytest.mark.parametrize("base", ["", "/school"])
def test_a_page_that_is_not_there_or_closed_leads_home_in_the_visitors_language(browser, base):
    environment = {"CAMADAS_PAGES": "moons", "STREAMLIT_SERVER_BASE_URL_PATH": base}
    words = {"en": "There is no such page here", "pt": "Não há esta página aqui"}
    with serving(environment=environment) as (address, _process):
        for language, said in words.items():
            with visiting(browser, address + base, language=language) as page:
                open_page(page, "/filters")
                expect(page.get_by_role("heading", level=1)).to_have_text("Camadas")
                expect(page.get_by_text(said)).to_be_visible()
                expect(page.get_by_role("dialog")).to_have_count(0)
                open_page(page, "/")
                expect(page.get_by_text(said)).to_have_count(0)


def test_streamlits_own_dialog_goes_even_if_nothing_moves_after_it(browser):
    deaf = """{
        const observe = MutationObserver.prototype.observe;
        MutationObserver.prototype.observe = function (target, options) {
            if (target !== document.body) observe.call(this, target, options);
        };
        document.addEventListener("DOMContentLoaded", () => {
            const note = () => (window.hadDialog ||= document.querySelector('[role="dialog"]') !== null);
            new MutationObserver(note).observe(document.documentElement, { childList: true, subtree: true });
        });
    }"""
    with serving(environment={"CAMADAS_PAGES": "moons"}) as (address, _process), visiting(browser, address) as page:
        page.add_init_script(deaf)
        open_page(page, "/filters")
        expect(page.get_by_text("There is no such page here")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.evaluate("window.hadDialog")


def test_the_server_stops_when_asked():
    with serving(wait_for="/_stcore/health") as (address, process):
        process.terminate()
        assert process.wait(timeout=20) in (0, -15)
        assert not answers(address + "/_stcore/health")


def test_an_upload_never_touches_the_disk(browser, tmp_path: Path):
    app = tmp_path / "diskless_app.py"
    app.write_text(DISKLESS + BROKEN.format(script=str(ROOT / "ui" / "shell" / "main.py")))
    photo = encode(noise(1200, 1200), "png")
    assert len(photo) > 4 * 2**20
    with serving(app) as (address, _process), visiting(browser, address) as page:
        open_page(page, "/colorization")
        give_photo(page, "large.png", "image/png", photo, "Choose a photo")
        expect(page.get_by_role("button", name="Download, 1200 × 1200")).to_be_visible()


def test_a_port_in_use_is_said_and_ends_the_start():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", port]
        done = subprocess.run(command, cwd=ROOT, env=environment_of({}), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"Port {port} is not available" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("base", ["", "school", "/school/camadas/"])
def test_the_container_is_healthy_while_the_app_answers(base):
    checks = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.strip().startswith("CMD [")]
    command = json.loads(checks[0].strip().removeprefix("CMD "))
    environment = {"STREAMLIT_SERVER_BASE_URL_PATH": base}
    with serving(wait_for="/_stcore/health", environment=environment) as (address, process):
        check = [sys.executable, "-c", command[2].replace("8501", str(urlsplit(address).port))]
        assert subprocess.run(check, env=environment_of(environment), timeout=60).returncode == 0
        process.kill()
        process.wait(timeout=20)
        done = subprocess.run(check, env=environment_of(environment), capture_output=True, timeout=60)
        assert done.returncode == 1


@pytest.mark.parametrize("written", ["school/camadas", "/school/camadas", "/school/camadas/"])
def test_a_base_path_may_be_written_with_slashes_or_without(written):
    with serving(environment={"STREAMLIT_SERVER_BASE_URL_PATH": written}) as (address, _process):
        with urllib.request.urlopen(address + "/school/camadas/ready") as answer:
            assert json.loads(answer.read())["ready"] is True
        for path in ("/school/camadas", "/school/camadas/", "/school/camadas/moons", "/school/camadas/ready"):
            with urllib.request.urlopen(address + path) as answer:
                assert answer.status == 200, path
                assert answer.headers["X-Content-Type-Options"] == "nosniff", path
