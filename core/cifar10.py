"""A visitor's picture before networks that know ten things."""

import cv2
import numpy as np

SIDE_PX = 32


def as_seen(image: np.ndarray) -> np.ndarray:
    """The middle square of a picture, resized to 32 x 32: (H, W, 3) uint8 -> (32, 32, 3) uint8."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = np.ascontiguousarray(image[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_CUBIC
    return cv2.resize(middle, (SIDE_PX, SIDE_PX), interpolation=how)
