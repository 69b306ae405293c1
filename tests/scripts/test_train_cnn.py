"""The script of the live run ends where the run ends."""

import pytest

from core.train_cnn import Settings, Training
from tests.scripts.test_scripts import render, run_script

QUICK = {"n_pictures": 300, "epochs": 3}
CASES = [
    {},
    {"optimizer": "SGD", "learning_rate": 0.03, "mirrors": True, "label_smoothing": 0.1},
    {"optimizer": "Muon", "cutout_px": 3, "shift_px": 0, "seed": 5},
    {"optimizer": "Muon", "stack": "flatten\ndense 16\ntanh", "batch_size": 16},
]


@pytest.mark.parametrize("changes", CASES, ids=["default", "SGD", "Muon", "Muon without kernels"])
def test_the_script_ends_where_the_run_does(changes, tmp_path, sample):
    printed = run_script("train_cnn", tmp_path, sample, **QUICK, **changes).splitlines()
    run = Training(Settings(**QUICK, **changes))
    while run.step():
        pass
    assert len(printed) == 3
    for line, measured in zip(printed, run.epochs, strict=True):
        assert float(line.split()[-1]) == pytest.approx(measured["accuracy"], abs=1.5 / 397)


@pytest.mark.parametrize("data", ["MNIST", "Fashion-MNIST", "CIFAR-10"])
def test_the_script_names_torchvisions_class(data):
    text = render("train_cnn", data=data)
    assert f"datasets.{data.replace('-', '')}(" in text
    compile(text, "train_cnn.py", "exec")
