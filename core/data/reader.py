"""Pictures from Parquet files, folders or torchvision's layouts, as one kind of data set."""

import importlib
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from core.data import DATASETS
from core.data.cache import Dataset, cached, key_of
from core.errors import DatasetError, ImageRejected, SettingsError
from core.host import host
from core.images import SUFFIXES, decode

_CHUNK = 512


@dataclass(frozen=True)
class Source:
    """Where a named data set comes from.

    Attributes:
        name: as in DATASETS.
        folders: names that its folder may have under CAMADAS_DATA.
        splits: the splits that it has.
        classes: names of the labels; empty where the files tell them.
        is_grey: whether pictures are kept as (H, W).
        torchvision: the class in torchvision.datasets that reads its original files and downloads them.
        originals: the file by which a split of these is known.
        how: how to get it, for the message where it is missing.
    """

    name: str
    folders: tuple[str, ...]
    splits: tuple[str, ...]
    classes: tuple[str, ...] = ()
    is_grey: bool = False
    torchvision: str | None = None
    originals: Mapping[str, str] = field(default_factory=dict)
    how: str = "set CAMADAS_DATA to the folder that holds it, or connect to a network so that it can be downloaded"


def data_folder() -> Path:
    """The folder of all data sets: CAMADAS_DATA, else `data` in the current folder."""
    return host().data


def load(name: str, split: str, folder: Path | None = None, *, download: bool = True) -> Dataset:
    """Open one split of a named data set, decoding it once.

    Looked for under `folder`, in this order: SPLIT*.parquet, a folder SPLIT of pictures, the original files as
    torchvision keeps them; then torchvision downloads it.

    Args:
        name: a key of DATASETS.
        split: "train", "val" or "test", as the data set has it.
        folder: of all data sets; None for `data_folder()`.
        download: whether torchvision may download what is not there.

    Raises:
        SettingsError: for a name or split that does not exist.
        DatasetError: if it is missing, or one of its pictures is broken.
    """
    source = source_of(name)
    if split not in source.splits:
        raise SettingsError("unknown", argument="split", value=split, rule=", ".join(source.splits))
    root = folder or data_folder()
    for place in (root / known for known in source.folders):
        if sorted(place.glob(f"{split}*.parquet")) or (place / split).is_dir():
            return open_pictures(place, split=split, source=source)
    return _from_torchvision(source, split, root, download=download)


def given(name: str, split: str, place: Path | None) -> Dataset:
    """One split of a named data set from where somebody says.

    Args:
        name: a key of DATASETS.
        split: as for `load`.
        place: a folder of data sets, as for `load`; the data set's own folder; or a folder or Parquet file of pictures,
            all of which are taken.

    Raises:
        SettingsError, DatasetError: as `load` and `open_pictures`.
    """
    if place is None or is_of_sets(name, place):
        return load(name, split, place)
    return open_pictures(place, split=split if _has(place, split) else "", source=source_of(name))


def holds(name: str, split: str, place: Path) -> bool:
    """Whether a place, as for `given`, has that split apart."""
    return is_of_sets(name, place) or _has(place, split)


def is_of_sets(name: str, place: Path) -> bool:
    """Whether a place is a folder of data sets that has this one."""
    return any((place / known).is_dir() for known in source_of(name).folders)


def _has(place: Path, split: str) -> bool:
    return any(place.glob(f"{split}*.parquet")) or (place / split).is_dir()


def is_here(name: str, split: str, folder: Path | None = None) -> bool:
    """Whether one split of a named data set is on this machine, so that `load` downloads nothing."""
    source, root = source_of(name), folder or data_folder()
    places = [root / known for known in source.folders]
    if any(sorted(place.glob(f"{split}*.parquet")) or (place / split).is_dir() for place in places):
        return True
    return split in source.originals and (root / source.originals[split]).is_file()


def source_of(name: str) -> Source:
    """What is known of a named data set.

    Raises:
        SettingsError: if there is none of that name.
    """
    if name not in DATASETS:
        raise SettingsError("unknown", argument="data set", value=name, rule=", ".join(DATASETS))
    module, attribute = DATASETS[name].split(":")
    source: Source = getattr(importlib.import_module(module), attribute)
    return source


