"""Decoded pictures in memory-mapped files: the second epoch and the second start read no JPEG."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DatasetError
from core.host import host

FORMAT_VERSION = 2


@dataclass(frozen=True)
class Dataset:
    """Decoded pictures, read from disk as they are asked for.

    Attributes:
        name: of the data set and split, for messages.
        pixels: all pictures one after another, flat uint8, memory-mapped and read-only.
        shapes: (N, 3) int64: H, W and channels (1 or 3) of each.
        offsets: (N,) int64 into `pixels`.
        labels: (N,) int64, or None.
        classes: the labels' names, where they are known.
    """

    name: str
    pixels: np.ndarray
    shapes: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray | None
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.offsets)

    def image(self, index: int) -> np.ndarray:
        """Picture `index`: (H, W, 3) or (H, W) uint8, a read-only view."""
        height, width, channels = (int(side) for side in self.shapes[index])
        start = int(self.offsets[index])
        flat = self.pixels[start : start + height * width * channels]
        return flat.reshape((height, width, channels) if channels == 3 else (height, width))

    def stack(self) -> np.ndarray:
        """All pictures as one (N, H, W, 3) or (N, H, W) uint8 view.

        Raises:
            DatasetError: if the pictures differ in size.
        """
        if not (self.shapes == self.shapes[0]).all():
            raise DatasetError("sizes_differ", name=self.name)
        return self.pixels.reshape(len(self), *self.image(0).shape)


def cache_folder() -> Path:
    """Where the caches lie: CAMADAS_CACHE, else camadas under the user's cache folder."""
    named_by_host = host().cache
    if named_by_host:
        return named_by_host
    named = os.environ.get("XDG_CACHE_HOME")
    return (Path(named) if named else Path.home() / ".cache") / "camadas"


def key_of(name: str, files: Iterable[Path]) -> str:
    """A key that changes when a file's name, size or time does."""
    facts = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(json.dumps([FORMAT_VERSION, name, facts]).encode()).hexdigest()[:16]


def cached(
    name: str, key: str, pictures: Iterable[tuple[np.ndarray, int | None]], classes: tuple[str, ...] = ()
) -> Dataset:
    """Open the cache `key`; where there is none, write it from `pictures` first.

    The folder appears under its name only when it is whole, so a broken or killed run leaves nothing behind that
    a later one would trust.

    Args:
        name: of the data set and split.
        key: from `key_of`.
        pictures: (H, W, 3) or (H, W) uint8 with a label or None; consumed only when there is no cache.
        classes: names of the labels.
    """
    folder = cache_folder() / f"{name}-{key}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{name}-"))
        try:
            _write(unfinished, pictures, classes)
            try:
                unfinished.rename(folder)
            except OSError:
                if not folder.exists():  # another process was first
                    raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return _open(name, folder)


def _write(folder: Path, pictures: Iterable[tuple[np.ndarray, int | None]], classes: tuple[str, ...]) -> None:
    shapes, labels = [], []
    with open(folder / "pixels.bin", "wb") as out:
        for image, label in pictures:
            out.write(np.ascontiguousarray(image).data)
            shapes.append((*image.shape, 1)[:3])
            labels.append(-1 if label is None else label)
    np.save(folder / "shapes.npy", np.array(shapes, np.int64).reshape(-1, 3))
    np.save(folder / "labels.npy", np.array(labels, np.int64))
    (folder / "classes.json").write_text(json.dumps(classes))


def _open(name: str, folder: Path) -> Dataset:
    shapes, labels = np.load(folder / "shapes.npy"), np.load(folder / "labels.npy")
    if not len(shapes):
        shutil.rmtree(folder)
        raise DatasetError("no_pictures", file=name)
    sizes = shapes.prod(axis=1)
    return Dataset(
        name=name,
        pixels=np.memmap(folder / "pixels.bin", np.uint8, mode="r"),
        shapes=shapes,
        offsets=np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        labels=None if (labels < 0).all() else labels,
        classes=tuple(json.loads((folder / "classes.json").read_text())),
    )
