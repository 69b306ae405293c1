"""The plane of codes: places, ways between them, films and grids."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence
from scipy.stats import entropy

from core.autoencoders import decode, samples, strip
from core.checkpoints import read_card
from core.latent_plane import NETWORKS, PAIR, at, between, film, manifold, named, plane

number = st.floats(-4, 4, width=32)
code = st.tuples(number, number)


@pytest.mark.parametrize("network", NETWORKS.values())
def test_codes_of_the_test_pictures_are_kept(network):
    found = plane(network)
    assert found.codes.shape == (10_000, 2)
    assert np.bincount(found.labels, minlength=10).min() > 800
    shares = found.shares(found.codes)
    assert ((shares >= 0) & (shares <= 1)).all(1).mean() > 0.97
    assert found.code(0.5, 0.5) == pytest.approx(found.middle)
    x, y = found.code(1.0, 0.0)
    assert (x - found.middle[0], y - found.middle[1]) == pytest.approx((found.reach, -found.reach))
    back = found.shares(np.array([found.code(0.3, 0.8)]))
    assert back[0] == pytest.approx([0.3, 0.8], abs=1e-6)


@pytest.mark.parametrize("network", NETWORKS.values())
def test_the_codes_part_the_classes(network):
    """A picture's nearest neighbours on the plane are of its class far more often than by chance."""
    found = plane(network)
    some = np.arange(0, 10_000, 40)
    distances = ((found.codes[some][:, None] - found.codes[None]) ** 2).sum(-1)
    distances[np.arange(len(some)), some] = np.inf
    nearest = found.labels[distances.argsort(1)[:, :5]]
    assert (nearest == found.labels[some][:, None]).mean() > 0.5


@pytest.mark.parametrize("network", NETWORKS.values())
def test_most_kept_codes_are_decoded_to_their_class(network):
    found = plane(network)
    pictures = decode(network, found.codes[:300])
    assert (named(network, pictures).argmax(1) == found.labels[:300]).mean() > 0.45


def test_what_lies_at_a_place_is_what_the_decoder_makes():
    picture, best, share = at("vae_mnist_2", (0.5, -1.0))
    assert np.abs(picture - decode("vae_mnist_2", np.array([[0.5, -1.0]]))[0]).max() < 0.01
    said = named("vae_mnist_2", picture[None])[0]
    assert best == said.argmax()
    assert share == pytest.approx(said.max(), abs=0.01)


@given(code, code, st.integers(2, 20), st.sampled_from(["line", "slerp"]))
def test_a_way_begins_and_ends_where_it_should(first, second, n, way):
    found = between(first, second, n, way)
    assert found.shape == (n, 2)
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(np.array(first), abs=1e-4)
    assert found[-1] == pytest.approx(np.array(second), abs=1e-4)


@given(st.floats(0.1, 3), st.floats(0, 6.28), st.floats(0.2, 2.9))
def test_slerp_keeps_the_distance_and_turns_evenly(radius, start, angle):
    first, second = (radius * np.array([np.cos(a), np.sin(a)]) for a in (start, start + angle))
    found = between(first, second, 7, "slerp")
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.full(7, radius), rel=1e-4)
    turned = np.unwrap(np.arctan2(found[:, 1], found[:, 0]))
    assert np.diff(turned) == pytest.approx(np.full(6, angle / 6), abs=1e-3)


def test_a_line_is_numpys():
    assert np.allclose(between((0, 1), (3, -2), 4, "line"), np.linspace((0, 1), (3, -2), 4))


def test_the_grid_has_each_place_where_it_lies():
    grid = manifold("vae_mnist_2", (0.0, 0.0), 2.0, 4)
    assert grid.shape == (112, 112)
    upper_left = decode("vae_mnist_2", np.array([[-1.5, 1.5]]))[0]
    assert np.abs(grid[:28, :28] / 255 - upper_left).max() < 0.02
    lower_right = decode("vae_mnist_2", np.array([[1.5, -1.5]]))[0]
    assert np.abs(grid[-28:, -28:] / 255 - lower_right).max() < 0.02


def test_a_film_goes_there_and_back():
    frames = np.linspace(0, 1, 5)[:, None, None] * np.ones((5, 28, 28), np.float32)
    with Image.open(BytesIO(film(frames.astype(np.float32)))) as gif:
        levels = [int(np.asarray(frame.convert("L"))[0, 0]) for frame in ImageSequence.Iterator(gif)]
        assert gif.size == (196, 196)
        assert gif.info["loop"] == 0
    assert levels == pytest.approx([0, 64, 128, 191, 255, 191, 128, 64], abs=1)


def test_a_strip_has_rows():
    frames = np.arange(5, dtype=np.float32)[:, None, None] / 5 * np.ones((5, 28, 28), np.float32)
    found = strip(frames, 3)
    assert found.shape == (56, 84, 3)
    assert found[30, 30, 0] == round(255 * 4 / 5)
    assert not found[30, 60:].any()


def test_samples_follow_the_prior_at_its_temperature():
    codes, pictures = samples("vae_mnist_2", 500, seed=1, temperature=0.5)
    assert codes.std() == pytest.approx(0.5, abs=0.03)
    assert pictures.shape == (500, 28, 28)
    again, _made = samples("vae_mnist_2", 500, seed=1, temperature=0.5)
    assert np.array_equal(codes, again)


def test_a_prior_makes_samples_of_all_kinds():
    """What the page claims: draws meet all kinds of digits through VAEs; scraps of a plain one get one name."""
    spread = {}
    for network in (key for pair in PAIR.values() for key in pair):
        likely = named("vae_mnist_2", samples(network, 1000)[1])
        card = {metric.name: metric.value for metric in read_card(network).metrics}
        assert likely.max(1).mean() == pytest.approx(card["sample_confidence"], abs=0.04)
        spread[network] = entropy(np.bincount(likely.argmax(1), minlength=10))
        assert spread[network] == pytest.approx(card["sample_entropy"], abs=0.1)
    assert spread["vae_mnist_32"] > 2.2
    assert spread["vae_mnist_2"] > spread["ae_mnist_2"]
    assert spread["ae_mnist_32"] < 0.5
