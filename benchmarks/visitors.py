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
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import psutil

from benchmarks.guests import Guest, Notes, mark, marked_photo
from core.images import decode, encode
from tests.browser.browse import logged, serving
from tests.protocol import Visitor
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
LIGHT, HEAVY = ("convolution", "cifar10"), ("colorization", "style_transfer")
FROM_ONE = {"CAMADAS_ADDRESS_VISITORS": "60"}  # for they all come from this machine; as many as there may be in all


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
    guests = [Guest(n, Visitor(place.address, place.trusted), notes, marks, until).stay() for n in range(n_visitors)]
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
