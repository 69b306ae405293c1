"""Good and bad picture files, made on the spot."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image


def saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    """A Pillow picture as a file."""
    out = BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """A small PNG that claims to be huge; up to 200 megapixels its data are really there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b""
    if width * height <= 200_000_000:
        packer = zlib.compressobj(9)
        row = b"\0" * (width // 8 + 2)
        rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(height, width, 3) uint8 of independent random pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def cmyk_jpeg(image: np.ndarray) -> bytes:
    """A picture as a CMYK JPEG."""
    return saved(Image.fromarray(image).convert("CMYK"), "jpeg", quality=90)


def animated_gif(image: np.ndarray) -> bytes:
    """Three frames: the picture and two mirrored ones."""
    frames = [Image.fromarray(np.ascontiguousarray(view)) for view in (image, image[:, ::-1], image[::-1])]
    return saved(frames[0], "gif", save_all=True, append_images=frames[1:])


def scanned_jpeg(image: np.ndarray, n: int) -> bytes:
    """A progressive JPEG with n more scans, all of them empty: each makes a decoder go over all pixels again."""
    data = saved(Image.fromarray(image), "jpeg", progressive=True)
    empty = b"\xff\xda" + bytes((0, 8, 1, 1, 0, 1, 1, 0)) + b"\0\0"
    return data[:-2] + n * empty + data[-2:]


def jpeg_in_exif_parts(image: np.ndarray, n: int) -> bytes:
    """A JPEG whose EXIF comes in n more parts."""
    data = saved(Image.fromarray(image), "jpeg")
    part = b"Exif\0\0" + bytes(10)
    return data[:2] + n * (b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part) + data[2:]


def linear_grey_profile() -> bytes:
    """An ICC profile of grey without gamma: kTRC is the identity (ICC.1:2001-04, 6.3.3.1)."""
    white = b"XYZ " + bytes(4) + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    curve = b"curv" + bytes(8)
    tags = struct.pack(">I", 2)
    tags += struct.pack(">4sII", b"wtpt", 156, len(white)) + struct.pack(">4sII", b"kTRC", 176, len(curve))
    size = struct.pack(">I", 156 + len(white) + len(curve))
    header = size + bytes(4) + struct.pack(">I", 0x02100000) + b"mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    header += struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header + bytes(128 - len(header)) + tags + white + curve
