"""How long a grid of decoded codes takes.

    python -m benchmarks.generative [--json]

decode_ms is the median time of the 20 x 20 grid of pictures on the page Latent plane, from codes to pixels. Bar: at
most 50 ms on two cores.
"""

import argparse
import json
import statistics
import time

from core.latent_plane import NETWORKS, manifold, plane

N_TURNS = 40
BARS = {"decode_ms": 50.0}


def decode_ms() -> float:
    """Of the first network's grid."""
    network = next(iter(NETWORKS.values()))
    found = plane(network)
    taken = []
    for _ in range(N_TURNS):
        start = time.perf_counter()
        manifold(network, found.middle, found.reach)
        taken.append(time.perf_counter() - start)
    return round(1000 * statistics.median(taken[5:]), 1)


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {"decode_ms": decode_ms()}
    for name, value in figures.items():
        print(f"{name:26} {value:10.1f}  {'kept' if value <= BARS[name] else 'MISSED'}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
