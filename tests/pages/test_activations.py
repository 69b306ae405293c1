"""The page of the path: its figures are core's for the layer and the map that were chosen."""

import math

import pytest

from core.activations import activations, first_filter, steps
from core.cifar10 import as_seen
from tests.pages.visit import metrics, open_page


@pytest.mark.parametrize("word", ["Whitened network", "Classic network"])
def test_the_figures_are_cores(word, sample):
    network = {"Whitened network": "cifar10", "Classic network": "cifar10_strided"}[word]
    at = open_page("activations", activations_network=word)
    first = steps(network)[0]
    assert metrics(at)["Layers"] == str(len(steps(network)))
    assert metrics(at)["Numbers here"] == f"{math.prod(first.shape):,}"
    low = float(activations(as_seen(sample), network)[0][0].min())
    assert any(caption.value.startswith(f"From {low:.2f} to ") for caption in at.caption)


def test_a_layer_and_a_map_are_chosen():
    at = open_page("activations")
    at.session_state["activations_layer"], at.session_state["activations_channel"] = 2, 95
    at.run()
    third = steps("cifar10")[2]
    assert any(f"`{third.name}`" in element.value for element in at.markdown)
    assert metrics(at)["Parameters here"] == f"{third.parameters:,}"


def test_every_layer_can_be_opened():
    at = open_page("activations")
    for layer in range(len(steps("cifar10"))):
        at.session_state["activations_layer"] = layer
        at.session_state["activations_channel"] = 10**6
        at.run()
        assert not at.exception, layer


def test_opencv_says_the_same(sample):
    at = open_page("activations", activations_tab="First filters, by OpenCV")
    found = first_filter(as_seen(sample), "cifar10", 0)
    assert any(f"{found.difference:.1e}" in element.value for element in at.markdown)
