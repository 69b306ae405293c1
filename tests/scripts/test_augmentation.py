"""The scripts of augmentation draw the page's pictures, boxes and points."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from core.augmentation import EXAMPLES, Settings, draws, script_v2, sized
from core.augmenter_table import AUGMENTERS, FOREGROUNDS
from core.counterparts import beside
from core.counterparts import draws as draws_v2
from core.images import decode, encode
from tests.scripts.test_scripts import run_script
from ui.files import ROOT

QUICK = {"draws": 3, "side_px": 64, "seed": 4}


def check(folder, photo, **chosen):
    lines = run_script("augmentation", folder, photo, **chosen).splitlines()
    settings = Settings(**chosen)
    ours = draws(sized(photo, settings), settings)
    assert len(lines) == len(ours)
    for at, (line, draw) in enumerate(zip(lines, ours, strict=True)):
        theirs = decode((folder / f"draw-{at:02}.png").read_bytes())
        assert (theirs == draw.image).all(), line
        box = tuple(round(float(v), 1) for v in draw.boxes[0])
        assert f"box {box}" in line
        assert f"mask {draw.mask.mean():.3f}" in line


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_script_draws_the_pages_pictures(name, tmp_path, sample):
    check(tmp_path, sample, **{**EXAMPLES[name], **QUICK})


GROUPS = """one sometimes=0.7
- GaussianBlur
- AdditiveGaussianNoise sometimes=0.5
some of=0..2 random
- Add
- Multiply
- Dropout
ElasticTransformation
BlendAlpha foreground=Solarize
CoarseDropout
Cutout"""


def test_groups_blends_and_shares_too(tmp_path, sample):
    check(tmp_path, sample, pipeline=GROUPS, is_random=True, points="10 20, 30 40", **QUICK)


NAMES = list(AUGMENTERS)


@pytest.mark.parametrize("start", range(0, len(NAMES), 12))
def test_every_augmenter_is_written_as_it_is_made(start, tmp_path, sample):
    text = "\n".join(NAMES[start : start + 12])
    check(tmp_path, np.ascontiguousarray(sample[:40, :40]), pipeline=text, **{**QUICK, "draws": 1})


def test_every_foreground_too(tmp_path, sample):
    text = "\n".join(f"BlendAlpha foreground={name}" for name in FOREGROUNDS)
    check(tmp_path, np.ascontiguousarray(sample[:40, :40]), pipeline=text, **QUICK)


OVER_ANY_TORCH = """
from core.vision import torchvision
torchvision("transforms.v2")  # some builds of torch and torchvision need this door
import runpy
runpy.run_path("script.py")
"""
IN_TORCHVISION = """Fliplr p=1
one sometimes=0.5
- GaussianBlur sometimes=0.5
- Posterize
Rotate
Rain
all random
- Multiply
- AdditiveGaussianNoise
Cutout nb_iterations=2..2"""


@pytest.mark.parametrize("text", [IN_TORCHVISION, "Rain", "Fliplr p=1"], ids=["groups", "nothing", "one"])
def test_torchvisions_script_draws_the_pages_pictures(text, tmp_path, sample):
    settings = Settings(pipeline=text, is_random=text == IN_TORCHVISION, **QUICK)
    (tmp_path / "photo.png").write_bytes(encode(sample, "png"))
    (tmp_path / "script.py").write_text(script_v2(settings), encoding="utf-8")
    command = [sys.executable, "-c", OVER_ANY_TORCH]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    image = sized(sample, settings)
    ours = draws_v2(image, beside(settings.as_pipeline()).calls, settings.draws, settings.seed)
    for at, picture in enumerate(ours):
        assert (decode((tmp_path / f"draw-{at:02}.png").read_bytes()) == picture).all()
    if text == "Fliplr p=1":  # the box travels along
        left, top, right, bottom = (0.24, 0.12, 0.82, 0.92)
        height, width = image.shape[:2]
        numbers = re.search(r"box \[(.*?)\]", done.stdout)[1].split(", ")
        wanted = ((1 - right) * width, top * height, (1 - left) * width, bottom * height)
        assert [float(n) for n in numbers] == pytest.approx(wanted, abs=0.01)
