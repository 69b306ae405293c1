"""Convolution of arrays: one function that takes the fastest way to the same numbers."""

import operator
from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import scipy.fft

from core.devices import n_cores
from core.errors import SettingsError

PadMode = Literal["zeros", "reflect", "replicate", "circular"]
Padding = Literal["valid", "same", "full"] | int | tuple[int, int]
Pads = tuple[tuple[int, int], ...]
Pair = int | tuple[int, int]

FFT_AREA = {2: 13 * 13, 3: 15 * 15}  # by dimensions of the picture: from here on ours is quicker than OpenCV's own
MOST_CHANNELS = 4  # that OpenCV's filters take in one call everywhere
SEPARABLE_AREA = 5 * 5  # below it two passes cost more than one
BORDERS = {
    "zeros": cv2.BORDER_CONSTANT,
    "reflect": cv2.BORDER_REFLECT_101,
    "replicate": cv2.BORDER_REPLICATE,
    "circular": cv2.BORDER_WRAP,
}


def convolve2d(
    image: np.ndarray,
    kernel: np.ndarray,
    *,
    stride: Pair = 1,
    padding: Padding = "valid",
    mode: PadMode = "zeros",
    dilation: Pair = 1,
    groups: int = 1,
    flip: bool = False,
    divisor: float = 1.0,
) -> np.ndarray:
    """Slide a kernel over a picture: correlation, as in torch.nn.Conv2d and cv2.filter2D, or true convolution.

    Args:
        image: (H, W) or (H, W, C), float32 or float64; other kinds of numbers are taken as float64.
        kernel: (h, w), which treats each channel alone, or (h, w, C / groups, D), which sums over the channels of a
            group and gives D channels, D a multiple of `groups`.
        stride: rows and columns between windows, at least 1.
        padding: "valid" none; "same" d(k - 1) in all, the odd one at the end, so that stride 1 keeps the size;
            "full" d(k - 1) on each side; or rows and columns on each side.
        mode: what padding holds; "reflect" repeats no edge, as in torch.
        dilation: rows and columns between taps, at least 1.
        groups: of channels; for kernels with channels alone.
        flip: turn the kernel by 180 degrees first.
        divisor: the sums are divided by it; not 0.

    Returns:
        (H', W'), (H', W', C) or (H', W', D) of the picture's kind, H' = floor((H + p - d(h - 1) - 1) / s) + 1 with p
        the padding of both sides. A kernel of rank one is applied as a column and a row, a large one by the fast
        Fourier transform (Gonzalez, Woods, Digital image processing, 4.10), the rest by OpenCV or torch.

    Raises:
        SettingsError: if a shape or setting makes no sense; the reason says which.

    >>> convolve2d(np.array([[1.0, 2, 3], [4, 5, 6]]), np.array([[1.0, -1]]))
    array([[-1., -1.],
           [-1., -1.]])
    """
    image = image if image.dtype in (np.float32, np.float64) else image.astype(np.float64)
    _check_shapes(image, kernel, groups)
    steps, spread = _pair(stride, "stride"), _pair(dilation, "dilation")
    if not divisor or not np.isfinite(divisor):
        raise SettingsError("range", argument="divisor", rule="not 0", value=divisor)
    kernel = kernel.astype(image.dtype)
    if divisor != 1:
        kernel = kernel / image.dtype.type(divisor)
    if flip:
        kernel = kernel[::-1, ::-1]
    pads = pads_of(kernel.shape[:2], padding, spread)
    sizes = image.shape[:2]
    for axis in (0, 1):
        check_axis(sizes[axis], kernel.shape[axis], pads[axis], spread[axis], mode)
    if kernel.ndim == 2 and steps == spread == (1, 1):
        return _slide(image, np.ascontiguousarray(kernel), pads, mode)
    return _by_torch(_padded(image, pads, mode), kernel, steps, spread, groups)


