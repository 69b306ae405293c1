"""The styles by their names: patterns drawn by code, and pictures of the visitor's."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.errors import SettingsError
from core.patterns import Kind, draw
from core.style_features import STYLE_PX, Style, style_of

Name = Literal["Brush strokes", "Stained glass", "Hatching", "Halftone", "Mosaic", "Waves", "Shapes", "Your picture"]
OWN, OWN_TOO = "Your picture", "Another of yours"
Own = Mapping[str, np.ndarray]  # the visitor's styles by these names, (H, W, 3) uint8 RGB each
NONE_GIVEN: Own = {}
KINDS: dict[str, Kind] = dict(zip(get_args(Name), get_args(Kind), strict=False))


class ChosenStyle(BaseModel):
    """The style, on every page that takes one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    style: Name = Field(
        "Brush strokes",
        title="Style",
        description="Drawn by code, or a picture of yours.",
        json_schema_extra={"widget": "select"},
    )
    seed: int = Field(
        1,
        ge=0,
        le=9999,
        title="Variant",
        description="Palette, scale and lines of what is drawn by code.",
        json_schema_extra={"widget": "number", "when": {"style": list(KINDS)}},
    )


def named(text: str) -> dict[str, object]:
    """A style's name as the terminal takes it, such as "mosaic" or "Brush strokes:7" -> fields of Settings.

    Raises:
        SettingsError: if there is no style of that name, or its variant is no number from 0 to 9999.

    >>> named("mosaic:7")
    {'style': 'Mosaic', 'seed': 7}
    """
    name, _, variant = text.partition(":")
    found = [known for known in KINDS if name.strip().lower() in (known.lower(), KINDS[known])]
    if not found or not re.fullmatch(r"\d{0,4}", variant):
        raise SettingsError("unknown", argument="style, or file,", value=text, rule=", ".join(KINDS))
    return {"style": found[0], "seed": int(variant or 1)}


def picture_of(name: str, seed: int, own: Own) -> np.ndarray:
    """A style as a picture: (H, W, 3) uint8.

    Args:
        name: one of Name, or OWN_TOO.
        seed: of a pattern.
        own: the visitor's pictures, as far as they are given.

    Raises:
        SettingsError: if their picture is asked for and they have given none.
    """
    if name in KINDS:
        return _drawn(KINDS[name], seed)
    if name not in own:
        raise SettingsError("no_style", argument="style")
    return own[name]


def look(name: str, seed: int, own: Own) -> Style:
    """A style as the network sees it; of those drawn by code the latest ones are kept.

    Raises:
        SettingsError: as `picture_of`, and for a picture of one colour or of too few pixels.
    """
    return _look_of_drawn(KINDS[name], seed) if name in KINDS else style_of(picture_of(name, seed, own))


@lru_cache(64)
def _look_of_drawn(kind: Kind, seed: int) -> Style:
    return style_of(_drawn(kind, seed))


@lru_cache(64)
def _drawn(kind: Kind, seed: int) -> np.ndarray:
    image = draw(kind, seed, STYLE_PX)
    image.flags.writeable = False
    return image
