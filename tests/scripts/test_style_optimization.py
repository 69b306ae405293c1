"""The script of style by optimization ends at the page's loss."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from core.checkpoints import path_of
from core.images import encode
from core.style_optimization import Optimization, Settings
from tests.scripts.test_scripts import render, run_script

# what core.vision does where torch is not the one that torchvision was built for
DECLARED = """import contextlib
import torch
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    with contextlib.suppress(RuntimeError):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


@pytest.mark.parametrize(
    "changes",
    [{"steps": 10, "size_px": 128}, {"steps": 10, "size_px": 128, "start": "noise", "style_layers": ("relu1_2",)}],
    ids=["photo", "noise"],
)
def test_the_script_ends_at_the_pages_loss(changes, tmp_path, sample):
    shutil.copy(path_of("tiny_vgg"), tmp_path)
    photo = np.ascontiguousarray(sample[:100, :128])
    said = run_script("style_optimization", tmp_path, photo, **changes)
    run = Optimization(photo, Settings(**changes), {})
    while run.step():
        pass
    assert said.endswith("after 10 steps")
    assert float(said.split()[1]) == pytest.approx(run.line[-1][1], rel=2e-2)


def test_the_script_with_vgg19_needs_no_file_of_ours(tmp_path, sample):
    (tmp_path / "photo.png").write_bytes(encode(np.ascontiguousarray(sample[:64, :64]), "png"))
    script = render("style_optimization", network="VGG-19", steps=10, size_px=128)
    assert "tiny_vgg.safetensors" not in script
    without_network = script.replace("weights=VGG19_Weights.IMAGENET1K_V1", "weights=None")
    assert without_network != script
    (tmp_path / "script.py").write_text(DECLARED + without_network, encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("after 10 steps")
