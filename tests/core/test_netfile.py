"""A network leaves as a file and comes back; strangers' files are refused with a reason."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from core.errors import NetworkRejected
from core.netfile import MAX_BYTES, pack, unpack
from core.netstate import module_of, network_of
from core.plane import Settings
from core.playground import Playground
from core.points import clicked

CASES = {
    "plain": {},
    "classes": {"data": "blobs", "n_classes": 4, "loss": "cross-entropy"},
    "batch norm": {"batch_norm": True, "layers": "5 relu\n3 gelu", "features": ("x", "y", "xy")},
    "no layers": {"layers": ""},
    "clicks": {"data": "my clicks"},
}


def trained(**chosen) -> Playground:
    settings = Settings(**{"n_points": 80, "epochs": 12, **chosen})
    own = clicked([(0.3, 0.4, 2), (1.0, 1.5, 0), (-1, 1.5, 1)]) if settings.data == "my clicks" else None
    work = Playground(settings, own)
    work.command("pace", 0)
    while work.step():
        pass
    return work


def packed(work: Playground) -> bytes:
    return pack(work.network, work.settings, work.data.points, work.epoch)


@pytest.mark.parametrize("name", CASES)
def test_a_network_comes_back_as_it_went(name):
    work = trained(**CASES[name])
    back = unpack(packed(work))
    again = Playground(back.settings, back.points, back.network)
    assert torch.equal(again.network.flat, work.network.flat)
    assert torch.equal(again.network.means, work.network.means)
    assert again.snapshot().measured() == work.snapshot().measured()
    if name == "clicks":
        assert back.settings.data == "my CSV"
        assert back.points is not None
        assert np.array_equal(np.sort(back.points.xy, 0), np.sort(work.data.points.xy, 0))
    else:
        assert back.settings == work.settings


def test_the_plain_module_says_the_same():
    work = trained(batch_norm=True, layers="5 relu\n3 gelu")
    module = module_of(work.network)
    with torch.inference_mode():
        assert torch.allclose(module(work.data.x), work.network.scores(work.data.x), atol=1e-5)
    back = network_of(module.state_dict(), work.network.shape)
    assert torch.equal(back.flat, work.network.flat)


def changed(data: bytes, tensors=None, **metadata) -> bytes:
    length = int.from_bytes(data[:8], "little")
    found = json.loads(data[8 : 8 + length])["__metadata__"]
    return save({**load(data), **(tensors or {})}, metadata={**found, **metadata})


def test_what_is_no_network_of_ours_is_refused():
    data = packed(trained())
    settings = json.loads(Settings().model_dump_json())
    wrong = {
        "not_ours": [
            b"",
            b"no file at all",
            data[:100],
            data[:-7],
            save({"a": torch.zeros(3)}),
            changed(data, settings="{}" + "x"),
            changed(data, settings=json.dumps({**settings, "layers": "999 tanh"})),
            changed(data, classes="3"),
            changed(data, classes="[" * 100_000),
            changed(data, {"layers.0.bias": torch.zeros(6, dtype=torch.complex64)}),
            changed(data, {"layers.0.bias": torch.zeros(6, dtype=torch.float16)}),
            changed(data, {"points.xy": torch.zeros(9, 2, dtype=torch.float8_e5m2), "points.labels": torch.arange(9)}),
            changed(data, classes=json.dumps(["1"])),
            changed(data, {"points.xy": torch.zeros(9, 2)}),
            changed(data, {"points.xy": torch.zeros(9, 2), "points.labels": torch.full((9,), 5)}),
            changed(data, {"points.xy": torch.full((9, 2), float("nan")), "points.labels": torch.arange(9) % 2}),
        ],
        "file_too_large": [b"\0" * (MAX_BYTES + 1)],
        "no_points": [changed(data, settings=json.dumps({**settings, "data": "my CSV"}))],
        "other_shape": [
            changed(data, {"layers.9.weight": torch.zeros(2)}),
            changed(data, {"layers.0.weight": torch.zeros(2, 2)}),
            changed(data, settings=json.dumps({**settings, "layers": "3 tanh"})),
        ],
        "not_finite": [
            changed(data, {"layers.0.bias": torch.full((6,), float("nan"))}),
            changed(data, {"layers.0.bias": torch.full((6,), 1e30)}),
        ],
    }
    for reason, files in wrong.items():
        for file in files:
            with pytest.raises(NetworkRejected) as raised:
                unpack(file)
            assert raised.value.reason == reason
