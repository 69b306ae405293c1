"""Convolution against torch and OpenCV, and the work by hand against both."""

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from core.convolution import EXAMPLES, Counts, Settings, changed, convolve2d, counts, resize, work
from core.errors import SettingsError
from core.matrices import parse, write

whole = st.integers(-9, 9).map(float)  # sums of these are exact
pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def matrix(*shape):
    return arrays(np.float64, shape, elements=whole)


@st.composite
def cases(draw):
    """A picture of C channels, kernels over the channels of a group, and settings that go together."""
    groups, deep, wide = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    kernel_h, kernel_w = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    dilation, stride = draw(pair), draw(pair)
    mode = draw(st.sampled_from(list(MODES)))
    pads = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    for size, k, d, p in zip((height, width), (kernel_h, kernel_w), dilation, pads, strict=True):
        assume(d * (k - 1) + 1 <= size + 2 * p)
        assume(p <= {"reflect": size - 1, "circular": size}.get(mode, p))
    image = draw(matrix(height, width, groups * deep))
    kernel = draw(matrix(kernel_h, kernel_w, deep, groups * wide))
    return image, kernel, {"groups": groups, "stride": stride, "dilation": dilation, "mode": mode, "padding": pads}


def by_torch(image, kernel, *, groups, stride, dilation, mode, padding):
    x = torch.from_numpy(image.transpose(2, 0, 1).copy())[None]
    padded = F.pad(x, (padding[1], padding[1], padding[0], padding[0]), mode=MODES[mode])
    weight = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
    return F.conv2d(padded, weight, stride=stride, dilation=dilation, groups=groups)[0].numpy().transpose(1, 2, 0)


@settings(deadline=None, max_examples=150)
@given(cases())
def test_it_is_torchs_conv2d(case):
    image, kernel, options = case
    before = image.copy(), kernel.copy()
    assert np.array_equal(convolve2d(image, kernel, **options), by_torch(image, kernel, **options))
    assert np.array_equal(image, before[0])
    assert np.array_equal(kernel, before[1])


@settings(deadline=None, max_examples=80)
@given(cases(), st.booleans())
def test_a_flat_kernel_takes_each_channel_alone(case, flip):
    image, kernel, options = case
    alone = kernel[:, :, 0, 0]
    found = convolve2d(image, alone, flip=flip, **{**options, "groups": 1})
    for channel in range(image.shape[2]):
        turned = (alone[::-1, ::-1] if flip else alone)[:, :, None, None]
        one = image[:, :, channel : channel + 1]
        assert np.allclose(found[:, :, channel], by_torch(one, turned, **{**options, "groups": 1})[:, :, 0], atol=1e-9)


