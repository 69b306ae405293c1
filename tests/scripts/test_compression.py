"""The script of compression prints the page's sizes and figures."""

import shutil

import pytest

from core.compression import NETWORK, Settings, ways, within
from tests.scripts.test_scripts import run_script
from ui.files import ROOT


@pytest.mark.parametrize("changes", [{}, {"strokes": "20,20 80,80", "n_bytes": 400}], ids=["few", "many"])
def test_the_script_packs_as_the_page_does(changes, tmp_path, sample):
    shutil.copy(ROOT / "checkpoints" / f"{NETWORK}.safetensors", tmp_path)
    lines = run_script("compression", tmp_path, sample, **changes).splitlines()
    settings = Settings(**changes)
    for line, (name, packed) in zip(lines, ways(settings).items(), strict=True):
        best = within(packed, settings.n_bytes)
        words = line.split()
        assert words[0] == name
        if best is None:
            assert line.endswith(f"its smallest has {packed[0].n_bytes} bytes")
        else:
            assert float(words[-2]) == pytest.approx(best.psnr_db, abs=0.5)  # the page computes in bf16
