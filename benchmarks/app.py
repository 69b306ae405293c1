"""Speed and memory of the app, with a real server and a real browser.

    python -m benchmarks.app [--uploads 200] [--json]

Bars on two cores: health_s <= 1.5, home_s <= 1.5, control_s <= control_bar_s (1.3 x core's own time + 0.3 s),
memory_ratio <= 1.15 (server memory after all uploads over that after 20), colorize_512_s <= 0.5.
"""

import argparse
import json
import statistics
import time

import cv2
import numpy as np
import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.colorization import Settings, colorize, without_colour
from core.images import decode, encode, fit_within
from tests.browser.browse import give_photo, launch, open_page, serving, settled, visiting
from ui.photo import PREVIEW_PX

N_REPEATS = 5
EARLY = 20  # uploads after which memory is first read
HEIGHT, WIDTH = 1728, 2304  # 4 megapixels
BARS = {"health_s": 1.5, "home_s": 1.5, "memory_ratio": 1.15, "colorize_512_s": 0.5}
CHOOSE = "Choose a photo"


def made_photo(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A smooth colourful picture with some grain, different for each seed: (height, width, 3) uint8."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (9, 12, 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.resize(random.integers(0, 24, (height // 4, width // 4, 1), np.uint8), (width, height))[:, :, None]
    return cv2.add(smooth, np.repeat(grain, 3, axis=2))


def median_s(repeats: list[float]) -> float:
    """The middle of a few timings."""
    return round(statistics.median(repeats), 3)


def health_s() -> float:
    """From starting the server's process to its first answer."""
    times = []
    for _ in range(N_REPEATS):
        start = time.perf_counter()
        with serving(wait_for="/_stcore/health"):
            times.append(time.perf_counter() - start)
    return median_s(times)


def home_s(browser: Browser, address: str) -> float:
    """From asking a warm server for the home page to its last card painted, for a fresh visitor."""
    times = []
    for _ in range(N_REPEATS):
        with visiting(browser, address) as page:
            start = time.perf_counter()
            page.goto("/")
            page.get_by_test_id("stMain").get_by_role("img").last.wait_for()
            settled(page)
            times.append(time.perf_counter() - start)
    return median_s(times)


def control(browser: Browser, address: str, photo: np.ndarray) -> tuple[float, float]:
    """Seconds from a key on the strength slider to the new picture drawn, and core's own for the same picture."""
    shown = fit_within(decode(encode(photo, "jpeg")), PREVIEW_PX)
    greyed = without_colour(shown)
    core, page_s = [], []
    with visiting(browser, address) as page:
        open_page(page, "/colorization")
        upload(page, photo)
        slider = page.get_by_role("slider", name="Colour strength")
        slider.focus()
        picture = page.locator('figure[data-state="ready"] img.after')
        for repeat in range(2 * N_REPEATS):
            before = picture.get_attribute("src")
            start = time.perf_counter()
            page.keyboard.press("ArrowRight")
            expect(picture).not_to_have_attribute("src", before or "")
            page_s.append(time.perf_counter() - start)
            settled(page)
            settings = Settings(strength=round(1.05 + 0.05 * repeat, 2))
            start = time.perf_counter()
            colorize(greyed, settings)
            core.append(time.perf_counter() - start)
    return median_s(page_s[N_REPEATS:]), median_s(core[N_REPEATS:])


def upload(page: Page, photo: np.ndarray) -> None:
    """Give a photo and wait for its result."""
    give_photo(page, "photo.jpg", "image/jpeg", encode(photo, "jpeg"), CHOOSE)
    height, width = photo.shape[:2]
    expect(page.get_by_role("button", name=f"Download, {width} × {height}")).to_be_visible()
    settled(page)


def memory(browser: Browser, address: str, pid: int, n_uploads: int) -> tuple[float, float]:
    """Server memory in MiB after 20 uploads of different photos, and after all of them."""
    process, early = psutil.Process(pid), 0.0
    with visiting(browser, address) as page:
        open_page(page, "/colorization")
        for number in range(1, n_uploads + 1):
            upload(page, made_photo(number, HEIGHT, WIDTH + number))  # the label tells one from the next
            if number == min(EARLY, n_uploads):
                early = process.memory_info().rss / 2**20
        return early, process.memory_info().rss / 2**20


def colorize_512_s() -> float:
    """Core's own time for 512 x 512 after a warm-up."""
    photo, times = made_photo(0, 512, 512), []
    colorize(photo, Settings())
    for _ in range(2 * N_REPEATS):
        start = time.perf_counter()
        colorize(photo, Settings())
        times.append(time.perf_counter() - start)
    return median_s(times)


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, float] = {"health_s": health_s(), "colorize_512_s": colorize_512_s()}
    with sync_playwright() as playwright, serving() as (address, process):
        browser = launch(playwright)
        figures["home_s"] = home_s(browser, address)
        figures["control_s"], figures["core_s"] = control(browser, address, made_photo(0, 768, 1024))
        figures["control_bar_s"] = round(1.3 * figures["core_s"] + 0.3, 3)
        if options.uploads:
            early, late = memory(browser, address, process.pid, options.uploads)
            figures |= {"memory_early_mib": round(early), "memory_late_mib": round(late)}
            figures["memory_ratio"] = round(late / early, 3)
        browser.close()
    for name, value in figures.items():
        bar = {**BARS, "control_s": figures["control_bar_s"]}.get(name)
        print(f"{name:18} {value:10.3f}" + (f"  bar {bar:.3f}: {'kept' if value <= bar else 'MISSED'}" if bar else ""))
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
