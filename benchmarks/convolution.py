"""Our convolution against cv2.filter2D on photos of one megapixel.

    python -m benchmarks.convolution [--json]

ratio_K is the time of core.convolution.convolve2d over that of cv2.filter2D for a K x K kernel of full rank, on a grey
photo, border replicated, the same size out; the two take turns, and the medians are compared. separable_K is the same
for a kernel of rank one, colour_K for full rank on RGB. Bars: every ratio at most 1.5.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from core.convolution import convolve2d

SIDES = (3, 7, 15, 31)
N_TURNS = 31
BAR = 1.5


def ratio(ours: Callable[[], object], theirs: Callable[[], object]) -> float:
    """Median time of `ours` over that of `theirs`, taken in turns after a warm-up."""
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for turn in range(N_TURNS + 3):
        for name, function in (("ours", ours), ("theirs", theirs)):
            start = time.perf_counter()
            function()
            if turn >= 3:
                times[name].append(time.perf_counter() - start)
    return round(statistics.median(times["ours"]) / statistics.median(times["theirs"]), 3)


def measure(image: np.ndarray, kernel: np.ndarray) -> float:
    """The ratio for one photo and kernel, after a look that both give the same."""

    def ours() -> np.ndarray:
        return convolve2d(image, kernel, padding="same", mode="replicate")

    def theirs() -> np.ndarray:
        return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)

    assert np.allclose(ours(), theirs(), atol=1e-3)
    return ratio(ours, theirs)


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    grey = random.random((1000, 1000), np.float32)
    colour = random.random((1000, 1000, 3), np.float32)
    figures: dict[str, float] = {}
    for side in SIDES:
        kernel = random.standard_normal((side, side)).astype(np.float32)
        separable = np.outer(kernel[0], kernel[1])
        figures[f"ratio_{side}"] = measure(grey, kernel)
        figures[f"separable_{side}"] = measure(grey, separable)
        figures[f"colour_{side}"] = measure(colour, kernel)
    for name, value in figures.items():
        print(f"{name:14} {value:7.3f}  bar {BAR}: {'kept' if value <= BAR else 'MISSED'}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
