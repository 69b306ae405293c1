"""The ZIP door: pictures by the dozen, in and out. An archive is hostile until every name and size is checked."""

import stat
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import PurePosixPath

from core.errors import ZipRejected
from core.images import MAX_BYTES, SUFFIXES

MAX_ZIP_BYTES = 50 * 2**20
MAX_FILES = 500
MAX_UNPACKED = 400 * 2**20  # of all pictures together
MOST_EXPANSION = 50  # times its packed size: pictures are packed already
CHUNK = 2**16
ENTRY = b"PK\x01\x02"  # begins each entry of the list at the end of an archive
MAX_ENTRIES = 20_000  # folders and files that are no pictures too


def pictures(data: bytes) -> list[str]:
    """The names of the pictures in an archive, every rule checked before anything is unpacked.

    Folders, hidden files and files that are no pictures by their name are left out.

    Args:
        data: the bytes of a ZIP file.

    Raises:
        ZipRejected: if it is none, or too large, or holds what it must not; `reason` says which rule was broken.
    """
    with _opened(data) as archive:
        return [entry.filename for entry in _checked(archive)]


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each picture's name, without folders and unlike all before it, and its bytes, one after another.

    Raises:
        ZipRejected: as `pictures`; and where an entry holds more than it says, is damaged or asks for a password.
    """
    taken: set[str] = set()
    with _opened(data) as archive:
        for entry in _checked(archive):
            path = PurePosixPath(entry.filename.replace("\\", "/"))
            names = (path.name, *(f"{path.stem}-{number}{path.suffix}" for number in range(2, MAX_FILES + 2)))
            name = next(name for name in names if name not in taken)
            taken.add(name)
            yield name, _read(archive, entry)


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of files that are packed already: names, without folders, and bytes."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(PurePosixPath(name).name), content)
    return out.getvalue()


def _opened(data: bytes) -> zipfile.ZipFile:
    if len(data) > MAX_ZIP_BYTES:
        raise ZipRejected("file_too_large", size_mb=len(data) / 2**20, limit_mb=MAX_ZIP_BYTES // 2**20)
    n = data.count(ENTRY)
    if n > MAX_ENTRIES:  # its reader would make an object of each before anything can be counted
        raise ZipRejected("too_many", n=n, most=MAX_FILES)
    try:
        return zipfile.ZipFile(BytesIO(data))
    except Exception as error:  # its reader raises whatever it likes on hostile bytes
        raise ZipRejected("not_a_zip") from error


def _checked(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0] or "\0" in entry.filename:
            raise ZipRejected("path", name=entry.filename[:60])
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ZipRejected("path", name=entry.filename[:60])
    found = [e for e in entries if not e.is_dir() and is_picture(e.filename)]
    if not found:
        raise ZipRejected("no_pictures")
    if len(found) > MAX_FILES:
        raise ZipRejected("too_many", n=len(found), most=MAX_FILES)
    for entry in found:
        if entry.file_size > MAX_BYTES:
            raise ZipRejected("picture_too_large", name=entry.filename[:60], limit_mb=MAX_BYTES // 2**20)
        if entry.file_size > MOST_EXPANSION * max(entry.compress_size, CHUNK):
            raise ZipRejected("bomb", name=entry.filename[:60])
    total = sum(entry.file_size for entry in found)
    if total > MAX_UNPACKED:
        raise ZipRejected("too_much", size_mb=total / 2**20, limit_mb=MAX_UNPACKED // 2**20)
    return found


def is_picture(name: str) -> bool:
    """Whether a file is taken for a picture, by its name; hidden ones are not."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry; it may hold no more than it says."""
    try:
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
    except Exception as error:  # damaged, or with a password
        raise ZipRejected("broken", name=entry.filename[:60]) from error
    if len(content) > entry.file_size:
        raise ZipRejected("bomb", name=entry.filename[:60])
    return content
