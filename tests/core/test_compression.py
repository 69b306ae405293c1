"""A digit in few bytes: sizes, quality, and what each way is."""

import math
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from core.autoencoders import model_of, through
from core.compression import EXAMPLES, HOUSE, NETWORK, WAYS, Settings, by_file, projected, quantised, ways, within
from core.drawing import DIGITS, digit
from core.errors import SettingsError


@pytest.fixture(scope="module")
def two() -> dict:
    return ways(Settings())


def test_every_way_is_there_small_first(two):
    assert tuple(two) == WAYS
    picture = digit(DIGITS["2"], 0.09)
    for packed in two.values():
        sizes = [each.n_bytes for each in packed]
        assert sizes == sorted(sizes)
        for each in packed:
            assert each.psnr_db == pytest.approx(peak_signal_noise_ratio(picture, each.picture))
            assert each.rate == pytest.approx(784 / each.n_bytes)


def test_the_autoencoder_beats_pca_at_the_same_bytes_and_files_need_more(two):
    ours, theirs = within(two["Autoencoder"], 32), within(two["PCA"], 32)
    assert ours.psnr_db > theirs.psnr_db + 4
    assert within(two["WebP"], 32) is None
    assert within(two["JPEG"], 300) is None


def test_a_house_is_better_sent_as_a_file():
    found = ways(Settings(strokes=HOUSE))
    assert within(found["WebP"], 150).psnr_db > within(found["Autoencoder"], 150).psnr_db + 4


@pytest.mark.parametrize(("n_bytes", "expected"), [(3, None), (4, 4), (11, 8), (400, 32)])
def test_the_best_that_fits_is_taken(two, n_bytes, expected):
    found = within(two["Autoencoder"], n_bytes)
    if expected is None:
        assert found is None
    else:
        assert found.n_bytes <= n_bytes
        assert found.psnr_db == max(each.psnr_db for each in two["Autoencoder"] if each.n_bytes <= n_bytes)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8), st.integers(1, 8))
def test_quantised_numbers_lie_within_half_a_step(values, n_bits):
    x = np.array(values)
    low, high = np.full(len(x), -5.0), np.full(len(x), 5.0)
    found = quantised(x, low, high, n_bits)
    assert np.abs(found - x).max() <= 10 / 2**n_bits / 2 + 1e-9
    assert len(np.unique(found)) <= 2**n_bits


def test_what_lies_beyond_goes_into_the_outermost_step():
    found = quantised(np.array([-9.0, 9.0]), np.full(2, -1.0), np.full(2, 1.0), 2)
    assert found.tolist() == [-0.75, 0.75]


def test_all_components_give_the_projection_onto_their_plane():
    model = model_of(NETWORK)
    mean, axes = model.kept_mean.double().numpy(), model.kept_axes.double().numpy()
    assert np.abs(axes @ axes.T - np.eye(64)).max() < 0.02  # stored in bf16
    picture = digit(DIGITS["3"], 0.09)
    x = picture.reshape(-1) / 255 - mean
    exact = np.clip(255 * (mean + (axes @ x) @ axes), 0, 255)
    assert np.abs(projected(picture, mean, axes, 64).reshape(-1) - exact).mean() < 2.5


@pytest.mark.parametrize("kind", ["WEBP", "JPEG"])
def test_files_are_what_pillow_writes(kind):
    picture = digit(DIGITS["5"], 0.09)
    n_bytes, image, said = list(by_file(picture, kind))[-1]
    out = BytesIO()
    Image.fromarray(picture).save(out, kind, quality=100)
    assert (n_bytes, said) == (len(out.getvalue()), "quality 100")
    assert peak_signal_noise_ratio(picture, image) > 35


def test_eight_bits_lose_little_of_the_code(two):
    picture = digit(DIGITS["2"], 0.09)
    whole = peak_signal_noise_ratio(picture / 255, through(NETWORK, picture).decoded, data_range=1)
    assert max(each.psnr_db for each in two["Autoencoder"]) == pytest.approx(whole, abs=1.0)


def test_an_empty_sheet_is_told():
    with pytest.raises(SettingsError) as caught:
        ways(Settings(strokes=""))
    assert caught.value.reason == "nothing_drawn"


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_is_packed(example):
    settings = Settings(**example)
    picture = digit(settings.strokes, settings.brush)
    for packed in ways(settings).values():
        assert all(math.isfinite(each.psnr_db) or np.array_equal(each.picture, picture) for each in packed)
