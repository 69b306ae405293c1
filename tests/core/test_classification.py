"""The classification task: augmentation against naive loops, Muon against its definition, figures against the card."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.models.whitened_cnn import WhitenedCNN
from core.training.augment import alternating_flip, cutout, shift
from core.training.classification import ClassificationSettings, ClassificationTask, as_tensor, logits
from core.training.fit import fit
from core.training.optim import MuonWithSGD, up_and_down

X = torch.arange(5 * 3 * 6 * 6, dtype=torch.float32).reshape(5, 3, 6, 6)
ROWS = np.arange(200)


def test_two_epochs_see_every_picture_both_ways():
    x = torch.rand(200, 1, 3, 3)
    first, second = (alternating_flip(x, ROWS, epoch, seed=3) for epoch in (0, 1))
    is_plain = [(a == b).all().item() for a, b in zip(first, x, strict=True)]
    assert 70 < sum(is_plain) < 130
    for a, b, whole, plain in zip(first, second, x, is_plain, strict=True):
        assert torch.equal(a if plain else b, whole)
        assert torch.equal(b if plain else a, whole.flip(2))
    assert torch.equal(alternating_flip(x, ROWS, 2, seed=3), first)
    assert not torch.equal(alternating_flip(x, ROWS, 0, seed=4), first)


def test_a_picture_is_mirrored_or_not_by_its_place_in_the_data_set():
    x = torch.rand(200, 1, 3, 3)
    order = np.random.default_rng(0).permutation(200)
    assert torch.equal(alternating_flip(x[order], ROWS[order], 0, 1), alternating_flip(x, ROWS, 0, 1)[order])


def test_shifts_are_crops_of_the_mirrored_border():
    moved = shift(X, 2, np.random.default_rng(1))
    padded = F.pad(X, (2, 2, 2, 2), mode="reflect")
    for one, whole in zip(moved, padded, strict=True):
        crops = [whole[:, top : top + 6, left : left + 6] for top in range(5) for left in range(5)]
        assert any(torch.equal(one, crop) for crop in crops)
    many = shift(X[:1].expand(400, -1, -1, -1), 2, np.random.default_rng(2))
    assert len({tuple(picture.flatten().tolist()) for picture in many}) == 25


def test_a_cutout_covers_a_square_and_nothing_else():
    x = torch.rand(300, 3, 8, 8) + 1
    before = x.clone()
    out = cutout(x, 4, np.random.default_rng(0), fill=0.0)
    assert torch.equal(x, before)
    sizes = set()
    for one, whole in zip(out, x, strict=True):
        covered = (one == 0).all(0)
        rows, columns = covered.any(1), covered.any(0)
        assert torch.equal(covered, rows[:, None] & columns[None])
        assert torch.equal(one[:, ~covered], whole[:, ~covered])
        sizes.add((int(rows.sum()), int(columns.sum())))
    assert (4, 4) in sizes
    assert max(max(size) for size in sizes) == 4
    assert min(min(size) for size in sizes) == 2  # half of it falls outside


def test_up_and_down_without_warmup_begins_at_the_peak():
    assert [up_and_down(p, 0.0) for p in (0.0, 0.25, 1.0)] == [1.0, 0.75, 0.0]


def test_muon_moves_a_kernel_by_an_almost_orthogonal_matrix():
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 16, 3, bias=True)
    optimizer = MuonWithSGD([conv.weight], [{"params": [conv.bias], "lr": 0.5}], 0.1, momentum=0.0)
    before, bias = conv.weight.detach().clone(), conv.bias.detach().clone()
    conv(torch.rand(4, 8, 9, 9)).square().mean().backward()
    gradient = conv.bias.grad.clone()
    spread = torch.linalg.svdvals(conv.weight.grad.flatten(1))
    optimizer.step()
    normed = before * (16**0.5 / before.norm())
    update = (normed - conv.weight.detach()).permute(0, 2, 3, 1).reshape(16, -1) / 0.1
    values = torch.linalg.svdvals(update)
    assert spread.max() > 100 * spread.min()
    assert values.max() < 5 * values.min()  # three steps of Newton-Schulz, which five would bring nearer to 1
    assert 0.5 < values.max() < 1.3
    assert torch.allclose(conv.bias, bias - 0.5 * (gradient + 0.85 * gradient))
    optimizer.zero_grad()
    assert conv.weight.grad is None
    assert conv.bias.grad is None


def test_whitened_patches_have_no_correlation():
    torch.manual_seed(0)
    coarse = F.interpolate(torch.rand(64, 3, 6, 6), size=24, mode="bicubic").clamp(0, 1)
    x = (coarse + 0.1 * torch.rand(64, 3, 24, 24)).clamp(0, 1)
    net = WhitenedCNN(widths=(8, 8, 8))
    net.fit_input(x)
    out = net.whiten((x - net.mean[:, None, None]) / net.spread[:, None, None])[:, :12]
    rows = out.permute(1, 0, 2, 3).reshape(12, -1)
    covariance = rows @ rows.T / rows.shape[1]
    apart = covariance - torch.diag(covariance.diag())
    assert apart.abs().max() < 0.02
    assert covariance.diag().max() < 1.01
    assert torch.equal(net.whiten.weight[:12], -net.whiten.weight[12:])


def test_a_net_learns_what_can_be_learned():
    random = np.random.default_rng(0)
    images = random.integers(0, 60, (120, 12, 12, 3), np.uint8)
    labels = np.arange(120) % 2
    images[labels == 1, :, :, 0] += 120
    settings = ClassificationSettings(epochs=6, batch_size=20, learning_rate=0.01, clip_norm=None, shift_px=1)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 2))
    x, y = as_tensor(images), torch.from_numpy(labels)
    task = ClassificationTask(net, x[:100], y[:100], (x[100:], y[100:]), settings)
    list(fit(task, settings))
    assert task.validate(net)["accuracy"] == 1
    assert logits(net, x).shape == (120, 2)


@pytest.mark.parametrize("shape", [(3, 5, 4), (3, 5, 4, 3)])
def test_pictures_become_channels_first(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    tensor = as_tensor(images)
    assert tensor.shape == (3, 3 if len(shape) == 4 else 1, 5, 4)
    assert (tensor[2, 0].numpy() == (images[2, :, :, 0] if len(shape) == 4 else images[2])).all()
    tensor[:] = 0
    assert images.any()


def test_muon_leaves_the_scale_alone_where_no_norm_follows():
    torch.manual_seed(0)
    for rescales in (True, False):
        conv = nn.Conv2d(8, 16, 3)
        conv.weight.data.mul_(7)
        before = float(conv.weight.detach().norm())
        optimizer = MuonWithSGD([conv.weight], [{"params": [conv.bias], "lr": 0.1}], 1e-6, rescales=rescales)
        conv(torch.rand(2, 8, 5, 5)).sum().backward()
        optimizer.step()
        assert float(conv.weight.detach().norm()) == pytest.approx(4.0 if rescales else before, rel=1e-3)


def test_muon_is_the_same_in_either_memory_layout():
    ends = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        conv = nn.Conv2d(8, 16, 3).to(memory_format=layout)
        optimizer = MuonWithSGD([conv.weight], [{"params": [conv.bias], "lr": 0.1}], 0.1)
        x = torch.rand(4, 8, 6, 6).to(memory_format=layout)
        for _ in range(3):
            optimizer.zero_grad()
            conv(x).square().mean().backward()
            optimizer.step()
        assert optimizer.matrices[0].data_ptr() == conv.weight.data_ptr()
        ends.append(conv.weight.detach().clone())
    assert torch.allclose(*ends, atol=0.02)  # Newton-Schulz computes in bf16
    torch.manual_seed(0)
    assert (ends[0] - nn.Conv2d(8, 16, 3).weight).abs().max() > 0.05
