"""The picture door: every picture that comes in or goes out passes here, and nothing but a good array gets through.

Limits and formats are checked before a pixel is decoded. The file is hostile until then.
"""

import contextlib
import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from core.errors import ImageRejected, SettingsError

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50 * 1000 * 1000
MAX_SIDE = 30_000
MAX_SCANS = 200  # of a progressive JPEG: each goes over all its pixels, and an empty one costs 12 bytes
MAX_EXIF_PARTS = 64  # Pillow puts them together one by one, copying all those before
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
Picture = np.ndarray  # (H, W, 3) uint8 RGB
Format = Literal["jpeg", "png", "webp", "tiff", "bmp"]
EXIF_ORIENTATION = 0x0112
JPEG_START, SCAN_START, EXIF_START = b"\xff\xd8", b"\xff\xda", b"Exif\0\0"
# Tags of a TIFF. Its reader makes room for a whole tile; each strip or tile may be a JPEG of its own.
PHOTOMETRIC, STRIP_OFFSETS, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS = 262, 273, 322, 323, 324
WHITE_IS_ZERO = 0
UPRIGHT: dict[object, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}
STRIP_PIXELS = 2**20
LARGE_PIXELS = 4 * 2**20
_large_before = threading.Event()

# Pillow would warn above its own limit and raise above twice of it; _check_size does both before any pixel is read.
Image.MAX_IMAGE_PIXELS = None


