"""Two app servers behind nginx, a Ray cluster, and what is killed of them."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import psutil
import pytest
from playwright.sync_api import Page, expect

from benchmarks.guests import PICTURES, mark, marked_photo, seen
from core.cluster import driver
from core.cluster.link import Link, Lost, join
from core.errors import JobError
from tests.browser.browse import (
    PATIENCE_S,
    counted,
    environment_of,
    give_photo,
    logged,
    open_page,
    serving,
    settled,
    visiting,
)
from tests.hosting.cluster import cluster, end
from tests.hosting.proxy import proxied, sessions
from tests.protocol import Visitor, pictures_in, run
from ui.files import ROOT

BACK_S = 10
ANYBODY = () if os.geteuid() else ("setpriv", "--bounding-set=-all")  # root is then allowed no more than others


@pytest.fixture(scope="module")
def ray() -> Iterator[tuple[str, subprocess.Popen]]:
    with cluster() as found:
        yield found


@pytest.fixture(scope="module")
def two(ray, tmp_path_factory) -> Iterator[tuple[str, list[tuple[str, subprocess.Popen]]]]:
    """The address at nginx, and both servers behind it; the tests below kill one after the other, in their order."""
    environment = {"CAMADAS_ENGINE": "ray", "RAY_ADDRESS": ray[0]}
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(environment=environment)) for _ in range(2)]
        address, _pem = stack.enter_context(
            proxied(tmp_path_factory.mktemp("nginx"), [server for server, _process in servers])
        )
        yield address, servers


def epoch(page: Page) -> int:
    return int(page.locator(".lab").get_attribute("data-epoch") or 0)


def trained_to(page: Page, at: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while epoch(page) <= at:
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)


def named(cluster: subprocess.Popen, pattern: str) -> list[psutil.Process]:
    """Those of its processes whose command line begins so."""
    parts = psutil.Process(cluster.pid).children(recursive=True)
    return [part for part in parts if re.match(pattern, " ".join(part.cmdline()))]


def test_a_driver_answers_many_and_its_end_is_noticed(ray):
    def fail() -> None:
        raise JobError("crowded", n=3)

    def odd() -> Iterator[int]:  # no pickle takes it
        yield 1

    link = Link(ray[0])
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(link.call, time.sleep, 60)
        assert list(threads.map(lambda n: link.call(abs, -n), range(200))) == list(range(200))
        with pytest.raises(JobError, match="3 requests wait"):
            link.call(fail)
        with pytest.raises(RuntimeError, match="generator"):
            link.call(odd)
        with pytest.raises(TimeoutError):
            link.call(time.sleep, 60, seconds=0.1)
        assert link.answers()
        link.process.kill()
        with pytest.raises(Lost):
            slow.result(PATIENCE_S)
    assert not link.is_open
    assert not link.answers()
    with pytest.raises(Lost):
        link.call(abs, -1)


def test_a_killed_replica_harms_no_request_and_what_replicas_load_is_told(ray):
    link = Link(ray[0])
    batch = np.random.default_rng(0).random((1, 1, 28, 28), np.float32)
    try:
        before, loads = link.call(driver.predict, "mnist", batch)
        assert loads == {"mnist": 1}
        assert link.call(driver.predict, "mnist", batch)[1] == {}
        replicas = named(ray[1], r"ray::ServeReplica")
        assert replicas
        for replica in replicas:
            replica.kill()
        after, loads = link.call(driver.predict, "mnist", batch)
        assert loads == {"mnist": 1}  # by a new one
        np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4)
    finally:
        link.close()


def test_without_an_address_a_cluster_of_its_own_comes_and_goes():
    async def play(address: str) -> tuple[list[bytes], dict[tuple[str, ...], float], list[str]]:
        async with Visitor(address) as visitor:
            await visitor.open("colorization")
            await visitor.give_photo("photo.jpg", "image/jpeg", marked_photo(1))
            shown = await visitor.run()
            pictures = list(pictures_in(shown.components[PICTURES["colorization"]]))
            moons = json.loads((await visitor.go("moons")).components["moons_network"])["token"]
            shown = await visitor.go("style_optimization")
            photo = json.loads(shown.components["style_optimization_live"])["token"]
            for token in (moons, photo):
                n_frames, _state = await visitor.watch(token, PATIENCE_S, until_frames=2)
                assert n_frames == 2
            meters = counted(address)
            assert runs(meters) == 2
            await visitor.leave()
            async with asyncio.timeout(PATIENCE_S / 2):  # before both would end by themselves
                while runs(counted(address)) > 1:
                    await asyncio.sleep(0.2)  # between two looks
            looks = [await visitor.watch(token, PATIENCE_S, until_frames=3) for token in (photo, moons)]
            return pictures, meters, [state for _n_frames, state in looks]

    def runs(meters: dict[tuple[str, ...], float]) -> float:
        return sum(value for name, value in meters.items() if name[0] == "camadas_jobs")

    environment = {"CAMADAS_ENGINE": "ray", "CAMADAS_LOG": "json", "CAMADAS_SESSION_KEPT_S": "1"}
    with serving(environment=environment, before=ANYBODY) as (address, process):
        pictures, meters, states = run(play(address))
        assert seen(pictures[-1], mark(1).reshape(1, -1)) == 0
        assert meters["camadas_model_loads_total", "colorization"] >= 1  # by a replica
        assert states == ["gone", "running"]  # the run with the photo went with its session, and nothing else
        parts = psutil.Process(process.pid).children(recursive=True)
        assert any(part.name() == "raylet" for part in parts)
        process.terminate()
        process.wait(timeout=20)
        _gone, left = psutil.wait_procs(parts, timeout=20)
        assert left == []
        assert all(json.loads(line)["level"] for line in logged(process).splitlines())  # the driver's too


def test_an_address_of_another_form_is_said(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray//nowhere")
    with pytest.raises(JobError) as caught:
        join()
    assert "not of the form HOST:PORT" in str(caught.value.__cause__)


def test_photos_are_colorized_and_stylized_by_the_cluster(browser, two):
    address, _servers = two
    with visiting(browser, address, is_trusting=True) as page:
        open_page(page, f"{address}/colorization")
        give_photo(page, "photo.jpg", "image/jpeg", marked_photo(1), "Choose a photo")
        expect(page.get_by_role("button", name="Download, 512 × 512")).to_be_visible()
        page.get_by_role("link", name="Style transfer").click()
        settled(page)
        expect(page.get_by_role("button", name="Download, 512 × 512")).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_killed_run_goes_on_where_it_was(browser, two, ray):
    address, _servers = two
    with visiting(browser, address, is_trusting=True) as page:
        open_page(page, f"{address}/moons?moons_epochs=100000")
        page.get_by_role("button", name="Start").click()
        trained_to(page, 300)
        for seat in named(ray[1], r"ray::Seat(\.|\s|$)"):
            seat.kill()
        expect(page.locator(".lab")).to_have_attribute("data-state", "away")
        expect(page.get_by_text("What computes does not answer just now.")).to_be_visible()
        expect(page.locator(".lab")).to_have_attribute("data-state", "running")
        assert epoch(page) > 100  # 30 epochs a second, and the desk hears every two seconds how far it is
        trained_to(page, epoch(page))


def test_a_killed_app_servers_visitors_come_back_at_the_other_and_their_runs_go_on(browser, two):
    address, servers = two
    with visiting(browser, address, is_trusting=True) as page:
        open_page(page, f"{address}/moons?moons_noise=0.35&moons_epochs=5000")
        page.get_by_role("button", name="Start").click()
        trained_to(page, 20)
        run = re.search(r"moons_run=([\w-]+)", page.url)[1]
        (used,) = [process for server, process in servers if sessions(server)]
        before = epoch(page)
        used.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        used.wait(timeout=20)
        left = next(server for server, process in servers if process is not used)
        while not sessions(left):
            assert time.monotonic() - killed_at < BACK_S
            page.wait_for_timeout(100)
        settled(page)
        trained_to(page, before)
        assert f"moons_run={run}" in page.url
        assert "moons_noise=0.35" in page.url
        expect(page.locator(".lab")).to_have_attribute("data-state", "running")
        assert before < epoch(page)  # it did not begin again


def test_an_address_where_nobody_answers_is_said_at_start():
    environment = environment_of({"CAMADAS_ENGINE": "ray", "RAY_ADDRESS": "127.0.0.1:1"})
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode != 0
    assert "Camadas does not start: nothing answers at RAY_ADDRESS 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lost_cluster_is_said_and_the_work_is_kept(browser, two, ray):
    address, _servers = two
    with visiting(browser, address, is_trusting=True) as page:
        open_page(page, f"{address}/colorization?colorization_strength=1.2")
        give_photo(page, "photo.jpg", "image/jpeg", marked_photo(1), "Choose a photo")
        expect(page.get_by_role("button", name="Download, 512 × 512")).to_be_visible()
        end(ray[1])  # the last test that uses it
        page.get_by_role("link", name="Two moons").click()
        expect(page.get_by_text("The machines that compute do not answer.")).to_be_visible()
        page.get_by_role("link", name="Colorization").click()
        settled(page)
        expect(page.get_by_role("slider", name="Colour strength")).to_have_value("1.2")
        expect(page.get_by_text("Your photo · 512 × 512")).to_be_visible()
