"""Points in the plane, with classes: made, typed as a function, or read from a CSV file."""

import ast
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from sklearn import datasets

from core.errors import ExpressionError, PointsRejected
from core.syntax import expression_of

SPAN = 3.0  # the plane that is shown reaches from -3 to 3
MAX_BYTES = 5 * 2**20
MAX_POINTS, LEAST_POINTS = 5_000, 4
MAX_CLASSES = 10
MAX_EXPRESSION = 80
FIRST_CLICKS = ((-1.5, -0.8, 0), (-1.0, 1.2, 0), (1.5, 0.8, 1), (1.0, -1.2, 1))
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(np, name) for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "tanh", "floor", "sign")
}
CONSTANTS = {"pi": np.pi, "e": np.e}
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.Mod: np.mod,
    ast.UAdd: np.positive,
    ast.USub: np.negative,
}


@dataclass(frozen=True)
class Points:
    """Points with classes.

    Attributes:
        xy: (n, 2) float32, within -3 to 3 for the most part.
        labels: (n,) int64, from 0.
        names: of the classes.
    """

    xy: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]


def made(kind: str, n: int, noise: float, n_classes: int, seed: int) -> Points:
    """Draw points of a known shape.

    Args:
        kind: "moons", "circles", "XOR", "spiral" or "blobs".
        n: how many.
        noise: standard deviation of what is added to both coordinates, as a share of the shape's size.
        n_classes: of blobs and spiral; the others have two.
        seed: of all draws.
    """
    random = np.random.default_rng(seed)
    if kind in ("moons", "circles"):
        make = datasets.make_moons if kind == "moons" else datasets.make_circles
        options = {} if kind == "moons" else {"factor": 0.45}
        xy, labels = make(n, noise=None, random_state=seed, **options)
        xy = (xy - (xy.max(0) + xy.min(0)) / 2) * (1.5 if kind == "moons" else 2.2)
    elif kind == "XOR":
        xy = random.uniform(-2.4, 2.4, (n, 2))
        xy += 0.25 * np.sign(xy)
        labels = (xy[:, 0] * xy[:, 1] > 0).astype(int)
    elif kind == "spiral":
        labels = np.arange(n) % n_classes
        along = np.sqrt(random.uniform(0.02, 1, n))
        angle = along * 3.0 * np.pi + 2 * np.pi * labels / n_classes
        xy = 2.5 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    else:
        labels = np.arange(n) % n_classes
        angle = 2 * np.pi * np.arange(n_classes) / n_classes
        middles = 1.7 * np.stack([np.cos(angle), np.sin(angle)], 1)
        xy = middles[labels] + 0.25 * random.standard_normal((n, 2))
    xy = xy + noise * 2 * random.standard_normal((n, 2))
    names = tuple(str(c + 1) for c in range(int(labels.max()) + 1))
    return Points(xy.astype(np.float32), labels.astype(np.int64), names)


def beside(expression: str, n: int, noise: float, seed: int) -> Points:
    """Points of the plane, of class 2 above the graph of a function of x and of class 1 below it.

    Raises:
        ExpressionError: if the text is no such function.
    """
    random = np.random.default_rng(seed)
    xy = random.uniform(-2.8, 2.8, (n, 2))
    heights = evaluate(expression, xy[:, 0])
    if not np.isfinite(heights).any():
        raise ExpressionError("no_values")
    heights = np.where(np.isfinite(heights), heights, -np.inf)
    labels = (xy[:, 1] > heights).astype(np.int64)
    if labels.min() == labels.max():
        raise ExpressionError("no_values")
    xy = xy + noise * 2 * random.standard_normal((n, 2))
    return Points(xy.astype(np.float32), labels, ("1", "2"))


