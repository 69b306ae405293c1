"""Speed of tiny networks: a plain PyTorch loop, our live run, a sweep of 64 at once, and the boundary.

    python -m benchmarks.moons [--json]

A 2-8-8-1 tanh network, SGD, mini-batches of 10 over 500 points; one thread of torch, as the server's jobs have. All in
one run, in turns. Bars: live_ratio >= 7, sweep_ratio >= 100 (network-epochs a second over the plain loop's),
boundary_ms <= 2 for 100 x 100 points.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from core.training.tiny import Network, Rules, Shape

N_POINTS, BATCH, N_NETWORKS, RATE = 500, 10, 64, 0.03
SHAPE = Shape((2, 8, 8, 1), ("tanh", "tanh"))
N_TURNS = 5
EPOCHS = {"plain": 10, "live": 150, "sweep": 20}
BARS = {"live_ratio": 7.0, "sweep_ratio": 100.0}
BOUNDARY_BAR_MS = 2.0


def points() -> tuple[torch.Tensor, torch.Tensor]:
    """XOR: (n, 2) and (n, 1)."""
    x = torch.randn(N_POINTS, 2, generator=torch.Generator().manual_seed(0))
    return x, (x[:, :1] * x[:, 1:] > 0).float()


def plain(n_epochs: int) -> None:
    """The loop that everybody would write."""
    x, y = points()
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer, criterion = torch.optim.SGD(net.parameters(), lr=RATE), nn.BCEWithLogitsLoss()
    for _ in range(n_epochs):
        order = torch.randperm(N_POINTS)
        for start in range(0, N_POINTS, BATCH):
            rows = order[start : start + BATCH]
            optimizer.zero_grad()
            criterion(net(x[rows]), y[rows]).backward()
            optimizer.step()


def ours(n_networks: int) -> Callable[[int], None]:
    """Our loop for one network (0) or several at once."""
    x, y = points()
    many = (n_networks,) if n_networks else ()
    sizes = list(zip(SHAPE.sizes, SHAPE.sizes[1:], strict=False))
    network = Network(SHAPE, [0.3 * torch.randn(*many, n_out, n_in + 1) for n_in, n_out in sizes])
    rules = Rules("SGD", torch.full((n_networks or 1,), RATE), batch_size=BATCH)

    def train(n_epochs: int) -> None:
        network.train(x, y, torch.stack([torch.randperm(N_POINTS) for _ in range(n_epochs)]), rules)

    return train


def boundary_ms() -> float:
    """Scores of 100 x 100 points."""
    network = Network(
        SHAPE, [torch.randn(n_out, n_in + 1) for n_in, n_out in zip(SHAPE.sizes, SHAPE.sizes[1:], strict=False)]
    )
    grid, taken = torch.randn(10_000, 2), []
    for _ in range(50):
        start = time.perf_counter()
        network.scores(grid)
        taken.append(time.perf_counter() - start)
    return round(1000 * statistics.median(taken), 3)


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    loops = {"plain": plain, "live": ours(0), "sweep": ours(N_NETWORKS)}
    speeds: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(N_TURNS + 1):
        for name, loop in loops.items():
            start = time.perf_counter()
            loop(EPOCHS[name])
            if turn:  # the first one warms up
                speeds[name].append(EPOCHS[name] / (time.perf_counter() - start))
    found = {f"{name}_epochs_per_s": statistics.median(values) for name, values in speeds.items()}
    found["sweep_epochs_per_s"] *= N_NETWORKS
    figures = {name: round(value, 1) for name, value in found.items()}
    for name in ("live", "sweep"):
        figures[f"{name}_ratio"] = round(found[f"{name}_epochs_per_s"] / found["plain_epochs_per_s"], 2)
    figures["boundary_ms"] = boundary_ms()
    kept = {name: figures[name] >= bar for name, bar in BARS.items()}
    kept["boundary_ms"] = figures["boundary_ms"] <= BOUNDARY_BAR_MS
    for name, value in figures.items():
        verdict = {True: "kept", False: "MISSED"}.get(kept.get(name), "")
        print(f"{name:20} {value:12,.2f}  {verdict}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
