"""Many networks at once: each as it would be alone."""

import json
import struct

import numpy as np
import pytest
import torch

from core.errors import SettingsError
from core.many import CELLS, MOST, Many
from core.plane import Settings
from core.playground import Playground
from core.training.tiny import Network

BASE = {"n_points": 120, "epochs": 25}


def finish(work):
    if isinstance(work, Playground):
        work.command("pace", 0)
    while work.step():
        pass
    return work


CASES = {
    "widths and rates": [
        {"layers": "6 tanh\n4 tanh"},
        {"layers": "2 tanh\n7 tanh", "learning_rate": 0.3, "weights_seed": 3},
        {"layers": "1 tanh\n1 tanh", "learning_rate": 0.01, "weights_seed": 1},
    ],
    "adam, classes, schedule": [
        {
            "data": "blobs",
            "n_classes": 4,
            "loss": "cross-entropy",
            "optimizer": "Adam",
            "schedule": "cosine",
            "layers": f"{width} gelu",
            "learning_rate": 0.03,
            "weights_seed": width,
        }
        for width in (2, 5, 3)
    ],
    "batch norm, L1, L2": [
        {"batch_norm": True, "l1": 0.001, "l2": 0.01, "layers": f"{width} relu", "batch_size": 30} for width in (3, 8)
    ],
    "no layers": [{"layers": "", "weights_seed": seed} for seed in range(3)],
}


@pytest.mark.parametrize("name", CASES)
def test_each_network_ends_as_a_live_run_would(name):
    runs = [Settings(**BASE, **chosen) for chosen in CASES[name]]
    together = finish(Many(runs))
    for row, run in zip(together.rows(), runs, strict=True):
        alone = finish(Playground(run)).snapshot()
        for part, loss in alone.measured().losses.items():
            assert row.measured.losses[part] == pytest.approx(loss, abs=2e-4)
            assert row.measured.accuracies[part] == pytest.approx(alone.measured().accuracies[part], abs=0.03)
        assert row.n_parameters == alone.network.shape.n_parameters
        assert (row.settings, row.epoch) == (run, 25)


def test_patience_stops_each_by_itself():
    hard = {"n_points": 60, "noise": 0.5, "layers": "16 relu\n16 relu", "learning_rate": 0.3, "epochs": 300}
    runs = [Settings(**hard, patience=15, weights_seed=seed) for seed in range(4)]
    work = finish(Many(runs))
    epochs = [row.epoch for row in work.rows()]
    assert len(set(epochs)) > 1
    assert max(epochs) == work.epoch < 300
    first = epochs.index(min(epochs))
    alone = Many([runs[first]])
    while alone.stopped[0] < 0:
        alone.step()
    assert alone.epoch == epochs[first]
    assert torch.allclose(alone.network.weights[0][0], work.network.weights[0][first], atol=1e-5)


def test_an_epoch_is_parted_when_it_is_long():
    work = Many([Settings(n_points=200, batch_size=1, epochs=10)])
    before = work.network.flat.clone()
    assert work.step()
    assert (work.epoch, work.at) == (0, 1)
    assert not torch.equal(work.network.flat, before)
    assert finish(work).epoch == 10


def test_a_frame_holds_each_boundary():
    runs = [Settings(**BASE, weights_seed=seed) for seed in range(3)]
    frame = finish(Many(runs)).frame()
    (length,) = struct.unpack("<I", frame[:4])
    header = json.loads(frame[4 : 4 + length])
    assert (header["epoch"], header["epochs"]) == (25, 25)
    assert np.shape(header["measured"]) == (3, 3)
    assert len(frame) == 4 + length + 3 * CELLS**2


def test_what_cannot_train_together_is_said():
    with pytest.raises(SettingsError) as raised:
        Many([Settings()] * (MOST + 1))
    assert raised.value.reason == "too_many_networks"
    with pytest.raises(SettingsError) as raised:
        Many([Settings(layers="3 tanh"), Settings(layers="3 relu")])
    assert raised.value.reason == "networks_differ"


def test_one_that_runs_away_leaves_the_others_alone():
    base = {**BASE, "layers": "8 relu\n8 relu", "loss": "MSE", "n_points": 200, "epochs": 60}
    runs = [Settings(**base, learning_rate=rate) for rate in (10.0, 0.03)]
    rows = finish(Many(runs)).rows()
    alone = finish(Playground(runs[1])).snapshot().measured()
    assert not rows[0].measured.losses["train"] < 1
    assert rows[1].measured.losses["train"] == pytest.approx(alone.losses["train"], abs=1e-4)


def test_equal_widths_need_no_mask():
    assert Many([Settings(**BASE)] * 2).network.mask.numel() == 0
    assert isinstance(Many([Settings(**BASE)]).network, Network)
