"""What computes: found without torch, and corrected by it."""

import types

import pytest

from core import devices

DRIVERS = "Model: \t\t NVIDIA H100\nIRQ:   \t\t 12\n"


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A machine with a GPU and its driver, before torch is imported."""
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "information").write_text(DRIVERS)
    monkeypatch.setattr(devices, "DRIVER", tmp_path)
    monkeypatch.setattr(devices, "version", lambda _name: "2.13.0")
    monkeypatch.delenv("CAMADAS_DEVICE", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    devices.device.cache_clear()
    yield
    devices.device.cache_clear()


def test_the_driver_names_the_gpu(driver):
    assert devices.gpu_name() == "NVIDIA H100"


@pytest.mark.parametrize("hide", [("CUDA_VISIBLE_DEVICES", ""), ("CAMADAS_DEVICE", "cpu")])
def test_a_hidden_gpu_is_not_named(driver, monkeypatch, hide):
    monkeypatch.setenv(*hide)
    assert devices.gpu_name() is None


def test_a_torch_for_the_cpu_uses_no_gpu(driver, monkeypatch):
    monkeypatch.setattr(devices, "version", lambda _name: "2.13.0+cpu")
    assert devices.gpu_name() is None


def test_torch_knows_better_than_the_driver(driver, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert devices.device().type == "cpu"
    assert devices.gpu_name() is None


def test_torch_names_a_gpu_whose_driver_shows_no_files(driver, monkeypatch, tmp_path):
    monkeypatch.setattr(devices, "DRIVER", tmp_path / "nowhere")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda _where: "NVIDIA L4")
    assert devices.gpu_name() is None
    assert devices.device().type == "cuda"
    assert devices.gpu_name() == "NVIDIA L4"


def test_bf16_is_for_devices_that_gain_by_it(monkeypatch):
    capability = {"a100": (8, 0), "t4": (7, 5)}
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda where: capability[where.name])
    assert devices.gains_from_bf16(types.SimpleNamespace(type="cuda", name="a100"))
    assert not devices.gains_from_bf16(types.SimpleNamespace(type="cuda", name="t4"))
    monkeypatch.setattr(devices, "cpu_has_bf16", lambda: True)
    assert devices.gains_from_bf16(types.SimpleNamespace(type="cpu"))
    assert not devices.gains_from_bf16(types.SimpleNamespace(type="mps"))
