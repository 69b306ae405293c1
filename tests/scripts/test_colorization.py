"""The script of colorization gives the page's picture."""

import shutil

import numpy as np
import pytest

from core.checkpoints import path_of
from core.colorization import CHECKPOINT, Settings, colorize
from core.images import decode
from tests.scripts.test_scripts import run_script


@pytest.mark.parametrize("settings", [{}, {"strength": 1.6, "net_px": 64}])
def test_colorization_script_gives_the_pages_picture(settings, tmp_path, sample):
    photo = sample[:200]
    shutil.copy(path_of(CHECKPOINT), tmp_path)
    assert run_script("colorization", tmp_path, photo, **settings) == "colorized.png: 451 x 200"
    theirs = decode((tmp_path / "colorized.png").read_bytes()).astype(int)
    ours = colorize(photo, Settings(**settings)).image.astype(int)
    assert np.abs(ours - theirs).mean() < 1.0  # the page computes in bf16 where the CPU has it
    assert np.abs(ours - photo).mean() > 5 * np.abs(ours - theirs).mean()
