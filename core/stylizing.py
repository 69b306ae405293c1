"""A photo in the style of another picture: the network's work on pictures of any size, tile by tile, without seams."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from core.checkpoints import load
from core.colour import into_gamut, lab_to_rgb, lightness, rgb_to_lab
from core.errors import SettingsError
from core.images import fit_within
from core.inference import in_turn
from core.models.style_decoder import (
    COLOUR,
    DEEP,
    SHALLOW,
    TOLD,
    StyleDecoder,
    adapted,
    bands,
    statistics,
    told_of,
    toned,
)
from core.models.tiny_vgg import TinyVGG

ENCODER, DECODER = "tiny_vgg", "style"
CELL_PX = 8  # the encoder halves three times
MARGIN_PX = 80  # more than any pixel of the result looks to either side
BORDER_PX = 48  # of mirrored picture beyond its border
TILE_PX = 768  # of the result; pictures that are no larger are done at once
LAYERS = (COLOUR, *TOLD)
STYLE_PX = 448  # longer side of a style, as the encoder sees it
VIEW_PX = 640  # longer side of a photo, as the encoder sees it at a brush of 1
LEAST_PX = 8  # shorter side of a style
LEAST_SEEN_PX = 32  # to which a strip is widened
BAND_ROWS = 256


@dataclass(frozen=True)
class Style:
    """What is taken from a picture: mean and spread of its colours, fine and coarse, and of channels at four depths.

    Attributes:
        mean: by layer, (1, C) float32.
        spread: by layer, (1, C) float32.
    """

    mean: dict[str, Tensor]
    spread: dict[str, Tensor]


def style_of(image: np.ndarray) -> Style:
    """Look at a style.

    Args:
        image: (H, W, 3) uint8 RGB; reduced or enlarged so that its longer side has 448 pixels.

    Raises:
        SettingsError: if it has too few pixels, or but one colour: there is no style in it.
    """
    if min(image.shape[:2]) < LEAST_PX:
        raise SettingsError("style_too_small", argument="style", value=min(image.shape[:2]), rule=LEAST_PX)
    if (image == image[:1, :1]).all():
        raise SettingsError("style_of_one_colour", argument="style")
    scale = STYLE_PX / max(image.shape[:2])
    height, width = (max(LEAST_SEEN_PX, round(side * scale)) for side in image.shape[:2])
    return _style(in_turn(_sums, _resized_to(image, height, width)))


def mixed(first: Style, second: Style, share: float) -> Style:
    """A style between two: share 0 is the first, 1 the second."""
    between = [
        {layer: torch.lerp(a[layer], b[layer], share) for layer in LAYERS}
        for a, b in ((first.mean, second.mean), (first.spread, second.spread))
    ]
    return Style(*between)


def stylize(
    image: np.ndarray,
    style: Style,
    strength: float = 1.0,
    *,
    brush: float = 1.0,
    keeps_colours: bool = False,
    mask: np.ndarray | None = None,
    outside: Style | None = None,
    decoder: StyleDecoder | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Give a photo a style.

    The encoder sees the photo with a longer side of VIEW_PX / brush, so that strokes have a size of their own,
    whatever the photo's. A larger photo is then gone over once more at its full size, for the fine strokes.

    Args:
        image: (H, W, 3) uint8 RGB, any size.
        style: from `style_of` or `mixed`.
        strength: 0 (the photo) to 1.
        brush: size of the strokes, 0.5 to 3.
        keeps_colours: whether the photo's own a* and b* stay.
        mask: (h, w) float32, 0 to 1, stretched over the photo: where the style holds; None for everywhere.
        outside: the style elsewhere; None leaves the photo as it is there.
        decoder: None for the shipped one.
        progress: told the share that is done, 0 to 1.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    paint = _Painter(style, strength, mask, outside, decoder)
    height, width = image.shape[:2]
    scale = min(1.0, VIEW_PX / max(height, width)) / brush
    small = _resized(image, scale)
    is_large = max(height, width) > 1.5 * VIEW_PX
    made = paint(small, small, lambda share: progress(share * (0.1 if is_large else 1)))
    made = _resized_to(made, height, width)
    if is_large:
        made = paint(made, image, lambda share: progress(0.1 + 0.9 * share))
    elif small.shape != image.shape and (strength < 1 or mask is not None):
        made = _sharpened(made, image, small, strength, mask if outside is None else None)
    return _in_colours_of(made, image) if keeps_colours else made


class _Painter:
    """One pass over a picture of any size."""

    def __init__(
        self,
        style: Style,
        strength: float,
        mask: np.ndarray | None,
        outside: Style | None,
        decoder: StyleDecoder | None,
    ) -> None:
        self.style, self.strength, self.mask, self.outside, self.decoder = style, strength, mask, outside, decoder

    def __call__(self, image: np.ndarray, photo: np.ndarray, progress: Callable[[float], None]) -> np.ndarray:
        """Both (H, W, 3) uint8: what is painted, and what shows through where the strength is below 1."""
        tiles = list(_tiles(*image.shape[:2]))
        sums: Sums | None = None
        n_done, n_all = 0, (2 if len(tiles) > 1 else 1) * len(tiles)
        if len(tiles) > 1:  # the statistics of the whole picture, or the tiles would not fit each other
            for tile in tiles:
                found = in_turn(_sums, tile.cut(image), tile.inner_cells())
                sums = found if sums is None else {layer: sums[layer] + part for layer, part in found.items()}
                n_done += 1
                progress(n_done / n_all)
        own = None if sums is None else _style(sums)
        levels = None
        if len(tiles) > 1:  # likewise for the colours of what is painted: those of a small one
            small = fit_within(image, TILE_PX)
            levels = in_turn(self._levels, next(_tiles(*small.shape[:2])), small)
        out = np.empty_like(image)
        for tile in tiles:
            out[tile.rows, tile.columns] = in_turn(self._paint, tile, image, photo, own, levels)
            n_done += 1
            progress(n_done / n_all)
        return out

    def _wanted(self, own: Style) -> list[Style]:
        """The styles that a picture is painted in: the one inside, that outside, and its own."""
        styles = [self.style, self.style if self.outside is None else self.outside]
        return [*(style if self.strength == 1 else mixed(own, style, self.strength) for style in styles), own]

    @torch.inference_mode()
    def _levels(self, tile: "_Tile", image: np.ndarray) -> list[tuple[Tensor, Tensor]]:
        """Mean and spread of the colours of what the decoder makes in each of the styles, before they are toned."""
        features = _features(tile.cut(image))
        own, decoder = _style(_sums_of(features)), self.decoder or _decoder()
        return [statistics(tile.inner(bands(_decoded(decoder, features, own, style)))) for style in self._wanted(own)]

    @torch.inference_mode()
    def _paint(
        self,
        tile: "_Tile",
        image: np.ndarray,
        photo: np.ndarray,
        own: Style | None,
        levels: list[tuple[Tensor, Tensor]] | None,
    ) -> np.ndarray:
        decoder = self.decoder or _decoder()
        features = _features(tile.cut(image), has_bands=self.strength < 1)
        own = own or _style(_sums_of(features))
        shown = _input(photo[tile.rows, tile.columns])
        wanted = self._wanted(own)

        def painted(at: int) -> Tensor:
            made = tile.inner(bands(_decoded(decoder, features, own, wanted[at])))
            return toned(made, levels[at] if levels else statistics(made), _of(wanted[at], COLOUR))

        # below a strength of 1, what coding and decoding alone change is given back
        back = (1 - self.strength) * (shown - painted(2)) if self.strength < 1 else torch.zeros(())
        made = painted(0) + back
        if self.mask is not None:
            other = shown if self.outside is None else painted(1) + back
            made = other + torch.from_numpy(tile.stretched(self.mask, photo.shape)) * (made - other)
        return (made[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


@dataclass(frozen=True)
class _Tile:
    """A part of a picture; its margin may lie beyond the border, where the picture is mirrored.

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
        return slice(self.rows.start - self.top, self.rows.stop - self.top)

    @property
    def inner_columns(self) -> slice:
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


