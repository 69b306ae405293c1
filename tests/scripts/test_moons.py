"""The script of two moons ends with the page's losses."""

import pytest

from core.plane import Settings
from core.playground import Playground
from core.points import read_csv
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
}


@pytest.mark.parametrize("name", CASES)
def test_the_script_ends_with_the_pages_losses(name, tmp_path):
    chosen = {"n_points": 90, "epochs": 15, **CASES[name]}
    own = read_csv(TABLE) if chosen.get("data") == "my CSV" else None
    if own is not None:
        rows = zip(own.xy, own.labels, strict=True)
        text = "\n".join(f"{x:.5f},{y:.5f},{own.names[label]}" for (x, y), label in rows)
        (tmp_path / "points.csv").write_text(text)
    printed = run_script("moons", tmp_path, b"", **chosen).splitlines()
    work = Playground(Settings(**chosen), own)
    work.command("pace", 0)
    work.chunk = 1
    while work.step():
        work.chunk = 1  # early stopping looks after each epoch, as the script does
    found = work.snapshot().measured()
    for line, part in zip(printed, found.losses, strict=True):
        said, loss, _, accuracy = line.replace(":", "").replace(",", "").split()[:1] + line.replace(",", "").split()[2:]
        assert said == part
        assert float(loss) == pytest.approx(found.losses[part], abs=2e-3)
        assert float(accuracy) == pytest.approx(found.accuracies[part], abs=0.03)
