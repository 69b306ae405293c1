"""Styles drawn by code."""

import numpy as np
import pytest

from core.colour import lightness
from core.patterns import KINDS, draw


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_decides_all_of_a_picture(kind):
    one = draw(kind, 3, 96)
    assert one.shape == (96, 96, 3)
    assert one.dtype == np.uint8
    assert np.array_equal(one, draw(kind, 3, 96))
    other = draw(kind, 4, 96)
    assert np.abs(one.astype(int) - other).mean() > 8
    assert all(np.abs(one.astype(int) - draw(another, 3, 96)).mean() > 8 for another in KINDS if another != kind)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_neither_flat_nor_without_fine_lines(kind):
    fine = [np.abs(np.diff(lightness(draw(kind, seed, 128)), axis=1)).mean() for seed in range(8)]
    assert np.median(fine) > 1
    assert min(fine) > 0.1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "waves"])
def test_what_is_depicted_is_seen(kind):
    tone = np.zeros((128, 128), np.float32)
    tone[:, 64:] = 1
    darker = [
        lightness(image[:, :64]).mean() < lightness(image[:, 64:]).mean()
        for image in (draw(kind, seed, 128, tone) for seed in range(6))
    ]
    assert sum(darker) >= 5
