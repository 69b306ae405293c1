"""The script of two moons ends with the page's losses."""

import subprocess
import sys

import pytest
import torch

from core.moons import data_of, packed, use_script
from core.plane import Settings, features_of, points_file
from core.playground import Playground
from core.points import read_csv
from core.training.tiny import classes_of
from tests.scripts.test_scripts import run_script

TABLE = "\n".join(f"{n % 7},{n % 5 + n % 2},{'abc'[n % 3]}" for n in range(60)).encode()
CASES = {
    "two moons": {},
    "five classes": {
        "data": "blobs",
        "n_classes": 5,
        "loss": "cross-entropy",
        "optimizer": "Adam",
        "learning_rate": 0.01,
    },
    "a function": {"data": "function", "expression": "x^2 - 1", "features": ("x", "y", "xy"), "schedule": "cosine"},
    "held back": {"l1": 0.001, "l2": 0.01, "batch_norm": True, "loss": "MSE", "layers": "5 gelu"},
    "own points": {"data": "my CSV", "loss": "cross-entropy"},
    "patient": {"patience": 3, "data": "circles", "layers": ""},
    "patient and noisy": {"patience": 5, "noise": 0.5, "layers": "16 relu", "learning_rate": 0.3, "epochs": 100},
    "a last point alone": {"batch_norm": True, "n_points": 60, "train_share": 0.35},
}


@pytest.mark.parametrize("name", CASES)
def test_the_script_ends_with_the_pages_losses(name, tmp_path):
    chosen = {"n_points": 90, "epochs": 15, **CASES[name]}
    own = read_csv(TABLE) if chosen.get("data") == "my CSV" else None
    if own is not None:
        settings = Settings(**chosen)
        (tmp_path / "points.csv").write_text(points_file(settings, data_of(settings, own)))
    printed = run_script("moons", tmp_path, b"", **chosen).splitlines()
    work = Playground(Settings(**chosen), own)
    work.command("pace", 0)
    while work.step():
        pass
    found = work.snapshot().measured()
    for line, part in zip(printed, found.losses, strict=True):
        said, loss, _, accuracy = line.replace(":", "").replace(",", "").split()[:1] + line.replace(",", "").split()[2:]
        assert said == part
        assert float(loss) == pytest.approx(found.losses[part], abs=2e-3)
        assert float(accuracy) == pytest.approx(found.accuracies[part], abs=0.03)


@pytest.mark.parametrize("name", ["five classes", "held back", "own points", "patient"])
def test_the_other_script_reads_the_network_file(name, tmp_path):
    own = read_csv(TABLE) if name == "own points" else None
    work = Playground(Settings(**{"n_points": 90, "epochs": 15, **CASES[name]}), own)
    work.command("pace", 0)
    while work.step():
        pass
    (tmp_path / "network.safetensors").write_bytes(packed(work.snapshot()))
    (tmp_path / "network.py").write_text(use_script(), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "network.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert f"trained for {work.epoch} epochs" in first
    xy = torch.tensor([[x, y] for y in (2.0, 0.0, -2.0) for x in (-2.0, 0.0, 2.0)])
    scores = work.network.scores(features_of(xy, work.settings.features))
    said = [work.data.points.names[label] for label in classes_of(scores, work.settings.loss)]
    assert [line.split("class ")[1] for line in lines] == said
