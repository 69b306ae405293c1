"""The one loop: what it tells, what it keeps, and that a killed run ends as if nothing had happened."""

import itertools
import signal
import subprocess
import sys

import pytest
import torch

from core.errors import SettingsError
from core.training.ema import averaged
from core.training.events import Done, Epoch, Step
from core.training.fit import FitSettings, fit
from core.training.optim import adamw
from tests.core.toy import SETTINGS, Toy
from ui.files import ROOT


def run(task: Toy, settings: FitSettings = SETTINGS, **options):
    return list(fit(task, settings, **options))


def test_events_in_order_and_a_loss_that_falls():
    events = run(Toy())
    steps = [e for e in events if isinstance(e, Step)]
    epochs = [e for e in events if isinstance(e, Epoch)]
    assert [s.step for s in steps] == list(range(1, 41))
    assert [e.step for e in epochs] == [10, 20, 30, 40]
    assert isinstance(events[-1], Done)
    assert events[-1].why == "finished"
    assert epochs[-1].losses["mse"] < 0.5 * epochs[0].losses["mse"]
    assert epochs[0].losses["mse"] == pytest.approx(sum(s.losses["mse"] for s in steps[:10]) / 10)
    assert all(s.examples_per_s > 0 and s.left_s >= 0 for s in steps)
    assert max(s.learning_rate for s in steps) <= SETTINGS.learning_rate
    assert steps[-1].learning_rate < 0.01 * SETTINGS.learning_rate


def test_to_stop_is_to_stop_asking():
    two = list(itertools.islice(fit(Toy(), SETTINGS), 2))
    assert [type(event) for event in two] == [Step, Step]


def test_the_same_seed_gives_the_same_weights():
    tasks = [Toy(), Toy()]
    for task in tasks:
        run(task)
    for a, b in zip(tasks[0].model.parameters(), tasks[1].model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_killed_in_the_middle_it_ends_with_the_weights_of_an_uninterrupted_run(tmp_path):
    def start(state: str, out: str, pace: str) -> subprocess.Popen[str]:
        arguments = [sys.executable, "-m", "tests.core.toy", str(tmp_path / state), str(tmp_path / out), pace]
        return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    killed = start("a.pt", "never.pt", "slow")
    assert killed.stdout is not None
    for line in killed.stdout:
        if int(line) == 17:  # the latest state is of step 15, in the middle of the second epoch
            break
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    resumed, whole = start("a.pt", "resumed.pt", "fast"), start("b.pt", "whole.pt", "fast")
    said, _ = resumed.communicate()
    whole.communicate()
    assert resumed.returncode == whole.returncode == 0
    assert said.split()[0] == "16"
    assert not (tmp_path / "never.pt").exists()
    first, second = torch.load(tmp_path / "resumed.pt"), torch.load(tmp_path / "whole.pt")
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def test_a_finished_run_resumes_to_its_end(tmp_path):
    task = Toy()
    run(task, state_file=tmp_path / "s.pt")
    again = Toy(seed=5)
    events = run(again, state_file=tmp_path / "s.pt", resume=True)
    assert [type(event) for event in events] == [Done]
    for a, b in zip(task.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_run_with_other_settings_is_not_resumed(tmp_path):
    run(Toy(), state_file=tmp_path / "s.pt")
    other = SETTINGS.model_copy(update={"learning_rate": 0.01})
    with pytest.raises(SettingsError, match="learning_rate is 0.01, but the run to resume has 0.05"):
        run(Toy(), other, state_file=tmp_path / "s.pt", resume=True)


def test_a_resumed_run_may_be_longer(tmp_path):
    run(Toy(), state_file=tmp_path / "s.pt")
    longer = SETTINGS.model_copy(update={"epochs": 6})
    events = run(Toy(), longer, state_file=tmp_path / "s.pt", resume=True)
    assert [e.step for e in events if isinstance(e, Epoch)] == [50, 60]
    assert next(e.learning_rate for e in events if isinstance(e, Step)) > 0.1 * SETTINGS.learning_rate


def test_the_best_weights_are_kept():
    task = Toy()
    task.scores = [1.0, 9.0, 2.0, 3.0]
    events = run(task)
    assert [e.is_best for e in events if isinstance(e, Epoch)] == [True, True, False, False]
    assert events[-1].metrics == {"score": 9.0}
    for name, tensor in task.model.state_dict().items():
        assert torch.equal(tensor, task.validated[1][name]), name
        assert not torch.equal(tensor, task.validated[3][name]), name


def test_the_last_weights_or_the_mean_are_kept_where_asked():
    kept = {}
    for which in ("best", "last", "mean"):
        task = Toy()
        task.scores = [1.0, 9.0, 2.0, 3.0]
        run(task, SETTINGS.model_copy(update={"keep_weights": which}))
        kept[which] = task.model.state_dict()
    for name, best in kept["best"].items():
        assert torch.equal(kept["last"][name], task.validated[3][name]), name
        if best.is_floating_point():
            assert torch.allclose(kept["mean"][name], (best + kept["last"][name]) / 2), name


def test_a_metric_that_is_not_a_number_does_not_stay_the_best():
    task = Toy()
    task.scores = [float("nan"), 1.0, 3.0, 2.0]
    events = run(task)
    assert [e.is_best for e in events if isinstance(e, Epoch)] == [True, True, True, False]


def test_early_stopping():
    task = Toy()
    task.scores = [5.0, 4.0, 3.0, 2.0]
    events = run(task, SETTINGS.model_copy(update={"patience": 2}))
    assert events[-1].why == "early_stopping"
    assert sum(isinstance(e, Epoch) for e in events) == 3


def test_minutes_end_a_run_in_the_middle_of_an_epoch():
    settings = SETTINGS.model_copy(update={"epochs": None, "minutes": 0.002})
    events = run(Toy(n_batches=100_000), settings)
    assert events[-1].why == "time"
    assert isinstance(events[-2], Epoch)
    assert events[-1].seconds >= 0.12


def test_the_average_follows_in_closed_form():
    model = torch.nn.Linear(1, 1, bias=False)
    average = averaged(model, 0.5)
    values, expected = [3.0, 5.0, -1.0, 4.0], None
    for n, value in enumerate(values):
        model.weight.data.fill_(value)
        average.update_parameters(model)
        decay = min(0.5, (1 + n) / (10 + n))
        expected = value if expected is None else decay * expected + (1 - decay) * value
    assert average.module.weight.item() == pytest.approx(expected)


def test_biases_and_norms_are_not_decayed():
    groups = adamw(Toy().model, 0.1, 0.3).param_groups
    assert {p.ndim for p in groups[0]["params"]} == {2}
    assert {p.ndim for p in groups[1]["params"]} == {1}
    assert (groups[0]["weight_decay"], groups[1]["weight_decay"]) == (0.3, 0.0)
