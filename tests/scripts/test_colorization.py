"""The script of colorization gives the page's picture."""

import shutil

import numpy as np
import pytest
from PIL import Image

from core.checkpoints import path_of
from core.colorization import CHECKPOINT, Settings, colorize
from core.images import decode
from tests.files import saved
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


@pytest.mark.parametrize("kind", ["sixteen bits", "transparent"])
def test_the_script_reads_scans_and_cut_outs_as_the_page_does(kind, tmp_path, sample):
    photo = np.ascontiguousarray(sample[:64, :80])
    shutil.copy(path_of(CHECKPOINT), tmp_path)
    if kind == "sixteen bits":
        data = saved(Image.fromarray(photo[:, :, 0].astype(np.uint16) * 257), "png")
    else:
        cut_out = Image.fromarray(photo)
        cut_out.putalpha(Image.linear_gradient("L").resize(cut_out.size))
        data = saved(cut_out, "png")
    run_script("colorization", tmp_path, data)
    theirs = decode((tmp_path / "colorized.png").read_bytes()).astype(int)
    ours = colorize(decode(data), Settings()).image.astype(int)
    assert np.abs(ours - theirs).mean() < 1.0
