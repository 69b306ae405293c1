"""The script of style transfer paints as the page does."""

import shutil

import numpy as np
import pytest

from core.checkpoints import path_of
from core.images import decode, encode
from core.patterns import draw
from core.style_transfer import OWN, OWN_TOO, Settings, stylized
from tests.scripts.test_scripts import run_script


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"style": "Your picture", "second": "Mosaic", "mix": 0.3, "strength": 0.7, "brush": 1.5},
        {"style": "Your picture", "second": "Another of yours", "mix": 0.5},
        {"second": "Waves", "mask": "20,20 80,80", "keep_colours": True},
    ],
    ids=["plain", "mixed", "two pictures", "masked"],
)
def test_the_script_paints_as_the_page_does(changes, tmp_path, sample):
    for name in ("tiny_vgg", "style"):
        shutil.copy(path_of(name), tmp_path)
    own = {OWN: draw("shapes", 5, 200), OWN_TOO: draw("waves", 2, 200)}
    photo = np.ascontiguousarray(sample[:200])
    for file, picture in zip(("style.png", "second.png"), own.values(), strict=True):
        (tmp_path / file).write_bytes(encode(picture, "png"))
    assert run_script("style_transfer", tmp_path, photo, **changes) == "stylized.png: 451 x 200"
    theirs = decode((tmp_path / "stylized.png").read_bytes()).astype(int)
    ours = stylized(photo, Settings(**changes), own).image.astype(int)
    assert np.abs(ours - theirs).mean() < 3  # the page computes in bf16
    assert np.abs(ours - photo).mean() > 3 * np.abs(ours - theirs).mean()
