"""Thousands of hostile files at the picture door: a good array or ImageRejected, in bounded memory."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from core.errors import ImageRejected
from core.images import MAX_PIXELS, decode
from tests.files import animated_gif, bomb_png, cmyk_jpeg, jpeg_in_exif_parts, noise, saved, scanned_jpeg
from ui.files import ROOT

N_MUTANTS = 4000
MOST_MIB = 650  # 50 megapixels are 150 MB of RGB, and 200 MB in Pillow's hands before


def seeds() -> list[bytes]:
    """One small file of every kind that the door reads, and of some that it does not."""
    image = noise(24, 31)
    rgb = Image.fromarray(image)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    return [
        saved(rgb, "jpeg", exif=exif, icc_profile=profile),
        saved(rgb, "jpeg", progressive=True),
        cmyk_jpeg(image),
        saved(rgb, "png", exif=exif, icc_profile=profile),
        saved(rgb.convert("RGBA"), "png"),
        saved(rgb.quantize(16), "png", transparency=2),
        saved(Image.fromarray(image[:, :, 0].astype(np.uint16) * 257), "png"),
        saved(rgb, "webp", exif=exif),
        saved(rgb.convert("RGBA"), "webp", lossless=True),
        saved(rgb, "bmp"),
        *(saved(rgb, "tiff", compression=kind) for kind in (None, "tiff_lzw", "tiff_adobe_deflate", "jpeg")),
        saved(rgb.convert("LAB"), "tiff"),
        saved(Image.fromarray(image[:, :, 0].astype(np.float32)), "tiff"),
        animated_gif(image),
        saved(rgb, "ppm"),
        saved(rgb, "ico"),
    ]


def mutant(files: list[bytes], random: np.random.Generator) -> bytes:
    """A file cut short, with bytes changed, a piece doubled, or two files spliced."""
    data = bytearray(files[random.integers(len(files))])
    kind = random.integers(5)
    if kind == 0:
        return bytes(data[: random.integers(len(data))])
    if kind == 1:
        other = files[random.integers(len(files))]
        return bytes(data[: random.integers(len(data))]) + other[random.integers(len(other)) :]
    if kind == 2:
        start = random.integers(len(data))
        return bytes(data[:start] + data[start : start + 200] * 3 + data[start:])
    reach = 64 if kind == 3 else len(data)  # headers break in more ways than pixels do
    for _ in range(random.integers(1, 12)):
        data[random.integers(min(reach, len(data)))] = random.integers(256)
    return bytes(data)


def largest(folder: Path) -> None:
    """Files of as many pixels as are taken, in the modes that need most memory, as PNG, TIFF, JPEG and WebP."""
    size = 7_000, 7_140
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGBA", size, (90, 60, 30, 128)).save(folder / "alpha.png", compress_level=1, icc_profile=profile)
    Image.new("F", size, 0.5).save(folder / "float.tiff", compression="tiff_adobe_deflate")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("CMYK", size, (9, 8, 7, 6)).save(folder / "sideways.jpg", exif=exif)
    Image.new("RGBA", size, (90, 60, 30, 128)).save(folder / "sideways.webp", lossless=True, exif=exif)


def survive(n: int, folder: Path) -> None:
    """Decode n mutants, some bombs and the largest files; any other outcome than the two allowed ones raises."""
    random, files, outcomes = np.random.default_rng(0), seeds(), Counter()
    bombs = [bomb_png(*size) for size in ((10_000, 6_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1), (9_000, 5_500))]
    bombs += [scanned_jpeg(noise(64, 64), 200_000), jpeg_in_exif_parts(noise(64, 64), 200_000)]
    large = [file.read_bytes() for file in sorted(folder.iterdir())]
    assert [decode(data).size for data in large] == [3 * 7_000 * 7_140] * 4
    for data in [*files, *bombs, *(mutant(files, random) for _ in range(n))]:
        try:
            image = decode(data)
        except ImageRejected as error:
            assert str(error)
            outcomes[error.reason] += 1
            continue
        assert image.dtype == np.uint8
        assert image.ndim == 3
        assert image.shape[2] == 3
        assert 1 <= image.shape[0] * image.shape[1] <= MAX_PIXELS
        assert image.flags.c_contiguous
        outcomes["good"] += 1
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent's memory too
    peak_mib = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(dict(outcomes), f"{peak_mib:.0f} MiB")
    assert outcomes["good"] > n / 10
    assert outcomes["broken"] > n / 10
    assert peak_mib < MOST_MIB


def test_nothing_but_a_good_array_or_a_reason(tmp_path):
    largest(tmp_path)
    code = f"""
from pathlib import Path; from tests.core.test_images_fuzz import survive; survive({N_MUTANTS}, Path({str(tmp_path)!r}))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
