"""Two pictures of one size, one over the other, with a divider to drag."""

from base64 import b64encode

import numpy as np

from core.images import Format, encode
from ui.components.register import component

SMALL_PX = 128  # up to here pictures are sent and drawn pixel by pixel


def before_after(before: np.ndarray, after: np.ndarray, labels: tuple[str, str], alt: str, hint: str, key: str) -> None:
    """Draw the slider.

    Args:
        before: (H, W, 3) uint8 RGB, left of the divider.
        after: (H, W, 3) uint8 RGB, right of it.
        labels: short names of the two.
        alt: what they show, for a screen reader.
        hint: what the divider does, for a screen reader.
        key: of the component in the session.
    """
    height, width = after.shape[:2]
    data = {
        "before": _address(before),
        "after": _address(after),
        "labels": list(labels),
        "alt": alt,
        "hint": hint,
        "width": width,
        "height": height,
        "small": max(height, width) <= SMALL_PX,
    }
    component("before_after")(data=data, key=key)


def _address(image: np.ndarray) -> str:
    kind: Format = "png" if max(image.shape) <= SMALL_PX else "jpeg"
    return f"data:image/{kind};base64,{b64encode(encode(image, kind)).decode()}"
