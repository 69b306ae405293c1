"""The script of the path prints the page's layers and draws the page's maps."""

import shutil

import numpy as np
import pytest

from core.activations import NETWORKS, activations, coloured, steps
from core.cifar10 import as_seen
from core.images import decode
from tests.scripts.test_scripts import run_script
from ui.files import ROOT


@pytest.mark.parametrize("word", NETWORKS)
@pytest.mark.parametrize("scale", ["each map", "whole layer"])
def test_the_script_draws_the_pages_maps(word, scale, tmp_path, sample):
    network = NETWORKS[word]
    shutil.copy(ROOT / "checkpoints" / f"{network}.safetensors", tmp_path)
    lines = run_script("activations", tmp_path, sample, network=word, scale=scale).splitlines()
    layers = steps(network)
    assert [line.split()[1] for line in lines] == [step.name for step in layers]
    maps = activations(as_seen(sample), network)
    for at in (0, 2, len(layers) - 1):
        ours = coloured(maps[at], scale).astype(int)
        theirs = decode((tmp_path / "maps" / f"{at + 1:02}-{layers[at].name}.png").read_bytes()).astype(int)
        height, width = ours.shape[1:3]
        columns = int(np.ceil(np.sqrt(len(ours))))
        for n in (0, len(ours) - 1):
            top, left = n // columns * height, n % columns * width
            assert np.abs(theirs[top : top + height, left : left + width] - ours[n]).max() <= 1
