"""A sweep: which networks it holds, and what it says of them."""

import pytest

from core.errors import SettingsError
from core.many import Many
from core.plane import Settings as NetworkSettings
from core.playground import Playground
from core.points import clicked
from core.sweep import EXAMPLES, Settings, about, cells, networks

SMALL = {"rates": (0.3, 0.03), "widths": (8, 2), "n_seeds": 3, "n_points": 80, "epochs": 20}


def test_networks_by_rate_then_width_then_first_weights():
    runs = networks(Settings(**SMALL, depth=3, activation="relu", noise=0.2))
    assert len(runs) == 12
    assert all(isinstance(run, NetworkSettings) for run in runs)
    assert [float(run.learning_rate) for run in runs] == [0.03] * 6 + [0.3] * 6
    assert [run.layers.split(" ")[0] for run in runs[:6]] == ["2"] * 3 + ["8"] * 3
    assert [run.weights_seed for run in runs[:3]] == [0, 1, 2]
    assert runs[0].layers == "2 relu\n2 relu\n2 relu"
    assert {run.noise for run in runs} == {0.2}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_at_most_64(name):
    assert 1 < len(networks(Settings(**EXAMPLES[name]))) <= 64


def test_more_than_64_are_too_many():
    with pytest.raises(SettingsError) as raised:
        networks(Settings(n_seeds=5))
    assert raised.value.reason == "too_many_networks"


def test_cells_hold_mean_and_spread_of_what_each_would_be_alone():
    settings = Settings(**SMALL)
    work = Many(networks(settings))
    while work.step():
        pass
    found = cells(work.rows())
    assert len(found) == 4
    assert [cell.validation[0] for cell in found] == sorted((cell.validation[0] for cell in found), reverse=True)
    cell = next(cell for cell in found if (cell.rate, cell.width) == (0.3, 8))
    alone = []
    for run in networks(settings)[-3:]:
        live = Playground(run)
        live.command("pace", 0)
        while live.step():
            pass
        alone.append(live.snapshot().measured().accuracies["validation"])
    assert cell.validation[0] == pytest.approx(sum(alone) / 3, abs=0.03)


def test_own_points_make_another_sweep():
    chosen = Settings(data="my clicks")
    assert about(chosen, clicked([])) != about(chosen, clicked([(1.0, 2.0, 1)]))
    assert about(Settings(), clicked([])) == about(Settings())