def pads_of(kernel: Sequence[int], padding: Padding, dilation: tuple[int, int]) -> Pads:
    """Cells added before and after, for height and width, as `convolve2d` means `padding`.

    >>> pads_of((3, 4), "same", (1, 1))
    ((1, 1), (1, 2))
    """
    reach = [spread * (k - 1) for k, spread in zip(kernel, dilation, strict=True)]
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        return tuple((r // 2, r - r // 2) for r in reach)
    if padding == "full":
        return tuple((r, r) for r in reach)
    if isinstance(padding, str):
        raise SettingsError("unknown", argument="padding", value=padding, rule="valid, same, full or numbers")
    return tuple((p, p) for p in _pair(padding, "padding", least=0))


def check_axis(size: int, kernel: int, pads: tuple[int, int], dilation: int, mode: str) -> None:
    """Raise SettingsError if a kernel does not fit into its padded input, or the border cannot be made of it."""
    if mode not in BORDERS:
        raise SettingsError("unknown", argument="mode", value=mode, rule=", ".join(BORDERS))
    most = {"reflect": size - 1, "circular": size}.get(mode)
    if most is not None and max(pads) > most:
        raise SettingsError("border", mode=mode, value=max(pads), rule=most)
    reach, padded = dilation * (kernel - 1) + 1, size + sum(pads)
    if reach > padded:
        raise SettingsError("kernel_too_large", value=reach, rule=padded)


def _check_shapes(image: np.ndarray, kernel: np.ndarray, groups: int) -> None:
    if image.ndim not in (2, 3) or not image.size:
        raise SettingsError("shape", argument="image", rule="(H, W) or (H, W, C)", value=image.shape)
    if kernel.ndim not in (2, 4) or not kernel.size:
        raise SettingsError("shape", argument="kernel", rule="(h, w) or (h, w, C / groups, D)", value=kernel.shape)
    n_in = image.shape[2] if image.ndim == 3 else 1
    if groups < 1 or n_in % groups:
        raise SettingsError("groups", value=groups, rule=n_in)
    if kernel.ndim == 4:
        if kernel.shape[2] != n_in // groups:
            raise SettingsError("channels", value=kernel.shape[2], rule=n_in // groups)
        if kernel.shape[3] % groups:
            raise SettingsError("groups", value=groups, rule=kernel.shape[3])


def _pair(value: Pair, argument: str, least: int = 1) -> tuple[int, int]:
    both = value if isinstance(value, tuple) else (value, value)
    try:
        height, width = (operator.index(side) for side in both)
    except TypeError as error:
        raise SettingsError("range", argument=argument, rule="a whole number", value=value) from error
    if min(height, width) < least:
        raise SettingsError("range", argument=argument, rule=f"{least} or more", value=min(height, width))
    return height, width


def _slide(image: np.ndarray, kernel: np.ndarray, pads: Pads, mode: str) -> np.ndarray:
    """Stride and dilation 1, each channel alone: the border is OpenCV's own where it has it."""
    if kernel.size >= 11 * 11 and not np.isfinite(image).all():  # a Fourier transform would spread a hole everywhere
        return _by_torch(_padded(image, pads, mode), kernel, (1, 1), (1, 1), 1)
    if image.ndim == 3 and image.shape[2] > MOST_CHANNELS:
        return np.stack([_slide(plane, kernel, pads, mode) for plane in _planes(image)], axis=2)
    (height, width), ((top, bottom), (left, right)) = kernel.shape, pads
    by_fft = image.dtype == np.float32 and kernel.size >= FFT_AREA[image.ndim]
    factors = _rank_one(kernel) if kernel.size >= SEPARABLE_AREA else None
    if (by_fft and factors is None) or mode == "circular" or top + bottom >= height or left + right >= width:
        image, top, bottom, left, right = _padded(image, pads, mode), 0, 0, 0, 0
    rows = image.shape[0] + top + bottom - height + 1
    columns = image.shape[1] + left + right - width + 1
    anchor, border = (left, top), cv2.BORDER_CONSTANT if mode == "circular" else BORDERS[mode]
    if factors is not None:
        found = cv2.sepFilter2D(image, -1, factors[1], factors[0], anchor=anchor, borderType=border)
    elif by_fft:
        return _by_fft(image, kernel, rows, columns)
    else:
        found = cv2.filter2D(image, -1, kernel, anchor=anchor, borderType=border)
    return np.ascontiguousarray(found.reshape(image.shape)[:rows, :columns])


def _by_fft(image: np.ndarray, kernel: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A correlation as a product of Fourier transforms, one of them conjugate; what wraps round is cut off."""
    with scipy.fft.set_workers(n_cores()):
        size = [scipy.fft.next_fast_len(side, True) for side in image.shape[:2]]
        picture = scipy.fft.rfft2(image, size, axes=(0, 1))
        picture *= scipy.fft.rfft2(kernel, size).conj().reshape(*picture.shape[:2], *[1] * (image.ndim - 2))
        found = scipy.fft.irfft2(picture, size, axes=(0, 1), overwrite_x=True)
    return np.ascontiguousarray(found[:rows, :columns])


def _rank_one(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """A column and a row whose product is the kernel, if there are such: its greatest number's, then."""
    i, j = np.unravel_index(np.argmax(np.abs(kernel)), kernel.shape)
    if not kernel[i, j] or not np.isfinite(kernel).all():
        return None
    column, row = kernel[:, j] / kernel[i, j], kernel[i]
    slack = 4 * np.finfo(kernel.dtype).eps * abs(kernel[i, j])
    return (column, row) if np.abs(np.outer(column, row) - kernel).max() <= slack else None


def _padded(image: np.ndarray, pads: Pads, mode: str) -> np.ndarray:
    (top, bottom), (left, right) = pads
    if not (top or bottom or left or right):
        return image
    planes = [
        cv2.copyMakeBorder(np.ascontiguousarray(p), top, bottom, left, right, BORDERS[mode]) for p in _planes(image)
    ]
    return planes[0] if image.ndim == 2 else np.stack(planes, axis=2)


def _planes(image: np.ndarray) -> list[np.ndarray]:
    return [image] if image.ndim == 2 else [image[:, :, c] for c in range(image.shape[2])]


def _by_torch(
    image: np.ndarray, kernel: np.ndarray, stride: tuple[int, int], dilation: tuple[int, int], groups: int
) -> np.ndarray:
    import torch
    import torch.nn.functional as F

    n_in = image.shape[2] if image.ndim == 3 else 1
    x = torch.from_numpy(np.stack(_planes(image)))[None]
    if kernel.ndim == 2:
        kernel, groups = np.repeat(kernel[:, :, None, None], n_in, axis=3), n_in
    weight = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())  # a turned kernel has strides below 0
    found = F.conv2d(x, weight, stride=stride, dilation=dilation, groups=groups)[0].numpy()
    flat = image.ndim == 2 and len(found) == 1
    return found[0] if flat else np.ascontiguousarray(found.transpose(1, 2, 0))
