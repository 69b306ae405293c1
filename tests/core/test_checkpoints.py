"""Checkpoints: what is saved comes back, what is damaged is refused, and every shipped one is whole."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core import checkpoints
from core.checkpoints import Card, Metric
from core.errors import CheckpointError
from core.models.unet import UNet

SHIPPED = checkpoints.names()
ARGUMENTS = {"widths": (8, 8, 8), "n_classes": 3}


def card(**changes) -> Card:
    facts = {
        "name": "made",
        "summary": "For the tests.",
        "architecture": "unet",
        "arguments": ARGUMENTS,
        "parameters": 1,
        "data": ["none"],
        "command": "none",
        "recipe": {"epochs": 1},
        "seed": 0,
        "hardware": "any",
        "seconds": 1.0,
        "steps": 1,
        "metrics": [Metric(name="gain", value=1.0, unit="dB", data="none", n=1)],
        "curve": [{"epoch": 1, "loss": 0.5}],
        "calibration": {},
        "stored_as": "bf16",
        "date": "2026-11-21",
        "licence": "MIT",
        "limits": ["It knows nothing."],
    }
    return Card(**{**facts, **changes})


@pytest.fixture
def made(tmp_path):
    torch.manual_seed(0)
    checkpoints.save(UNet(**ARGUMENTS), card(), tmp_path)
    return tmp_path


def rewrite(folder, change_tensors=None, metadata=None):
    """Change a checkpoint behind its card's back."""
    file = checkpoints.path_of("made", folder)
    with safe_open(file, framework="pt") as opened:
        kept = opened.metadata()
    tensors = load_file(file)
    if change_tensors:
        change_tensors(tensors)
    save_file(tensors, file, metadata=kept if metadata is None else metadata)


def resign(folder):
    """Give the changed tensors a card with their own hash."""
    file = checkpoints.path_of("made", folder)
    honest = checkpoints.read_card("made", folder).model_copy(
        update={"tensors_sha256": checkpoints._hash(file.read_bytes())}
    )
    rewrite(folder, metadata={"card": honest.model_dump_json()})


def test_what_is_saved_comes_back(tmp_path):
    torch.manual_seed(0)
    net = UNet(**ARGUMENTS).eval()
    checkpoints.save(net, card(), tmp_path, half=False)
    loaded, its_card = checkpoints.read("made", tmp_path)
    x = torch.rand(1, 1, 32, 48) * 100
    assert torch.equal(loaded(x), net(x))
    assert not loaded.training
    assert its_card.limits == ["It knows nothing."]


def test_half_precision_rounds_kernels_and_keeps_norms(made):
    torch.manual_seed(0)
    net, loaded = UNet(**ARGUMENTS), checkpoints.read("made", made)[0]
    for (name, before), after in zip(net.state_dict().items(), loaded.state_dict().values(), strict=True):
        expected = before.bfloat16().float() if before.ndim >= 2 else before
        assert torch.equal(after, expected), name


@pytest.mark.parametrize(
    ("damage", "reason", "says"),
    [
        (lambda folder: checkpoints.path_of("made", folder).unlink(), "missing", "made.safetensors"),
        (lambda folder: checkpoints.path_of("made", folder).write_bytes(b"no"), "unreadable", "made.safetensors"),
        (lambda folder: rewrite(folder, metadata={}), "no_card", "made.safetensors"),
        (lambda folder: rewrite(folder, lambda t: t["chroma.bias"].add_(1)), "wrong_hash", "made.safetensors"),
        (
            lambda folder: (rewrite(folder, lambda t: t.pop("chroma.bias")), resign(folder)),
            "tensors_differ",
            "chroma.bias",
        ),
        (
            lambda folder: (rewrite(folder, lambda t: t.update({"chroma.bias": torch.zeros(5)})), resign(folder)),
            "tensors_differ",
            "(5,)",
        ),
        (
            lambda folder: (rewrite(folder, lambda t: t.update({"more": torch.zeros(1)})), resign(folder)),
            "tensors_differ",
            "more",
        ),
    ],
)
def test_damage_is_named(made, damage, reason, says):
    damage(made)
    with pytest.raises(CheckpointError, match="made.safetensors") as caught:
        checkpoints.read("made", made)
    assert caught.value.reason == reason
    assert says in str(caught.value)


@pytest.mark.parametrize("arguments", [{"foo": 1}, {"widths": (8, 8)}])
def test_arguments_that_do_not_fit_are_named(tmp_path, arguments):
    checkpoints.save(UNet(**ARGUMENTS), card(arguments=arguments), tmp_path)
    with pytest.raises(CheckpointError) as caught:
        checkpoints.read("made", tmp_path)
    assert caught.value.reason == "tensors_differ"


def test_a_file_cut_short_is_refused(made):
    file = checkpoints.path_of("made", made)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CheckpointError) as caught:
        checkpoints.read("made", made)
    assert caught.value.reason == "unreadable"


def test_one_module_a_process_however_many_threads_ask(made, monkeypatch):
    n_read = []
    original = checkpoints.read
    monkeypatch.setattr(checkpoints, "read", lambda name: n_read.append(name) or original(name, made))
    checkpoints._resident.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        modules = list(pool.map(checkpoints.load, ["made"] * 16))
    checkpoints._resident.cache_clear()
    assert len(n_read) == 1
    assert all(module is modules[0] for module in modules)


@pytest.mark.parametrize("gains", [True, False])
def test_the_resident_module_is_in_the_form_that_is_fastest(made, monkeypatch, gains):
    original = checkpoints.read
    monkeypatch.setattr(checkpoints, "read", lambda name: original(name, made))
    monkeypatch.setattr("core.devices.gains_from_bf16", lambda _where: gains)
    module = checkpoints._resident.__wrapped__("made")
    kernels = [layer.weight for layer in module.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert {kernel.dtype for kernel in kernels} == {torch.bfloat16 if gains else torch.float32}
    assert all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)


def test_cards_are_read_without_torch(made):
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from core.checkpoints import read_card;"
        f"print(read_card('made', Path({str(made)!r})).name, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["made", "False"]


def test_there_are_checkpoints():
    assert SHIPPED
    everything = {file.name for file in checkpoints.FOLDER.iterdir()}
    assert everything == {f"{name}{ending}" for name in SHIPPED for ending in (".safetensors", ".md")}
    assert sum(file.stat().st_size for file in checkpoints.FOLDER.iterdir()) <= 40 * 2**20


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_checkpoint_loads_and_its_card_is_current(name):
    module, its_card = checkpoints.read(name)
    assert sum(p.numel() for p in module.parameters()) == its_card.parameters
    written = (checkpoints.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert written == checkpoints.render_card(its_card)
    assert its_card.metrics
    assert all(np.isfinite(metric.value) for metric in its_card.metrics)


def test_card_survives_json(made):
    assert json.loads(checkpoints.read_card("made", made).model_dump_json())["arguments"]["widths"] == [8, 8, 8]