def decode(data: bytes) -> np.ndarray:
    """Read a picture file into pixels as a person would see them.

    EXIF orientation is applied, an ICC profile is converted to sRGB, transparency is laid over white, the first
    frame of an animation is taken; 16-bit, CMYK, palette, grey and 1-bit pictures become 8-bit RGB.

    Args:
        data: the bytes of a JPEG, PNG, WebP, BMP, TIFF or GIF; at most 20 MB, 50 megapixels and 30,000 pixels
            a side.

    Returns:
        (H, W, 3) uint8 RGB, contiguous.

    Raises:
        ImageRejected: for anything else; `reason` says which rule was broken.

    >>> decode(encode(np.zeros((2, 3, 3), np.uint8), "png")).shape
    (2, 3, 3)
    """
    if not data:
        raise ImageRejected("empty")
    if len(data) > MAX_BYTES:
        raise ImageRejected("file_too_large", size_mb=len(data) / 2**20, limit_mb=MAX_BYTES // 2**20)
    if _large_before.is_set():
        _give_back()
    picture = _open(data)
    try:
        _check_size(picture)
        _check_scans(picture, data)
        if picture.width * picture.height > LARGE_PIXELS:
            _large_before.set()
        loaded = _loaded(picture, data)
        upright = _upright(picture)
        image = _srgb(loaded)
        loaded.close()  # its pixels would stand beside two more copies
        return np.ascontiguousarray(upright(image))
    except (ImageRejected, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever they like on hostile bytes
        raise ImageRejected("broken") from error


def encode(image: np.ndarray, format: Format, *, quality: int = 92) -> bytes:
    """Write pixels as a file without any metadata.

    Args:
        image: (H, W, 3) or (H, W) uint8.
        format: the kind of file.
        quality: of JPEG (4:4:4) and WebP, 1 to 100.

    Returns:
        The bytes of the file.

    Raises:
        SettingsError: if the array is no picture or the format is none of ours.
    """
    if (
        image.dtype != np.uint8
        or image.ndim not in (2, 3)
        or (image.ndim == 3 and image.shape[2] != 3)
        or not image.size
    ):
        raise SettingsError(
            "shape", argument="image", rule="(H, W, 3) or (H, W) uint8", value=f"{image.shape} {image.dtype}"
        )
    options: dict[str, dict[str, object]] = {
        "jpeg": {"quality": quality, "subsampling": 0},
        "png": {"compress_level": 4},
        "webp": {"quality": quality, "method": 2},
        "tiff": {"compression": "tiff_adobe_deflate"},
        "bmp": {},
    }
    if format not in options:
        raise SettingsError("unknown", argument="format", value=format, rule=", ".join(options))
    out = BytesIO()
    Image.fromarray(image).save(out, format, **options[format])
    return out.getvalue()


def fit_within(image: np.ndarray, longer_px: int) -> np.ndarray:
    """Shrink a picture, keeping its proportions; a picture that is small enough comes back as it is.

    Args:
        image: (H, W, 3) or (H, W), uint8 or float32.
        longer_px: the greatest width or height, in pixels, at least 1.

    Returns:
        The same kind of array, no side longer than `longer_px` and none shorter than 1.
    """
    height, width = image.shape[:2]
    scale = longer_px / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _open(data: bytes) -> Image.Image:
    if data.startswith(JPEG_START) and data.count(EXIF_START) > MAX_EXIF_PARTS:
        raise ImageRejected("broken")
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageRejected("not_a_picture") from error
    except Exception as error:  # a header that breaks its own reader
        raise ImageRejected("broken") from error


def _check_size(picture: Image.Image) -> None:
    pixels = picture.width * picture.height
    if pixels < 1:
        raise ImageRejected("broken")
    tags = getattr(picture, "tag_v2", {})
    pixels = max(pixels, int(tags.get(TILE_WIDTH, 0)) * int(tags.get(TILE_HEIGHT, 0)))
    if pixels > MAX_PIXELS:
        raise ImageRejected("too_many_pixels", megapixels=pixels / 1e6, limit_megapixels=MAX_PIXELS // 1_000_000)
    if max(picture.size) > MAX_SIDE:
        raise ImageRejected("too_long", side=max(picture.size), limit=MAX_SIDE)


def _check_scans(picture: Image.Image, data: bytes) -> None:
    tags = getattr(picture, "tag_v2", {})
    parts = [tags.get(tag, ()) for tag in (STRIP_OFFSETS, TILE_OFFSETS)]
    n_parts = sum(len(part) if isinstance(part, tuple) else 1 for part in parts)
    if picture.format in ("JPEG", "MPO", "TIFF") and data.count(SCAN_START) > MAX_SCANS + n_parts:
        raise ImageRejected("broken")


def _loaded(picture: Image.Image, data: bytes) -> Image.Image:
    """The picture with its pixels read; WebP by OpenCV, since Pillow keeps four copies of all pixels meanwhile."""
    if picture.format != "WEBP":
        picture.load()
        return picture
    info, size = dict(picture.info), picture.size
    vars(picture).pop("_decoder", None)  # it holds all pixels already
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != size[::-1]:
        raise ImageRejected("broken")
    has_alpha = pixels.shape[2] == 4
    cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if has_alpha else cv2.COLOR_BGR2RGB, dst=pixels)
    mode = "RGBA" if has_alpha else "RGB"
    loaded = Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)
    loaded.info = info
    return loaded


def _srgb(picture: Image.Image) -> np.ndarray:
    """Pixels of any Pillow mode as (H, W, 3) uint8 sRGB over white; in strips, so that copies stay small."""
    read = _reader(picture)
    out = np.empty((picture.height, picture.width, 3), np.uint8)
    for rows, strip in _strips(picture):
        out[rows] = read(strip)
    return out


def _strips(picture: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """Bands of whole rows, about a megapixel each: which rows, and the picture cropped to them."""
    n = max(1, STRIP_PIXELS // picture.width)
    if n >= picture.height:  # a crop would be a copy
        yield slice(None), picture
        return
    for top in range(0, picture.height, n):
        bottom = min(top + n, picture.height)
        yield slice(top, bottom), picture.crop((0, top, picture.width, bottom))


def _reader(picture: Image.Image) -> Callable[[Image.Image], np.ndarray]:
    """What turns a strip of this picture into (h, w, 3), or grey (h, w, 1), uint8."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _deep_reader(picture)
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    if not has_alpha and picture.mode not in ("1", "P", "L", "RGB", "CMYK", "LAB", "YCbCr"):
        raise ImageRejected("unsupported", mode=picture.mode)
    is_grey = picture.mode in ("L", "LA", "La")
    mode = "L" if is_grey else "RGB" if has_alpha or picture.mode in ("1", "P") else picture.mode
    into_srgb = _profile_transform(mode, picture.info.get("icc_profile"))

    def read(strip: Image.Image) -> np.ndarray:
        rgba = strip.convert("RGBA") if has_alpha else None
        rgb = _transformed(_as(mode, rgba or strip), into_srgb)
        if rgba is None:
            return np.asarray(rgb)
        paper = Image.new("RGB", rgb.size, "white")
        paper.paste(rgb, mask=rgba.getchannel("A"))
        return np.asarray(paper)

    return read


def _deep_reader(picture: Image.Image) -> Callable[[Image.Image], np.ndarray]:
    """The same for grey of 16 or 32 bits or floats; what Pillow leaves undone here is done here."""
    scale = 255.0 / _full_scale(picture)
    is_negative = getattr(picture, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO
    clear = picture.info.get("transparency")  # the one value of a PNG that is not there
    into_srgb = _profile_transform("L", picture.info.get("icc_profile"))

    def read(strip: Image.Image) -> np.ndarray:
        values = _finite(strip)
        grey = np.clip(values * scale + 0.5, 0, 255).astype(np.uint8)
        rgb = np.array(_transformed(Image.fromarray(255 - grey if is_negative else grey), into_srgb))
        if isinstance(clear, int):
            rgb[values == clear] = 255
        return rgb

    return read


def _transformed(image: Image.Image, into_srgb: ImageCms.ImageCmsTransform | None) -> Image.Image:
    rgb = _as("RGB", image) if into_srgb is None else ImageCms.applyTransform(image, into_srgb)
    assert rgb is not None  # it is None only where the picture is changed in place
    return rgb


def _as(mode: str, image: Image.Image) -> Image.Image:
    """Pillow's convert, which copies even where there is nothing to convert."""
    return image if image.mode == mode else image.convert(mode)


def _finite(strip: Image.Image) -> np.ndarray:
    return np.nan_to_num(np.asarray(strip).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _full_scale(picture: Image.Image) -> float:
    """White: for 16 bits their range, for 32 bits and floats the smallest usual range that holds the greatest value."""
    if picture.mode.startswith("I;16"):
        return 65535.0
    usual = (255.0, 65535.0) if picture.mode == "I" else (1.0, 255.0, 65535.0)
    greatest = max(float(_finite(strip).max()) for _rows, strip in _strips(picture))
    return next((bound for bound in usual if greatest <= bound), greatest)


def _profile_transform(mode: str, profile: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """Into sRGB by the picture's own profile; without one, or with a wrong one, by the mode's usual meaning (None)."""
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), mode, "RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a profile that does not fit its picture says nothing about the pixels
    if mode != "LAB":
        return None
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


def _give_back() -> None:
    """What a large picture has left goes back to the system before the next one is opened: glibc keeps what is freed
    for as long as anything lies above it."""
    _large_before.clear()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another libc
            ctypes.CDLL(None).malloc_trim(0)


def _upright(picture: Image.Image) -> Callable[[np.ndarray], np.ndarray]:
    """What turns the pixels as the file's orientation (1 to 8) says."""
    try:
        orientation = picture.getexif().get(EXIF_ORIENTATION)
    except Exception:  # broken metadata says nothing about the pixels
        orientation = None
    return UPRIGHT.get(orientation, lambda image: image)
