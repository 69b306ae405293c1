"""The script of style transfer paints as the page does."""

import shutil

import numpy as np
import pytest

from core.checkpoints import path_of
from core.images import decode, encode
from core.patterns import draw
from core.style_transfer import Settings, stylized
from tests.scripts.test_scripts import run_script


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"style": "Your picture", "second": "Mosaic", "mix": 0.3, "strength": 0.7, "brush": 1.5},
        {"second": "Waves", "mask": "20,20 80,80", "keep_colours": True},
    ],
    ids=["plain", "mixed", "masked"],
)
def test_the_script_paints_as_the_page_does(changes, tmp_path, sample):
    for name in ("tiny_vgg", "style"):
        shutil.copy(path_of(name), tmp_path)
    own, photo = draw("shapes", 5, 200), np.ascontiguousarray(sample[:200])
    (tmp_path / "style.png").write_bytes(encode(own, "png"))
    assert run_script("style_transfer", tmp_path, photo, **changes) == "stylized.png: 451 x 200"
    theirs = decode((tmp_path / "stylized.png").read_bytes()).astype(int)
    ours = stylized(photo, Settings(**changes), own).image.astype(int)
    assert np.abs(ours - theirs).mean() < 3  # the page computes in bf16
    assert np.abs(ours - photo).mean() > 3 * np.abs(ours - theirs).mean()
