"""The script of filters writes the page's pictures."""

from typing import get_args

import numpy as np
import pytest

from core.filters import Kind, Settings, apply
from core.images import decode
from tests.scripts.test_scripts import run_script


@pytest.mark.parametrize("mode", ["replicate", "circular"])
@pytest.mark.parametrize("channels", ["each channel", "summed over RGB"])
def test_the_script_writes_the_pages_pictures(mode, channels, tmp_path, sample):
    photo = sample[:90, :120]
    chosen = {"filters": get_args(Kind), "mode": mode, "channels": channels, "angle": 30, "custom": "1 2 1"}
    printed = run_script("filters", tmp_path, photo, **chosen).splitlines()
    ours = apply(photo, Settings(**chosen))
    assert len(printed) == len(ours) == 12
    for found, line in zip(ours, printed, strict=True):
        file, size = line.split(": ")
        assert size == "120 x 90"
        theirs = decode((tmp_path / file).read_bytes()).astype(int)
        assert np.abs(theirs - found.image).max() <= 1, found.kind
