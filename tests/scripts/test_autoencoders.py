"""The script of the autoencoder gives the page's figures."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from core.autoencoders import NETWORKS, OF_PHOTOS, Settings, changes, picture_of, samples, strip, through
from tests.scripts.test_scripts import render, run_script
from ui.files import ROOT

CHANGES = [
    {},
    {"network": "Autoencoder, 2 numbers", "strokes": "20,20 80,80; 30,70 60,40", "brush": 0.12},
    {"network": "VAE, 2 numbers", "moved": "1:1.5 2:-0.5", "is_centred": False},
    {"network": "Autoencoder, 32 numbers", "source": "photo", "temperature": 0.5, "draw": 3},
    {"source": "photo", "is_centred": False},
    {"network": OF_PHOTOS, "moved": "3:2 100:-1.5"},
]


@pytest.mark.parametrize("changes_", CHANGES, ids=lambda each: " ".join(each) or "defaults")
def test_the_script_says_what_the_page_says(changes_, tmp_path):
    settings = Settings(**changes_)
    network = NETWORKS[settings.network]
    shutil.copy(ROOT / "checkpoints" / f"{network}.safetensors", tmp_path)
    photo = np.full((90, 130, 3), 230, np.uint8)
    cv2.putText(photo, "4", (40, 75), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (40, 50, 60), 8)
    lines = run_script("autoencoders", tmp_path, photo, **changes_).splitlines()
    picture = picture_of(settings, photo)
    found = through(network, picture)
    found = through(network, picture, changes(settings.moved, found.mean.size))
    figures = {line.rsplit(maxsplit=1)[0]: float(line.rsplit(maxsplit=1)[1]) for line in lines[-3:]}
    assert figures["reconstruction"] == pytest.approx(found.reconstruction, rel=0.03)  # the page computes in bf16
    assert figures["KL"] == pytest.approx(float(found.kl.sum()), rel=0.03, abs=1e-3)
    theirs = np.asarray(Image.open(tmp_path / "decoded.png"))
    side = len(picture)
    assert np.array_equal(theirs[:, :side], picture)
    assert np.abs(theirs[:, side:] / 255 - found.decoded).mean() < 0.01
    drawn = np.asarray(Image.open(tmp_path / "samples.png"))
    ours = strip(samples(network, 64, settings.draw, settings.temperature)[1], 16)
    assert np.abs(drawn.astype(int) - ours).mean() < 3


def test_a_photo_needs_no_strokes_that_can_be_read():
    assert "STROKES" not in render("autoencoders", source="photo", strokes="abc")
