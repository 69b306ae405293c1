"""Data sets: every layout, decoded once, broken pictures named."""

import gzip
import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.data import DATASETS, cache, reader
from core.data.reader import load, open_pictures, source_of
from core.errors import DatasetError, SettingsError
from core.images import encode
from tests.conftest import COUNTS, SIZES, write_parquet
from tests.files import noise


@pytest.mark.parametrize("name", DATASETS)
def test_contract_of_every_data_set(name, made_data):
    source = source_of(name)
    assert source.name == name
    for split in source.splits:
        data = load(name, split, made_data)
        assert len(data) == COUNTS.get(name, 24)
        image, side = data.image(0), SIZES[name]
        assert image.shape == ((side, side) if source.is_grey else (side, side, 3))
        assert image.dtype == np.uint8
        assert not image.flags.writeable
        assert data.stack().shape == (len(data), *image.shape)
        assert data.labels is not None
        assert data.labels.max() == min(9, len(data) - 1)


def test_pictures_come_back_exactly_and_in_order(tmp_path):
    images = [noise(5 + i, 7, seed=i) for i in range(6)]
    file = write_parquet(tmp_path / "some.parquet", [encode(image, "png") for image in images])
    data = open_pictures(file)
    assert all(np.array_equal(data.image(i), image) for i, image in enumerate(images))
    assert data.labels is None
    with pytest.raises(DatasetError, match="differ in size"):
        data.stack()


def test_the_second_start_decodes_nothing(tmp_path, monkeypatch):
    file = write_parquet(tmp_path / "some.parquet", [encode(noise(4, 4), "png")] * 3, [1, 2, 3])
    first = open_pictures(file)
    monkeypatch.setattr(reader, "decode", lambda data: pytest.fail("decoded again"))
    second = open_pictures(file)
    assert np.array_equal(first.stack(), second.stack())
    assert second.labels.tolist() == [1, 2, 3]
    assert isinstance(second.pixels, np.memmap)


def test_a_changed_file_is_read_again(tmp_path):
    file = tmp_path / "some.parquet"
    for seed in (0, 1):
        write_parquet(file, [encode(noise(4 + seed, 4, seed), "png")])
        assert np.array_equal(open_pictures(file).image(0), noise(4 + seed, 4, seed))


def test_folders_of_pictures_with_classes(tmp_path):
    for label, colour in (("cat", "red"), ("dog", "blue")):
        place = tmp_path / "photos" / "train" / label
        place.mkdir(parents=True)
        Image.new("RGB", (3, 2), colour).save(place / "a.png")
        (place / "notes.txt").write_text("not a picture")
    data = load("photos", "train", tmp_path)
    assert data.classes == ("cat", "dog")
    assert data.labels.tolist() == [0, 1]
    assert data.image(1)[0, 0].tolist() == [0, 0, 255]


def test_torchvision_layout_of_mnist_is_decoded_once(tmp_path, monkeypatch):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    digits = noise(2, 28 * 28)[:, :, 0].reshape(2, 28, 28)
    for part in ("train", "t10k"):
        pixels = struct.pack(">IIII", 0x803, 2, 28, 28) + digits.tobytes()
        labels = struct.pack(">II", 0x801, 2) + bytes([4, 7])
        for kind, data in (("images-idx3", pixels), ("labels-idx1", labels)):
            (raw / f"{part}-{kind}-ubyte").write_bytes(data)
            (raw / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(data))
    data = load("mnist", "test", tmp_path)
    assert np.array_equal(data.stack(), digits)
    assert data.labels.tolist() == [4, 7]
    assert data.classes[4] == "4"
    monkeypatch.setattr("torchvision.datasets.MNIST.__init__", _never)
    assert np.array_equal(load("mnist", "test", tmp_path).stack(), digits)  # from the cache, no file read again


def _never(*_args, **_options):
    raise AssertionError("the data set is decoded a second time")


def test_a_missing_data_set_says_how_to_get_it(tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match="tiny-imagenet-200.zip") as caught:
        load("tiny_imagenet", "train", tmp_path)
    assert caught.value.reason == "missing"
    monkeypatch.setattr("urllib.request.urlopen", _no_network)
    with pytest.raises(DatasetError, match="CAMADAS_DATA"):
        load("cifar10", "train", tmp_path)


def _no_network(*_args, **_options):
    raise OSError("no network")


def test_a_broken_picture_is_named_and_leaves_no_cache(tmp_path):
    good = encode(noise(16, 16), "png")
    file = write_parquet(tmp_path / "some.parquet", [good, good, good[:-100]])
    for _ in range(2):
        with pytest.raises(DatasetError, match=r"some\.parquet, picture 2: the file is damaged"):
            open_pictures(file)
    assert not list(cache.cache_folder().glob("*"))


@pytest.mark.parametrize("content", [b"", b"no parquet at all"])
def test_a_file_that_is_no_parquet(tmp_path, content):
    file = tmp_path / "x.parquet"
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=r"x\.parquet holds no pictures"):
        open_pictures(file)


def test_unknown_names(tmp_path):
    with pytest.raises(SettingsError, match="choose one of cifar10"):
        load("imagenet", "train", tmp_path)
    with pytest.raises(SettingsError, match="choose one of train, test"):
        load("mnist", "val", tmp_path)


def test_hugging_face_style_image_columns(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = BytesIO()
    Image.fromarray(noise(3, 3)).save(out, "png")
    pq.write_table(pa.table({"image": [{"bytes": out.getvalue(), "path": None}]}), tmp_path / "hf.parquet")
    assert np.array_equal(open_pictures(tmp_path / "hf.parquet").image(0), noise(3, 3))


def test_a_table_without_pictures_is_named(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"image": [1, 2]}), tmp_path / "numbers.parquet")
    with pytest.raises(DatasetError, match=r"numbers\.parquet holds no pictures"):
        open_pictures(tmp_path / "numbers.parquet")
