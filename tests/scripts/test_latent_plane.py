"""The script of the latent plane makes the page's film strip and film."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from core.autoencoders import decode, strip
from core.latent_plane import NETWORKS, Settings, between, plane
from tests.scripts.test_scripts import run_script
from ui.files import ROOT


@pytest.mark.parametrize(
    "changes",
    [{}, {"network": "Autoencoder of digits", "way": "slerp", "n_frames": 5, "across": 0.1, "view": "pictures"}],
    ids=["defaults", "another way"],
)
def test_the_script_makes_what_the_page_shows(changes, tmp_path, sample):
    settings = Settings(**changes)
    network = NETWORKS[settings.network]
    shutil.copy(ROOT / "checkpoints" / f"{network}.safetensors", tmp_path)
    run_script("latent_plane", tmp_path, sample, **changes)
    found = plane(network)
    ends = found.code(settings.across, settings.up), found.code(settings.to_across, settings.to_up)
    ours = strip(decode(network, between(*ends, settings.n_frames, settings.way)), settings.n_frames)
    theirs = cv2.imread(str(tmp_path / "strip.png"))
    assert theirs.shape == ours.shape
    assert np.abs(theirs.astype(int) - ours).mean() < 3  # the page computes in bf16
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.n_frames == 2 * settings.n_frames - 2
    assert (tmp_path / "plane.png").exists() == (settings.view == "pictures")
