"""The contract of every architecture in MODELS."""

import importlib

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from core.models import MODELS


def make(name: str) -> torch.nn.Module:
    module, attribute = MODELS[name].split(":")
    torch.manual_seed(0)
    return getattr(importlib.import_module(module), attribute)()


def examples(model: torch.nn.Module) -> list[torch.Tensor]:
    """What it takes; most take one tensor."""
    shapes = model.example_shape if isinstance(model.example_shape[0], tuple) else (model.example_shape,)
    return [torch.rand(shape) for shape in shapes]


def outputs(model: torch.nn.Module, given: list[torch.Tensor]) -> list[torch.Tensor]:
    """Everything that a loss can look at."""
    found = model.forward_features(*given) if hasattr(model, "forward_features") else model(*given)
    return list(found.values()) if isinstance(found, dict) else [found]


@pytest.mark.parametrize("name", MODELS)
def test_contract(name):
    model = make(name)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):  # residual branches that start at zero would pass no gradient
            nn.init.ones_(module.weight)
    given = examples(model)
    for y in outputs(model, given):
        assert y.shape[0] == len(given[0])
        assert torch.isfinite(y).all()
    sum(y.square().mean() for y in outputs(model, given)).backward()
    without = [key for key, p in model.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()]
    assert not without
    still = [key for key, p in model.named_parameters() if p.grad.abs().max() == 0]
    assert not still


@pytest.mark.parametrize("name", MODELS)
def test_saved_and_loaded_it_answers_the_same(name):
    model, other = make(name).eval(), make(name).eval()
    for p in other.parameters():
        p.data.add_(1)
    other.load_state_dict(load(save(model.state_dict())))
    given = examples(model)
    assert torch.equal(model(*given), other(*given))


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (64, 240), (1, 1)])
def test_unet_answers_at_a_quarter_of_any_size(size):
    model = make("unet").eval()
    height, width = size
    with torch.inference_mode():
        y = model(torch.rand(1, 1, height, width))
    assert y.shape == (1, 2, -(-height // 4), -(-width // 4))
