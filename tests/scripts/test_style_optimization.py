"""The script of style by optimization ends at the page's loss."""

import shutil

import numpy as np
import pytest

from core.checkpoints import path_of
from core.style_optimization import Optimization, Settings
from tests.scripts.test_scripts import run_script


@pytest.mark.parametrize(
    "changes",
    [{"steps": 10, "size_px": 128}, {"steps": 10, "size_px": 128, "start": "noise", "style_layers": ("relu1_2",)}],
    ids=["photo", "noise"],
)
def test_the_script_ends_at_the_pages_loss(changes, tmp_path, sample):
    shutil.copy(path_of("tiny_vgg"), tmp_path)
    photo = np.ascontiguousarray(sample[:100, :128])
    said = run_script("style_optimization", tmp_path, photo, **changes)
    run = Optimization(photo, Settings(**changes), None)
    while run.step():
        pass
    assert said.endswith("after 10 steps")
    assert float(said.split()[1]) == pytest.approx(run.line[-1][1], rel=2e-2)
