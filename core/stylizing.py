"""A photo in the style of another picture: the network's work on pictures of any size, tile by tile, without seams."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from core.checkpoints import load
from core.colour import into_gamut, lab_to_rgb, lightness, rgb_to_lab
from core.images import fit_within
from core.inference import in_turn
from core.models.style_decoder import (
    DEEP,
    SHALLOW,
    StyleDecoder,
    adapted,
    bands,
    colours,
    recoloured,
    told_of,
    toned,
    tones,
)
from core.style_features import (
    Look,
    Statistics,
    Style,
    Sums,
    as_weights,
    features_of,
    look_of,
    look_of_samples,
    mixed,
    resized_to,
    statistics_of,
    sums_of,
    sums_of_part,
    tensor_of,
)
from core.tiles import Tile, samples, tiles

DECODER = "style"
VIEW_PX = 640  # longer side of a photo, as the encoder sees it at a brush of 1
SKETCHED = 4  # styles in a turn
BAND_ROWS = 256


@dataclass
class Seen:
    """What the network saw of a photo, whatever its style: about ten megabytes for 512 x 512.

    Attributes:
        features: those that are adapted.
        own: their statistics.
        look: the photo as a style of its own; None until it is asked for.
        coded: the photo coded and decoded, (1, 3, H, W); None until it is asked for.
    """

    features: dict[str, Tensor]
    own: Statistics
    look: Style | None = None
    coded: Tensor | None = None


class Memory:
    """Keeps what was seen of the latest photo of one tile, so that another style or strength costs a third as much."""

    def __init__(self) -> None:
        self._key: object = None
        self._seen: Seen | None = None

    def __reduce__(self) -> tuple[type["Memory"], tuple[()]]:  # nothing of it goes to another process
        return Memory, ()

    def of(self, image: np.ndarray, decoder: StyleDecoder | None, look: Callable[[], Seen]) -> Seen:
        """What is known of a picture, (H, W, 3) uint8; looked at where it is another than the latest."""
        key = image.shape, hash(image.tobytes()), decoder
        if self._seen is None or self._key != key:
            self._key, self._seen = key, look()
        return self._seen


def view(image: np.ndarray) -> np.ndarray:
    """A photo as the pages work on it, no side longer than 640 pixels."""
    return fit_within(image, VIEW_PX)


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
    memory: Memory | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Give a photo a style.

    The encoder sees the photo with a longer side of VIEW_PX / brush, so that strokes have a size of their own,
    whatever the photo's. A larger photo is then gone over once more at its full size: of that, only what is too fine
    for VIEW_PX is taken, so that all sizes show the same picture.

    Args:
        image: (H, W, 3) uint8 RGB, any size.
        style: from `style_of` or `mixed`.
        strength: 0 (the photo) to 1.
        brush: size of the strokes, 0.5 to 3.
        keeps_colours: whether the photo's own a* and b* stay.
        mask: (h, w) float32, 0 to 1, stretched over the photo: where the style holds; None for everywhere.
        outside: the style elsewhere; None leaves the photo as it is there.
        decoder: None for the shipped one.
        memory: of the photo that is given again and again.
        progress: told the share that is done, 0 to 1.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    height, width = image.shape[:2]
    styles = [style] if outside is None or mask is None else [style, outside]
    paint = _Painter(styles, strength, mask, decoder, memory)
    shown = view(image)
    is_large = shown.shape != image.shape
    small = _resized(shown, 1 / brush)
    made = paint(small, small, lambda share: progress(share * (0.1 if is_large else 1)))
    made = resized_to(made, *shown.shape[:2])
    if small.shape != shown.shape and (strength < 1 or mask is not None):
        made = _sharpened(made, shown, small, strength, mask if outside is None else None)
    if is_large:
        made = resized_to(made, height, width)
        fine = paint(made, image, lambda share: progress(0.1 + 0.9 * share))
        made = _with_fine(made, fine, shown.shape)
    return _in_colours_of(made, image) if keeps_colours else made


def sketches(image: np.ndarray, styles: Sequence[Style]) -> list[np.ndarray]:
    """A small photo in each of several styles, as `stylize` paints it at full strength; looked at once for a few.

    Args:
        image: (H, W, 3) uint8 RGB, no side longer than a tile's.
        styles: any number.

    Returns:
        (H, W, 3) uint8 RGB each.
    """
    groups = [list(styles[at : at + SKETCHED]) for at in range(0, len(styles), SKETCHED)]
    return [made for group in groups for made in in_turn(_sketched, image, group)]


@torch.inference_mode()
def _sketched(image: np.ndarray, styles: list[Style]) -> list[np.ndarray]:
    (tile,) = tiles(*image.shape[:2])
    seen, painter = _looked_through(tile, image), _Painter(styles, 1.0, None, None)
    return [_pixels(painter._toned(tile, seen.features, seen.own, style)) for style in styles]


class _Painter:
    """One pass over a picture of any size.

    Args:
        styles: that inside the mask, and that outside, if there is one.
        strength: how much of the photo shows through.
        mask: None for everywhere.
        decoder: None for the shipped one.
        memory: of a picture that is one tile.
    """

    def __init__(
        self,
        styles: list[Style],
        strength: float,
        mask: np.ndarray | None,
        decoder: StyleDecoder | None,
        memory: Memory | None = None,
    ) -> None:
        self.styles, self.strength, self.mask = styles, strength, mask
        self.decoder, self.memory = decoder, memory or Memory()

    def __call__(self, image: np.ndarray, photo: np.ndarray, progress: Callable[[float], None]) -> np.ndarray:
        """Both (H, W, 3) uint8: what is painted, and what shows through where the strength is below 1."""
        parts = list(tiles(*image.shape[:2]))
        if len(parts) == 1:
            made = in_turn(self._paint_whole, parts[0], image)
            progress(1)
            return made
        # the statistics of the whole picture, and of all that is painted, or the tiles would not fit each other
        own = self._seen(image, parts, lambda share: progress(share / 4))
        shown: Style | None = None
        if self.strength < 1:
            known = own if photo is image else self._seen(photo, parts, lambda share: progress((1 + share) / 4))
            cut = [photo[tile.rows, tile.columns] for tile in samples(*photo.shape[:2])]
            shown = Style(*known, *in_turn(look_of_samples, cut))
        wanted = self._wanted(shown)
        levels = self._levels(image, own, wanted)
        out = np.empty_like(image)
        for at, tile in enumerate(parts, start=1):
            there, size = photo[tile.rows, tile.columns], photo.shape
            made = in_turn(self._paint_part, tile, tile.cut(image), there, size, own, wanted, levels)
            out[tile.rows, tile.columns] = made
            progress((1 + at / len(parts)) / 2)
        return out

    def _seen(self, image: np.ndarray, parts: list[Tile], progress: Callable[[float], None]) -> Statistics:
        """The statistics of a large picture."""
        sums: Sums = {}
        for at, tile in enumerate(parts, start=1):
            found = in_turn(sums_of_part, tile.cut(image), tile.inner_cells())
            sums = {layer: sums[layer] + part for layer, part in found.items()} if sums else found
            progress(at / len(parts))
        return statistics_of(sums)

    def _wanted(self, shown: Style | None) -> list[Style]:
        """What a picture is painted as: in each style, and as the photo itself, if that shows through."""
        return [*(mixed(shown, each, self.strength) for each in self.styles), shown] if shown else self.styles

    def _levels(self, image: np.ndarray, own: Statistics, wanted: list[Style]) -> list[Look]:
        """How all is before it is toned that the decoder makes of a large picture in each of the styles; by samples."""
        parts = samples(*image.shape[:2])
        found = [in_turn(self._sampled, tile, tile.cut(image), own, wanted) for tile in parts]
        by_style = zip(*found, strict=True)
        return [in_turn(look_of, list(made), style) for made, style in zip(by_style, wanted, strict=True)]

    @torch.inference_mode()
    def _sampled(self, tile: Tile, part: np.ndarray, own: Statistics, wanted: list[Style]) -> list[Tensor]:
        features = features_of(tensor_of(part))
        return [tile.inner(_decoded(self.decoder, features, own, style)) for style in wanted]

    @torch.inference_mode()
    def _paint_whole(self, tile: Tile, image: np.ndarray) -> np.ndarray:
        seen = self.memory.of(image, self.decoder, lambda: _looked_through(tile, image))
        if self.strength < 1 and seen.look is None:
            seen.look = Style(*seen.own, *look_of([tile.inner(tensor_of(tile.cut(image)))]))
            seen.coded = self._toned(tile, seen.features, seen.own, seen.look)
        wanted = self._wanted(seen.look if self.strength < 1 else None)[: len(self.styles)]
        painted = [self._toned(tile, seen.features, seen.own, style) for style in wanted]
        return self._put_together(tile, painted, seen.coded, tensor_of(image), image.shape)

    @torch.inference_mode()
    def _paint_part(
        self,
        tile: Tile,
        part: np.ndarray,
        photo: np.ndarray,
        size: tuple[int, ...],
        own: Statistics,
        wanted: list[Style],
        levels: list[Look],
    ) -> np.ndarray:
        """A part of a large picture, of that size: the part with its margin, and the photo without."""
        features = features_of(tensor_of(part))
        each = zip(wanted, levels, strict=True)
        painted = [self._toned(tile, features, own, style, level) for style, level in each]
        coded = painted[-1] if self.strength < 1 else None
        return self._put_together(tile, painted[: len(self.styles)], coded, tensor_of(photo), size)

    def _toned(
        self, tile: Tile, features: dict[str, Tensor], own: Statistics, style: Style, level: Look | None = None
    ) -> Tensor:
        """A tile decoded in a style, with its colours and tones; `level` is how the whole picture was before."""
        made = _decoded(self.decoder, features, own, style)
        if level:
            before, after = level
            made = tile.inner(bands(recoloured(made, before, style.colours)))
        else:
            made = tile.inner(made)
            made = bands(recoloured(made, colours(made), style.colours))
            after = tones(made)
        return toned(made, after, style.tones)

    def _put_together(
        self, tile: Tile, painted: list[Tensor], coded: Tensor | None, photo: Tensor, size: tuple[int, ...]
    ) -> np.ndarray:
        """What is inside and outside the mask, (h, w, 3) uint8; `coded` is the photo as the decoder gives it back."""
        inside, outside = painted[0], painted[1] if len(self.styles) > 1 else photo
        if self.strength < 1 and coded is not None:  # what coding and decoding alone change is given back
            back = (1 - self.strength) * (photo - coded)
            inside = inside + back
            outside = outside + back if len(self.styles) > 1 else photo
        if self.mask is not None:
            share = torch.from_numpy(tile.stretched(self.mask, size)).to(photo.device)
            inside = outside + share * (inside - outside)
        return _pixels(inside)


def _looked_through(tile: Tile, image: np.ndarray) -> Seen:
    features = features_of(tensor_of(tile.cut(image)))
    own = statistics_of(sums_of(features))
    return Seen({layer: features[layer] for layer in (DEEP, SHALLOW)}, own)


def _pixels(x: Tensor) -> np.ndarray:
    return (x[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


def _decoded(decoder: StyleDecoder | None, features: dict[str, Tensor], own: Statistics, style: Style) -> Tensor:
    """Features whose statistics are `own`, given those of `style`, as a picture: (B, 3, H, W) float32."""

    def on_device(both: Statistics, layer: str) -> tuple[Tensor, Tensor]:
        where = features[layer].device
        return both[0][layer].to(where), both[1][layer].to(where)

    theirs, decoder = (style.mean, style.spread), decoder or _decoder()
    made = [adapted(features[layer], on_device(own, layer), on_device(theirs, layer)) for layer in (DEEP, SHALLOW)]
    painted: Tensor = decoder(*(as_weights(x, decoder) for x in (*made, told_of(*theirs))))
    return painted.to(features[DEEP].device, torch.float32, memory_format=torch.contiguous_format)


def _decoder() -> StyleDecoder:
    module = load(DECODER)
    assert isinstance(module, StyleDecoder)
    return module


def _resized(image: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return image
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return resized_to(image, height, width)


def _sharpened(
    made: np.ndarray, photo: np.ndarray, small: np.ndarray, strength: float, mask: np.ndarray | None
) -> np.ndarray:
    """Give back, where the photo shows through, what it has lost by being resized."""
    height, width = photo.shape[:2]
    lost = photo.astype(np.float32) - resized_to(small, height, width)
    where = np.ones((1, 1), np.float32) if mask is None else cv2.resize(mask, (width, height))
    return np.clip(made + (1 - strength * where)[..., None] * lost + 0.5, 0, 255).astype(np.uint8)


def _with_fine(made: np.ndarray, fine: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The one picture with what in the other is too fine for that size; a band of rows at a time."""
    coarse = resized_to(resized_to(fine, *size[:2]), *fine.shape[:2])
    out = np.empty_like(made)
    for start in range(0, len(made), BAND_ROWS):
        rows = slice(start, start + BAND_ROWS)
        out[rows] = np.clip(made[rows].astype(np.int16) + fine[rows] - coarse[rows], 0, 255)
    return out


def _in_colours_of(made: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The lightness of the one with the a* and b* of the other, a band of rows at a time."""
    out = np.empty_like(made)
    for start in range(0, len(made), BAND_ROWS):
        rows = slice(start, start + BAND_ROWS)
        lab = rgb_to_lab(photo[rows])
        lab[:, :, 0] = lightness(made[rows])
        out[rows] = lab_to_rgb(into_gamut(lab))
    return out
