"""The script of denoising mends as the page does."""

import shutil

import cv2
import numpy as np
import pytest

from core.denoising import NETWORK, Settings, mend
from tests.scripts.test_scripts import run_script
from ui.files import ROOT


@pytest.mark.parametrize(
    "changes",
    [{}, {"hole": 0.35, "across": 0.2, "sigma": 0.2, "seed": 7, "strokes": "20,20 80,80"}],
    ids=["noise", "hole"],
)
def test_the_script_mends_as_the_page_does(changes, tmp_path, sample):
    shutil.copy(ROOT / "checkpoints" / f"{NETWORK}.safetensors", tmp_path)
    lines = run_script("denoising", tmp_path, sample, **changes).splitlines()
    found = mend(Settings(**changes))
    theirs = [float(line.split()[-2]) for line in lines]
    assert theirs == pytest.approx(found.psnr_db, abs=0.3)  # the page computes in bf16
    mended = cv2.imread(str(tmp_path / "mended.png"), cv2.IMREAD_GRAYSCALE)
    expected = np.hstack([found.picture, found.damaged, found.by_network, found.by_opencv])
    assert np.abs(mended.astype(int) - expected).mean() < 1.5
