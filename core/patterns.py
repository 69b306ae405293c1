"""Styles drawn by code: without end, of every palette, and nobody's property."""

from collections.abc import Callable
from typing import Literal, get_args

import cv2
import numpy as np
from scipy.spatial import cKDTree

Kind = Literal["strokes", "glass", "hatching", "halftone", "mosaic", "waves", "shapes"]
Random = np.random.Generator
KINDS: tuple[Kind, ...] = get_args(Kind)


def draw(kind: Kind, seed: int, size_px: int = 512, tone: np.ndarray | None = None) -> np.ndarray:
    """One picture of a kind; the seed decides its palette, its scale and its lines.

    Args:
        kind: brush strokes, stained glass, hatching, halftone, mosaic, waves or overlapping shapes.
        seed: of all that is drawn by chance.
        size_px: height and width; lines keep their size in pixels.
        tone: (size_px, size_px) float32 from 0 to 1, what is depicted; None for soft clouds.

    Returns:
        (size_px, size_px, 3) uint8 RGB.

    >>> draw("mosaic", 0, 64).shape
    (64, 64, 3)
    """
    random = np.random.default_rng((seed, KINDS.index(kind)))
    palette = _palette(random)
    if tone is None:
        tone = clouds(random, size_px, int(random.integers(3, 8)))
    return _DRAWN[kind](random, tone, palette)


