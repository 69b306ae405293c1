"""The arithmetic of a layer: output size, receptive field, parameters, multiply-adds, and the dense layer instead."""

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True)
class Sizes:
    """A layer that slides a window, by its numbers. Pairs are height and width.

    Attributes:
        channels: in and out.
        size: of the input.
        kernel: of the window.
        stride: between windows (between inputs, for a transposed convolution).
        pads: cells added before and after, for each of the two dimensions (cut off, for a transposed one).
        dilation: between taps.
        groups: of channels.
        bias: whether each output channel has one.
        weighted: whether the window has weights; a pooling has none.
        transposed: whether each input is spread instead.
    """

    channels: tuple[int, int]
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pads: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    bias: bool = False
    weighted: bool = True
    transposed: bool = False

    @property
    def out(self) -> tuple[int, int]:
        """Height and width of the output (Dumoulin, Visin 2016, relationships 6 and 13).

        >>> Sizes((3, 64), (32, 32), (5, 5)).out
        (28, 28)
        """
        return (self._out(0), self._out(1))

    def _out(self, axis: int) -> int:
        pads, reach = sum(self.pads[axis]), self.dilation[axis] * (self.kernel[axis] - 1) + 1
        if self.transposed:
            return (self.size[axis] - 1) * self.stride[axis] - pads + reach
        return (self.size[axis] + pads - reach) // self.stride[axis] + 1

    @property
    def field(self) -> tuple[int, int]:
        """Height and width of what one output sees: d(k - 1) + 1."""
        if self.transposed:
            return tuple(self._sources(axis) for axis in (0, 1))  # type: ignore[return-value]
        height, width = (d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))
        return (height, width)

    def _sources(self, axis: int) -> int:
        """Inputs from the first to the last that one output of a transposed convolution can get something from."""
        return (self.dilation[axis] * (self.kernel[axis] - 1)) // self.stride[axis] + 1

    @property
    def weights(self) -> int:
        """Numbers in the kernel: k_h k_w C_in / g C_out."""
        return prod(self.kernel) * self.channels[0] // self.groups * self.channels[1] if self.weighted else 0

    @property
    def parameters(self) -> int:
        """Weights and biases.

        >>> Sizes((3, 64), (32, 32), (5, 5), bias=True).parameters
        4864
        """
        return self.weights + (self.channels[1] if self.bias else 0)

    @property
    def multiply_adds(self) -> int:
        """For one picture: each weight meets each output position once (each input, for a transposed one)."""
        places = prod(self.size) if self.transposed else prod(self.out)
        return self.weights * places

    @property
    def dense(self) -> int:
        """Weights of the dense layer from all inputs to all outputs, which could do the same.

        >>> Sizes((3, 64), (32, 32), (5, 5)).dense
        154140672
        """
        return self.channels[0] * prod(self.size) * self.channels[1] * prod(self.out)


def torch_line(operation: str, sizes: Sizes, mode: str = "zeros") -> str:
    """The torch.nn module of an operation, as one expression."""
    pads, symmetric = sizes.pads, all(before == after for before, after in sizes.pads)
    near = _short((pads[0][0], pads[1][0]))
    if operation == "global average pooling":
        return "nn.AdaptiveAvgPool2d(1)"
    if not sizes.weighted:
        kind = "MaxPool2d" if operation == "max pooling" else "AvgPool2d"
        return f"nn.{kind}(kernel_size={_short(sizes.kernel)}, stride={_short(sizes.stride)}, padding={near})"
    kind = "ConvTranspose2d" if sizes.transposed else "Conv2d"
    options = [f"{sizes.channels[0]}", f"{sizes.channels[1]}", f"kernel_size={_short(sizes.kernel)}"]
    options += [f"stride={_short(sizes.stride)}"] * (sizes.stride != (1, 1))
    options += [f"padding={near}"] * (symmetric and any(map(sum, pads)))
    options += [f"dilation={_short(sizes.dilation)}"] * (sizes.dilation != (1, 1))
    options += [f"groups={sizes.groups}"] * (sizes.groups > 1)
    options += [f'padding_mode="{mode}"'] * (symmetric and mode != "zeros" and any(map(sum, pads)))
    layer = f"nn.{kind}({', '.join(options)}, bias=False)"
    if symmetric:
        return layer
    border = {"zeros": "ZeroPad2d", "reflect": "ReflectionPad2d", "replicate": "ReplicationPad2d"}
    added = (*pads[1], *pads[0])
    return f"nn.Sequential(nn.{border.get(mode, 'CircularPad2d')}({added}), {layer})"


def _short(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else str(pair)
