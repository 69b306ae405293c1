"""The script of the study tries the page's trials and gets the page's scores."""

import pytest

from core.plane import points_of
from core.study import Settings, Study
from tests.scripts.test_scripts import run_script

CASES = {
    "random": {"sampler": "random", "knobs": ("learning rate", "activation", "batch size", "L2")},
    "grid": {"sampler": "grid", "knobs": ("hidden layers", "optimizer"), "objective": "validation accuracy"},
    "TPE": {"sampler": "TPE"},
}


@pytest.mark.parametrize("name", CASES)
def test_the_script_finds_what_the_page_finds(name, tmp_path):
    chosen = {"n_points": 60, "epochs": 10, "n_trials": 6, "n_seeds": 2, **CASES[name]}
    *trials, last = run_script("study", tmp_path, b"", **chosen).splitlines()
    settings = Settings(**chosen)
    work = Study(settings, points_of(settings), "one", f"sqlite:///{tmp_path / 'pages.db'}")
    while work.step():
        pass
    assert len(trials) == len(work.tried) == 6
    for line, tried in zip(trials, work.tried, strict=True):
        score, values = line.split(": ", 1)[1].split(" ", 1)
        assert values == str(tried.values)
        assert float(score) == pytest.approx(tried.score, abs=2e-3 if settings.objective == "validation loss" else 0.1)
    assert last.startswith("best: ")
    assert (tmp_path / "study.db").exists()
