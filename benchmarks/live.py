"""Live training with a real server and a real browser: what watching costs, and what others feel of it.

    python -m benchmarks.live [--json]

A 2-8-8-1 tanh network on 500 points, steps of one point, as fast as it goes; the browser runs on the same cores. In
turns: the page watches, or is elsewhere. Bars: frames_per_s >= 20 (DESIGN), watched_ratio >= 0.8 (of the epochs a
second while nobody watches). Then another visitor turns a knob of the page of filters, alone and while as many runs as
the server allows train at full speed: quiet_s and loaded_s; bar: loaded_s <= 1.
"""

import argparse
import json
import statistics
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright
from websockets.sync.client import ClientConnection, connect

from benchmarks.app import control, made_photo
from core.host import host
from tests.browser.browse import launch, open_page, serving, visiting

RUN = "/moons?moons_layers=8%20tanh%0A8%20tanh&moons_n_points=1000&moons_train_share=0.5&moons_batch_size=1"
RUN += "&moons_epochs=10000"
TURN_S, N_TURNS = 4.0, 3
BARS = {"frames_per_s": (20.0, 1), "watched_ratio": (0.8, 1), "loaded_s": (1.0, -1)}  # bar, and its side


@contextmanager
def line(page: Page, address: str, token: str) -> Iterator[ClientConnection]:
    """A line of our own to the job of a page's visitor."""
    host = urlsplit(address).netloc
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())  # type: ignore
    headers = {"Cookie": cookies}
    with connect(
        f"ws://{host}/live/{token}",
        origin=address,  # type: ignore[arg-type]
        additional_headers=headers,
        max_size=None,
    ) as socket:
        yield socket


def epoch(socket: ClientConnection) -> tuple[int, float]:
    """The run's epoch, and the moment at which it said so."""
    socket.send(json.dumps({"want": True}))
    while True:
        frame = socket.recv()
        if isinstance(frame, bytes):
            (length,) = struct.unpack("<I", frame[:4])
            return int(json.loads(frame[4 : 4 + length])["last_epoch"]), time.perf_counter()


def speed(socket: ClientConnection) -> float:
    """Epochs a second over one turn."""
    (before, start), _ = epoch(socket), time.sleep(TURN_S)
    after, end = epoch(socket)
    return (after - before) / (end - start)


def started(page: Page, address: str) -> str:
    """Open a run and let it go at full speed; gives its token."""
    open_page(page, RUN)
    lab = page.locator(".lab")
    expect(lab).to_have_attribute("data-state", "paused")
    page.locator(".lab .pace").select_option("0")
    page.locator(".lab .play").click()
    expect(lab).to_have_attribute("data-state", "running")
    return parse_qs(urlsplit(page.url).query)["moons_run"][0]


def watching(browser: Browser, address: str) -> dict[str, float]:
    """Speed of a run that is watched and of one that is not, and frames a second."""
    watched, alone, frames = [], [], []
    for _ in range(N_TURNS):
        with visiting(browser, address) as page:
            token = started(page, address)
            lab = page.locator(".lab")
            with line(page, address, token) as socket:
                time.sleep(1)
                before, start = int(lab.get_attribute("data-frames") or 0), time.perf_counter()
                watched.append(speed(socket))
                after = int(lab.get_attribute("data-frames") or 0)
                frames.append((after - before) / (time.perf_counter() - start))
                page.goto("about:blank")
                time.sleep(1)
                alone.append(speed(socket))
                socket.send(json.dumps({"do": "cancel"}))
    ratio = statistics.median(w / a for w, a in zip(watched, alone, strict=True))
    return {
        "frames_per_s": round(statistics.median(frames), 1),
        "watched_epochs_per_s": round(statistics.median(watched), 1),
        "alone_epochs_per_s": round(statistics.median(alone), 1),
        "watched_ratio": round(ratio, 3),
    }


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with sync_playwright() as playwright, serving() as (address, _process):
        browser = launch(playwright)
        figures = watching(browser, address)
        photo = made_photo(0, 768, 1024)
        figures["quiet_s"], _core = control(browser, address, photo)
        with ExitStack() as stack:
            lines = []
            for _ in range(host().turns):
                with visiting(browser, address) as page:
                    lines.append(stack.enter_context(line(page, address, started(page, address))))
            figures["loaded_s"], _core = control(browser, address, photo)
            for socket in lines:
                socket.send(json.dumps({"do": "cancel"}))
        browser.close()
    for name, value in figures.items():
        bar, side = BARS.get(name, (0.0, 0))
        verdict = "" if not side else "kept" if side * value >= side * bar else "MISSED"
        print(f"{name:22} {value:12,.3f}  {verdict}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
