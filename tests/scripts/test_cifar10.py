"""The script of the classifier names what the page names."""

import shutil

import numpy as np
import pytest

from core.cifar10 import CLASSES, Settings, as_seen, ask
from tests.scripts.test_scripts import run_script
from ui.files import ROOT


@pytest.mark.parametrize("changes", [{}, {"size": 0.4, "across": 0.2, "down": 0.9}])
def test_the_script_says_what_the_page_says(changes, tmp_path, sample):
    shutil.copy(ROOT / "checkpoints" / "cifar10.safetensors", tmp_path)
    lines = run_script("cifar10", tmp_path, sample, **changes).splitlines()
    answer = ask(as_seen(sample, **Settings(**changes).model_dump()), "cifar10")
    if not answer.is_known:
        assert lines.pop(0) == "none of these"
    theirs = {name: float(share) for name, share in (line.split() for line in lines)}
    ours = dict(zip(CLASSES, answer.probabilities, strict=True))
    assert theirs.keys() == ours.keys()
    assert np.abs([theirs[name] - ours[name] for name in ours]).max() < 0.03  # the page computes in bf16


def test_noise_is_none_of_these_for_the_script_too_or_for_neither(tmp_path):
    shutil.copy(ROOT / "checkpoints" / "cifar10.safetensors", tmp_path)
    flat = np.full((50, 60, 3), 128, np.uint8)
    said = run_script("cifar10", tmp_path, flat)
    assert said.startswith("none of these")
    assert not ask(as_seen(flat), "cifar10").is_known
