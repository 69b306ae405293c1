"""The script of the sweep prints the page's table."""

import pytest

from core.many import Many
from core.sweep import Settings, cells, networks
from tests.scripts.test_scripts import run_script

CASES = {
    "rates and widths": {"rates": (0.03, 0.3), "widths": (2, 8), "n_seeds": 2},
    "batch norm and L2": {
        "rates": (0.01,),
        "widths": (4,),
        "n_seeds": 3,
        "batch_norm": True,
        "l2": 0.01,
        "data": "blobs",
        "loss": "cross-entropy",
        "optimizer": "Adam",
    },
    "one alone": {"rates": (0.1,), "widths": (3,), "n_seeds": 1, "schedule": "steps", "loss": "MSE", "l1": 0.001},
}


@pytest.mark.parametrize("name", CASES)
def test_the_script_prints_the_pages_accuracies(name, tmp_path):
    chosen = {"n_points": 90, "epochs": 15, **CASES[name]}
    printed = run_script("sweep", tmp_path, b"", **chosen).splitlines()
    work = Many(networks(Settings(**chosen)))
    while work.step():
        pass
    found = sorted(cells(work.rows()), key=lambda cell: (cell.rate, cell.width))
    assert len(printed) == len(found)
    for line, cell in zip(printed, found, strict=True):
        assert line.startswith(f"rate {cell.rate:g}, width {cell.width}: ")
        mean, spread = line.split("validation ")[1].split(",")[0].split(" ± ")
        assert float(mean) == pytest.approx(cell.validation[0], abs=0.03)
        assert float(spread) == pytest.approx(cell.validation[1], abs=0.03)
        assert float(line.split("test ")[1]) == pytest.approx(cell.test[0], abs=0.03)