def clouds(random: Random, size_px: int, cells: int) -> np.ndarray:
    """Smooth noise, (size_px, size_px) float32, its values spread evenly over 0 to 1."""
    coarse = random.standard_normal((cells, cells)).astype(np.float32)
    field = cv2.resize(coarse, (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    ranks = np.searchsorted(np.sort(field[::4, ::4], axis=None), field).astype(np.float32)
    smooth: np.ndarray = cv2.GaussianBlur(ranks / max(1.0, float(ranks.max())), (0, 0), 2)
    return smooth


def _palette(random: Random) -> np.ndarray:
    """(n, 3) float32 RGB, 0 to 255, from dark to light: a few hues, some of them far apart."""
    n = int(random.integers(4, 8))
    hue = random.uniform(0, 360) + random.choice([0, 30, 120, 150, 180, 210], n) + random.normal(0, 12, n)
    light = np.sort(random.uniform(*((0.05, 0.95) if random.random() < 0.8 else (0.3, 0.9)), n))
    strength = random.uniform(0.05, 0.45) + random.uniform(0, 0.5, n)
    hls = np.stack([hue % 360, light, np.clip(strength, 0, 1)], axis=1).astype(np.float32)[None]
    return cv2.cvtColor(hls, cv2.COLOR_HLS2RGB)[0] * np.float32(255)


def _coloured(tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Tones, 0 to 1 -> colours between those of the palette: any shape -> the same and (3,), float32."""
    at = np.linspace(0, 1, len(palette))
    return np.stack([np.interp(tone, at, palette[:, c]) for c in range(3)], axis=-1).astype(np.float32)


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def _grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return y, x


def _strokes(random: Random, tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Short strokes of a brush along the outlines of what is depicted, each of a colour near its place's."""
    side = len(tone)
    width = float(random.uniform(2.5, 9))
    length = width * float(random.uniform(2.5, 6))
    canvas = _bytes(_coloured(tone, palette))
    flow = clouds(random, side, int(random.integers(2, 6)))
    down, across = np.gradient(cv2.GaussianBlur(flow, (0, 0), 6))
    angle = np.arctan2(down, across) + np.pi / 2
    spread, jitter = float(random.uniform(0.05, 0.5)), float(random.uniform(0.03, 0.18))
    n = int(2.2 * side * side / (length * width))
    places = random.integers(0, side, (n, 2))
    turns, shades = random.normal(0, spread, n), random.normal(0, jitter, n)
    for (row, column), turn, shade in zip(places, turns, shades, strict=True):
        theta = angle[row, column] + turn
        dx, dy = np.cos(theta), np.sin(theta)
        colour = _coloured(np.clip(tone[row, column] + shade, 0, 1), palette)
        for bristle in (-0.33, 0.0, 0.33):
            at = np.array([column - bristle * width * dy, row + bristle * width * dx])
            half = np.array([dx, dy]) * length / 2
            tint = np.clip(colour * (1 + random.normal(0, 0.07)), 0, 255)
            start, end = (tuple(int(v) for v in np.round(4 * place)) for place in (at - half, at + half))
            thick = max(1, round(width / 2.4))
            cv2.line(canvas, start, end, tuple(float(v) for v in tint), thick, cv2.LINE_AA, 2)
    return canvas


def _cells(places: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of the (n, 2) places (row, column) is nearest to each pixel, and how far the border is, in pixels."""
    y, x = _grid(side)
    distance, nearest = cKDTree(places).query(np.stack([y, x], axis=-1), k=2)
    between = np.linalg.norm(places[nearest[..., 0]] - places[nearest[..., 1]], axis=-1)
    border = (distance[..., 1] ** 2 - distance[..., 0] ** 2) / (2 * np.maximum(between, 1e-6))
    return nearest[..., 0], border.astype(np.float32)


def _tiled(
    random: Random, tone: np.ndarray, palette: np.ndarray, places: np.ndarray, gap: tuple[np.ndarray, float]
) -> np.ndarray:
    """One colour for each place's cell, and lines of a colour and half a width between the cells."""
    side = len(tone)
    cell, border = _cells(places, side)
    rows, columns = (np.clip(np.round(places[:, axis]).astype(int), 0, side - 1) for axis in (0, 1))
    tones = np.clip(tone[rows, columns] + random.normal(0, 0.1, len(places)), 0, 1)
    colours = _coloured(tones, palette) * random.normal(1, 0.06, (len(places), 1)).astype(np.float32)
    line, half = gap
    cover = np.clip(border - half + 0.5, 0, 1)[..., None]
    return _bytes(cover * colours[cell] + (1 - cover) * line)


def _glass(random: Random, tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Stained glass: cells of chance in lead."""
    side = len(tone)
    n = max(8, int((side / random.uniform(16, 44)) ** 2))
    places = random.uniform(-0.1 * side, 1.1 * side, (int(1.44 * n), 2))
    lead = palette[0] * np.float32(random.uniform(0.1, 0.5))
    bright = np.clip(palette * np.float32(1.15), 0, 255)
    return _tiled(random, tone, bright, places, (lead, float(random.uniform(0.8, 2.4))))


def _mosaic(random: Random, tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Small stones in rows, not quite straight, in grout."""
    side = len(tone)
    step, turn = float(random.uniform(6, 14)), float(random.uniform(0, np.pi))
    reach = np.arange(-side, side, step)
    a, b = np.meshgrid(reach, reach)
    grid = np.stack([a.ravel(), b.ravel()], axis=1) + random.normal(0, 0.12 * step, (a.size, 2))
    turned = grid @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) + side / 2
    inside = ((turned > -2 * step) & (turned < side + 2 * step)).all(axis=1)
    grout = palette[-1 if random.random() < 0.5 else 0] * np.float32(random.uniform(0.7, 1))
    return _tiled(random, tone, palette, turned[inside], (grout, float(random.uniform(0.5, 1.2))))


def _hatching(random: Random, tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Ink lines, crossed where it is darker, on tinted paper."""
    side = len(tone)
    y, x = _grid(side)
    wave = clouds(random, side, 4) * float(random.uniform(0, 14))
    period, first = float(random.uniform(3.5, 9)), float(random.uniform(0, np.pi))
    ink = np.zeros_like(tone)
    n = int(random.integers(2, 5))
    for number in range(n):
        angle = first + number * np.pi / n + random.normal(0, 0.05)
        phase = (x * np.cos(angle) + y * np.sin(angle) + wave) / period
        height = 1 - np.abs(2 * (phase % 1) - 1)  # 1 in the middle of a line
        dark = np.clip(1.25 * (1 - tone) - number / n, 0, 0.55)
        ink = np.maximum(ink, np.clip((height - 1 + dark) * period / 2 + 0.5 * (dark > 0), 0, 1))
    paper = _coloured(0.75 + 0.25 * tone, palette)
    return _bytes(paper + ink[..., None] * (palette[0] * np.float32(0.6) - paper))


def _halftone(random: Random, tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Screens of dots that grow with darkness, one for each ink, laid over each other."""
    side = len(tone)
    y, x = _grid(side)
    picture = np.broadcast_to(palette[-1], (side, side, 3)).copy()
    period = float(random.uniform(4, 10))
    for number, at in enumerate(random.choice(len(palette) - 1, int(random.integers(1, 4)), replace=False)):
        angle = np.deg2rad(15 + 30 * number + random.uniform(-5, 5))
        u, v = ((x * np.cos(angle) + y * np.sin(angle)) / period, (y * np.cos(angle) - x * np.sin(angle)) / period)
        distance = np.hypot(u - np.round(u), v - np.round(v))
        dark = np.clip(1 - tone + 0.25 * (clouds(random, side, 4) - 0.5), 0, 1)
        cover = np.clip((0.68 * np.sqrt(dark) - distance) * period + 0.5, 0, 1)[..., None]
        picture *= 1 - cover * (1 - palette[at] / 255)
    return _bytes(picture)


def _waves(random: Random, tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Bands that swirl round what is depicted, with dark outlines."""
    side = len(tone)
    y, x = _grid(side)
    angle, period = float(random.uniform(0, np.pi)), float(random.uniform(8, 26))
    swirl = clouds(random, side, int(random.integers(3, 7))) * float(random.uniform(2, 7))
    phase = (x * np.cos(angle) + y * np.sin(angle)) / period * float(random.uniform(0.1, 1)) + swirl + 2 * tone
    n = 2 * len(palette)
    band = np.floor(phase * len(palette) / 2).astype(int)
    shuffled = palette[random.integers(0, len(palette), n)]
    colours = 0.65 * shuffled[band % n] + 0.35 * _coloured(tone, palette)
    slope = np.hypot(*np.gradient(phase * len(palette) / 2)) + 1e-3
    near = np.abs(phase * len(palette) / 2 - np.round(phase * len(palette) / 2)) / slope
    line = np.clip(float(random.uniform(0.3, 1.6)) - near + 0.5, 0, 1)[..., None]
    return _bytes(colours * (1 - line) + line * palette[0] * np.float32(0.6))


def _shapes(random: Random, tone: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Discs, beams and polygons laid over each other, shaded, some outlined."""
    side = len(tone)
    canvas = _coloured(tone, palette)
    outline = float(random.uniform(0, 1))
    for _ in range(int(random.integers(25, 80) * (side / 256) ** 2) + 5):
        middle, radius = random.uniform(0, side, 2), float(random.uniform(6, 45))
        n_corners = int(random.choice([3, 4, 4, 5, 24]))
        turn = random.uniform(0, 2 * np.pi) + np.sort(random.uniform(0, 2 * np.pi, n_corners))
        if n_corners == 24:
            turn = np.linspace(0, 2 * np.pi, n_corners, endpoint=False)
        stretch = random.uniform(0.3, 1, 2)
        corners = middle + radius * np.stack([stretch[0] * np.cos(turn), stretch[1] * np.sin(turn)], axis=1)
        mask = np.zeros((side, side), np.uint8)
        cv2.fillPoly(mask, [np.round(16 * corners).astype(np.int32)], 255, cv2.LINE_AA, 4)
        left, top, width, height = cv2.boundingRect(mask)
        part = (slice(top, top + height), slice(left, left + width))
        shade = np.linspace(random.uniform(0.7, 1), random.uniform(1, 1.3), width, dtype=np.float32)[None, :, None]
        colour = palette[random.integers(len(palette))] * shade
        cover = mask[part][..., None] / np.float32(255) * np.float32(random.uniform(0.7, 1))
        canvas[part] += cover * (colour - canvas[part])
        if random.random() < outline:
            dark = tuple(float(v) for v in palette[0] * 0.5)
            cv2.polylines(canvas, [np.round(16 * corners).astype(np.int32)], True, dark, 2, cv2.LINE_AA, 4)
    return _bytes(canvas)


_DRAWN: dict[Kind, Callable[[Random, np.ndarray, np.ndarray], np.ndarray]] = {
    "strokes": _strokes,
    "glass": _glass,
    "hatching": _hatching,
    "halftone": _halftone,
    "mosaic": _mosaic,
    "waves": _waves,
    "shapes": _shapes,
}
