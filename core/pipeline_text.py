"""A pipeline's entries as text, a step on each line: read, written, changed one step at a time."""

from typing import TypeVar

from pydantic import ValidationError

from core.augmenter_table import AUGMENTERS, Parameter, Value
from core.errors import PipelineRejected
from core.pipelines import MAX_STEPS, Group, Step

Entries = tuple[Step | Group, ...]
CHOOSE = ("all", "some", "one")
M = TypeVar("M", Step, Group)
INSIDE = "- "  # begins the line of a step within a group


def parse(text: str) -> Entries:
    """Read entries.

    Args:
        text: a step on each line: an augmenter, its parameters as name=value or name=low..high, and sometimes=0.5 where
            it is not always used. A line "one", "some of=1..2" or "all" (with random, sometimes=0.5) begins a group of
            the lines below it that begin with "- ".

    Raises:
        PipelineRejected: for a line that cannot be read.

    >>> parse("Rotate rotate=-30..30 sometimes=0.5")[0].p
    0.5
    """
    entries: list[Step | Group] = []
    for line in text.replace(";", "\n").splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        if stripped.startswith(INSIDE):
            last = entries[-1] if entries else None
            if not isinstance(last, Group):
                raise PipelineRejected("no_group", line=stripped[:60])
            entries[-1] = last.model_copy(update={"steps": (*last.steps, _step(stripped.removeprefix(INSIDE)))})
        else:
            entries.append(_group(stripped) if stripped.split()[0] in CHOOSE else _step(stripped))
    n = sum(len(entry.steps) if isinstance(entry, Group) else 1 for entry in entries)
    if n > MAX_STEPS or len(entries) > MAX_STEPS:
        raise PipelineRejected("too_many_steps", n=max(n, len(entries)), most=MAX_STEPS)
    return tuple(entries)


def write(entries: Entries) -> str:
    """The text of entries, as `parse` reads it; parameters at their default are left out."""
    lines: list[str] = []
    for entry in entries:
        if isinstance(entry, Step):
            lines.append(_written(entry))
        else:
            words: list[str] = [entry.choose]
            if entry.choose == "some":
                words.append(f"of={entry.least}..{entry.most}")
            words += ["random"] * entry.is_random
            words += [f"sometimes={_exactly(entry.p)}"] * (entry.p != 1)
            lines += [" ".join(words), *(INSIDE + _written(step) for step in entry.steps)]
    return "\n".join(lines)


def edited(text: str, action: str, row: int, name: str = "", value: str = "") -> str:
    """The text after one change; rows are its lines, groups and the steps within them counted alike.

    Args:
        text: of the pipeline.
        action: "set" a parameter ("sometimes" too; of a group "choose", "of", "random"), "up", "down", "remove",
            "inside", "outside", or "add" an augmenter or a group at the end.
        row: which line, from 0.
        name: of the parameter; or what to add.
        value: of the parameter, as it was typed; of a range low..high; of "up" and "down" how many places, else 1.

    Raises:
        PipelineRejected: for a value that is none.
    """
    lines = write(parse(text)).splitlines()
    if action == "add":
        lines.append(name if name in CHOOSE else write((Step(name=name),)))
        return _checked(lines)
    if not 0 <= row < len(lines):
        return text
    line, is_inside = lines[row], lines[row].startswith(INSIDE)
    end = _end(lines, row)
    if action == "remove":
        del lines[row:end]
    elif action == "set":
        first, *words = line.removeprefix(INSIDE).split()
        words = [word for word in words if word.partition("=")[0] != name]
        if first in CHOOSE and name == "choose":
            first = value if value in CHOOSE else first
        elif first in CHOOSE and name == "random":
            words += ["random"] * (value == "true")
        else:
            words.append(f"{name}={value}")
        lines[row] = (INSIDE if is_inside else "") + " ".join([first, *words])
    elif action == "inside" and not is_inside and line.split()[0] not in CHOOSE and _above(lines, row):
        lines[row] = INSIDE + line
    elif action == "outside" and is_inside:
        lines.insert(end_of_group(lines, row), line.removeprefix(INSIDE))
        del lines[row]
    elif action in ("up", "down"):
        for _ in range(min(MAX_STEPS, int(value) if value.isdecimal() else 1)):
            row = _move(lines, row, action)
    return _checked(lines)