def open_pictures(path: Path, *, split: str = "", source: Source | None = None) -> Dataset:
    """Open a Parquet file, or a folder of pictures or Parquet files, decoding it once.

    Args:
        path: a .parquet file with a column `image` (bytes of a picture) and perhaps `label`; or a folder, which may
            hold a folder for each class, named as the source names it ("/" as "_").
        split: the part of a folder: its files SPLIT*.parquet or its folder SPLIT; empty for all of it.
        source: what is known of the data set.

    Raises:
        DatasetError: if there are no pictures, or one of them is broken.
    """
    name = f"{source.name}-{split}" if source else path.stem
    is_grey, classes = (source.is_grey, source.classes) if source else (False, ())
    shards = [path] if path.suffix == ".parquet" else sorted(path.glob(f"{split}*.parquet"))
    if shards:
        if not all(shard.is_file() for shard in shards):
            raise DatasetError("no_pictures", file=path)
        named = path / "classes.json"
        if not classes and named.is_file():
            classes = tuple(json.loads(named.read_text()))
        return cached(name, key_of(name, shards), _decoded(_parquet_rows(shards), is_grey), classes)
    top = path / split if split else path
    files = sorted(file for file in top.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise DatasetError("no_pictures", file=top)
    labelled = sorted({file.relative_to(top).parts[0] for file in files if file.parent != top})
    known = {name.replace("/", "_"): index for index, name in enumerate(classes)}
    if len(labelled) == 1 and labelled[0] not in known:  # one folder for all, as Tiny-ImageNet's val/images: no class
        labelled = []
    if classes and (strange := [label for label in labelled if label not in known]):
        raise DatasetError("unknown_class", name=strange[0], classes=", ".join(known))
    label_of = known if classes else {label: index for index, label in enumerate(labelled)}
    rows = ((str(file), 0, file.read_bytes(), label_of.get(file.relative_to(top).parts[0])) for file in files)
    return cached(name, key_of(name, files), _decoded(rows, is_grey), classes or tuple(labelled))


Row = tuple[str, int, bytes, int | None]  # file, row in it, bytes of a picture, label


def _parquet_rows(shards: list[Path]) -> Iterator[Row]:
    for shard in shards:
        try:
            file = pq.ParquetFile(shard)
            names = file.schema_arrow.names
            columns = ["image", "label"] if "label" in names else ["image"]
            row = 0
            for batch in file.iter_batches(_CHUNK, columns=columns):
                labels = batch["label"].to_pylist() if "label" in columns else [None] * len(batch)
                for image, label in zip(batch["image"].to_pylist(), labels, strict=True):
                    data = image["bytes"] if isinstance(image, dict) else image
                    if not isinstance(data, bytes):
                        raise DatasetError("no_pictures", file=shard)
                    yield str(shard), row, data, label
                    row += 1
        except (OSError, ValueError, KeyError) as error:  # pyarrow's errors are children of these
            raise DatasetError("no_pictures", file=shard) from error


def _decoded(rows: Iterator[Row], is_grey: bool) -> Iterator[tuple[np.ndarray, int | None]]:
    def decode_row(row: Row) -> tuple[np.ndarray, int | None]:
        file, number, data, label = row
        try:
            image = decode(data)
        except ImageRejected as error:
            raise DatasetError("broken_picture", file=file, row=number, why=error) from error
        return (image[:, :, 0] if is_grey else image), label

    with ThreadPoolExecutor() as pool:
        chunk: list[Row] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) == _CHUNK:
                yield from pool.map(decode_row, chunk)
                chunk.clear()
        yield from pool.map(decode_row, chunk)


def _from_torchvision(source: Source, split: str, root: Path, *, download: bool) -> Dataset:
    """Read the original files through torchvision, downloading them (with its progress bar) where they are not here."""
    missing = DatasetError("missing", name=source.name, split=split, folder=root.absolute(), how=source.how)
    if source.torchvision is None:
        raise missing
    from core.vision import torchvision

    maker: Any = getattr(torchvision("datasets"), source.torchvision)
    own = root / getattr(maker, "base_folder", source.torchvision)

    def files() -> list[Path]:
        return sorted(file for file in own.rglob("*") if file.is_file())

    def whole() -> Any:
        try:
            root.mkdir(parents=True, exist_ok=True)
            return maker(root=root, train=split == "train", download=download)
        except (OSError, RuntimeError) as error:
            raise missing from error

    def rows() -> Iterator[tuple[np.ndarray, int | None]]:  # begun only where nothing is cached
        pictures = whole()
        for image, label in zip(pictures.data, pictures.targets, strict=True):
            yield np.asarray(image), int(label)

    if not files():
        whole()
    return cached(f"{source.name}-{split}", key_of(source.name, files()), rows(), source.classes)