@settings(deadline=None, max_examples=80)
@given(
    arrays(np.float32, st.tuples(st.integers(3, 24), st.integers(3, 24)), elements=st.integers(-9, 9)),
    st.sampled_from([1, 3, 5, 11, 13]),
    st.sampled_from(["zeros", "reflect", "replicate"]),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_same_is_opencvs_filter2d(image, side, mode, seed, rank_one):
    border = {"zeros": cv2.BORDER_CONSTANT, "reflect": cv2.BORDER_REFLECT_101, "replicate": cv2.BORDER_REPLICATE}
    assume(mode != "reflect" or side // 2 < min(image.shape))
    random = np.random.default_rng(seed)
    kernel = random.integers(-3, 4, (side, side)).astype(np.float32)
    if rank_one:
        kernel = np.outer(kernel[0], kernel[:, 0]).astype(np.float32)
    truth = cv2.filter2D(image.astype(np.float64), -1, kernel.astype(np.float64), borderType=border[mode])
    found = convolve2d(image, kernel, padding="same", mode=mode)
    assert found.dtype == np.float32
    assert found.shape == image.shape
    assert np.allclose(found, truth, atol=1e-5 * max(1.0, np.abs(kernel).sum() * 9))


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("padding", ["valid", "same", "full"])
@pytest.mark.parametrize("side", [(2, 3), (4, 4), (13, 12)])
def test_named_paddings_have_their_sizes(padding, side, stride, dilation):
    image = np.random.default_rng(0).standard_normal((40, 37))
    kernel = np.random.default_rng(1).standard_normal(side)
    reach = [dilation * (k - 1) for k in side]
    before = {"valid": [0, 0], "same": [r // 2 for r in reach], "full": reach}[padding]
    after = {"valid": [0, 0], "same": [r - r // 2 for r in reach], "full": reach}[padding]
    padded = F.pad(torch.from_numpy(image)[None, None], (before[1], after[1], before[0], after[0]))
    truth = F.conv2d(padded, torch.from_numpy(kernel)[None, None], stride=stride, dilation=dilation)[0, 0].numpy()
    found = convolve2d(image, kernel, padding=padding, stride=stride, dilation=dilation)
    assert found.shape == truth.shape
    assert np.allclose(found, truth)


def test_integers_strips_and_divisors():
    ramp = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert convolve2d(ramp, np.ones((1, 2)), divisor=2.0).tolist() == [
        [0.5, 1.5, 2.5],
        [4.5, 5.5, 6.5],
        [8.5, 9.5, 10.5],
    ]
    assert np.allclose(convolve2d(ramp[:, ::2], np.array([[1.0], [-1.0]])), [[-4, -4], [-4, -4]])
    flipped = convolve2d(ramp.astype(np.float32), np.array([[1.0, 0.0]]), flip=True)
    assert np.array_equal(flipped, ramp[:, 1:].astype(np.float32))


@pytest.mark.parametrize(
    ("reason", "shape", "kernel", "options"),
    [
        ("kernel_too_large", (4, 4), (5, 2), {}),
        ("kernel_too_large", (4, 4), (2, 2), {"dilation": 4}),
        ("range", (4, 4), (2, 2), {"stride": 0}),
        ("range", (4, 4), (2, 2), {"dilation": (1, 0)}),
        ("range", (4, 4), (2, 2), {"divisor": 0.0}),
        ("range", (4, 4), (2, 2), {"padding": -1}),
        ("unknown", (4, 4), (2, 2), {"padding": "some"}),
        ("unknown", (4, 4), (2, 2), {"mode": "mirror"}),
        ("border", (4, 4), (2, 2), {"padding": 4, "mode": "reflect"}),
        ("shape", (4,), (2, 2), {}),
        ("shape", (4, 0), (2, 2), {}),
        ("shape", (4, 4), (0, 2), {}),
        ("shape", (4, 4), (2, 2, 1), {}),
        ("groups", (4, 4, 3), (2, 2, 1, 2), {"groups": 2}),
        ("channels", (4, 4, 3), (2, 2, 2, 1), {}),
        ("groups", (4, 4, 4), (2, 2, 2, 3), {"groups": 2}),
    ],
)
def test_what_makes_no_sense_has_a_reason(reason, shape, kernel, options):
    with pytest.raises(SettingsError) as raised:
        convolve2d(np.ones(shape), np.ones(kernel), **options)
    assert raised.value.reason == reason


def by_taps(worked, settings):
    """The output from the taps that the page highlights, one product at a time."""
    c_in, sizes = len(worked.input), worked.sizes
    shown = np.full((c_in, len(worked.shown_rows), len(worked.shown_columns)), 0.0)
    for y, row in enumerate(worked.shown_rows):
        for x, column in enumerate(worked.shown_columns):
            if min(row, column) >= 0:
                shown[:, y, x] = worked.input[:, row, column]
            elif settings.operation == "max pooling":
                shown[:, y, x] = -np.inf
    out = np.zeros_like(worked.output)
    deep, wide = c_in // sizes.groups, len(worked.kernel) // sizes.groups
    for d, i, j in np.ndindex(out.shape):
        products = []
        for c in range(deep):
            for u, row in enumerate(worked.rows[i]):
                for v, column in enumerate(worked.columns[j]):
                    if min(row, column) >= 0:
                        weight = worked.kernel[d, c, worked.kernel_rows[u], worked.kernel_columns[v]]
                        products.append(shown[d // wide * deep + c, row, column] * weight)
        if settings.operation == "max pooling":
            out[d, i, j] = max(products)
        elif "pooling" in settings.operation:
            out[d, i, j] = sum(products) / len(products)
        else:
            out[d, i, j] = sum(products) / settings.divisor
    return out


def by_line(worked, settings):
    """The output of the torch.nn line that stands beside it."""
    layer = eval(worked.line, {"nn": nn}).double()
    for module in layer.modules():
        if hasattr(module, "weight"):
            sizes, kernel = worked.sizes, worked.kernel / settings.divisor
            if settings.flip:
                kernel = kernel[:, :, ::-1, ::-1]
            if sizes.transposed:
                wide, deep = sizes.channels[1] // sizes.groups, sizes.channels[0] // sizes.groups
                blocks = kernel.reshape(sizes.groups, wide, deep, *sizes.kernel)
                kernel = np.concatenate([block.swapaxes(0, 1) for block in blocks])
            assert module.weight.shape == kernel.shape
            module.weight = nn.Parameter(torch.from_numpy(kernel.copy()))
    with torch.inference_mode():
        return layer(torch.from_numpy(worked.input)[None])[0].numpy()


OPERATIONS = ["convolution", "transposed convolution", "max pooling", "average pooling", "global average pooling"]


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_taps_line_and_output_agree(data):
    groups, deep, wide = (data.draw(st.integers(1, 2)) for _ in range(3))
    chosen = {
        "operation": data.draw(st.sampled_from(OPERATIONS)),
        "padding": data.draw(st.sampled_from(["valid", "same", "full", "number"])),
        "mode": data.draw(st.sampled_from(list(MODES))),
        "flip": data.draw(st.booleans()),
        "divisor": data.draw(st.sampled_from([1.0, 2.0, -4.0])),
        "groups": groups,
        **{
            f"{name}_{side}": data.draw(st.integers(1, 3))
            for name in ("stride", "dilation")
            for side in ("height", "width")
        },
        **{f"padding_{side}": data.draw(st.integers(0, 2)) for side in ("height", "width")},
        "input": write(data.draw(matrix(groups * deep, data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))))),
        "kernel": write(
            data.draw(matrix(groups * wide * deep, data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))))
        ),
    }
    made = Settings(**chosen)
    try:
        worked = work(made)
    except SettingsError:
        assume(False)
    assert worked.output.shape[1:] == worked.sizes.out
    assert np.allclose(worked.output, by_taps(worked, made), atol=1e-9)
    assert np.allclose(worked.output, by_line(worked, made), atol=1e-9)


def test_the_example_of_the_lesson():
    worked = work(Settings())
    assert worked.output.shape == (1, 6, 6)
    assert worked.output[0, 0, 0] == 5
    assert worked.line == "nn.Conv2d(1, 1, kernel_size=3, bias=False)"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_works(name):
    made = Settings(**EXAMPLES[name])
    assert np.allclose(work(made).output, by_taps(work(made), made))


@pytest.mark.parametrize(
    ("reason", "chosen"),
    [
        ("not_a_number", {"input": "1 2\n3 x"}),
        ("not_a_number", {"input": "1 nan"}),
        ("not_a_number", {"kernel": "1e9"}),
        ("ragged", {"input": "1 2\n3"}),
        ("no_numbers", {"kernel": "  \n "}),
        ("too_large", {"input": " ".join("1" * 13)}),
        ("too_large", {"kernel": "\n".join("1" * 8)}),
        ("too_many_blocks", {"input": "1|1|1|1|1"}),
        ("blocks_differ", {"kernel": "1 2\n\n1"}),
        ("kernel_too_large", {"input": "1 2\n3 4"}),
        ("groups", {"groups": 2}),
        ("kernel_blocks", {"input": "1|2", "kernel": "1|2|3"}),
        ("divisor", {"divisor": 0.0}),
        ("divisor", {"divisor": -1e-308}),
        ("no_numbers", {"kernel": ","}),
        ("no_numbers", {"input": ",\n,", "operation": "global average pooling"}),
        ("pooling_uneven", {"operation": "max pooling", "kernel": "1 1\n1 1", "padding": "same"}),
        ("border", {"input": "1 2\n3 4", "kernel": "1", "padding": "number", "padding_height": 3, "mode": "circular"}),
        ("transposed_padding", {"operation": "transposed convolution", "padding": "full"}),
        (
            "nothing_left",
            {"operation": "transposed convolution", "padding": "number", "padding_height": 12, "padding_width": 12},
        ),
        ("pooling_padding", {"operation": "max pooling", "padding": "full"}),
    ],
)
def test_what_cannot_be_worked_has_a_reason(reason, chosen):
    with pytest.raises(SettingsError) as raised:
        work(Settings(**chosen))
    assert raised.value.reason == reason


def test_cells_change_and_matrices_grow():
    text = changed(Settings().input, "input", 0, 1, 2, "-2,5")
    assert parse(text, "input", 12)[0, 1].tolist() == [4, 3, -2.5, 5, 1, 9, 6, 3]
    with pytest.raises(SettingsError) as raised:
        changed(Settings().kernel, "kernel", 0, 0, 1, "two")
    assert raised.value.details == {"argument": "kernel", "row": 1, "column": 2, "value": "two"}
    texts = resize(Settings(), Counts(2, 1, (3, 10), (1, 4)))
    grown = parse(texts["input"], "input", 12, 4)
    assert grown.shape == (2, 3, 10)
    assert grown[1, 0].tolist() == [5, 2, 6, 8, 2, 0, 1, 2, 0, 0]
    assert parse(texts["kernel"], "kernel", 7, 4).tolist() == [[[-1, 0, 1, 0]]] * 2


def test_a_hidden_border_is_no_matter():
    chosen = {"operation": "transposed convolution", "mode": "circular"}
    assert work(Settings(**chosen)).line == "nn.ConvTranspose2d(1, 1, kernel_size=3, bias=False)"


def test_numbers_keep_their_digits_when_others_change():
    text = changed("0.12345678 2\n3 4", "input", 0, 1, 1, "5")
    assert parse(text, "input", 12)[0].tolist() == [[0.12345678, 2], [3, 5]]
    assert changed("1 2", "input", 0, 7, 0, "5") == "1 2"  # a cell that is not there


def test_sizes_with_groups_keep_every_kernel():
    depthwise = Settings(**EXAMPLES["Depthwise: each channel alone"])
    now = counts(depthwise)
    assert (now.channels, now.filters, now.input, now.kernel) == (2, 2, (4, 4), (2, 2))
    texts = resize(depthwise, Counts(2, 2, (5, 4), (2, 2)))
    assert texts["kernel"] == depthwise.kernel
    assert work(depthwise.model_copy(update=texts)).output.shape == (2, 4, 3)


def test_a_matrix_that_is_too_long_to_write_has_a_reason():
    long = "\n".join([" ".join(["-0.12345678"] * 7)] * 7)
    with pytest.raises(SettingsError) as raised:
        resize(Settings(kernel=long), Counts(4, 4, (8, 8), (7, 7)))
    assert raised.value.reason == "too_long_text"


@pytest.mark.parametrize("side", [(12, 13), (16, 16), (31, 31)])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("channels", [1, 3, 130])
def test_large_kernels_are_torchs_too(side, flip, channels):
    random = np.random.default_rng(0)
    image = random.standard_normal((40, 45, channels)).astype(np.float32)
    kernel = random.standard_normal(side).astype(np.float32)
    turned = kernel[::-1, ::-1] if flip else kernel
    weight = np.repeat(turned[:, :, None, None], channels, axis=3)
    truth = by_torch(image, weight, groups=channels, stride=1, dilation=1, mode="replicate", padding=(5, 6))
    found = convolve2d(image, kernel, padding=(5, 6), mode="replicate", flip=flip)
    assert np.allclose(found, truth, atol=2e-3)
    assert np.allclose(
        convolve2d(image[:, :, 0], kernel, padding=(5, 6), mode="replicate", flip=flip), truth[:, :, 0], atol=2e-3
    )


def test_nearly_rank_one_is_not_rank_one():
    random = np.random.default_rng(0)
    image = random.standard_normal((30, 30))
    kernel = np.outer(np.arange(1.0, 8), np.arange(1.0, 8))
    kernel[3, 4] += 1e-6
    truth = cv2.filter2D(image, -1, kernel, anchor=(0, 0))[:24, :24]
    assert np.abs(convolve2d(image, kernel) - truth).max() < 1e-10


@pytest.mark.parametrize("side", [7, 13])
def test_a_hole_in_the_picture_stays_where_it_is(side):
    image = np.ones((40, 40), np.float32)
    image[20, 20] = np.nan
    kernel = np.random.default_rng(0).standard_normal((side, side)).astype(np.float32)
    assert np.isnan(convolve2d(image, kernel, padding="same")).sum() == side**2


@pytest.mark.parametrize("stride", [1.5, np.float64(2), "2", None])
def test_a_stride_that_is_no_whole_number_has_a_reason(stride):
    with pytest.raises(SettingsError) as raised:
        convolve2d(np.ones((4, 4)), np.ones((2, 2)), stride=stride)
    assert raised.value.reason == "range"
    assert convolve2d(np.ones((4, 4)), np.ones((2, 2)), stride=np.int64(2)).shape == (2, 2)
