"""Matrices that a person types: text to numbers and back."""

import numpy as np

from core.errors import SettingsError

MAX_VALUE = 1_000_000


def parse(text: str, argument: str, most_side: int, most_blocks: int = 1) -> np.ndarray:
    """Read blocks of rows of numbers.

    Rows stand on lines of their own or are parted by "/" or ";", numbers by spaces or by commas, blocks by an empty
    line or "|". Beside spaces a comma is a decimal mark.

    Args:
        text: what was typed.
        argument: what it is, for the error.
        most_side: greatest number of rows, and of columns.
        most_blocks: greatest number of blocks.

    Returns:
        (n, H, W) float64.

    Raises:
        SettingsError: for words, ragged rows, blocks of different sizes, nothing at all, or too much.

    >>> parse("1 2,5 / 3 4", "kernel", 7).tolist()
    [[[1.0, 2.5], [3.0, 4.0]]]
    """
    blocks = [_block(block, argument, most_side) for block in _split(text)]
    if not blocks:
        raise SettingsError("no_numbers", argument=argument)
    if len(blocks) > most_blocks:
        raise SettingsError("too_many_blocks", argument=argument, value=len(blocks), rule=most_blocks)
    shapes = {f"{len(block)} × {len(block[0])}" for block in blocks}
    if len(shapes) > 1:
        raise SettingsError("blocks_differ", argument=argument, value=", ".join(sorted(shapes)))
    return np.array(blocks, np.float64)


def write(blocks: np.ndarray) -> str:
    """The text of (n, H, W) numbers, as `parse` reads it.

    >>> write(np.array([[[1.0, 2.5], [-3.0, 4.0]]]))
    '1 2.5\\n-3 4'
    """
    return "\n\n".join("\n".join(" ".join(f"{value:.12g}" for value in row) for row in block) for block in blocks)


def resized(blocks: np.ndarray, n: int, height: int, width: int) -> np.ndarray:
    """The same numbers in another size: what is cut is lost, what is added is 0 (added blocks repeat the last)."""
    made = np.zeros((n, height, width))
    for index in range(n):
        kept = blocks[min(index, len(blocks) - 1), :height, :width]
        made[index, : kept.shape[0], : kept.shape[1]] = kept
    return made


def _split(text: str) -> list[list[str]]:
    lines = text.replace("|", "\n\n").replace("/", "\n").replace(";", "\n").splitlines()
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _block(lines: list[str], argument: str, most_side: int) -> list[list[float]]:
    rows = [_numbers(line) for line in lines]
    if not any(rows):
        raise SettingsError("no_numbers", argument=argument)
    if max(len(rows), *map(len, rows)) > most_side:
        value = f"{len(rows)} × {max(map(len, rows))}"
        raise SettingsError("too_large", argument=argument, value=value, rule=f"{most_side} × {most_side}")
    found = []
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise SettingsError("ragged", argument=argument, row=number, value=len(row), rule=len(rows[0]))
        found.append([_value(text, argument, number, column) for column, text in enumerate(row, 1)])
    return found


def _numbers(line: str) -> list[str]:
    parts = line.split()
    if len(parts) == 1:
        return [part.strip() for part in line.split(",") if part.strip()]
    return [part.strip(",").replace(",", ".") for part in parts if part.strip(",")]


def _value(text: str, argument: str, row: int, column: int) -> float:
    try:
        value = float(text.replace("−", "-"))
    except ValueError:
        value = float("nan")
    if not abs(value) <= MAX_VALUE:
        raise SettingsError("not_a_number", argument=argument, row=row, column=column, value=text[:20])
    return value
