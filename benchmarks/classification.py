"""Training of the recipe cifar10 against a plain loop, and what a classification costs beside the network.

    python -m benchmarks.classification [--json]

train_speedup is the pictures/s of the recipe (core.training.fit: channels_last, bf16 where the device gains by it) over
those of the same network, batches and optimizer in a plain loop, float32 and contiguous; the two take turns. Both begin
with the same weights and take 50 steps; loss_recipe and loss_plain are the means over the last ten. Bars: at least 2.5
on a CPU with AMX, losses within 0.05 of each other. latency_ratio is the median time of one classification, from the
bytes of a JPEG to calibrated probabilities, over that of the network alone, in turns. Bar: at most 1.3.

CIFAR-10 is used where it is at hand, else made pictures.
"""

import argparse
import copy
import itertools
import json
import statistics
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from core.checkpoints import load as load_net
from core.cifar10 import as_seen, ask
from core.data.reader import is_here, load
from core.devices import device, gains_from_bf16
from core.images import decode, encode
from core.inference import in_turn
from core.models.whitened_cnn import WhitenedCNN
from core.recipes.cifar10 import SHAPE, Config
from core.training.classification import ClassificationTask, as_tensor
from core.training.events import Step
from core.training.fit import fit
from ui.files import asset

N_STEPS, N_TURNS, BATCH = 50, 10, 500
N_LATENCY = 60


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """(N, 3, 32, 32) uint8 and labels."""
    if is_here("cifar10", "train"):
        data = load("cifar10", "train")
        assert data.labels is not None  # it has them
        return as_tensor(data.stack()[:10_000]), torch.from_numpy(data.labels[:10_000].copy())
    random = np.random.default_rng(0)
    labels = np.arange(10_000) % 10
    coarse = random.integers(0, 256, (10_000, 4, 4, 3), np.uint8)
    coarse[np.arange(10_000), labels % 4, labels // 4] = 255
    return as_tensor(coarse.repeat(8, axis=1).repeat(8, axis=2)), torch.from_numpy(labels)


def plain(net: nn.Module, task: ClassificationTask, config: Config) -> Iterator[float]:
    """The same training, float32 and contiguous; yields the loss of each step."""
    optimizer = config.optimizer(net)
    peaks = [group["lr"] for group in optimizer.param_groups]
    n = config.epochs * task.n_batches if config.epochs else N_STEPS
    for step in itertools.count():
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * config.factor(step / n)
        batch = task.batch(step // task.n_batches, step % task.n_batches)
        net.train()
        loss = task.losses(net, {**batch, "x": batch["x"].contiguous()})["cross_entropy"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield float(loss.detach())


def training() -> dict[str, float]:
    """train_speedup, both speeds, both losses."""
    x, labels = pictures()
    config = Config(batch_size=BATCH, epochs=10)
    torch.manual_seed(0)
    net = WhitenedCNN(**SHAPE)
    net.fit_input(x[:5000].float() / 255)
    other = copy.deepcopy(net)
    task = ClassificationTask(net, x, labels, (x[:100], labels[:100]), config)
    recipe = (event.losses["loss"] for event in fit(task, config) if isinstance(event, Step))
    runs: dict[str, Iterator[float]] = {"recipe": recipe, "plain": plain(other, task, config)}
    losses: dict[str, list[float]] = {name: [] for name in runs}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(N_TURNS):
        for name, run in runs.items():
            start = time.perf_counter()
            losses[name] += list(itertools.islice(run, N_STEPS // N_TURNS))
            seconds[name].append((time.perf_counter() - start) / (N_STEPS // N_TURNS))
    speed = {name: BATCH / statistics.median(taken) for name, taken in seconds.items()}
    return {
        "train_speedup": round(speed["recipe"] / speed["plain"], 2),
        **{f"pictures_per_s_{name}": round(value, 1) for name, value in speed.items()},
        **{f"loss_{name}": round(statistics.mean(values[-10:]), 4) for name, values in losses.items()},
    }


def through(x: torch.Tensor) -> None:
    """The network alone, as core.inference runs it."""
    bf16 = gains_from_bf16(x.device)
    with torch.inference_mode(), torch.autocast(x.device.type, torch.bfloat16, enabled=bf16):
        load_net("cifar10")(x)


def latency() -> dict[str, float]:
    """latency_ratio, and both times in ms, for a picture of CIFAR-10's size and for a photo of 451 x 300."""
    photo = asset("samples/chelsea.jpg").read_bytes()
    small = encode(as_seen(decode(photo)), "jpeg", quality=90)
    figures: dict[str, float] = {}
    for name, data in (("", photo), ("_small", small)):
        x = torch.from_numpy(as_seen(decode(data)).transpose(2, 0, 1)[None].astype(np.float32) / 255)
        batch = x.to(device(), memory_format=torch.channels_last)
        times: dict[str, list[float]] = {"whole": [], "network": []}
        for turn in range(N_LATENCY + 5):
            start = time.perf_counter()
            ask(as_seen(decode(data)), "cifar10")
            middle = time.perf_counter()
            in_turn(through, batch)
            end = time.perf_counter()
            if turn >= 5:
                times["whole"].append(middle - start)
                times["network"].append(end - middle)
        whole, network = (statistics.median(taken) for taken in times.values())
        figures[f"latency_ratio{name}"] = round(whole / network, 3)
        figures[f"whole_ms{name}"], figures[f"network_ms{name}"] = round(1000 * whole, 2), round(1000 * network, 2)
    return figures


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {**latency(), **training()}
    gap = abs(figures["loss_recipe"] - figures["loss_plain"])
    kept = {
        "train_speedup": figures["train_speedup"] >= 2.5,
        "loss_recipe": gap <= 0.05,
        "latency_ratio": figures["latency_ratio"] <= 1.3,
    }
    for name, value in figures.items():
        said = f"  {'kept' if kept[name] else 'MISSED'}" if name in kept else ""
        print(f"{name:26} {value:10.3f}{said}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
