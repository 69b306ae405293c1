"""Drawings as text, strokes as pixels, and a digit as MNIST has them."""

import re

import cv2
import numpy as np
from skimage.measure import approximate_polygon

from core.errors import SettingsError

Strokes = list[list[tuple[float, float]]]  # each a line of points, across and down, 0 to 1
MOST_POINTS = 2000
MOST_TEXT = 6000  # characters
TIGHT = 0.004  # how far a point may lie from the line that leaves it out
SIDE_PX, BOX_PX = 28, 20  # of a picture of MNIST, and of the box that its digit fills
FINE = 8  # strokes are drawn so much larger, then reduced
LIGHT = 127
FAINT = 0.15  # of the darkest ink: what is weaker is paper

DIGITS = {
    "0": "50,15 30,22 23,50 30,78 50,85 70,78 77,50 70,22 50,15",
    "1": "38,28 52,15 52,85",
    "2": "28,32 34,18 52,14 68,22 70,36 58,54 40,70 26,84 74,84",
    "3": "30,20 50,14 66,22 66,36 48,47 66,56 70,72 54,85 28,80",
    "4": "62,85 62,15 24,62 78,62",
    "5": "70,16 36,16 33,46 52,42 69,52 70,70 54,85 28,80",
    "6": "64,16 44,30 32,54 36,78 54,85 68,74 64,56 48,52 35,62",
    "7": "26,17 74,17 56,48 46,85",
    "8": "52,47 34,36 36,20 52,14 67,22 65,38 52,47 32,62 34,79 52,86 69,77 68,60 52,47",
    "9": "68,32 58,16 40,18 32,34 42,48 60,44 68,32 66,60 56,85",
}


def parse(text: str) -> Strokes:
    """Strokes from text: points as across,down in hundredths, strokes parted by a semicolon.

    Raises:
        SettingsError: if it is written in another way, or has more than 2,000 points.

    >>> parse("0,0 100,50; 20,20")
    [[(0.0, 0.0), (1.0, 0.5)], [(0.2, 0.2)]]
    """
    strokes: Strokes = []
    for stroke in filter(str.strip, text.split(";")):
        points = stroke.split()
        if not all(re.fullmatch(r"\d{1,3},\d{1,3}", point) for point in points):
            raise SettingsError("strokes", argument="strokes", value=stroke.strip()[:40])
        pairs = [tuple(int(part) / 100 for part in point.split(",")) for point in points]
        strokes.append([(min(1.0, x), min(1.0, y)) for x, y in pairs])
    if sum(map(len, strokes)) > MOST_POINTS:
        raise SettingsError("too_large", argument="strokes", value=sum(map(len, strokes)), rule=MOST_POINTS)
    return strokes


def written(strokes: Strokes) -> str:
    """Strokes as `parse` reads them, without points that lie on the way between their neighbours; MOST_TEXT at most,
    for which a long drawing is made coarser, and loses its last strokes if that is not enough.

    >>> written([[(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)]])
    '10,10 30,30'
    """
    tolerance = TIGHT
    while len(text := _written(strokes, tolerance)) > MOST_TEXT and tolerance < 1:
        tolerance *= 2
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT].rpartition(";")[0]


def _written(strokes: Strokes, tolerance: float) -> str:
    lines = []
    for stroke in strokes:
        line = approximate_polygon(np.array(stroke), tolerance)
        lines.append(" ".join(f"{round(100 * float(x))},{round(100 * float(y))}" for x, y in line))
    return "; ".join(lines)


def drawn(strokes: Strokes, width: float) -> np.ndarray:
    """White strokes on black.

    Args:
        strokes: what to draw.
        width: of the brush, as a share of the side.

    Returns:
        (28, 28) uint8.
    """
    large = sheet(strokes, width, (SIDE_PX * FINE, SIDE_PX * FINE))
    return cv2.resize(large, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)


def sheet(strokes: Strokes, width: float, size: tuple[int, int]) -> np.ndarray:
    """White strokes on black, on a sheet of any proportions.

    Args:
        strokes: what to draw, in shares of width and height.
        width: of the brush, as a share of the shorter side.
        size: (H, W) in pixels.

    Returns:
        (H, W) uint8.
    """
    made = np.zeros(size, np.uint8)
    thickness = max(1, round(width * min(size)))
    for stroke in strokes:
        points = np.round(np.array(stroke) * (size[1] - 1, size[0] - 1)).astype(np.int32)
        cv2.polylines(made, [points[:, None]], False, 255, thickness, cv2.LINE_AA)
        for point in points:  # round ends
            cv2.circle(made, point.tolist(), thickness // 2, 255, -1, cv2.LINE_AA)
    return made


def digit(text: str, brush: float) -> np.ndarray:
    """Strokes as a digit of MNIST: (28, 28) uint8, white on black.

    Raises:
        SettingsError: "nothing_drawn" if there is nothing on the sheet; as `parse`.
    """
    image = centred(drawn(parse(text), brush))
    if not image.any():
        raise SettingsError("nothing_drawn", argument="strokes")
    return image


def centred(image: np.ndarray) -> np.ndarray:
    """A digit as MNIST has them: 20 pixels on its longer side, its centre of mass in the middle of 28 x 28.

    After LeCun, Cortes, Burges, The MNIST database. An empty picture comes back empty.

    Args:
        image: (H, W) uint8, white on black.

    Returns:
        (28, 28) uint8.
    """
    rows, columns = (np.flatnonzero(image.max(axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX_PX / max(cut.shape)
    height, width = (max(1, round(side * scale)) for side in cut.shape)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(cut, (width, height), interpolation=how).astype(np.float32)
    down, across = (
        float((small.sum(1 - axis) @ (np.arange(small.shape[axis]) + 0.5)) / small.sum()) for axis in (0, 1)
    )
    move = np.array([[1, 0, SIDE_PX / 2 - across], [0, 1, SIDE_PX / 2 - down]], np.float32)
    found = cv2.warpAffine(small, move, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)
    return np.clip(np.round(found), 0, 255).astype(np.uint8)


def digit_of(photo: np.ndarray) -> np.ndarray:
    """The ink of a photo of one digit: white on black, whatever paper and ink were.

    Args:
        photo: (H, W, 3) uint8.

    Returns:
        (H, W) uint8; 0 everywhere where the photo has one colour.
    """
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(border))
    most = float(ink.max())
    if most < 1:
        return np.zeros(grey.shape, np.uint8)
    share = ink / most
    return np.where(share < FAINT, 0, np.round(255 * share)).astype(np.uint8)
