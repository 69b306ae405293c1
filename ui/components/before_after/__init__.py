"""Two pictures of one size, one over the other, with a divider to drag."""

import numpy as np

from ui.components.register import address_of, component

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
        "before": address_of(before, SMALL_PX),
        "after": address_of(after, SMALL_PX),
        "labels": list(labels),
        "alt": alt,
        "hint": hint,
        "width": width,
        "height": height,
        "small": max(height, width) <= SMALL_PX,
    }
    component("before_after")(data=data, key=key)
