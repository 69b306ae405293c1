"""Every layer's maps, and the first filters against cv2.filter2D and a naive loop."""

import numpy as np
import pytest
import torch

from core.activations import NETWORKS, activations, coloured, filtered, first_filter, steps
from core.checkpoints import read
from core.cifar10 import as_seen

NAMES = list(NETWORKS.values())


@pytest.mark.parametrize("network", NAMES)
def test_the_maps_have_the_shapes_that_are_told_and_end_in_the_scores(network, sample):
    seen = as_seen(sample)
    maps = activations(seen, network)
    assert [m.shape for m in maps] == [step.shape for step in steps(network)]
    net, card = read(network)
    with torch.inference_mode():
        scores = net(torch.from_numpy(seen).permute(2, 0, 1)[None] / 255)[0].numpy()
    assert maps[-1] == pytest.approx(scores, rel=1e-3, abs=1e-4)
    assert sum(step.parameters for step in steps(network)) == card.parameters


@pytest.mark.parametrize("network", NAMES)
def test_channels_grow_and_sizes_shrink(network):
    planes = [step.shape for step in steps(network) if len(step.shape) == 3]
    sizes, channels = [s[1] for s in planes], [s[0] for s in planes]
    assert sizes == sorted(sizes, reverse=True)
    assert channels == sorted(channels)
    assert sizes[0] > 8 * sizes[-1] or network == "cifar10_strided"


@pytest.mark.parametrize("network", NAMES)
def test_every_first_filter_through_opencv_is_the_layers_map(network, sample):
    seen = as_seen(sample)
    layer = activations(seen, network)[0]
    for channel in range(len(layer)):
        found = first_filter(seen, network, channel)
        rounding = 3e-6 * float(np.abs(found.kernel).sum())  # of sums of float32, inputs being at most about 3
        assert found.difference <= rounding
        assert found.by_torch == pytest.approx(layer[channel], abs=rounding)
        assert np.abs(layer[channel]).max() > 100 * rounding
        assert found.by_opencv.shape == layer[channel].shape


@pytest.mark.parametrize(("side", "stride"), [(2, 1), (3, 2), (3, 1)])
def test_filtered_against_a_naive_loop(side, stride):
    random = np.random.default_rng(0)
    x, kernel = (random.normal(size=(3, n, n)).astype(np.float32) for n in (9, side))
    places = range(0, 9 - side + 1, stride)
    naive = [[(x[:, i : i + side, j : j + side] * kernel).sum() + 0.5 for j in places] for i in places]
    assert filtered(x, kernel, 0.5, stride) == pytest.approx(np.array(naive), abs=1e-5)


def test_colours_say_the_sign():
    maps = np.array([[[-2.0, 0.0], [1.0, 2.0]], [[-0.1, 0.0], [0.0, 0.2]]], np.float32)
    each, whole = (coloured(maps, scale).astype(int) for scale in ("each map", "whole layer"))
    assert each.shape == (2, 2, 2, 3)
    assert each[0, 0, 0, 2] > each[0, 0, 0, 0]  # blue
    assert each[0, 1, 1, 0] > each[0, 1, 1, 2]  # orange
    assert (each[0, 0, 1] == each[1, 0, 1]).all()  # zero is paper
    assert (each[1, 1, 1] == each[0, 1, 1]).all()
    assert np.abs(whole[1] - whole[0, 0, 1]).max() < 30  # weak maps stay pale
    assert coloured(np.array([1.0, -1.0]), "each map").shape == (2, 1, 1, 3)
    assert np.isfinite(coloured(np.zeros((1, 2, 2), np.float32), "each map")).all()


def test_two_visitors_at_once_do_not_see_each_others_maps(sample):
    from concurrent.futures import ThreadPoolExecutor

    seen = [as_seen(sample, across=share) for share in (0.0, 1.0)]
    alone = [activations(one, "cifar10_strided") for one in seen]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: activations(seen[n % 2], "cifar10_strided"), range(12)))
    for n, maps in enumerate(found):
        assert len(maps) == len(alone[n % 2])
        assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(maps, alone[n % 2], strict=True))
