"""A stack of layers against torch and torchvision."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core import layers
from core.errors import SettingsError
from core.layers import EXAMPLES, Settings, build, describe, measured, sizes_of, survey, total
from core.stack import KINDS, MAX_LAYERS, Layer, edited, parse, write
from core.vision import torchvision


@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_vgg_has_torchvisions_parameters(depth):
    models = torchvision("models")
    with torch.device("meta"):
        theirs = getattr(models, f"vgg{depth}")()
    ours = describe(Settings(**EXAMPLES[f"VGG-{depth}"]), timed=False)
    assert ours.problem is None
    assert total(ours.rows).parameters == sum(p.numel() for p in theirs.parameters())
    kernels = [m.weight.numel() + m.bias.numel() for m in theirs.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert [row.parameters for row in ours.rows if row.parameters] == kernels
    assert ours.rows[-1].shape == (1000,)


def test_the_known_networks_have_their_known_numbers():
    lenet = total(describe(Settings(**EXAMPLES["LeNet-5"]), timed=False).rows)
    assert (lenet.parameters, lenet.shape) == (61_706, (10,))
    strided = describe(Settings(), timed=False)
    assert [row.shape for row in strided.rows if len(row.shape) == 3][::2] == [(32, 16, 16), (64, 8, 8), (128, 4, 4)]
    assert total(strided.rows).parameters == 2_201_674
    one = describe(Settings(**EXAMPLES["One layer: 5 × 5 on 32 × 32 × 3"]), timed=False).rows[0]
    assert (one.shape, one.parameters, one.multiply_adds) == ((64, 28, 28), 4864, 28 * 28 * 64 * 75)
    vgg = describe(Settings(**EXAMPLES["VGG-16"]), timed=False).rows
    assert vgg[-8].field == (212, 212)  # of its last pooling, as in Araujo, Norris, Sim (2019)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_said_is_what_torch_gives(name):
    chosen = Settings(**{**EXAMPLES[name], "height": 32, "width": 32})  # VGG's own size would be slow
    described = describe(chosen, timed=False)
    x = torch.rand(2, chosen.channels, 32, 32)
    with torch.inference_mode():
        for layer, row in zip(described.layers, described.rows, strict=True):
            if max(row.parameters, row.memory) > 50e6:
                return
            module = build(layer, tuple(x.shape[1:])).eval()
            x = module(x)
            assert tuple(x.shape[1:]) == row.shape
            assert eval(row.line, {"nn": nn}).__class__ is module.__class__
            assert sum(p.numel() for p in module.parameters()) == row.parameters
            assert row.memory == 4 * (x[0].numel() + row.parameters)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_receptive_field_is_what_a_gradient_reaches(data):
    lines = []
    for _ in range(data.draw(st.integers(1, 4))):
        kind = data.draw(st.sampled_from(["conv 1", "maxpool", "avgpool"]))
        kernel, stride = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
        spread = f" dilation={data.draw(st.integers(1, 2))}" if kind == "conv 1" else ""
        lines.append(f"{kind} {kernel} stride={stride}{spread}")
    chosen = Settings(channels=1, height=128, width=128, stack="\n".join(lines))
    described = describe(chosen, timed=False)
    if described.problem is not None:
        return
    modules = []
    shape = (1, 128, 128)
    for layer, row in zip(described.layers, described.rows, strict=True):
        module = build(layer, shape)
        if isinstance(module, nn.MaxPool2d):  # a maximum passes its gradient on to one cell alone
            module = nn.AvgPool2d(module.kernel_size, module.stride)
        for parameter in module.parameters():
            nn.init.ones_(parameter)
        modules.append(module)
        shape = row.shape
    x = torch.zeros(1, 1, 128, 128, requires_grad=True)
    nn.Sequential(*modules)(x)[0, 0, 0, 0].backward()
    seen = x.grad[0, 0].nonzero()
    reach = seen.max(0).values - seen.min(0).values + 1
    assert tuple(reach.tolist()) == described.rows[-1].field


@settings(max_examples=100)
@given(st.data())
def test_text_and_layers_are_one(data):
    made = []
    for _ in range(data.draw(st.integers(0, 6))):
        kind = data.draw(st.sampled_from(list(KINDS)))
        values = [
            data.draw(st.integers(int(p.least), int(p.most))) if p.is_whole else data.draw(st.sampled_from([0.1, 0.5]))
            for p in KINDS[kind]
        ]
        made.append(Layer(kind, tuple(values)))
    assert parse(write(made)) == made


def test_rows_are_changed_moved_added_and_removed():
    text = "conv 8 3\nrelu\nflatten"
    assert edited(text, "set", 0, "filters", "16") == "conv 16 3\nrelu\nflatten"
    assert edited(text, "set", 0, "stride", "2") == "conv 8 3 stride=2\nrelu\nflatten"
    assert edited(text, "down", 0) == "relu\nconv 8 3\nflatten"
    assert edited(text, "up", 0) == text
    assert edited(text, "down", 2) == text
    assert edited(text, "remove", 1) == "conv 8 3\nflatten"
    assert edited(text, "add", 0, "maxpool") == "conv 8 3\nmaxpool 2\nrelu\nflatten"
    assert edited(text, "remove", 9) == text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("no_layer", "conv 8 3\npaint 3"),
        ("layer_value", "conv 0 3"),
        ("layer_value", "conv 8 3 stride=0"),
        ("layer_value", "conv 8 2.5"),
        ("layer_value", "conv x"),
        ("layer_value", "dropout 1"),
        ("layer_value", "conv nan"),
        ("layer_value", "conv inf"),
        ("no_parameter", "relu 3"),
        ("no_parameter", "conv 8 3 colour=2"),
        ("no_parameter", "conv 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
        ("too_many_layers", "\n".join(["relu"] * (MAX_LAYERS + 1))),
    ],
)
def test_a_text_that_is_no_stack_has_a_reason(reason, text):
    with pytest.raises(SettingsError) as raised:
        describe(Settings(stack=text))
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("reason", "text", "n_possible"),
    [
        ("not_flat", "conv 8 3\ndense 10\nrelu", 1),
        ("already_flat", "flatten\nconv 8 3", 1),
        ("already_flat", "flatten\nglobalpool", 1),
        ("kernel_too_large", "maxpool 2\nmaxpool 2\nconv 8 9", 2),
        ("pooling_padding", "maxpool 3 padding=2", 0),
        ("groups", "conv 8 3 groups=2", 0),
        ("groups", "conv 7 3 groups=3", 0),
    ],
)
def test_an_impossible_layer_says_why_and_those_before_it_stay(reason, text, n_possible):
    described = describe(Settings(stack=text), timed=False)
    assert described.problem is not None
    assert described.problem.reason == reason
    assert len(described.rows) == n_possible
    assert len(described.layers) == len(text.splitlines())


def test_an_empty_stack_is_none():
    described = describe(Settings(stack="\n# nothing\n"))
    assert described.rows == []
    assert total(described.rows).parameters == 0


def test_what_is_too_large_is_not_run(monkeypatch):
    monkeypatch.setattr(layers, "_run", lambda layer, shape: pytest.fail("it was run"))
    assert measured(Layer("dense", (65_536,)), (65_536,)) is None
    assert measured(Layer("conv", (4096, 1, 1, 0, 1, 1)), (3, 1024, 1024)) is None
    assert measured(Layer("globalpool", ()), (1024, 1024, 1024)) is None  # what goes in
    assert measured(Layer("conv", (32, 63, 1, 31, 1, 1)), (16, 256, 256)) is None  # multiply-adds


def test_another_question_measures_anew(monkeypatch):
    asked = []
    monkeypatch.setattr(layers, "_run", lambda layer, shape: asked.append(shape) or 1.0)
    for number in (901, 901, 902):
        measured(Layer("relu", ()), (3, 5, 7), number)
    assert len(asked) == 2


def test_layers_are_timed():
    described = describe(Settings())
    assert all(row.seconds is not None and row.seconds > 0 for row in described.rows)
    assert total(described.rows).seconds == pytest.approx(sum(row.seconds for row in described.rows))


def test_sizes_agree_with_the_survey():
    for text in ("conv 6 5 stride=2 padding=2 groups=3", "maxpool 3 stride=2 padding=1", "avgpool 4"):
        layer = parse(text)[0]
        sizes = sizes_of(layer, (3, 20, 31))
        with torch.device("meta"):
            row = survey(nn.Sequential(build(layer, (3, 20, 31))), (3, 20, 31))[0]
        assert row.shape == (sizes.channels[1], *sizes.out)
        assert row.parameters == sizes.parameters
        assert row.multiply_adds == sizes.multiply_adds
        assert row.field == sizes.field
    assert sizes_of(parse("relu")[0], (3, 4, 4)) is None
