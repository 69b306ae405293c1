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
