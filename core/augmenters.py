"""The one door to imgaug, and how it is made to work here.

imgaug 0.4.0 (Jung et al. 2020, https://imgaug.readthedocs.io) asks NumPy for two names that NumPy 2 has removed; they
are put back just before its import, and nothing else is touched.
"""

from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from core.augmenter_table import AUGMENTERS, Value


@cache
def imgaug() -> ModuleType:
    """imgaug, after what NumPy 2 has removed and it asks for is put back."""
    if not hasattr(np, "sctypes"):
        np.sctypes = {  # type: ignore[attr-defined]
            "int": [np.int8, np.int16, np.int32, np.int64],
            "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
            "float": [np.float16, np.float32, np.float64],
            "complex": [np.complex64, np.complex128],
            "others": [bool, object, bytes, str, np.void],
        }
    if not hasattr(np, "complex"):
        np.complex = complex  # type: ignore[attr-defined]
    import imgaug as ia
    import imgaug.augmenters

    return ia


def elastic(ia: ModuleType) -> type:
    """Imgaug's ElasticTransformation for OpenCV 5, whose convertMaps takes float32 alone."""

    class ElasticTransformation(ia.augmenters.ElasticTransformation):  # type: ignore[name-defined]
        @classmethod
        def _map_coordinates(cls, image: Any, dx: Any, dy: Any, *args: Any, **kwargs: Any) -> Any:
            dx, dy = dx.astype(np.float32), dy.astype(np.float32)
            return super()._map_coordinates(image, dx, dy, *args, **kwargs)

    return ElasticTransformation


def make(name: str, values: dict[str, Value], wrap: Any = None) -> Any:
    """One of imgaug's augmenters.

    Args:
        name: a key of AUGMENTERS.
        values: of its parameters, checked before.
        wrap: of a range: (parameter, imgaug's stochastic parameter) -> what is given to imgaug instead.
    """
    ia, known = imgaug(), AUGMENTERS[name]
    given: dict[str, Any] = dict(known.fixed)
    for parameter in known.parameters:
        value = values.get(parameter.name, parameter.default)
        if parameter.name == "foreground":
            given["foreground"] = make(str(value), {}, wrap and _inside(wrap))
        elif parameter.kind == "range":
            assert isinstance(value, tuple | list)
            ends = [int(end) if parameter.is_whole else float(end) for end in value]
            kind = ia.parameters.DiscreteUniform if parameter.is_whole else ia.parameters.Uniform
            drawn = kind(*ends) if wrap is None else wrap(parameter, kind(*ends))
            coins = {"mask": ia.parameters.Binomial, "keep": _kept}
            given[parameter.name] = coins[parameter.role](drawn) if parameter.role else drawn
        elif parameter.kind == "number" and parameter.is_whole:
            assert isinstance(value, int | float)
            given[parameter.name] = int(value)
        else:
            given[parameter.name] = value
    return _class_of(name)(**given)


def _inside(wrap: Any) -> Any:
    """The same for what lies inside another augmenter: its parameters are called so."""
    return lambda parameter, drawn: wrap(replace(parameter, name=f"foreground_{parameter.name}"), drawn)


def _kept(share: Any) -> Any:
    return imgaug().parameters.Binomial(1 - share)


@cache
def _class_of(name: str) -> Any:
    ia = imgaug()
    if name == "ElasticTransformation":
        return elastic(ia)
    found: Any = ia.augmenters
    for part in name.split("."):
        found = getattr(found, part)
    return found
