"""What our pipelines cost over imgaug itself, and what a second process brings.

    python -m benchmarks.augmentation [--json]

runner_ratio is the median time of one picture through core.pipelines.Runner over that of the same augmenters of imgaug,
written by hand and called directly, the two in turns: the greatest over the page's example and a light pipeline, at
32 x 32 and 224 x 224. Bar: at most 1.1. deadline_ratio is the same for a runner that gives slow draws up, as for the
ZIP on the page; noted_ratio for one that can tell what it has drawn, as for the draws on the page; these have no bar.
two_process_speedup is the pictures/s of a DataLoader of torch with two worker processes over one with one, each with a
Runner of its own, at 224 x 224. Bar: at least 1.6 on two cores.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from core.augmentation import Settings
from core.augmenters import imgaug
from core.images import decode
from core.pipeline_text import parse
from core.pipelines import Pipeline, Runner
from ui.files import asset

SIZES_PX = (32, 224)
KINDS = {"runner_ratio": "plain", "deadline_ratio": "deadline", "noted_ratio": "noted"}
FAR = 1e12  # a deadline that never comes
N_TURNS, N_A_TURN = 60, 20
N_PICTURES, N_EPOCHS = 600, 5
HEAVY = "Affine\nElasticTransformation\nAdditiveGaussianNoise\nCoarseDropout\nGammaContrast"


def by_hand() -> dict[str, tuple[Pipeline, Callable[[], Any]]]:
    """Pipelines, each with the same in imgaug's own words."""
    a, p = imgaug().augmenters, imgaug().parameters

    def example() -> Any:
        return a.Sequential(
            [
                a.Fliplr(0.5),
                a.Affine(
                    scale=p.Uniform(0.8, 1.2),
                    translate_percent=p.Uniform(-0.1, 0.1),
                    rotate=p.Uniform(-20, 20),
                    shear=p.Uniform(-8, 8),
                ),
                a.Sometimes(0.5, a.MultiplyHueAndSaturation(p.Uniform(0.6, 1.4))),
                a.Sometimes(0.5, a.GaussianBlur(p.Uniform(0.0, 1.5))),
            ]
        )

    def light() -> Any:
        return a.Sequential([a.Fliplr(0.5), a.Multiply(p.Uniform(0.6, 1.4))])

    return {
        "example": (Settings().as_pipeline(), example),
        "light": (Pipeline(entries=parse("Fliplr\nMultiply")), light),
    }


def runner() -> dict[str, float]:
    """runner_ratio, of the worst case, and that of each."""
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    figures: dict[str, float] = {}
    for name, (pipeline, build) in by_hand().items():
        for side in SIZES_PX:
            image = cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA)
            theirs = build()
            theirs.seed_(pipeline.seed)
            noted = Runner(pipeline, is_noted=True)
            ways: dict[str, Callable[[np.ndarray], Any]] = {
                "plain": Runner(pipeline).image,
                "deadline": Runner(pipeline, deadline=FAR).image,
                "noted": lambda x, own=noted: own.draw(x, keeps_steps=False),
                "theirs": lambda x, own=theirs: own(image=x),
            }
            times: dict[str, list[float]] = {who: [] for who in ways}
            for turn in range(N_TURNS):
                for who, once in ways.items():
                    start = time.perf_counter()
                    for _ in range(N_A_TURN):
                        once(image)
                    if turn:  # the first warms up
                        times[who].append((time.perf_counter() - start) / N_A_TURN)
            medians = {who: statistics.median(taken) for who, taken in times.items()}
            for kind, who in KINDS.items():
                figures[f"{kind}_{name}_{side}"] = round(medians[who] / medians["theirs"], 3)
            figures[f"pictures_per_s_{name}_{side}"] = round(1 / medians["plain"], 1)
    worst = {kind: max(value for name, value in figures.items() if name.startswith(kind)) for kind in KINDS}
    return {**worst, **figures}


class Drawn(Dataset[torch.Tensor]):
    """Draws of one picture."""

    def __init__(self, image: np.ndarray) -> None:
        self.image = image
        self.runner: Runner | None = None

    def __len__(self) -> int:
        return N_PICTURES

    def __getitem__(self, at: int) -> torch.Tensor:
        if self.runner is None:  # one for each process
            cv2.setNumThreads(1)
            self.runner = Runner(Pipeline(entries=parse(HEAVY), seed=at))
        return torch.from_numpy(self.runner.image(self.image))


def processes() -> dict[str, float]:
    """two_process_speedup and both speeds."""
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    image = cv2.resize(photo, (224, 224), interpolation=cv2.INTER_AREA)
    loaders = {
        n: DataLoader(Drawn(image), 20, num_workers=n, persistent_workers=True, multiprocessing_context="spawn")
        for n in (1, 2)
    }
    times: dict[int, list[float]] = {n: [] for n in loaders}
    for epoch in range(N_EPOCHS + 1):
        for n, loader in loaders.items():
            start = time.perf_counter()
            for _batch in loader:
                pass
            if epoch:  # the first starts the processes
                times[n].append(time.perf_counter() - start)
    one, two = (N_PICTURES / statistics.median(taken) for taken in times.values())
    return {
        "two_process_speedup": round(two / one, 2),
        "pictures_per_s_one_process": round(one, 1),
        "pictures_per_s_two_processes": round(two, 1),
    }


def main() -> None:
    """Measure, print a table and perhaps a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {**runner(), **processes()}
    kept = {
        "runner_ratio": figures["runner_ratio"] <= 1.1,
        "two_process_speedup": figures["two_process_speedup"] >= 1.6,
    }
    for name, value in figures.items():
        said = f"  {'kept' if kept[name] else 'MISSED'}" if name in kept else ""
        print(f"{name:34} {value:10.3f}{said}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
