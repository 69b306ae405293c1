"""Two processes of torchrun train as one does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from core.training import parallel
from core.training.events import Done, Epoch, Step
from core.training.fit import fit
from tests.core.toy import SETTINGS, Toy
from ui.files import ROOT

EXACT = SETTINGS.model_copy(update={"mixed_precision": False})  # bf16 rounds as the rows stand
N_ROWS = 31  # one of two processes has one row more


class Even(Toy):
    """Without batch statistics and dropout: what a row gives depends on no other."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def batch(self, epoch: int, index: int) -> dict[str, torch.Tensor]:
        return {name: x[:N_ROWS] for name, x in super().batch(epoch, index).items()}


def trained(state: Path | None = None) -> dict[str, object]:
    task = Even()
    torch.manual_seed(parallel.rank())  # whose first weights differ
    for weights in task.model.parameters():
        nn.init.normal_(weights, 0, 0.1 + parallel.rank())
    events = list(fit(task, EXACT, state))
    done = events[-1]
    assert isinstance(done, Done)
    return {
        "losses": [event.losses["mse"] for event in events if isinstance(event, Step)],
        "scores": [event.metrics["score"] for event in events if isinstance(event, Epoch)],
        "weights": [x.tolist() for x in task.model.state_dict().values()],
        "validated": len(task.validated),
        "steps": done.steps,
    }


def test_two_processes_with_half_the_batch_each_give_the_losses_of_one(tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*command, "-m", "tests.core.test_parallel", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    one = trained()
    assert first["losses"] == pytest.approx(one["losses"], rel=1e-4)
    assert first["scores"] == pytest.approx(one["scores"], rel=1e-4)
    for a, b in zip(first["weights"], one["weights"], strict=True):
        torch.testing.assert_close(torch.tensor(a), torch.tensor(b), rtol=1e-3, atol=1e-4)
    assert first["weights"] == second["weights"]
    assert first["losses"] == second["losses"]
    assert (first["validated"], second["validated"]) == (SETTINGS.epochs, 0)  # measured once, known to both
    assert first["scores"] == second["scores"]
    assert (tmp_path / "state.pt").exists()


@pytest.mark.parametrize(("n", "size"), [(31, 2), (8, 3), (1, 2)])
def test_the_parts_of_a_batch_weigh_as_much_as_the_whole(monkeypatch, n, size):
    x = torch.arange(n, dtype=torch.float32)
    monkeypatch.setattr(parallel, "size", lambda: size)
    total = 0.0
    for rank in range(size):
        monkeypatch.setattr(parallel, "rank", lambda rank=rank: rank)
        own, weight = parallel.part({"x": x})
        total += float(own["x"].mean()) * weight / size
    assert total == pytest.approx(float(x.mean()))


if __name__ == "__main__":
    with parallel.together():
        folder = Path(sys.argv[1])
        found = trained(folder / "state.pt")
        (folder / f"{parallel.rank()}.json").write_text(json.dumps(found))
