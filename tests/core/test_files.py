"""Many files: named after their inputs, nothing overwritten, bad ones named."""

import numpy as np
import pytest

from core.errors import SettingsError
from core.files import convert, pictures, write_whole
from core.images import decode, encode
from tests.files import noise


def negative(image: np.ndarray) -> np.ndarray:
    return 255 - image


def write(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def test_results_are_named_after_their_inputs_and_bad_ones_are_skipped(tmp_path):
    good = noise(6, 5)
    inputs = write(
        tmp_path / "in", a__png=encode(good, "png"), b__txt=b"words", c__jpg=encode(good, "jpeg"), d__webp=b""
    )
    sources = sorted(inputs.iterdir())
    done = list(convert(sources, tmp_path / "out", negative, "made"))
    assert [d.source.name for d in done] == ["a.png", "b.txt", "c.jpg", "d.webp"]
    assert [bool(d.problem) for d in done] == [False, True, False, True]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.png", "c.jpg"]
    assert np.array_equal(decode((tmp_path / "out" / "a.png").read_bytes()), 255 - good)


def test_an_input_is_never_overwritten(tmp_path):
    data = encode(noise(4, 4), "png")
    folder = write(tmp_path / "same", a__png=data)
    done = list(convert([folder / "a.png"], folder, negative, "made"))
    assert (folder / "a.png").read_bytes() == data
    assert done[0].target == folder / "a-made.png"


def test_nothing_beside_an_input_is_overwritten(tmp_path):
    other = encode(noise(4, 4), "png")
    folder = write(tmp_path / "same", x__bmp=encode(noise(3, 3), "bmp"), x__png=other)
    done = list(convert([folder / "x.bmp"], folder, negative, "made"))
    assert (folder / "x.png").read_bytes() == other
    assert done[0].target == folder / "x-made.png"


def test_inputs_of_one_name_get_results_of_their_own(tmp_path):
    first, second = (
        write(tmp_path / "1", a__png=encode(noise(4, 4), "png")),
        write(tmp_path / "2", a__bmp=encode(noise(3, 3), "bmp")),
    )
    done = list(convert([first / "a.png", second / "a.bmp", first / "a.png"], tmp_path / "out", negative, "made"))
    assert [d.target.name for d in done] == ["a.png", "a-made.png", "a-made-2.png"]
    assert [decode(d.target.read_bytes()).shape[0] for d in done] == [4, 3, 4]


def test_a_missing_file_is_named(tmp_path):
    done = list(convert([tmp_path / "nowhere.png"], tmp_path / "out", negative, "made"))
    assert (done[0].source.name, done[0].problem) == ("nowhere.png", "No such file or directory")


def test_folders_stand_for_their_pictures(tmp_path):
    folder = write(tmp_path / "in", b__PNG=b"", a__jpeg=b"", notes__md=b"")
    assert [path.name for path in pictures([folder, tmp_path / "x.gif"])] == ["a.jpeg", "b.PNG", "x.gif"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    folder = write(tmp_path / "in", a__png=encode(noise(4, 4), "png"))
    with pytest.raises(SettingsError, match=r"a\.png"):
        list(convert([folder / "a.png"], folder / "a.png", negative, "made"))


def test_a_folder_named_like_a_picture_is_none(tmp_path):
    folder = write(tmp_path / "in", a__png=encode(noise(4, 4), "png"))
    (folder / "b.png").mkdir()
    assert pictures([folder]) == [folder / "a.png"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    write_whole(target, b"old")

    def full(*_args):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
