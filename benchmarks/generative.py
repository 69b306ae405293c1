"""How long a grid of decoded codes and a stylized photo take, and what memory a large photo needs.

    python -m benchmarks.generative [--json]

decode_ms is the median time of the 20 x 20 grid of pictures on the page Latent plane, from codes to pixels; stylize_ms
that of a photo of 512 x 512 in a style that is known already; both on two cores, at most 50 and 300 ms. large_mib is
the greatest memory of a fresh process that reads a JPEG of 12 megapixels, stylizes it at full size and writes it; at
most 2048. large_s is the time that it takes.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.app import made_photo
from core.images import decode, encode
from core.latent_plane import NETWORKS, manifold, plane
from core.patterns import draw
from core.style_features import STYLE_PX, style_of
from core.stylizing import stylize

N_TURNS = 40
LARGE = (3000, 4000)
BARS = {"decode_ms": 50.0, "stylize_ms": 300.0, "large_mib": 2048.0}


def median_ms(function: Callable[[], object]) -> float:
    """Of many calls, the first few left out."""
    taken = []
    for _ in range(N_TURNS):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return round(1000 * statistics.median(taken[5:]), 1)


def decode_ms() -> float:
    """Of the first network's grid."""
    network = next(iter(NETWORKS.values()))
    found = plane(network)
    return median_ms(lambda: manifold(network, found.middle, found.reach))


def stylize_ms() -> float:
    """Of a photo of 512 x 512."""
    style, photo = style_of(draw("strokes", 1, STYLE_PX)), made_photo(0, 512, 512)
    return median_ms(lambda: stylize(photo, style))


def large() -> dict[str, float]:
    """Greatest memory and time of a photo of 12 megapixels, in a process of its own."""
    done = subprocess.run([sys.executable, "-m", __spec__.name, "--large"], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_large() -> dict[str, float]:
    """The same in this process."""
    data = encode(made_photo(0, *LARGE), "jpeg")
    start = time.perf_counter()
    encode(stylize(decode(data), style_of(draw("strokes", 1, STYLE_PX))), "jpeg")
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"large_mib": round(peak), "large_s": round(seconds, 1)}


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--large", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.large:
        print(json.dumps(measure_large()))
        return
    figures = {"decode_ms": decode_ms(), "stylize_ms": stylize_ms(), **large()}
    for name, value in figures.items():
        verdict = "" if name not in BARS else "kept" if value <= BARS[name] else "MISSED"
        print(f"{name:26} {value:10.1f}  {verdict}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
