"""A picture of any size in parts with margins, so that each can be worked on alone and all fit each other."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from torch import Tensor

CELL_PX = 8  # the encoder of style transfer halves three times
MARGIN_PX = 96  # more than any pixel of its result looks to either side
TILE_PX = 768  # pictures that are no larger are done at once
SAMPLE_PX, N_SAMPLES = 192, 4  # of larger ones so many samples a side tell how the whole is toned


@dataclass(frozen=True)
class Tile:
    """A part of a picture, and its margin on sides where the picture goes on; beyond the border it is mirrored, for as
    few pixels as whole cells need.

    Attributes:
        rows: of the picture.
        columns: of the picture.
        top: first row with its margin; may be negative.
        left: first column with its margin.
        padded_size: height and width with margins, divisible by 8.
    """

    rows: slice
    columns: slice
    top: int
    left: int
    padded_size: tuple[int, int]

    @property
    def inner_rows(self) -> slice:
        """Rows without margin, counted from `top`."""
        return slice(self.rows.start - self.top, self.rows.stop - self.top)

    @property
    def inner_columns(self) -> slice:
        """Columns without margin, counted from `left`."""
        return slice(self.columns.start - self.left, self.columns.stop - self.left)

    def inner_cells(self) -> tuple[slice, slice]:
        """The same for features at 1/8 of the size."""
        return tuple(  # type: ignore[return-value]
            slice(part.start // CELL_PX, -(-part.stop // CELL_PX)) for part in (self.inner_rows, self.inner_columns)
        )

    def inner(self, x: Tensor) -> Tensor:
        """(B, C, h, w) with margins -> the same without."""
        return x[:, :, self.inner_rows, self.inner_columns]

    def stretched(self, mask: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
        """The part of a mask, stretched over a picture of (H, W), that lies on this tile: (h, w) float32."""
        y = (np.arange(self.rows.start, self.rows.stop) + 0.5) * mask.shape[0] / size[0] - 0.5
        x = (np.arange(self.columns.start, self.columns.stop) + 0.5) * mask.shape[1] / size[1] - 0.5
        across, down = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
        found: np.ndarray = cv2.remap(mask, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return found

    def cut(self, image: np.ndarray) -> np.ndarray:
        """(h, w, 3) uint8 with margins."""
        rows, columns = (
            _mirrored(start, length, side)
            for start, length, side in zip((self.top, self.left), self.padded_size, image.shape[:2], strict=True)
        )
        return image[rows[:, None], columns[None]]


def _mirrored(start: int, length: int, side: int) -> np.ndarray:
    """Places start to start + length of a line of `side` that is mirrored at its ends, as often as needed."""
    period = max(1, 2 * (side - 1))
    at = np.abs(np.arange(start, start + length)) % period
    return np.minimum(at, period - at) if side > 1 else np.zeros(length, np.intp)


def tiles(height: int, width: int) -> Iterator[Tile]:
    """A picture in parts of at most TILE_PX a side; one alone where it is small enough."""
    return (_tile(rows, columns, height, width) for rows in _parts(height) for columns in _parts(width))


def _tile(rows: slice, columns: slice, height: int, width: int) -> Tile:
    """A part of a picture of that size, with its margins."""
    (top, tall), (left, wide) = _padded(rows, height), _padded(columns, width)
    return Tile(rows, columns, top, left, (tall, wide))


def _padded(part: slice, side: int) -> tuple[int, int]:
    """Where a part begins with its margin, and how long it is with both: whole cells."""
    start = part.start - (MARGIN_PX if part.start else 0)
    stop = part.stop + (MARGIN_PX if part.stop < side else 0)
    return start, -(-(stop - start) // CELL_PX) * CELL_PX


def _parts(side: int) -> list[slice]:
    n = -(-side // TILE_PX)
    size = -(-side // n // CELL_PX) * CELL_PX  # whole cells, so that all tiles have the same grid
    return [slice(start, min(start + size, side)) for start in range(0, side, size)]


def samples(height: int, width: int) -> Iterator[Tile]:
    """Small parts of a large picture, evenly over all of it."""

    def parts(side: int) -> list[slice]:
        starts = np.linspace(0, max(0, side - SAMPLE_PX), N_SAMPLES) // CELL_PX * CELL_PX
        return [slice(int(start), min(int(start) + SAMPLE_PX, side)) for start in starts]

    return (_tile(rows, columns, height, width) for rows in parts(height) for columns in parts(width))