def evaluate(expression: str, x: np.ndarray) -> np.ndarray:
    """The values of a function of x, which is parsed and never executed.

    Args:
        expression: numbers, x, pi, e, + - * / ** % and the names of FUNCTIONS, at most 80 characters.
        x: (n,) float64.

    Returns:
        (n,) float64, not finite where the function has no value.

    Raises:
        ExpressionError: for anything else.

    >>> evaluate("2*x + 1", np.array([0.0, 1.0])).tolist()
    [1.0, 3.0]
    """
    if not expression.strip():
        raise ExpressionError("empty")
    if len(expression) > MAX_EXPRESSION:
        raise ExpressionError("syntax")
    try:
        tree = expression_of(expression.strip().replace("^", "**"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError("syntax") from error
    with np.errstate(all="ignore"):
        found = _value(tree.body, x.astype(np.float64))
    return np.broadcast_to(np.asarray(found, np.float64), x.shape).copy()


def formula(expression: str) -> str:
    """A function of x that `evaluate` takes as Python, its numbers as floats: nothing in it takes long.

    >>> formula("x^2 - 1  # and so on")
    'x ** 2.0 - 1.0'
    """
    tree = expression_of(expression.strip().replace("^", "**"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = float(node.value)  # type: ignore[arg-type]
    return ast.unparse(tree)


def _value(node: ast.expr, x: np.ndarray) -> Any:
    match node:
        case ast.Constant(value=bool()):
            raise ExpressionError("not_allowed", value=str(node.value))
        case ast.Constant(value=int() | float()):
            return np.float64(float(node.value))  # type: ignore[arg-type]
        case ast.Name(id="x"):
            return x
        case ast.Name(id=name) if name in CONSTANTS:
            return np.float64(CONSTANTS[name])
        case ast.Name(id=name):
            raise ExpressionError("name", value=name, rule=", ".join([*FUNCTIONS, *CONSTANTS]))
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            return OPERATORS[type(operator)](_value(left, x), _value(right, x))
        case ast.UnaryOp(op=operator, operand=operand) if type(operator) in OPERATORS:
            return OPERATORS[type(operator)](_value(operand, x))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](_value(argument, x))
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            raise ExpressionError("name", value=name, rule=", ".join([*FUNCTIONS, *CONSTANTS]))
    raise ExpressionError("not_allowed", value=ast.unparse(node)[:30])


def read_csv(data: bytes) -> Points:
    """Read a table of x, y and label; a first row of names is left out, the points are scaled to the plane.

    Args:
        data: text in UTF-8, UTF-16 or Latin-1 with commas, semicolons or tabs, at most 5 MB and 5,000 rows.

    Raises:
        PointsRejected: for anything else; the reason says which rule was broken.
    """
    if not data.strip():
        raise PointsRejected("empty")
    if len(data) > MAX_BYTES:
        raise PointsRejected("file_too_large", size_mb=len(data) / 2**20, limit_mb=MAX_BYTES // 2**20)
    text = _text(data)
    if not text.strip():
        raise PointsRejected("empty")
    first = text.lstrip().splitlines()[0]
    separator = max(",;\t", key=first.count)
    if separator not in first:
        raise PointsRejected("not_a_table")
    xy: list[tuple[float, float]] = []
    labels: list[str] = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=None), delimiter=separator), 1):
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != 3:
                raise PointsRejected("columns", row=number, value=len(row))
            values = [_number(cell, separator) for cell in row[:2]]
            if values == [None, None] and not xy and not any(map(_is_like_a_number, row[:2])):
                continue  # names of the columns
            for cell, value in zip(row, values, strict=False):
                if value is None:
                    raise PointsRejected("not_a_number", row=number, value=cell.strip()[:20])
            xy.append((values[0] or 0.0, values[1] or 0.0))
            labels.append(" ".join(row[2].split())[:20])
            if len(xy) > MAX_POINTS:
                raise PointsRejected("too_many", rule=MAX_POINTS)
    except csv.Error as error:
        raise PointsRejected("not_a_table") from error
    return labelled(np.array(xy).reshape(-1, 2), labels, scaled=True)


def clicked(clicks: Sequence[tuple[float, float, int]]) -> Points:
    """The points that a visitor has clicked into the plane, after the four that are there from the start.

    Args:
        clicks: x, y and class from 0.
    """
    all_clicks = [*FIRST_CLICKS, *clicks][:MAX_POINTS]
    xy = np.array([click[:2] for click in all_clicks])
    labels = np.array([click[2] for click in all_clicks])
    names = tuple(str(label + 1) for label in range(int(labels.max()) + 1))  # each keeps the colour of its button
    return Points(np.clip(xy, -SPAN, SPAN).astype(np.float32), labels, names)


def of_picture(image: np.ndarray, n: int, seed: int) -> Points:
    """Places of a picture, its longer side from -2.8 to 2.8: class 1 where it is dark, 2 where it is light.

    Args:
        image: (H, W, 3) uint8.
        n: how many places.
        seed: of their draw.

    Raises:
        PointsRejected: if all are alike.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    threshold, _binary = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)  # Otsu (1979)
    height, width = grey.shape
    random = np.random.default_rng(seed)
    rows, columns = random.integers(0, height, n), random.integers(0, width, n)
    labels = (grey[rows, columns] > threshold).astype(np.int64)
    if labels.min() == labels.max():
        raise PointsRejected("one_class", value=str(int(labels[0]) + 1))
    scale = 5.6 / max(height, width)
    xy = np.stack([(columns + 0.5 - width / 2) * scale, (height / 2 - rows - 0.5) * scale], 1)
    return Points(xy.astype(np.float32), labels, ("1", "2"))


def labelled(xy: np.ndarray, labels: list[str], *, scaled: bool = False) -> Points:
    """Points with labels in words.

    Args:
        xy: (n, 2).
        labels: one a point.
        scaled: bring both coordinates to the plane: mean 0, the farthest at 2.6.

    Raises:
        PointsRejected: for too few points, one class, or more than ten.
    """
    if len(xy) < LEAST_POINTS:
        raise PointsRejected("too_few", value=len(xy), rule=LEAST_POINTS)
    names = sorted(set(labels))
    if len(names) < 2:
        raise PointsRejected("one_class", value=names[0])
    if len(names) > MAX_CLASSES:
        raise PointsRejected("too_many_classes", value=len(names), rule=MAX_CLASSES)
    if scaled:
        xy = xy - xy.mean(0)
        xy = xy / np.maximum(np.abs(xy).max(0), 1e-12) * 2.6
    return Points(xy.astype(np.float32), np.array([names.index(label) for label in labels]), tuple(names))


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif any(byte < 9 for byte in data):
        raise PointsRejected("not_a_table")
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise PointsRejected("not_a_table") from error
        return data.decode("latin-1")


def _is_like_a_number(cell: str) -> bool:
    """A typing error rather than the name of a column."""
    text = cell.strip().lower()
    return any(c.isdigit() for c in text) or text in ("", "nan", "inf", "-inf", "infinity")


def _number(cell: str, separator: str) -> float | None:
    text = cell.strip().replace("−", "-").replace("_", "?")
    try:
        value = float(text.replace(",", ".") if separator != "," else text)
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None
