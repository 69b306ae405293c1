"""The script of the live VAE ends where the run ends."""

import re

import cv2
import pytest

from core.train_vae import Settings, Training
from tests.scripts.test_scripts import render, run_script

QUICK = {"n_pictures": 300, "epochs": 3}


@pytest.mark.parametrize(
    "changes",
    [{}, {"likelihood": "Gaussian", "n_code": 4, "beta": 0.25, "seed": 3, "learning_rate": 0.001}],
    ids=["default", "Gaussian"],
)
def test_the_script_ends_where_the_run_does(changes, tmp_path, sample):
    printed = run_script("train_vae", tmp_path, sample, **QUICK, **changes).splitlines()
    run = Training(Settings(**QUICK, **changes))
    while run.step():
        pass
    assert len(printed) == 3
    for line, (reconstruction, kl) in zip(printed, run.epochs, strict=True):
        theirs = [float(number) for number in re.findall(r"-?\d+\.\d+", line)]
        assert theirs[0] == pytest.approx(reconstruction, abs=0.5)  # each draws its own codes for the test pictures
        assert theirs[1] == pytest.approx(kl, abs=2e-3)
    assert cv2.imread(str(tmp_path / "samples.png")).shape == (64, 64, 3)


@pytest.mark.parametrize("data", ["MNIST", "Fashion-MNIST"])
def test_the_script_names_torchvisions_class(data):
    text = render("train_vae", data=data)
    assert f"datasets.{data.replace('-', '')}(" in text
    compile(text, "train_vae.py", "exec")
