"""Many picture files through one function: each result beside its name, each bad file named and skipped."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import CamadasError, SettingsError
from core.images import MAX_BYTES, SUFFIXES, Format, decode, encode


@dataclass(frozen=True)
class Converted:
    """What became of one file.

    Attributes:
        source: the file that was read.
        target: the file that was written, or None.
        problem: why not, in one sentence; empty when all went well.
    """

    source: Path
    target: Path | None
    problem: str = ""


def pictures(paths: Iterable[Path]) -> list[Path]:
    """Files as they are named, folders as the picture files that lie in them.

    Raises:
        SettingsError: for a folder that cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else None
        except OSError as error:
            raise SettingsError("folder", argument=path, value=error.strerror) from error
        pictures_in = (file for file in inside or [] if file.suffix.lower() in SUFFIXES and file.is_file())
        found.extend([path] if inside is None else pictures_in)
    return found


def convert(
    sources: list[Path], folder: Path, function: Callable[[np.ndarray], np.ndarray], tag: str, copies: int = 1
) -> Iterator[Converted]:
    """Read each file, apply `function` and write the result into `folder` under the same name.

    JPEG stays JPEG, everything else becomes PNG. An input is never overwritten: a result that would fall on one, on
    another result of this run or on any file of a folder that holds an input gets `-TAG` (and a number) behind it.

    Args:
        sources: the files.
        folder: where to; made if missing.
        function: (H, W, 3) uint8 -> the same kind of array.
        tag: the word behind a name that is taken.
        copies: how many results of each file.

    Yields:
        One Converted a result, or one for a file that is bad, in order.

    Raises:
        SettingsError: if the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError("folder", argument=folder, value=error.strerror) from error
    taken = {source.resolve() for source in sources}
    if folder.resolve() in {source.parent for source in taken}:  # nothing beside an input is overwritten either
        taken |= {file.resolve() for file in folder.iterdir()}
    for source in sources:
        try:
            image = decode(read(source))
            format: Format = "jpeg" if source.suffix.lower() in (".jpg", ".jpeg") else "png"
            names = _free(folder, source.stem, ".jpg" if format == "jpeg" else ".png", tag, taken)
            for target in itertools.islice(names, copies):
                write_whole(target, encode(function(image), format, quality=95))
                taken.add(target.resolve())
                yield Converted(source, target)
        except (CamadasError, OSError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            yield Converted(source, None, said)


def read(source: Path) -> bytes:
    """The bytes of a picture's file, or of one that is too large so many that `decode` says so."""
    with open(source, "rb") as file:
        return file.read(MAX_BYTES + 1)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file whole or not at all: a run that is stopped or a full disk leaves the old one, or none."""
    unfinished = target.with_name(f".{target.name}.part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _free(folder: Path, stem: str, suffix: str, tag: str, taken: set[Path]) -> Iterator[Path]:
    """Names that nothing has, without end."""
    numbered = (f"{stem}-{tag}-{number}" for number in itertools.count(2))
    for name in itertools.chain([stem, f"{stem}-{tag}"], numbered):
        path = folder / f"{name}{suffix}"
        if path.resolve() not in taken:
            yield path
