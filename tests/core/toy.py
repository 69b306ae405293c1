"""A task small enough to train in a test: y = Wx, with dropout so that randomness matters."""

import sys
import time
from pathlib import Path

import torch
from torch import nn

from core.training.events import Step
from core.training.fit import FitSettings, fit
from core.training.seed import batch_generator

SETTINGS = FitSettings(epochs=4, learning_rate=0.05, ema_decay=0.9, save_every=3, seed=7)


class Toy:
    def __init__(self, n_batches: int = 10, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.model: nn.Module = nn.Sequential(
            nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1)
        )
        self.n_batches = n_batches
        self.scores: list[float] | None = None
        self.validated: list[dict[str, torch.Tensor]] = []  # weights at each validation

    def batch(self, epoch: int, index: int) -> dict[str, torch.Tensor]:
        x = torch.from_numpy(batch_generator(1, epoch, index).normal(size=(32, 4)).astype("float32"))
        return {"x": x, "y": x @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]])}

    def losses(self, model: nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"mse": (model(batch["x"]).float() - batch["y"]).square().mean()}

    def validate(self, model: nn.Module) -> dict[str, float]:
        self.validated.append({name: x.clone() for name, x in model.state_dict().items()})
        if self.scores is not None:
            return {"score": self.scores.pop(0)}
        with torch.no_grad():
            batch = self.batch(999, 0)
            return {"score": -float(self.losses(model, batch)["mse"])}


def main(state: str, out: str, slow: bool) -> None:
    """Train with --resume in mind; print each step, so that a test knows when to kill."""
    task = Toy()
    for event in fit(task, SETTINGS, Path(state), resume=True):
        if isinstance(event, Step):
            print(event.step, flush=True)
            if slow and event.step >= 17:
                time.sleep(60)  # wait to be killed
    torch.save(task.model.state_dict(), out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] == "slow")