def _tiles(height: int, width: int) -> Iterator[_Tile]:
    """A picture in parts of at most TILE_PX a side; one alone where it is small enough."""
    for rows in _parts(height):
        for columns in _parts(width):
            (top, tall), (left, wide) = _padded(rows, height), _padded(columns, width)
            yield _Tile(rows, columns, top, left, (tall, wide))


def _padded(part: slice, side: int) -> tuple[int, int]:
    """Where a part begins with its margin, and how long it is with both: whole cells."""
    start = part.start - (MARGIN_PX if part.start else BORDER_PX)
    stop = part.stop + (MARGIN_PX if part.stop < side else BORDER_PX)
    return start, -(-(stop - start) // CELL_PX) * CELL_PX


def _parts(side: int) -> list[slice]:
    n = -(-side // TILE_PX)
    size = -(-side // n // CELL_PX) * CELL_PX  # whole cells, so that all tiles have the same grid
    return [slice(start, min(start + size, side)) for start in range(0, side, size)]


def _input(image: np.ndarray) -> Tensor:
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    return x.contiguous(memory_format=torch.channels_last)


Sums = dict[str, Tensor]  # by layer: count, sum and sum of squares of each channel, (3, C) float64


@torch.inference_mode()
def _sums(image: np.ndarray, cells: tuple[slice, slice] | None = None) -> Sums:
    """Sums of what is looked at of a picture, or of its inner cells of 8 pixels; to be added up over tiles."""
    return _sums_of(_features(image), cells)


def _features(image: np.ndarray, *, has_bands: bool = True) -> dict[str, Tensor]:
    """What is looked at of a picture: its features, and its bands."""
    encoder, x = _encoder(), _input(image)
    found = encoder.forward_features(_as_weights(x, encoder), DEEP)
    return {COLOUR: bands(x), **found} if has_bands else found


def _sums_of(features: dict[str, Tensor], cells: tuple[slice, slice] | None = None) -> Sums:
    found = {}
    for layer in LAYERS:
        if layer not in features:
            continue
        x = features[layer]
        if cells is not None:
            times = x.shape[2] // features[DEEP].shape[2]
            x = x[:, :, *(slice(part.start * times, part.stop * times) for part in cells)]
        mean = x.mean((2, 3), dtype=torch.float32)
        from_mean = (x - mean[:, :, None, None].to(x.dtype)).square().mean((2, 3), dtype=torch.float32).double()
        mean = mean.double()
        n = torch.full_like(mean, float(x.shape[2] * x.shape[3]))
        found[layer] = torch.cat([n, n * mean, n * (from_mean + mean**2)])
    return found


def _style(sums: Sums) -> Style:
    mean, spread = {}, {}
    for layer, (n, total, squares) in sums.items():
        middle = (total / n)[None]
        mean[layer] = middle.float()
        spread[layer] = (squares / n - middle**2).clamp_min(1e-10).sqrt().float()
    return Style(mean, spread)


def _decoded(decoder: StyleDecoder, features: dict[str, Tensor], own: Style, style: Style) -> Tensor:
    """Features whose statistics are `own`, given those of `style`, as a picture: (B, 3, H, W) float32."""
    made = [adapted(features[layer], _of(own, layer), _of(style, layer)) for layer in (DEEP, SHALLOW)]
    told = told_of(style.mean, style.spread)
    painted: Tensor = decoder(*(_as_weights(x, decoder) for x in (*made, told)))
    return painted.float()


def _as_weights(x: Tensor, module: torch.nn.Module) -> Tensor:
    weight = next(module.parameters())
    return x.to(weight.device, weight.dtype)


def _of(style: Style, layer: str) -> tuple[Tensor, Tensor]:
    return style.mean[layer], style.spread[layer]


def _encoder() -> TinyVGG:
    module = load(ENCODER)
    assert isinstance(module, TinyVGG)
    return module


def _decoder() -> StyleDecoder:
    module = load(DECODER)
    assert isinstance(module, StyleDecoder)
    return module


def _resized(image: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return image
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return _resized_to(image, height, width)


def _resized_to(image: np.ndarray, height: int, width: int) -> np.ndarray:
    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _sharpened(
    made: np.ndarray, photo: np.ndarray, small: np.ndarray, strength: float, mask: np.ndarray | None
) -> np.ndarray:
    """Give back, where the photo shows through, what it has lost by being resized."""
    height, width = photo.shape[:2]
    lost = photo.astype(np.float32) - _resized_to(small, height, width)
    where = np.ones((1, 1), np.float32) if mask is None else cv2.resize(mask, (width, height))
    return np.clip(made + (1 - strength * where)[..., None] * lost + 0.5, 0, 255).astype(np.uint8)


def _in_colours_of(made: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The lightness of the one with the a* and b* of the other, a band of rows at a time."""
    out = np.empty_like(made)
    for start in range(0, len(made), BAND_ROWS):
        rows = slice(start, start + BAND_ROWS)
        lab = rgb_to_lab(photo[rows])
        lab[:, :, 0] = lightness(made[rows])
        out[rows] = lab_to_rgb(into_gamut(lab))
    return out
