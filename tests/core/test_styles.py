"""Styles by their names."""

import numpy as np
import pytest

from core.errors import SettingsError
from core.patterns import draw
from core.styles import KINDS, OWN, OWN_TOO, named, picture_of


def test_every_name_is_drawn_and_ones_own_is_asked_for():
    for name, kind in KINDS.items():
        assert np.array_equal(picture_of(name, 2, {}), draw(kind, 2, 448))
    own = {OWN: draw("waves", 9, 64), OWN_TOO: draw("waves", 10, 64)}
    assert all(picture_of(name, 0, own) is picture for name, picture in own.items())
    with pytest.raises(SettingsError) as caught:
        picture_of(OWN, 0, {OWN_TOO: own[OWN_TOO]})
    assert caught.value.reason == "no_style"


@pytest.mark.parametrize(
    ("text", "style", "seed"),
    [("mosaic", "Mosaic", 1), ("Brush strokes:7", "Brush strokes", 7), ("glass:0", "Stained glass", 0)],
)
def test_names_of_the_terminal(text, style, seed):
    assert named(text) == {"style": style, "seed": seed}


@pytest.mark.parametrize("text", ["cubism", "mosaic:x", "mosaic:-1", "mosaic:12345", ""])
def test_names_that_are_not_known(text):
    with pytest.raises(SettingsError) as caught:
        named(text)
    assert caught.value.reason == "unknown"
