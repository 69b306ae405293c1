"""Draw the home page's pictures with the shipped checkpoints: python -m tests.pictures [SLUG …]."""

import sys

import numpy as np

from core.colorization import Settings, colorize, without_colour
from core.images import decode, encode
from ui.files import asset


def colorization() -> np.ndarray:
    """A sample, its left half grey, its right half as the network colours it."""
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    greyed = without_colour(photo)
    picture = colorize(greyed, Settings()).image
    middle = photo.shape[1] // 2
    picture[:, :middle] = greyed[:, :middle]
    picture[:, middle - 1 : middle + 1] = 255
    return picture[: photo.shape[1] * 9 // 16]


PICTURES = {"colorization": colorization}

if __name__ == "__main__":
    for slug in sys.argv[1:] or PICTURES:
        asset(f"pictures/{slug}.webp").write_bytes(encode(PICTURES[slug](), "webp", quality=86))
