"""The picture door: every picture that comes in or goes out passes here, and nothing but a good array gets through.

Limits and formats are checked before a pixel is decoded. The file is hostile until then.
"""

from io import BytesIO
from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from core.errors import ImageRejected, SettingsError

MAX_BYTES = 20 * 1000 * 1000
MAX_PIXELS = 50 * 1000 * 1000
MAX_SIDE = 30_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
Picture = np.ndarray  # (H, W, 3) uint8 RGB
Format = Literal["jpeg", "png", "webp", "tiff", "bmp"]
EXIF_ORIENTATION = 0x0112
TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow would warn above its own limit and raise above twice of it; _check_size does both before any pixel is read.
Image.MAX_IMAGE_PIXELS = None


def decode(data: bytes) -> np.ndarray:
    """Read a picture file into pixels as a person would see them.

    EXIF orientation is applied, an ICC profile is converted to sRGB, transparency is laid over white, the first
    frame of an animation is taken; 16-bit, CMYK, palette, grey and 1-bit pictures become 8-bit RGB.

    Args:
        data: the bytes of a JPEG, PNG, WebP, BMP, TIFF or GIF; at most 20 MB, 50 megapixels and 30,000 pixels a side.

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
        raise ImageRejected("file_too_large", size_mb=len(data) / 1e6, limit_mb=MAX_BYTES // 1_000_000)
    picture = _open(data)
    _check_size(picture)
    try:
        picture.load()
        return np.ascontiguousarray(_oriented(_srgb(picture), picture))
    except ImageRejected:
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
        "jpeg": {"quality": quality, "subsampling": 0, "optimize": True},
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
    if pixels > MAX_PIXELS:
        raise ImageRejected("too_many_pixels", megapixels=pixels / 1e6, limit_megapixels=MAX_PIXELS // 1_000_000)
    if max(picture.size) > MAX_SIDE:
        raise ImageRejected("too_long", side=max(picture.size), limit=MAX_SIDE)


def _srgb(picture: Image.Image) -> np.ndarray:
    """Pixels of any Pillow mode as (H, W, 3) uint8 sRGB over white."""
    if picture.mode.startswith("I;16"):
        return _as_rgb((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        return _as_rgb(_eight_bits(np.asarray(picture)))
    alpha = None
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture_rgba = picture.convert("RGBA")
        alpha = picture_rgba.getchannel("A")
        picture_icc = picture_rgba.convert("RGB")
    elif picture.mode in ("1", "P"):
        picture_icc = picture.convert("RGB")
    elif picture.mode in ("L", "RGB", "CMYK", "LAB", "YCbCr"):
        picture_icc = picture
    else:
        raise ImageRejected("unsupported", mode=picture.mode)
    rgb = _through_profile(picture_icc, picture.info.get("icc_profile"))
    if alpha is not None:
        paper = Image.new("RGB", rgb.size, "white")
        paper.paste(rgb, mask=alpha)
        rgb = paper
    return np.asarray(rgb)


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Grey as 32-bit integers or floats, scaled to 8 bits by the smallest usual range that holds its greatest value."""
    usual = (255.0, 65535.0) if values.dtype.kind in "iu" else (1.0, 255.0, 65535.0)
    values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    greatest = float(values.max())
    full = next((bound for bound in usual if greatest <= bound), greatest)
    return np.clip(values * (255.0 / full) + 0.5, 0, 255).astype(np.uint8)


def _as_rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _through_profile(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Into sRGB by the picture's own profile; without one, or with a wrong one, by the mode's usual meaning."""
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a profile that does not fit its picture says nothing about the pixels
    if picture.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
        converted = ImageCms.applyTransform(picture, transform)
        assert converted is not None
        return converted
    return picture.convert("RGB")


def _oriented(image: np.ndarray, picture: Image.Image) -> np.ndarray:
    try:
        orientation = picture.getexif().get(EXIF_ORIENTATION)
    except Exception:  # broken metadata says nothing about the pixels
        return image
    method = TRANSPOSE.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else np.asarray(Image.fromarray(image).transpose(method))
