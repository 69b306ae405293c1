"""A stack of layers as text: read, written, changed one step at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import SettingsError

MAX_LAYERS = 64


@dataclass(frozen=True)
class Parameter:
    """A number that a layer is given.

    Attributes:
        name: as it is written in the text.
        default: what is meant where it is not written.
        least: smallest value.
        most: greatest value.
        is_whole: whether it counts something.
    """

    name: str
    default: float
    least: float
    most: float
    is_whole: bool = True


_kernel = Parameter("kernel", 3, 1, 63)
_stride, _padding = Parameter("stride", 1, 1, 32), Parameter("padding", 0, 0, 31)
_pool = (Parameter("kernel", 2, 1, 63), Parameter("stride", 2, 1, 32), _padding)
KINDS: dict[str, tuple[Parameter, ...]] = {
    "conv": (
        Parameter("filters", 32, 1, 4096),
        _kernel,
        _stride,
        _padding,
        Parameter("dilation", 1, 1, 16),
        Parameter("groups", 1, 1, 4096),
    ),
    "batchnorm": (),
    "relu": (),
    "leakyrelu": (),
    "gelu": (),
    "tanh": (),
    "sigmoid": (),
    "maxpool": _pool,
    "avgpool": _pool,
    "globalpool": (),
    "dropout": (Parameter("p", 0.2, 0.0, 0.95, is_whole=False),),
    "flatten": (),
    "dense": (Parameter("units", 10, 1, 65_536),),
}


@dataclass(frozen=True)
class Layer:
    """One line of the text.

    Attributes:
        kind: a key of KINDS.
        values: of its parameters, in their order.
    """

    kind: str
    values: tuple[float, ...]

    def __getitem__(self, name: str) -> int:
        """A whole-numbered parameter by its name."""
        return int(self.values[[parameter.name for parameter in KINDS[self.kind]].index(name)])


def parse(text: str) -> list[Layer]:
    """Read a stack.

    Args:
        text: a layer on each line: its kind, then values in order or as name=value.

    Raises:
        SettingsError: for a word that is no layer, a value that is no number or out of range, or too many layers.

    >>> parse("conv 32 3 padding=1")[0].values
    (32, 3, 1, 1, 1, 1)
    """
    lines = [line.split("#")[0].strip() for line in text.replace(";", "\n").splitlines()]
    layers = [_layer(line, number) for number, line in enumerate(filter(None, lines), 1)]
    if len(layers) > MAX_LAYERS:
        raise SettingsError("too_many_layers", value=len(layers), rule=MAX_LAYERS)
    return layers


def write(layers: Sequence[Layer]) -> str:
    """The text of a stack, as `parse` reads it: first values bare, then those that are not the default."""
    return "\n".join(_written(layer) for layer in layers)


def edited(text: str, action: str, row: int, name: str = "", value: str = "") -> str:
    """The text after one change.

    Args:
        text: of the stack.
        action: "set" a parameter, "up", "down", "remove", or "add" a layer after the row.
        row: which layer, from 0; -1 before all, for "add".
        name: of the parameter; or the kind of layer to add.
        value: of the parameter, as it was typed.

    Raises:
        SettingsError: for a value that is none.
    """
    layers = parse(text)
    if action == "add" and name in KINDS:
        layers.insert(row + 1, Layer(name, tuple(parameter.default for parameter in KINDS[name])))
    elif not 0 <= row < len(layers):
        return text
    elif action == "remove":
        del layers[row]
    elif action == "set":
        parameters = KINDS[layers[row].kind]
        names = [parameter.name for parameter in parameters]
        if name not in names:
            return text
        at = names.index(name)
        values = list(layers[row].values)
        values[at] = _value(parameters[at], value, row + 1)
        layers[row] = Layer(layers[row].kind, tuple(values))
    else:
        other = row + (1 if action == "down" else -1)
        if 0 <= other < len(layers):
            layers[row], layers[other] = layers[other], layers[row]
    if len(layers) > MAX_LAYERS:
        raise SettingsError("too_many_layers", value=len(layers), rule=MAX_LAYERS)
    return write(layers)


def _layer(line: str, number: int) -> Layer:
    kind, *given = line.lower().replace(",", " ").split()
    if kind not in KINDS:
        raise SettingsError("no_layer", row=number, value=kind[:20], rule=", ".join(KINDS))
    parameters = KINDS[kind]
    values = {parameter.name: parameter.default for parameter in parameters}
    for at, word in enumerate(given):
        name, _, said = word.rpartition("=")
        parameter = next((p for p in parameters if p.name == name), None) if name else (*parameters, *[None] * 9)[at]
        if parameter is None:
            raise SettingsError("no_parameter", row=number, kind=kind, value=word[:20])
        values[parameter.name] = _value(parameter, said, number)
        if kind in ("maxpool", "avgpool") and parameter.name == "kernel" and "stride" not in line:
            values["stride"] = min(values["kernel"], 32)
    return Layer(kind, tuple(values.values()))


def _value(parameter: Parameter, said: str, row: int) -> float:
    try:
        value = float(said.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not parameter.least <= value <= parameter.most or (parameter.is_whole and value != int(value)):
        rule = f"{parameter.least:g} … {parameter.most:g}"
        raise SettingsError("layer_value", row=row, argument=parameter.name, rule=rule, value=said[:20])
    return int(value) if parameter.is_whole else value


def _written(layer: Layer) -> str:
    bare = {"conv": 2, "maxpool": 1, "avgpool": 1, "dropout": 1, "dense": 1}.get(layer.kind, 0)
    words = [layer.kind]
    for at, (parameter, value) in enumerate(zip(KINDS[layer.kind], layer.values, strict=True)):
        default = layer["kernel"] if parameter.name == "stride" and "pool" in layer.kind else parameter.default
        if at < bare:
            words.append(f"{value:g}")
        elif value != default:
            words.append(f"{parameter.name}={value:g}")
    return " ".join(words)
