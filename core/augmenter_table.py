"""What of imgaug can be used, by family, and with which parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Value = float | int | bool | str | tuple[float, float]
FOREGROUNDS = ("Grayscale", "Invert", "GaussianBlur", "EdgeDetect", "Solarize")


@dataclass(frozen=True)
class Parameter:
    """What an augmenter is given.

    Attributes:
        name: imgaug's argument.
        kind: "range" draws a number anew each time between two; "number" and "flag" are one value; "choice" one word.
        low: smallest value.
        high: greatest value.
        step: between two values of a control.
        default: of a range its two ends.
        choices: of a choice.
        is_whole: whether numbers are integers.
        role: "mask" where imgaug wants the coin that is thrown with the number drawn, "keep" where with 1 minus it.
    """

    name: str
    kind: Literal["range", "number", "flag", "choice"]
    default: Value
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05
    choices: tuple[str, ...] = ()
    is_whole: bool = False
    role: Literal["", "mask", "keep"] = ""


@dataclass(frozen=True)
class Augmenter:
    """One of imgaug's augmenters.

    Attributes:
        name: of the class in imgaug.augmenters, with the module's name before it where it is not at the top.
        family: for the list.
        parameters: those that can be set.
        moves: whether it moves things, so that boxes and points move along.
        resizes: whether what comes out may have another size.
        fixed: further arguments, always the same.
    """

    name: str
    family: str
    parameters: tuple[Parameter, ...] = ()
    moves: bool = False
    resizes: bool = False
    fixed: tuple[tuple[str, Any], ...] = ()

    @property
    def needs_colour(self) -> bool:
        """Whether it takes pictures of three channels alone."""
        if self.name in ("BilateralBlur", "FastSnowyLandscape", "Cartoon"):
            return True
        any_channels = self.name in ("Posterize", "ChannelShuffle", "pillike.EnhanceColor") or "Quantiz" in self.name
        return self.family == "blend" or (self.family == "colour" and not any_channels)


FAMILIES = (
    "geometric",
    "size",
    "colour",
    "contrast",
    "blur",
    "noise",
    "arithmetic",
    "weather",
    "blend",
    "pooling",
    "artistic",
    "edges",
)


def _range(name: str, low: float, high: float, default: tuple[float, float], step: float = 0.05) -> Parameter:
    return Parameter(name, "range", default, low, high, step)


def _share(name: str, high: float, default: tuple[float, float], role: Literal["mask", "keep"]) -> Parameter:
    return Parameter(name, "range", default, 0.0, high, 0.01, role=role)


def _whole(name: str, low: int, high: int, default: tuple[int, int]) -> Parameter:
    return Parameter(name, "range", default, low, high, 1, is_whole=True)


def _number(name: str, low: float, high: float, default: float, step: float = 0.05) -> Parameter:
    return Parameter(name, "number", default, low, high, step)


def _count(name: str, low: int, high: int, default: int) -> Parameter:
    return Parameter(name, "number", default, low, high, 1, is_whole=True)


def _choice(name: str, *choices: str) -> Parameter:
    return Parameter(name, "choice", choices[0], choices=choices)


def _flag(name: str, *, default: bool = False) -> Parameter:
    return Parameter(name, "flag", default)


_MODE = _choice("mode", "constant", "edge", "reflect", "symmetric", "wrap")
_PER_CHANNEL = _flag("per_channel")
_ALPHA = _range("alpha", 0.0, 1.0, (0.0, 1.0))
_FOREGROUND = _choice("foreground", *FOREGROUNDS)
_PADDING = _choice("pad_mode", "constant", "edge", "reflect", "symmetric", "wrap")
_percent = _range("percent", -0.3, 0.3, (-0.1, 0.1), 0.01)

_CATALOG = (
    # ---- geometric
    Augmenter(
        "Affine",
        "geometric",
        (
            _range("scale", 0.2, 3.0, (0.8, 1.2)),
            _range("translate_percent", -0.5, 0.5, (-0.1, 0.1), 0.01),
            _range("rotate", -180, 180, (-20, 20), 1),
            _range("shear", -45, 45, (-8, 8), 1),
            _MODE,
        ),
        moves=True,
    ),
    Augmenter("ScaleX", "geometric", (_range("scale", 0.2, 3.0, (0.7, 1.3)), _MODE), moves=True),
    Augmenter("ScaleY", "geometric", (_range("scale", 0.2, 3.0, (0.7, 1.3)), _MODE), moves=True),
    Augmenter("TranslateX", "geometric", (_range("percent", -0.8, 0.8, (-0.2, 0.2), 0.01), _MODE), moves=True),
    Augmenter("TranslateY", "geometric", (_range("percent", -0.8, 0.8, (-0.2, 0.2), 0.01), _MODE), moves=True),
    Augmenter("Rotate", "geometric", (_range("rotate", -180, 180, (-30, 30), 1), _MODE), moves=True),
    Augmenter("ShearX", "geometric", (_range("shear", -60, 60, (-20, 20), 1), _MODE), moves=True),
    Augmenter("ShearY", "geometric", (_range("shear", -60, 60, (-20, 20), 1), _MODE), moves=True),
    Augmenter("Rot90", "geometric", (_whole("k", 0, 3, (0, 3)), _flag("keep_size", default=True)), moves=True),
    Augmenter("Fliplr", "geometric", (_number("p", 0.0, 1.0, 0.5),), moves=True),
    Augmenter("Flipud", "geometric", (_number("p", 0.0, 1.0, 0.5),), moves=True),
    Augmenter("PerspectiveTransform", "geometric", (_range("scale", 0.0, 0.3, (0.02, 0.12), 0.01),), moves=True),
    Augmenter("PiecewiseAffine", "geometric", (_range("scale", 0.0, 0.1, (0.01, 0.04), 0.005),), moves=True),
    Augmenter(
        "ElasticTransformation",
        "geometric",
        (_range("alpha", 0.0, 80.0, (5.0, 25.0), 1), _range("sigma", 1.0, 12.0, (3.0, 6.0), 0.5)),
        moves=True,
    ),
    # ---- size
    Augmenter("CropAndPad", "size", (_percent, _PADDING), moves=True),
    Augmenter("Crop", "size", (_range("percent", 0.0, 0.4, (0.0, 0.2), 0.01),), moves=True),
    Augmenter("Pad", "size", (_range("percent", 0.0, 0.5, (0.0, 0.2), 0.01), _PADDING), moves=True),
    Augmenter("Resize", "size", (_whole("size", 16, 512, (64, 160)),), moves=True, resizes=True),
    Augmenter("CropToSquare", "size", (), moves=True, resizes=True),
    Augmenter("PadToSquare", "size", (_PADDING,), moves=True, resizes=True),
    Augmenter(
        "CropToFixedSize",
        "size",
        (_count("width", 8, 512, 128), _count("height", 8, 512, 128)),
        moves=True,
        resizes=True,
    ),
    Augmenter(
        "PadToFixedSize",
        "size",
        (_count("width", 8, 512, 256), _count("height", 8, 512, 256), _PADDING),
        moves=True,
        resizes=True,
    ),
    # ---- colour
    Augmenter("MultiplyHueAndSaturation", "colour", (_range("mul", 0.0, 2.0, (0.6, 1.4)), _PER_CHANNEL)),
    Augmenter("MultiplyHue", "colour", (_range("mul", -1.0, 2.0, (-0.7, 1.3)),)),
    Augmenter("MultiplySaturation", "colour", (_range("mul", 0.0, 3.0, (0.0, 2.0)),)),
    Augmenter("AddToHueAndSaturation", "colour", (_whole("value", -255, 255, (-40, 40)), _PER_CHANNEL)),
    Augmenter("AddToHue", "colour", (_whole("value", -255, 255, (-60, 60)),)),
    Augmenter("AddToSaturation", "colour", (_whole("value", -255, 255, (-75, 75)),)),
    Augmenter("RemoveSaturation", "colour", (_range("mul", 0.0, 1.0, (0.0, 1.0)),)),
    Augmenter("Grayscale", "colour", (_ALPHA,)),
    Augmenter("ChangeColorTemperature", "colour", (_whole("kelvin", 1000, 16000, (2500, 11000)),)),
    Augmenter("MultiplyBrightness", "colour", (_range("mul", 0.0, 2.5, (0.6, 1.4)),)),
    Augmenter("AddToBrightness", "colour", (_whole("add", -150, 150, (-40, 40)),)),
    Augmenter("KMeansColorQuantization", "colour", (_whole("n_colors", 2, 16, (3, 8)),)),
    Augmenter("UniformColorQuantization", "colour", (_whole("n_colors", 2, 32, (3, 12)),)),
    Augmenter("Posterize", "colour", (_whole("nb_bits", 1, 8, (1, 4)),)),
    Augmenter("pillike.EnhanceColor", "colour", (_range("factor", 0.0, 3.0, (0.0, 2.0)),)),
    Augmenter("ChannelShuffle", "colour", (_number("p", 0.0, 1.0, 0.5),)),
    # ---- contrast
    Augmenter("GammaContrast", "contrast", (_range("gamma", 0.1, 4.0, (0.5, 2.0)), _PER_CHANNEL)),
    Augmenter(
        "SigmoidContrast",
        "contrast",
        (_range("gain", 1.0, 20.0, (5.0, 12.0), 0.5), _range("cutoff", 0.0, 1.0, (0.3, 0.7)), _PER_CHANNEL),
    ),
    Augmenter("LogContrast", "contrast", (_range("gain", 0.2, 2.0, (0.5, 1.2)), _PER_CHANNEL)),
    Augmenter("LinearContrast", "contrast", (_range("alpha", 0.0, 3.0, (0.6, 1.6)), _PER_CHANNEL)),
    Augmenter("CLAHE", "contrast", (_range("clip_limit", 0.5, 10.0, (1.0, 6.0), 0.5),)),
    Augmenter("AllChannelsCLAHE", "contrast", (_range("clip_limit", 0.5, 10.0, (1.0, 6.0), 0.5), _PER_CHANNEL)),
    Augmenter("HistogramEqualization", "contrast"),
    Augmenter("AllChannelsHistogramEqualization", "contrast"),
    Augmenter("pillike.Equalize", "contrast"),
    Augmenter("pillike.EnhanceContrast", "contrast", (_range("factor", 0.0, 3.0, (0.5, 1.6)),)),
    Augmenter("pillike.EnhanceBrightness", "contrast", (_range("factor", 0.0, 3.0, (0.5, 1.6)),)),
    # ---- blur
    Augmenter("GaussianBlur", "blur", (_range("sigma", 0.0, 8.0, (0.0, 3.0), 0.1),)),
    Augmenter("AverageBlur", "blur", (_whole("k", 1, 15, (1, 7)),)),
    Augmenter("MedianBlur", "blur", (_whole("k", 1, 15, (1, 7)),)),
    Augmenter("BilateralBlur", "blur", (_whole("d", 1, 9, (1, 7)), _whole("sigma_color", 1, 250, (10, 250)))),
    Augmenter("MotionBlur", "blur", (_whole("k", 3, 25, (5, 15)), _whole("angle", 0, 360, (0, 360)))),
    Augmenter("MeanShiftBlur", "blur", (_range("spatial_radius", 2.0, 10.0, (3.0, 6.0), 1),)),
    Augmenter("pillike.FilterBlur", "blur"),
    Augmenter("pillike.FilterSmooth", "blur"),
    Augmenter("pillike.FilterSmoothMore", "blur"),
    # ---- noise
    Augmenter("AdditiveGaussianNoise", "noise", (_range("scale", 0.0, 80.0, (0.0, 30.0), 1), _PER_CHANNEL)),
    Augmenter("AdditiveLaplaceNoise", "noise", (_range("scale", 0.0, 80.0, (0.0, 25.0), 1), _PER_CHANNEL)),
    Augmenter("AdditivePoissonNoise", "noise", (_range("lam", 0.0, 60.0, (0.0, 20.0), 1), _PER_CHANNEL)),
    Augmenter("ImpulseNoise", "noise", (_share("p", 0.5, (0.0, 0.1), "mask"),)),
    Augmenter("SaltAndPepper", "noise", (_share("p", 0.5, (0.0, 0.1), "mask"), _PER_CHANNEL)),
    Augmenter("Salt", "noise", (_share("p", 0.5, (0.0, 0.1), "mask"), _PER_CHANNEL)),
    Augmenter("Pepper", "noise", (_share("p", 0.5, (0.0, 0.1), "mask"), _PER_CHANNEL)),
    Augmenter(
        "CoarseSaltAndPepper",
        "noise",
        (_share("p", 0.5, (0.02, 0.15), "mask"), _range("size_percent", 0.01, 0.5, (0.05, 0.2), 0.01), _PER_CHANNEL),
    ),
    Augmenter(
        "CoarseSalt",
        "noise",
        (_share("p", 0.5, (0.02, 0.15), "mask"), _range("size_percent", 0.01, 0.5, (0.05, 0.2), 0.01), _PER_CHANNEL),
    ),
    Augmenter(
        "CoarsePepper",
        "noise",
        (_share("p", 0.5, (0.02, 0.15), "mask"), _range("size_percent", 0.01, 0.5, (0.05, 0.2), 0.01), _PER_CHANNEL),
    ),
    Augmenter("Dropout", "noise", (_share("p", 0.6, (0.0, 0.1), "keep"), _PER_CHANNEL)),
    Augmenter(
        "CoarseDropout",
        "noise",
        (_share("p", 0.6, (0.02, 0.2), "keep"), _range("size_percent", 0.01, 0.5, (0.05, 0.2), 0.01), _PER_CHANNEL),
    ),
    Augmenter("Dropout2d", "noise", (_number("p", 0.0, 1.0, 0.3),)),
    Augmenter(
        "Cutout",
        "noise",
        (_whole("nb_iterations", 1, 8, (1, 3)), _range("size", 0.05, 0.6, (0.1, 0.3), 0.01)),
        fixed=(("squared", True),),
    ),
    # ---- arithmetic
    Augmenter("Add", "arithmetic", (_whole("value", -150, 150, (-40, 40)), _PER_CHANNEL)),
    Augmenter("AddElementwise", "arithmetic", (_whole("value", -100, 100, (-30, 30)), _PER_CHANNEL)),
    Augmenter("Multiply", "arithmetic", (_range("mul", 0.0, 3.0, (0.6, 1.4)), _PER_CHANNEL)),
    Augmenter("MultiplyElementwise", "arithmetic", (_range("mul", 0.0, 2.0, (0.7, 1.3)), _PER_CHANNEL)),
    Augmenter("Invert", "arithmetic", (_number("p", 0.0, 1.0, 0.5), _PER_CHANNEL)),
    Augmenter("Solarize", "arithmetic", (_number("p", 0.0, 1.0, 1.0), _whole("threshold", 0, 255, (32, 200)))),
    Augmenter("JpegCompression", "arithmetic", (_whole("compression", 0, 99, (60, 98)),)),
    # ---- weather
    Augmenter("Clouds", "weather"),
    Augmenter("Fog", "weather"),
    Augmenter(
        "Snowflakes",
        "weather",
        (_range("flake_size", 0.1, 0.9, (0.2, 0.7)), _range("speed", 0.001, 0.1, (0.007, 0.03), 0.001)),
    ),
    Augmenter(
        "Rain",
        "weather",
        (_range("drop_size", 0.01, 0.3, (0.05, 0.2), 0.01), _range("speed", 0.01, 0.4, (0.04, 0.2), 0.01)),
    ),
    Augmenter(
        "FastSnowyLandscape",
        "weather",
        (_whole("lightness_threshold", 0, 255, (100, 200)), _range("lightness_multiplier", 1.0, 4.0, (1.5, 3.0))),
    ),
    # ---- blend
    Augmenter("BlendAlpha", "blend", (_range("factor", 0.0, 1.0, (0.2, 0.8)), _FOREGROUND)),
    Augmenter("BlendAlphaElementwise", "blend", (_range("factor", 0.0, 1.0, (0.0, 1.0)), _FOREGROUND)),
    Augmenter("BlendAlphaSimplexNoise", "blend", (_FOREGROUND,)),
    Augmenter("BlendAlphaFrequencyNoise", "blend", (_range("exponent", -4.0, 4.0, (-4.0, 4.0), 0.5), _FOREGROUND)),
    Augmenter("BlendAlphaHorizontalLinearGradient", "blend", (_FOREGROUND,)),
    Augmenter("BlendAlphaVerticalLinearGradient", "blend", (_FOREGROUND,)),
    Augmenter(
        "BlendAlphaRegularGrid",
        "blend",
        (_whole("nb_rows", 1, 12, (2, 6)), _whole("nb_cols", 1, 12, (2, 6)), _FOREGROUND),
    ),
    Augmenter(
        "BlendAlphaCheckerboard",
        "blend",
        (_whole("nb_rows", 1, 12, (2, 6)), _whole("nb_cols", 1, 12, (2, 6)), _FOREGROUND),
    ),
    Augmenter("BlendAlphaSomeColors", "blend", (_FOREGROUND,)),
    # ---- pooling
    Augmenter("AveragePooling", "pooling", (_whole("kernel_size", 1, 16, (2, 6)),)),
    Augmenter("MaxPooling", "pooling", (_whole("kernel_size", 1, 16, (2, 5)),)),
    Augmenter("MinPooling", "pooling", (_whole("kernel_size", 1, 16, (2, 5)),)),
    Augmenter("MedianPooling", "pooling", (_whole("kernel_size", 1, 15, (2, 5)),)),
    # ---- artistic
    Augmenter("Cartoon", "artistic"),
    Augmenter(
        "Superpixels",
        "artistic",
        (_share("p_replace", 1.0, (0.3, 1.0), "mask"), _whole("n_segments", 10, 300, (40, 160))),
    ),
    Augmenter("UniformVoronoi", "artistic", (_whole("n_points", 20, 1000, (80, 400)),)),
    Augmenter("RegularGridVoronoi", "artistic", (_whole("n_rows", 4, 40, (10, 25)), _whole("n_cols", 4, 40, (10, 25)))),
    Augmenter("pillike.FilterContour", "artistic"),
    Augmenter("pillike.FilterEmboss", "artistic"),
    # ---- edges
    Augmenter("EdgeDetect", "edges", (_ALPHA,)),
    Augmenter("DirectedEdgeDetect", "edges", (_ALPHA, _range("direction", 0.0, 1.0, (0.0, 1.0)))),
    Augmenter("Canny", "edges", (_ALPHA,)),
    Augmenter("Sharpen", "edges", (_ALPHA, _range("lightness", 0.5, 2.0, (0.75, 1.5)))),
    Augmenter("Emboss", "edges", (_ALPHA, _range("strength", 0.0, 3.0, (0.5, 1.5)))),
    Augmenter("pillike.EnhanceSharpness", "edges", (_range("factor", 0.0, 3.0, (0.0, 2.0)),)),
    Augmenter("pillike.FilterEdgeEnhance", "edges"),
    Augmenter("pillike.FilterFindEdges", "edges"),
    Augmenter("pillike.FilterDetail", "edges"),
)
_DEPRECATED = "an old name of another one"
_PART = "a part of another one"
_COMBINES = "combines or wraps others; core/pipelines.py does that"
LEFT_OUT = {
    "Lambda": "takes code",
    "AssertLambda": "takes code",
    "AssertShape": "changes nothing",
    "Convolve": "takes a matrix; the page Filters on a photo has it",
    "Identity": "changes nothing",
    "Noop": _DEPRECATED,
    "SaveDebugImageEveryNBatches": "writes files",
    "WithChannels": _COMBINES,
    "WithColorspace": _COMBINES,
    "WithBrightnessChannels": _COMBINES,
    "WithHueAndSaturation": _COMBINES,
    "WithPolarWarping": _COMBINES,
    "Sequential": _COMBINES,
    "SomeOf": _COMBINES,
    "OneOf": _COMBINES,
    "Sometimes": _COMBINES,
    "KeepSizeByResize": _COMBINES,
    "ClipCBAsToImagePlanes": "changes no picture",
    "RemoveCBAsByOutOfImageFraction": "changes no picture",
    "ChangeColorspace": "gives numbers that are no RGB",
    "InColorspace": _DEPRECATED,
    "BlendAlphaMask": "takes code",
    "BlendAlphaSegMapClassIds": "takes a segmentation's classes",
    "BlendAlphaBoundingBoxes": "takes labels",
    "MultiplyAndAddToBrightness": "does not draw the same again from the same seed",
    "pillike.Autocontrast": "fails on NumPy 2",
    "pillike.Affine": "the same as Affine",
    "TotalDropout": "leaves nothing",
    "Jigsaw": "takes no boxes along",
    "RandAugment": "chooses by itself",
    "Augmenter": "is what all others are built on",
    "AffineCv2": _DEPRECATED,
    "CloudLayer": _PART,
    "RainLayer": _PART,
    "SnowflakesLayer": _PART,
    "Voronoi": "takes code; its kinds are offered",
    "RelativeRegularGridVoronoi": "the same as RegularGridVoronoi, in other units",
    "ReplaceElementwise": "what Salt, Pepper and ImpulseNoise are made of",
    "UniformColorQuantizationToNBits": "the same as Posterize",
    "pillike.Posterize": "the same as Posterize",
    "pillike.Solarize": "the same as Solarize",
    "pillike.FilterEdgeEnhanceMore": "a stronger pillike.FilterEdgeEnhance",
    "pillike.FilterSharpen": "the same as Sharpen",
    **{
        f"{where}{what}To{size}": "a size that follows from the picture's; Crop, Pad and their fixed sizes are offered"
        for where in ("", "Center")
        for what in ("Crop", "Pad")
        for size in ("AspectRatio", "MultiplesOf", "PowersOf")
    },
    **{
        f"Center{what}To{size}": "the same as the one without Center, which chooses the place"
        for what in ("Crop", "Pad")
        for size in ("FixedSize", "Square")
    },
}
AUGMENTERS: dict[str, Augmenter] = {augmenter.name: augmenter for augmenter in _CATALOG}


def names(family: str) -> Sequence[str]:
    """The augmenters of a family."""
    return [name for name, augmenter in AUGMENTERS.items() if augmenter.family == family]
