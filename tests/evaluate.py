"""Measure every checkpoint again on its recipe's test data and hold it against its card: make evaluate."""

import importlib
import sys

from core.checkpoints import names, read_card
from core.recipes import RECIPES

TOLERANCE = 0.05  # of a decibel, or of a ratio: the card is measured in float32, the app answers in bf16


def main() -> int:
    """Print card and measure side by side; 1 if any figure is further off than the tolerance."""
    n_off = n_compared = 0
    for name in names():
        recipe = importlib.import_module(RECIPES[name])
        figures = recipe.evaluate(None)
        for metric in read_card(name).metrics:
            if metric.data.startswith(" ".join(recipe.TEST)):
                n_compared += 1
                off = abs(figures[metric.name] - metric.value) > TOLERANCE
                n_off += off
                now, verdict = figures[metric.name], "OFF" if off else ""
                print(f"{name} {metric.name:22} card {metric.value:8.3f}  now {now:8.3f} {verdict}")
    return int(n_off > 0 or not n_compared)


if __name__ == "__main__":
    sys.exit(main())
