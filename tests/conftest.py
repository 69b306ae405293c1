"""What all tests share: caches of their own, no data set, and small made ones for those who ask."""

import os
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

os.environ.pop("CAMADAS_DATA", None)
os.environ["OMP_NUM_THREADS"] = "1"  # workers share the cores: threads of several would spin, waiting for each other

from core.data import DATASETS
from core.images import decode, encode
from ui.files import asset


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMADAS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def sample() -> np.ndarray:
    """(300, 451, 3) uint8 colour photo, read-only."""
    image = decode(asset("samples/chelsea.jpg").read_bytes())
    image.setflags(write=False)
    return image


def write_parquet(path: Path, images: list[bytes], labels: list[int] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"image": pa.array(images, pa.binary())}
    if labels is not None:
        columns["label"] = pa.array(labels, pa.uint8())
    pq.write_table(pa.table(columns), path)
    return path


SIZES = {"mnist": 28, "fashion_mnist": 28, "cifar10": 32, "tiny_imagenet": 64, "paintings": 150, "photos": 72}
COUNTS = {"paintings": 3, "photos": 108}  # of the photos 100 are held out for validation


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small sample of every data set in the catalog, made of smooth random colours."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    from core.data.reader import source_of

    for name in DATASETS:
        source = source_of(name)
        for split in source.splits:
            n, side = COUNTS.get(name, 24), SIZES[name]
            coarse = random.integers(0, 256, (n, 5, 5, 3), np.uint8)
            images = [encode(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC), "png") for small in coarse]
            write_parquet(folder / source.folders[0] / f"{split}.parquet", images, [i % 10 for i in range(n)])
    return folder


def pytest_sessionfinish() -> None:
    """Jobs that tests have left end before their process does."""
    jobs = sys.modules.get("core.jobs")
    if jobs is not None:
        jobs.jobs().stop()
        for thread in threading.enumerate():
            if thread.name.startswith("job-"):
                thread.join(10)
