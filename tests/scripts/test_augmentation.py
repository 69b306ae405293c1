"""The script of augmentation draws the page's pictures, boxes and points."""

import numpy as np
import pytest

from core.augmentation import EXAMPLES, Settings, draws, sized
from core.augmenter_table import AUGMENTERS, FOREGROUNDS
from core.images import decode
from tests.scripts.test_scripts import run_script

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
