"""Many visitors at once, over Streamlit's own protocol, each with a photo that carries a mark.

    python -m benchmarks.visitors [--visitors 50] [--minutes 10] [--engine local] [--rest 5] [--json]

A visitor acts every five to fifteen seconds: colorizes, convolves, stylizes, classifies, trains two moons and watches,
changes pages, reloads now and then, and now and then gives a file that is no picture. Server and visitors share the
cores. Bars on two cores, 50 visitors, 10 minutes: errors 0, foreign_photos 0, light_p95_s <= 2, heavy_p95_s <= 5,
memory_ratio <= 1.15 (five minutes after the last one left over that after one visitor had used every page), and
delay_most_s <= 1: what another's slider takes longer while one visitor's twelve megapixels are stylized.

With `--engine ray` they come through nginx to two app servers before a Ray cluster, all on this machine, and in the
middle one app server is killed: whoever was there comes back as a browser does (back_most_s, at most 10), and gives the
photo again, for it was in that server's memory alone.
"""

import argparse
import asyncio
import gc
import json
import math
import os
import random
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import psutil

from core.images import decode, encode
from tests.browser.browse import logged, serving
from tests.protocol import Shown, Visitor, absolute, pictures_in
from ui.catalog import PAGES

BARS = {
    "errors": 0,
    "foreign_photos": 0,
    "light_p95_s": 2.0,
    "heavy_p95_s": 5.0,
    "delay_most_s": 1.0,
    "memory_ratio": 1.15,
    "back_most_s": 10.0,
}
PAUSE_S = (5.0, 15.0)
N_CELLS, PHOTO_PX = 8, 512
GIVES_UP_S = 60.0  # a visitor whose server was killed
SURE = 0.5  # correlation from which a mark counts as seen; by chance that of 50 others is 0.3
LIGHT, HEAVY = ("convolution", "cifar10"), ("colorization", "style_transfer")
ACTS = {"convolve": 5, "classify": 5, "colorize": 4, "stylize": 3, "moons": 3, "page": 3, "reload": 1, "bad": 1}
PICTURES = {"colorization": "colorization_before_after", "style_transfer": "style_transfer_before_after"}
FROM_ONE = {"CAMADAS_ADDRESS_VISITORS": "60"}  # for they all come from this machine; as many as there may be in all
REJECTED = "was not taken"
REFUSALS = (  # what a page says instead of doing what was asked
    "Every place is taken",
    "requests wait already",
    "do not answer",
    "does not answer",
    "Something went wrong",
    "runs wait already",
    "runs of yours go on",
    "longer than usual",
)
LOST = ("gone", "failed", "lost")  # states of a run that a visitor has just begun


