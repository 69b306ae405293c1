"""The ZIP door: pictures pass, bombs and paths that lead out do not."""

import io
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import zips
from core.errors import ZipRejected
from core.images import encode
from core.zips import MAX_FILES, packed, pictures, unpacked


@pytest.fixture
def png(sample) -> bytes:
    return encode(sample[:8, :8].copy(), "png")


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def test_pictures_come_out_as_they_went_in(png):
    data = archive({"a.png": png, "folder/b.JPG": b"x", "notes.txt": b"no", ".hidden.png": b"", "__MACOSX/a.png": b""})
    assert pictures(data) == ["a.png", "folder/b.JPG"]
    assert list(unpacked(data)) == [("a.png", png), ("b.JPG", b"x")]


def test_names_that_are_alike_are_numbered(png):
    data = archive({"a/x.png": png, "b/x.png": b"two", "c\\x.png": b"three"})
    assert [name for name, _content in unpacked(data)] == ["x.png", "x-2.png", "x-3.png"]


def test_a_list_of_endless_entries_is_refused_unread():
    with pytest.raises(ZipRejected) as caught:
        pictures(archive({f"{n}.txt": b"" for n in range(30_000)}))
    assert caught.value.reason == "too_many"


def test_a_second_signature_in_the_end_record_hides_nothing():
    data = bytearray(archive({f"{n}.txt": b"" for n in range(30_000)}))
    data[-18:-14] = b"PK\x05\x06"  # in the fields of the disks, behind which nothing is large
    with pytest.raises(ZipRejected) as caught:
        pictures(bytes(data))
    assert caught.value.reason == "too_many"


def test_what_is_packed_is_unpacked(png):
    files = [("a.png", png), ("b.png", png * 2)]
    assert list(unpacked(packed(files))) == files


@pytest.mark.parametrize(
    "name", ["../a.png", "a/../../b.png", "/etc/a.png", "..\\a.png", "C:\\a.png", "\\\\host\\a.png"]
)
def test_names_that_lead_out_are_refused(name, png):
    with pytest.raises(ZipRejected) as caught:
        pictures(archive({"fine.png": png, name: png}))
    assert caught.value.reason == "path"


def test_links_are_refused(png):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        link = zipfile.ZipInfo("a.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    with pytest.raises(ZipRejected) as caught:
        pictures(out.getvalue())
    assert caught.value.reason == "path"


def test_a_bomb_is_refused_before_it_is_unpacked(png):
    data = archive({"a.png": bytes(19 * 2**20)})
    assert len(data) < 100_000
    with pytest.raises(ZipRejected) as caught:
        pictures(data)
    assert caught.value.reason == "bomb"


def test_an_entry_that_says_less_than_it_holds_is_refused(png):
    data = bytearray(archive({"a.png": png * 50}, zipfile.ZIP_STORED))
    size = (len(png) * 50).to_bytes(4, "little")
    for _ in range(4):  # sizes stand in the local header and in the directory, packed and unpacked
        at = data.find(size)
        if at >= 0:
            data[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(ZipRejected) as caught:
        list(unpacked(bytes(data)))
    assert caught.value.reason in ("broken", "bomb")  # by its checksum, or by its length


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "no_pictures"),
        ({"a.txt": b"x"}, "no_pictures"),
        ({f"{n}.png": b"" for n in range(MAX_FILES + 1)}, "too_many"),
    ],
)
def test_too_few_and_too_many(files, reason):
    with pytest.raises(ZipRejected) as caught:
        pictures(archive(files))
    assert caught.value.reason == reason


def test_sizes_are_bounded(png, monkeypatch):
    data = archive({"a.png": png, "b.png": png}, zipfile.ZIP_STORED)
    for name, value, reason in (
        ("MAX_ZIP_BYTES", 10, "file_too_large"),
        ("MAX_BYTES", 10, "picture_too_large"),
        ("MAX_UNPACKED", len(png), "too_much"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(zips, name, value)
            with pytest.raises(ZipRejected) as caught:
                pictures(data)
            assert caught.value.reason == reason


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_refused(data):
    with pytest.raises(ZipRejected):
        list(unpacked(data))


def test_a_damaged_archive_is_refused(png):
    data = bytearray(archive({"a.png": png}))
    data[40] ^= 255
    with pytest.raises(ZipRejected):
        list(unpacked(bytes(data)))
