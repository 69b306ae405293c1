"""The picture door: what comes in right, and what does not come in at all."""

import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms, ImageOps

from core.errors import ImageRejected, SettingsError
from core.images import MAX_BYTES, decode, encode, fit_within
from tests.files import bomb_png, jpeg_in_exif_parts, linear_grey_profile, noise, saved, scanned_jpeg


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))),
    st.sampled_from(["png", "tiff", "bmp"]),
)
def test_lossless_formats_give_back_what_they_got(image, format):
    before = image.copy()
    assert np.array_equal(decode(encode(image, format)), image)
    assert np.array_equal(image, before)


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_lossy_formats_come_close(sample, format):
    assert np.abs(decode(encode(sample, format)).astype(int) - sample).mean() < 3


@pytest.mark.parametrize("format", ["png", "tiff", "jpeg", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_pillow_does_it(orientation, format):
    image = Image.fromarray(np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(image, format, exif=exif)
    truth = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert np.array_equal(decode(data), np.asarray(truth))


def test_profile_is_converted_to_srgb():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    table, rest = profile[:400], profile[400:]
    swapped = table.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ") + rest
    red = saved(Image.new("RGB", (2, 2), (255, 0, 0)), "png", icc_profile=swapped)
    blue = decode(red)[0, 0]
    assert blue[2] > 250
    assert blue[0] < 5


def test_profile_that_is_nonsense_is_ignored():
    data = saved(Image.new("RGB", (2, 2), (10, 200, 30)), "png", icc_profile=b"not a profile" * 20)
    assert decode(data)[0, 0].tolist() == [10, 200, 30]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_laid_over_white(mode):
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (0, 0, 0, 255))
    data = saved(picture.convert(mode), "tiff" if mode == "PA" else "png")
    assert decode(data)[0].tolist() == [[255, 255, 255], [0, 0, 0]]


def test_transparent_colour_of_a_palette_is_white():
    picture = Image.new("P", (1, 1), 3)
    assert decode(saved(picture, "gif", transparency=3))[0, 0].tolist() == [255, 255, 255]


def test_sixteen_bits_become_eight():
    values = np.array([[0, 257 * 100, 65535]], np.uint16)
    assert decode(saved(Image.fromarray(values), "png"))[0].tolist() == [[0] * 3, [100] * 3, [255] * 3]


def test_a_transparent_grey_of_sixteen_bits_is_white():
    values = np.array([[0, 1, 65535]], np.uint16)
    assert decode(saved(Image.fromarray(values), "png", transparency=0))[0, :, 0].tolist() == [255, 0, 255]


def test_a_sixteen_bit_negative_is_read_as_one():
    values = np.array([[0, 65535]], np.uint16)
    data = saved(Image.fromarray(values), "tiff", tiffinfo={262: 0})
    assert decode(data)[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_a_profile_of_grey_is_heeded(mode):
    values = np.full((1, 1), 128, np.uint8)
    picture = Image.fromarray(values.astype(np.uint16) * 257 if mode == "I;16" else values)
    data = saved(picture if mode == "I;16" else picture.convert(mode), "png", icc_profile=linear_grey_profile())
    assert decode(data)[0, 0].tolist() == [188] * 3  # half of the light


def test_float_tiff_of_zero_to_one_is_scaled():
    values = np.array([[0.0, 0.5, 1.0]], np.float32)
    assert decode(saved(Image.fromarray(values), "tiff"))[0, :, 0].tolist() == [0, 128, 255]


def test_cmyk_jpeg_has_its_colours():
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    pixel = decode(saved(red, "jpeg", quality=100))[4, 4]
    assert pixel[0] > 200
    assert max(pixel[1:]) < 80


def test_one_bit_and_palette():
    assert decode(saved(Image.new("1", (2, 2), 1), "png")).tolist() == np.full((2, 2, 3), 255).tolist()
    palette = Image.new("RGB", (3, 3), (7, 80, 200)).quantize(4)
    assert decode(saved(palette, "png"))[1, 1].tolist() == [7, 80, 200]


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_first_frame_of_an_animation(format):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "green")]
    data = saved(
        frames[0], format, save_all=True, append_images=frames[1:], **({"lossless": True} if format == "webp" else {})
    )
    assert decode(data)[0, 0].tolist() == [255, 0, 0]


def test_lab_tiff_is_read_as_colour():
    lab = Image.merge("LAB", [Image.new("L", (2, 2), value) for value in (255, 128, 128)])
    assert (decode(saved(lab, "tiff")) > 250).all()
    lab = Image.merge("LAB", [Image.new("L", (2, 2), value) for value in (140, 188, 168)])
    red, green, blue = decode(saved(lab, "tiff"))[0, 0].astype(int)
    assert red > green + 60 > blue


def test_noise_is_encoded_too():
    image = noise(600, 600)
    for format in ("jpeg", "webp", "png"):
        assert decode(encode(image, format, quality=95)).shape == image.shape


@pytest.mark.parametrize(("kind", "reason"), [(4, "too_many_pixels"), (2, "broken")], ids=["number", "text"])
def test_a_tiff_with_a_huge_tile_is_refused(kind, reason):
    entries = [(256, 16), (257, 16), (258, 8), (259, 8), (262, 1), (322, 23_040), (323, 23_040), (324, 200), (325, 9)]
    kinds = {322: kind}
    directory = b"".join(struct.pack("<HHII", tag, kinds.get(tag, 4), 1, value) for tag, value in entries)
    data = b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(100)
    with pytest.raises(ImageRejected) as caught:
        decode(data)
    assert caught.value.reason == reason


@pytest.mark.parametrize("made", [scanned_jpeg, jpeg_in_exif_parts])
def test_a_jpeg_made_to_keep_its_reader_busy_is_refused(made):
    image = noise(16, 16)
    assert decode(made(image, 50)).shape == image.shape
    with pytest.raises(ImageRejected) as caught:
        decode(made(image, 300))
    assert caught.value.reason == "broken"


def test_a_tiff_of_many_small_jpegs_is_good():
    data = saved(Image.fromarray(noise(2400, 16)), "tiff", compression="jpeg", tiffinfo={278: 8})
    assert data.count(b"\xff\xda") > 250
    assert decode(data).shape == (2400, 16, 3)


def test_nothing_but_pixels_is_written(sample):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(Image.fromarray(sample), "jpeg", exif=exif, icc_profile=profile)
    assert b"A camera" in data
    for format in ("jpeg", "png", "webp", "tiff"):
        written = encode(decode(data), format)
        assert b"A camera" not in written
        opened = Image.open(BytesIO(written))
        assert not [tag for tag in opened.getexif() if tag in (0x8825, 0x9003, 0x010F, 0x0112)]
        assert "icc_profile" not in opened.info
        assert "exif" not in opened.info


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"just words", "not_a_picture"),
        (b"%PDF-1.7 ...", "not_a_picture"),
        (b"\0" * (MAX_BYTES + 1), "file_too_large"),
        (saved(Image.new("RGB", (64, 64), "red"), "jpeg")[:300], "broken"),
        (saved(Image.effect_noise((64, 64), 50), "png")[:-200], "broken"),
        (bomb_png(10_000, 6_000), "too_many_pixels"),
        (bomb_png(2_000_000_000, 2_000_000_000), "too_many_pixels"),
        (bomb_png(1, 49_000_000), "too_long"),
        (bomb_png(300_000, 1), "too_long"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
    ],
)
def test_rejected_with_its_reason(data, reason):
    with pytest.raises(ImageRejected) as caught:
        decode(data)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "image", [np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2), np.float32), np.zeros((0, 2, 3), np.uint8)]
)
def test_arrays_that_are_no_picture_are_not_written(image):
    with pytest.raises(SettingsError):
        encode(image, "png")


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 64))
@settings(max_examples=60, deadline=None)
def test_fit_within_keeps_proportions(height, width, longer_px):
    shrunk = fit_within(np.zeros((height, width, 3), np.uint8), longer_px)
    assert max(shrunk.shape[:2]) == min(longer_px, max(height, width))
    assert min(shrunk.shape[:2]) >= 1
    scale = max(shrunk.shape[:2]) / max(height, width)
    assert abs(shrunk.shape[0] - height * scale) <= 1
    assert abs(shrunk.shape[1] - width * scale) <= 1
