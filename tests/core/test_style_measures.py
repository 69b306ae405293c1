"""The six figures of a stylized photo, on pictures whose figures are known."""

import numpy as np
import pytest

import core.style_measures as measures
from core.colour import rgb_to_lab
from core.images import fit_within
from core.patterns import draw


@pytest.fixture(scope="module")
def photo(sample):
    return np.array(fit_within(sample, 160))


@pytest.fixture(scope="module")
def painting():
    return measures.known(draw("mosaic", 1, 160))


def test_a_painting_is_its_own_style(painting):
    assert measures.texture_distance(painting.image, painting) == pytest.approx(0, abs=1e-6)
    assert measures.colour_distance(painting.image, painting) == 0
    assert measures.ghost(painting.image, painting.image) == pytest.approx(1)


def test_a_photo_keeps_what_it_shows(photo):
    assert measures.ssim_l(photo, photo) == pytest.approx(1)
    assert measures.edges(photo, photo) == pytest.approx(1)
    flat = np.full_like(photo, 128)
    assert measures.edges(flat, photo) == 0


def test_colours_and_contrast_count_for_nothing_in_texture(photo, painting):
    untouched = measures.texture_distance(photo, painting)
    for made in (measures.reinhard(photo, painting.image), measures.matched(photo, painting.image)):
        assert measures.texture_distance(made, painting) == pytest.approx(untouched, rel=0.1)


def test_a_pasted_painting_is_caught(photo, painting):
    assert measures.ghost(measures.blend(photo, painting.image), painting.image) > 0.5
    assert abs(measures.ghost(photo, painting.image)) < 0.1
    assert measures.texture_distance(measures.blend(photo, painting.image), painting) < measures.texture_distance(
        photo, painting
    )


def test_reinhard_has_the_paintings_moments(photo):
    painting = np.clip(photo[::-1, :, ::-1].astype(int) // 2 + 60, 0, 255).astype(np.uint8)
    lab, wanted = (rgb_to_lab(image) for image in (measures.reinhard(photo, painting), painting))
    assert np.allclose(lab.mean((0, 1)), wanted.mean((0, 1)), atol=1.5)
    assert np.allclose(lab.std((0, 1)), wanted.std((0, 1)), atol=1.5)


def test_colour_distance_of_greys_in_closed_form():
    dark, light = (np.full((32, 32, 3), level, np.uint8) for level in (50, 200))
    gap = float(rgb_to_lab(light)[0, 0, 0] - rgb_to_lab(dark)[0, 0, 0])
    directions = np.random.default_rng(measures.SEED).standard_normal((3, measures.N_DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    assert measures.colour_distance(dark, measures.known(light)) == pytest.approx(
        gap * np.abs(directions[0]).mean(), rel=1e-3
    )


def test_a_quilt_is_made_of_the_paintings_squares(photo, painting):
    made = measures.quilt(photo, painting.image)
    assert made.shape == photo.shape
    pieces = {patch.tobytes() for patch in measures._patches(painting.image, 4)}
    assert all(
        made[row : row + 8, column : column + 8].tobytes() in pieces
        for row in range(0, photo.shape[0] // 8 * 8, 8)
        for column in range(0, photo.shape[1] // 8 * 8, 8)
    )
