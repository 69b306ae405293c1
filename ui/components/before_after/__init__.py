"""Two pictures of one size, one over the other, with a divider to drag."""

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.images import Format, encode

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
    _component()(data=data, key=key)


def _address(image: np.ndarray) -> str:
    kind: Format = "png" if max(image.shape) <= SMALL_PX else "jpeg"
    return f"data:image/{kind};base64,{b64encode(encode(image, kind)).decode()}"


@cache
def _component() -> Any:
    here = Path(__file__).parent
    return st.components.v2.component(
        "camadas_before_after",
        html=(here / "index.html").read_text(),
        css=(here / "style.css").read_text(),
        js=(here / "index.js").read_text(),
    )