def mark(number: int) -> np.ndarray:
    """The pattern of a visitor: (8, 8) of -1 and 1, half of them each."""
    signs = np.repeat([-1.0, 1.0], N_CELLS * N_CELLS // 2)
    return np.random.default_rng(1000 + number).permutation(signs).reshape(N_CELLS, N_CELLS)


def marked_photo(number: int) -> bytes:
    """A colourful JPEG of 512 x 512 whose light and dark cells are the visitor's mark."""
    draw = np.random.default_rng(number)
    cells = cv2.resize(mark(number), (PHOTO_PX, PHOTO_PX), interpolation=cv2.INTER_NEAREST)
    colours = cv2.resize(draw.uniform(-30, 30, (8, 8, 3)), (PHOTO_PX, PHOTO_PX), interpolation=cv2.INTER_CUBIC)
    photo = 128 + 60 * cells[:, :, None] + colours + draw.normal(0, 6, (PHOTO_PX, PHOTO_PX, 1))
    return encode(photo.clip(0, 255).astype(np.uint8), "jpeg")


def seen(picture: bytes, marks: np.ndarray) -> int | None:
    """Whose mark a picture carries; None where it carries none that is sure.

    Args:
        picture: an encoded picture.
        marks: (n, 64), of all visitors.
    """
    grey = cv2.cvtColor(np.asarray(decode(picture)), cv2.COLOR_RGB2GRAY)
    cells = cv2.resize(grey, (N_CELLS, N_CELLS), interpolation=cv2.INTER_AREA).astype(float).ravel()
    cells -= cells.mean()
    norm = np.linalg.norm(cells)
    if norm < 1:
        return None
    likeness = marks @ (cells / norm) / N_CELLS
    best = int(likeness.argmax())
    return best if likeness[best] >= SURE else None


@dataclass
class Notes:
    """What all visitors have met."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    watched: list[float] = field(default_factory=list)
    foreign: int = 0
    killed_at: float = math.inf
    back: list[float] = field(default_factory=list)  # seconds from when it was noticed until a page is there again
    marks: Counter[str] = field(default_factory=Counter)


class Guest:
    """One who comes, gives a photo and plays until the time is over."""

    def __init__(self, number: int, place: "Place", notes: Notes, marks: np.ndarray, until: float) -> None:
        self.number, self.notes, self.marks, self.until = number, notes, marks, until
        self.chance = random.Random(number)
        self.visitor = Visitor(place.address, place.trusted)
        self.has_met_the_kill = False
        self.photo = marked_photo(number)

    async def stay(self) -> None:
        """Come, act until the end, leave."""
        async with self.visitor:
            await asyncio.sleep(self.chance.uniform(0, PAUSE_S[1]))
            await self._try("arrive", self._arrive)
            while time.monotonic() < self.until:
                await asyncio.sleep(self.chance.uniform(*PAUSE_S))
                act = self.chance.choices(list(ACTS), list(ACTS.values()))[0]
                await self._try(act, getattr(self, f"_{act}"))

    async def _try(self, name: str, act) -> None:
        try:
            await act()
        except Exception as error:
            if self.visitor.is_cut and time.monotonic() > self.notes.killed_at and not self.has_met_the_kill:
                await self._back()
                return
            self.notes.errors[f"{name}: {type(error).__name__}: {str(error)[:200]}"] += 1
            await self._again()

    async def _back(self) -> None:
        """The server is gone: connect anew, as a browser does, and give the photo again."""
        self.has_met_the_kill = True
        noticed = time.monotonic()
        while True:
            try:
                await self.visitor.open(self.visitor.page)
                break
            except Exception as error:
                if time.monotonic() - noticed > GIVES_UP_S:
                    self.notes.errors[f"back: {type(error).__name__}: {str(error)[:200]}"] += 1
                    break
                await asyncio.sleep(0.5)
        self.notes.back.append(time.monotonic() - noticed)
        await self._again()

    async def _again(self) -> None:
        """After an error: come anew, as a person would."""
        try:
            await self._arrive()
        except Exception as error:
            self.notes.errors[f"again: {type(error).__name__}: {str(error)[:200]}"] += 1

    async def _arrive(self) -> None:
        self._note("open", await self.visitor.open("colorization"))
        self._note("upload", await self.visitor.give_photo("photo.jpg", "image/jpeg", self.photo))
        await self._look(await self.visitor.run(), "colorization")

    async def _on(self, page: str) -> None:
        if self.visitor.page != page:
            await self._look(self._note(f"page {page}", await self.visitor.go(page)), page)

    async def _turn(self, page: str, key: str, value: object) -> None:
        await self._on(page)
        await self._look(self._note(page, await self.visitor.set(f"{page}_{key}", value)), page)

    async def _convolve(self) -> None:
        key, least, most = self.chance.choice([("stride_height", 1, 3), ("dilation_width", 1, 2), ("divisor", 1, 9)])
        await self._turn("convolution", key, float(self.chance.randint(least, most)))

    async def _classify(self) -> None:
        key = self.chance.choice(["across", "down"])
        await self._turn("cifar10", key, round(0.05 * self.chance.randint(0, 20), 2))

    async def _colorize(self) -> None:
        await self._turn("colorization", "strength", round(0.05 * self.chance.randint(10, 40), 2))

    async def _stylize(self) -> None:
        await self._turn("style_transfer", "strength", round(0.05 * self.chance.randint(4, 20), 2))

    async def _moons(self) -> None:
        await self._on("moons")
        noise = round(0.05 * self.chance.randint(1, 8), 2)
        shown = self._note("moons", await self.visitor.set("moons_noise", noise))
        token = json.loads(shown.components["moons_network"])["token"]
        looks = self.chance.uniform(*PAUSE_S)
        begun = time.monotonic()
        n_frames, state = await self.visitor.watch(token, looks)
        self.notes.watched.append(n_frames / (time.monotonic() - begun))
        self.notes.marks[f"moons {state}"] += 1
        if state in LOST or not n_frames:
            raise AssertionError(f"a run of one's own is {state}, with {n_frames} frames")

    async def _page(self) -> None:
        await self._on(self.chance.choice([page.slug for page in PAGES if page.slug not in ("home", "study")]))

    async def _reload(self) -> None:
        await self._arrive()

    async def _bad(self) -> None:
        await self._on("colorization")
        garbage = self.chance.choice([b"", b"no picture", self.photo[:1000], b"\x89PNG\r\n\x1a\n" + bytes(500)])
        shown = self._note("bad file", await self.visitor.give_photo("bad.jpg", "image/jpeg", garbage))
        shown = await self.visitor.run()
        if not any(REJECTED in text for text in shown.texts):
            raise AssertionError(f"a bad file is not refused: {shown.texts}")

    def _note(self, name: str, shown: Shown) -> Shown:
        self.notes.seconds[name].append(shown.seconds)
        for text in shown.texts:
            if any(refusal in text for refusal in REFUSALS):
                raise AssertionError(f"refused: {text}")
        return shown

    async def _look(self, shown: Shown, page: str) -> None:
        """Whose photo is it that the page shows?"""
        found = list(pictures_in(shown.components.get(PICTURES.get(page, ""), "")))
        if shown.pictures:  # the first is the one in the sidebar
            status, picture = await self.visitor.fetch(absolute(self.visitor.address, shown.pictures[0]))
            if status != 200:
                raise AssertionError(f"one's own picture: {status}")
            found.append(picture)
        for picture in found:
            whose = seen(picture, self.marks)
            self.notes.marks["unsure" if whose is None else "own" if whose == self.number else "foreign"] += 1
            self.notes.foreign += whose is not None and whose != self.number


@dataclass
class Place:
    """Where visitors come to.

    Attributes:
        address: of the app.
        servers: addresses and processes of the app servers.
        parts: all processes whose memory counts.
        trusted: its certificate, if it has one.
    """

    address: str
    servers: list[tuple[str, subprocess.Popen]]
    parts: list[subprocess.Popen]
    trusted: ssl.SSLContext | None = None


@contextmanager
def local() -> Iterator[Place]:
    """One server process."""
    with serving(environment=FROM_ONE) as (address, process):
        yield Place(address, [(address, process)], [process])


@contextmanager
def clustered() -> Iterator[Place]:
    """nginx, two app servers, a cluster."""
    from tests.hosting.cluster import cluster
    from tests.hosting.proxy import proxied, trusting

    with ExitStack() as stack:
        ray_address, ray = stack.enter_context(cluster())
        environment = {"CAMADAS_ENGINE": "ray", "RAY_ADDRESS": ray_address, **FROM_ONE}
        servers = [stack.enter_context(serving(environment=environment)) for _ in range(2)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address, pem = stack.enter_context(proxied(folder, [server for server, _process in servers]))
        yield Place(address, servers, [ray, *(process for _server, process in servers)], trusting(pem))


class Memory:
    """Reads what processes and their children hold, once a second."""

    def __init__(self, pids: Sequence[int]) -> None:
        self.processes, self.peak = [psutil.Process(pid) for pid in pids], 0.0
        self.is_over = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()

    def now(self) -> float:
        """MiB."""
        held = 0
        for parent in self.processes:
            try:
                for process in [parent, *parent.children(recursive=True)]:
                    with suppress(psutil.NoSuchProcess):
                        held += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # killed
        return held / 2**20

    def _follow(self) -> None:
        while not self.is_over.wait(1.0):
            self.peak = max(self.peak, self.now())


async def every_page(place: Place) -> None:
    """One visitor uses every page, so that all models are loaded."""
    async with Visitor(place.address, place.trusted) as visitor:
        await visitor.open("colorization")
        await visitor.give_photo("photo.jpg", "image/jpeg", marked_photo(10_000))
        for page in PAGES:
            if page.slug != "home":
                await visitor.go(page.slug)
        await visitor.go("moons")
        shown = await visitor.set("moons_noise", 0.2)
        await visitor.watch(json.loads(shown.components["moons_network"])["token"], 3.0)


async def crowd(place: Place, n_visitors: int, minutes: float, notes: Notes) -> None:
    """All visitors at once; where there are two servers, one is killed in the middle."""
    marks = np.stack([mark(number).ravel() for number in range(n_visitors)])
    until = time.monotonic() + 60 * minutes
    guests = [Guest(n, place, notes, marks, until).stay() for n in range(n_visitors)]
    await asyncio.gather(*guests, *([_kill(place, 30 * minutes, notes)] if len(place.servers) > 1 else []))


async def _kill(place: Place, after_s: float, notes: Notes) -> None:
    await asyncio.sleep(after_s)
    notes.killed_at = time.monotonic()
    place.servers[0][1].kill()


def computed(address: str) -> dict[str, tuple[float, float]]:
    """How often each operation had its turn, and the seconds that it took in all, as the server counts them."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for line in lines:
        if kind := re.match(
            r'camadas_(?:computed_seconds_(count|sum)\{operation="(.*)"\}|waited_seconds_(count|sum)) (.*)', line
        ):
            found[kind[2] or "(waiting)"][kind[1] or kind[3]] = float(kind[4])
    return {name: (both["count"], both["sum"]) for name, both in found.items()}


async def delay(place: Place) -> dict[str, float]:
    """How long another's slider takes while one visitor's twelve megapixels are stylized for a download, and before."""
    async with (
        Visitor(place.address, place.trusted) as greedy,
        Visitor(place.address, place.trusted) as other,
    ):
        await greedy.open("style_transfer")
        large = encode(cv2.resize(np.asarray(decode(marked_photo(1))), (4000, 3000)), "jpeg")
        await greedy.give_photo("large.jpg", "image/jpeg", large)
        await greedy.run()
        await other.open("cifar10")
        before = [(await other.set("cifar10_across", 0.05 * n)).seconds for n in range(10)]
        begun = time.monotonic()
        download = asyncio.create_task(greedy.download("style_transfer_download"))
        during = []
        while not download.done():
            during.append((await other.set("cifar10_across", 0.05 * (len(during) % 20))).seconds)
            await asyncio.sleep(0.2)
        await download
    return {
        "download_12mp_s": round(time.monotonic() - begun, 1),
        "slider_before_p95_s": round(p(before, 0.95), 3),
        "slider_during_p95_s": round(p(during, 0.95), 3),
        "slider_during_most_s": round(max(during), 3),
        "delay_most_s": round(max(during) - p(before, 0.5), 3),
    }


def p(values: list[float], share: float) -> float:
    """A quantile, the nearest value at or above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(np.ceil(share * len(ordered))) - 1)] if ordered else float("nan")


def figures_of(notes: Notes) -> dict[str, float]:
    """The figures of a crowd."""
    light = [s for page in LIGHT for s in notes.seconds[page]]
    heavy = [s for page in HEAVY for s in notes.seconds[page]]
    return {
        "actions": sum(map(len, notes.seconds.values())),
        "errors": sum(notes.errors.values()),
        "foreign_photos": notes.foreign,
        "own_photos": notes.marks["own"],
        "light_p50_s": round(p(light, 0.5), 3),
        "light_p95_s": round(p(light, 0.95), 3),
        "heavy_p50_s": round(p(heavy, 0.5), 3),
        "heavy_p95_s": round(p(heavy, 0.95), 3),
        "frames_per_s": round(statistics.median(notes.watched), 1) if notes.watched else 0.0,
    } | ({"back_n": len(notes.back), "back_most_s": round(max(notes.back), 2)} if notes.back else {})


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rest", type=float, default=5.0, help="minutes after the last one has left")
    parser.add_argument("--engine", choices=["local", "ray"], default="local")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    notes = Notes()
    with clustered() if options.engine == "ray" else local() as place:
        memory = Memory([process.pid for process in place.parts])
        figures: dict[str, float] = {"memory_start_mib": round(memory.now())}
        asyncio.run(every_page(place))
        figures["memory_warm_mib"] = round(memory.now())
        figures |= asyncio.run(delay(place))
        asyncio.run(crowd(place, options.visitors, options.minutes, notes))
        figures |= figures_of(notes)
        operations = computed(place.servers[-1][0])
        figures["memory_peak_mib"] = round(memory.peak)
        print("all have left", file=sys.stderr, flush=True)
        gc.collect()
        time.sleep(60 * options.rest)
        figures["memory_after_mib"] = round(memory.now())
        figures["memory_ratio"] = round(figures["memory_after_mib"] / figures["memory_warm_mib"], 3)
        memory.is_over.set()
    for _address, process in place.servers if notes.errors else ():
        print(logged(process), file=sys.stderr)
    for error, n in notes.errors.most_common():
        print(f"{n} x {error}")
    print(dict(notes.marks))
    for name, values in sorted(notes.seconds.items()):
        print(f"{name:24} n {len(values):5}  p50 {p(values, 0.5):7.2f} s  p95 {p(values, 0.95):7.2f} s")
    for name, (n, seconds) in sorted(operations.items(), key=lambda item: -item[1][1]):
        print(f"{name:24} n {n:5.0f}  {seconds:7.1f} s computed, {1000 * seconds / max(n, 1):6.0f} ms each")
    for name, value in figures.items():
        bar = BARS.get(name)
        print(
            f"{name:18} {value:10.3f}" + ("" if bar is None else f"  bar {bar}: {'kept' if value <= bar else 'MISSED'}")
        )
    if options.json:
        by_page = {
            name: {"n": len(values), "p50_s": round(p(values, 0.5), 3), "p95_s": round(p(values, 0.95), 3)}
            for name, values in sorted(notes.seconds.items())
        }
        print(json.dumps(figures | {"by_page": by_page, "n_cores": len(os.sched_getaffinity(0))}))


if __name__ == "__main__":
    main()
