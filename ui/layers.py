"""The arithmetic of a layer, as figures and as formulas with the present numbers in them."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.sizes import Sizes
from ui.language import _, formula, number
from ui.page import Number


def numbers(sizes: Sizes) -> list[Number]:
    """The row of figures of one layer."""
    out = " × ".join(str(side) for side in ((sizes.channels[1],) if sizes.channels[1] > 1 else ()) + sizes.out)
    return [
        Number(_("Output"), out, help=_("Channels where there are several, rows, columns.")),
        Number(
            _("Receptive field"),
            f"{sizes.field[0]} × {sizes.field[1]}",
            help=_("Rows and columns of the input that one output can depend on."),
        ),
        Number(_("Parameters"), number(sizes.parameters), help=_("Numbers that would be learned.")),
        Number(_("Multiply-adds"), number(sizes.multiply_adds), help=_("Products for one picture.")),
    ]


def sum_formula(sizes: Sizes, divisor: float, flip: bool) -> None:
    """The sum of a convolution with its indices: for one channel, or over the channels of a group."""
    (height, width), (stride_y, stride_x), (dilation_y, dilation_x) = sizes.kernel, sizes.stride, sizes.dilation
    row = _index("i", stride_y, "u", dilation_y, sizes.pads[0][0])
    column = _index("j", stride_x, "v", dilation_x, sizes.pads[1][0])
    deep, wide = sizes.channels[0] // sizes.groups, sizes.channels[1] // sizes.groups
    over = rf"\sum_{{c=0}}^{{{deep - 1}}} " if deep > 1 else ""
    y, x, k = _names(sizes, _tap(sizes, flip))
    st.latex(
        rf"{y('i', 'j')} = {_scale(divisor)}{over}\sum_{{u=0}}^{{{height - 1}}} \sum_{{v=0}}^{{{width - 1}}} "
        rf"{x(row, column)}\; {k}"
    )
    if sizes.groups > 1:
        st.markdown(
            _(
                "In {groups} groups: a filter sees the {deep} channels of its own group and no others, so there are "
                "{groups} times fewer products."
            ).format(groups=number(sizes.groups), deep=number(deep))
        )
    elif deep > 1:
        st.markdown(
            _(
                "One filter has a kernel for each of its {n} channels, red, green and blue of a photo, say: "
                "all products go into one sum, so each filter gives one map."
            ).format(n=number(deep))
        )
    elif wide == 1:
        st.markdown(_("For a photo, $x$ and $k$ get an index $c$ more, and the sum goes over red, green and blue too:"))
        st.latex(
            rf"y_{{d,\,i,\,j}} = {_scale(divisor)}\sum_{{c=0}}^{{2}} \sum_{{u=0}}^{{{height - 1}}} "
            rf"\sum_{{v=0}}^{{{width - 1}}} x_{{c,\,{row},\,{column}}}\; k_{{d,\,c,\,{_tap(sizes, flip)}}}"
        )
    if flip:
        st.markdown(_("The kernel is turned by 180°: this is convolution as mathematics has it."))
    else:
        st.markdown(
            _(
                "Mathematics calls this a correlation. Networks call it convolution: a kernel that is learned "
                "can just as well be learned turned round."
            )
        )


def spread_formula(sizes: Sizes, divisor: float, flip: bool) -> None:
    """What a transposed convolution adds where, with its indices."""
    row = _index("i", sizes.stride[0], "u", sizes.dilation[0], sizes.pads[0][0])
    column = _index("j", sizes.stride[1], "v", sizes.dilation[1], sizes.pads[1][0])
    y, x, k = _names(sizes, _tap(sizes, flip))
    st.latex(rf"{y(row, column)} \mathrel{{+}}= {_scale(divisor)}{x('i', 'j')}\; {k}")
    st.markdown(
        _(
            "Each input is multiplied by the whole kernel, and the products are added where they overlap; windows "
            "begin {stride} apart. It is the gradient of a convolution with respect to its input: where that "
            "shrinks, this grows."
        ).format(stride=f"{sizes.stride[0]} × {sizes.stride[1]}")
    )


def pooling_formula(operation: str, sizes: Sizes) -> None:
    """What a pooling keeps of its window."""
    (height, width), pads = sizes.kernel, sizes.pads
    row = _index("i", sizes.stride[0], "u", 1, pads[0][0])
    column = _index("j", sizes.stride[1], "v", 1, pads[1][0])
    if operation == "max pooling":
        st.latex(
            rf"y_{{c,\,i,\,j}} = \max_{{0 \le u \le {height - 1},\; 0 \le v \le {width - 1}}} "
            rf"x_{{c,\,{row},\,{column}}}"
        )
    else:
        where = "c" if operation == "global average pooling" else r"c,\,i,\,j"
        cell = r"c,\,u,\,v" if operation == "global average pooling" else rf"c,\,{row},\,{column}"
        st.latex(
            rf"y_{{{where}}} = \frac{{1}}{{{height} \cdot {width}}} \sum_{{u=0}}^{{{height - 1}}} "
            rf"\sum_{{v=0}}^{{{width - 1}}} x_{{{cell}}}"
        )
    st.markdown(
        _(
            "A pooling has no weights: it keeps the greatest number under the window, or their mean. It makes the "
            "picture smaller, and what follows a little less sensitive to where things are."
        )
    )


def arithmetic(sizes: Sizes) -> None:
    """Output size, receptive field, parameters and multiply-adds, each as its formula with the numbers."""
    height, width, field = _("output height"), _("output width"), _("receptive field")
    parameters, multiply_adds = _("parameters"), _("multiply-adds")
    dense = _("weights of a dense layer instead")
    lines = [(height, _output(sizes, 0)), (width, _output(sizes, 1))]
    if sizes.transposed:
        (d_y, _d_x), (k_y, _k_x), (s_y, _s_x) = sizes.dilation, sizes.kernel, sizes.stride
        said = r"\left\lfloor \tfrac{d\,(k-1)}{s} \right\rfloor + 1 = "
        said += rf"\left\lfloor \tfrac{{{d_y}\,({k_y}-1)}}{{{s_y}}} \right\rfloor + 1 = {sizes.field[0]}"
        lines.append((field, said))
    else:
        (d_y, d_x), (k_y, k_x) = sizes.dilation, sizes.kernel
        lines.append((field, f"d\\,(k-1)+1 = {d_y}\\,({k_y}-1)+1 = {sizes.field[0]}"))
        if (d_y, k_y) != (d_x, k_x):
            lines.append((f"{field}, {width}", f"{d_x}\\,({k_x}-1)+1 = {sizes.field[1]}"))
    if sizes.weighted:
        (c_in, c_out), (h, w), (out_h, out_w) = sizes.channels, sizes.kernel, sizes.out
        places = sizes.size if sizes.transposed else sizes.out
        each = rf"{c_in} / {sizes.groups}" if sizes.groups > 1 else f"{c_in}"
        bias = f" + {c_out}" if sizes.bias else ""
        lines += [
            (parameters, rf"{h} \cdot {w} \cdot {each} \cdot {c_out}{bias} = {formula(sizes.parameters, 0)}"),
            (
                multiply_adds,
                rf"{formula(sizes.weights, 0)} \cdot {places[0]} \cdot {places[1]} = {formula(sizes.multiply_adds, 0)}",
            ),
            (
                dense,
                rf"({c_in} \cdot {sizes.size[0]} \cdot {sizes.size[1]}) \cdot ({c_out} \cdot {out_h} \cdot {out_w})"
                rf" = {formula(sizes.dense, 0)}",
            ),
        ]
    rows = [rf"&\text{{{name}}}\\[-2pt] &\quad = {said}" for name, said in lines]
    st.latex(r"\begin{aligned}" + r"\\[4pt]".join(rows) + r"\end{aligned}")
    if sizes.weighted and sizes.weights and sizes.dense > sizes.weights:
        st.markdown(
            _(
                "A dense layer from every input to every output would need {dense} weights for what {n} do here, "
                "{times} times as many: the kernel is small, and it is the same everywhere."
            ).format(dense=number(sizes.dense), n=number(sizes.weights), times=number(sizes.dense / sizes.weights))
        )


def dense(n_in: int, n_out: int) -> None:
    """The sum of a dense layer, and its parameters."""
    st.latex(
        rf"y_j = b_j + \sum_{{i=0}}^{{{n_in - 1}}} x_i\, w_{{i,\,j}}, \qquad j = 0 \dots {n_out - 1}, \qquad "
        rf"({formula(n_in, 0)} + 1) \cdot {formula(n_out, 0)} = {formula((n_in + 1) * n_out, 0)}"
    )
    st.markdown(_("Every input has a weight of its own for every output."))


def matrix(kernel: np.ndarray) -> str:
    """A kernel (h, w) in LaTeX, over 256 where that makes its numbers whole."""
    divisor = 256 if kernel.size == 25 and np.allclose(kernel * 256, np.round(kernel * 256)) else 1
    digits = 0 if np.allclose(kernel * divisor, np.round(kernel * divisor)) else 2
    rows = [" & ".join(formula(value, digits) for value in row) for row in kernel * divisor]
    scale = rf"\frac{{1}}{{{divisor}}} " if divisor > 1 else ""
    return scale + r"\begin{bmatrix}" + r"\\".join(rows) + r"\end{bmatrix}"


def _names(sizes: Sizes, tap: str) -> tuple[Callable[[str, str], str], Callable[[str, str], str], str]:
    """Y and x as functions of their row and column, and k, each with the indices that these sizes need."""
    deep, wide = sizes.channels[0] // sizes.groups, sizes.channels[1] // sizes.groups
    filters = r"d,\," if sizes.channels[1] > 1 else ""
    if sizes.groups == 1:
        channel = r"c,\," if deep > 1 else ""
    else:
        group = "d" if wide == 1 else rf"\lfloor d/{wide} \rfloor"
        channel = rf"{group},\," if deep == 1 else rf"{deep}{group}+c,\,"
    kernel = filters + (r"c,\," if deep > 1 else "")
    return (
        lambda row, column: rf"y_{{{filters}{row},\,{column}}}",
        lambda row, column: rf"x_{{{channel}{row},\,{column}}}",
        f"k_{{{kernel}{tap}}}",
    )


def _tap(sizes: Sizes, flip: bool) -> str:
    height, width = sizes.kernel
    return f"{height - 1}-u,\\,{width - 1}-v" if flip else r"u,\,v"


def _scale(divisor: float) -> str:
    said = f"{divisor:.6g}".replace(".", formula(0.5, 1)[1:-1])
    return "" if divisor == 1 else rf"\frac{{1}}{{{said}}} "


def _index(position: str, stride: int, tap: str, dilation: int, before: int) -> str:
    scaled = position if stride == 1 else f"{stride}{position}"
    spread = tap if dilation == 1 else f"{dilation}{tap}"
    return f"{scaled}+{spread}" + (f"-{before}" if before else "")


def _output(sizes: Sizes, axis: int) -> str:
    size, k, s, d = sizes.size[axis], sizes.kernel[axis], sizes.stride[axis], sizes.dilation[axis]
    pads, out = sum(sizes.pads[axis]), sizes.out[axis]
    if sizes.transposed:
        return rf"(n-1)\,s - 2p + d\,(k-1)+1\\ &\quad = ({size}-1) \cdot {s} - {pads} + {d}\,({k}-1)+1 = {out}"
    return (
        r"\left\lfloor \tfrac{n+2p-d\,(k-1)-1}{s} \right\rfloor + 1\\ &\quad = "
        rf"\left\lfloor \tfrac{{{size}+{pads}-{d}\,({k}-1)-1}}{{{s}}} \right\rfloor + 1 = {out}"
    )