def end_of_group(lines: list[str], row: int) -> int:
    """The first line after `row` that is not inside a group."""
    at = row + 1
    while at < len(lines) and lines[at].startswith(INSIDE):
        at += 1
    return at


def _move(lines: list[str], row: int, action: str) -> int:
    """Let a line, with what it holds, change places with its neighbour of the same depth; gives where it is then."""
    is_inside, end = lines[row].startswith(INSIDE), _end(lines, row)
    if action == "down":
        if end == len(lines) or lines[end].startswith(INSIDE) != is_inside:
            return row
        other = _end(lines, end)
        lines[row:other] = lines[end:other] + lines[row:end]
        return row + other - end
    before = row - 1
    while before >= 0 and lines[before].startswith(INSIDE) and not is_inside:
        before -= 1
    if before < 0 or lines[before].startswith(INSIDE) != is_inside:
        return row
    lines[before:end] = lines[row:end] + lines[before:row]
    return before


def _end(lines: list[str], row: int) -> int:
    """The line after `row` and all that it holds."""
    return row + 1 if lines[row].startswith(INSIDE) else end_of_group(lines, row)


def _above(lines: list[str], row: int) -> bool:
    """Whether the line above belongs to a group."""
    return row > 0 and (lines[row - 1].startswith(INSIDE) or lines[row - 1].split()[0] in CHOOSE)


def _checked(lines: list[str]) -> str:
    return write(parse("\n".join(lines)))


def _group(line: str) -> Group:
    choose, *words = line.split()
    found: dict[str, object] = {"choose": choose}
    for word in words:
        name, is_set, value = word.partition("=")
        if word == "random":
            found["is_random"] = True
        elif is_set and name == "sometimes":
            found["p"] = _number(line, value)
        elif name == "of" and ".." in value:
            low, high = value.split("..", 1)
            if not (low.isdecimal() and high.isdecimal()):
                raise PipelineRejected("not_read", line=line[:60], word=word[:30])
            found["least"], found["most"] = int(low[:4]), int(high[:4])
        else:
            raise PipelineRejected("not_read", line=line[:60], word=word[:30])
    return _valid(Group, found, line)


def _step(line: str) -> Step:
    name, *words = line.split() or [""]
    if name not in AUGMENTERS:
        raise PipelineRejected("unknown_augmenter", name=name[:40])
    parameters = {parameter.name: parameter for parameter in AUGMENTERS[name].parameters}
    found: dict[str, object] = {"name": name}
    values: dict[str, Value] = {}
    for word in words:
        key, is_set, value = word.partition("=")
        if not is_set:
            raise PipelineRejected("not_read", line=line[:60], word=word[:30])
        if key == "sometimes":
            found["p"] = _number(line, value)
        elif key not in parameters:
            raise PipelineRejected("unknown_parameter", name=name, parameter=key[:40])
        else:
            values[key] = _value(line, parameters[key], value)
    return _valid(Step, {**found, "values": values}, line)


def _valid(model: type[M], found: dict[str, object], line: str) -> M:
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise PipelineRejected("not_read", line=line[:60], word=str(error.errors()[0]["input"])[:30]) from error


def _value(line: str, parameter: Parameter, text: str) -> Value:
    if parameter.kind == "choice":
        return text
    if parameter.kind == "flag":
        if text not in ("true", "false"):
            raise PipelineRejected("not_read", line=line[:60], word=text[:30])
        return text == "true"
    if parameter.kind == "number":
        return _number(line, text)
    low, dots, high = text.partition("..")
    first = _number(line, low)
    return (first, _number(line, high) if dots else first)


def _number(line: str, text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise PipelineRejected("not_read", line=line[:60], word=text[:30]) from error


def _written(step: Step) -> str:
    words = [step.name]
    for parameter in AUGMENTERS[step.name].parameters:
        value = step.values.get(parameter.name, parameter.default)
        if value != parameter.default:
            words.append(f"{parameter.name}={_said(value)}")
    words += [f"sometimes={_exactly(step.p)}"] * (step.p != 1)
    return " ".join(words)


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"{_exactly(value[0])}..{_exactly(value[1])}"
    return _exactly(value) if isinstance(value, int | float) else value


def _exactly(value: float) -> str:
    """A number that is read again as it was."""
    return repr(float(value)).removesuffix(".0")
