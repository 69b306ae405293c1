"""What stands behind the convolutions of style transfer: bands, their tones, and sizes doubled in one step."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.models.style_decoder import (
    MOST_GAIN,
    N_BANDS,
    N_QUANTILES,
    _at_twice_the_size,
    _between,
    added_up,
    bands,
    colours,
    recoloured,
    toned,
    tones,
)


def picture(seed: int = 0, side: int = 96, rough: float = 0.2) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    coarse = F.interpolate(torch.rand(1, 3, 6, 6, generator=random), size=(side, side), mode="bicubic")
    return coarse + rough * torch.randn(1, 3, side, side, generator=random)


def test_bands_add_up_to_the_picture():
    x = picture()
    parts = bands(x)
    assert parts.shape == (1, N_BANDS, 96, 96)
    assert torch.allclose(added_up(parts), x, atol=1e-5)


def test_bands_tell_fine_from_coarse_and_down_from_across():
    at = torch.arange(96.0)
    waves = 0.5 + 0.4 * torch.sin(2 * torch.pi * at / 3)
    fine = bands(waves.expand(1, 3, 96, 96))[:, :12].square().mean((2, 3))[0]
    assert int(fine.argmax()) == 0  # the finest of those that change across
    assert float(fine[0]) > 0.8 * float(fine.sum())
    turned = bands(waves[:, None].expand(1, 3, 96, 96))[:, :12].square().mean((2, 3))[0]
    assert int(turned.argmax()) == 1
    slow = bands((0.5 + 0.4 * torch.sin(2 * torch.pi * at / 30)).expand(1, 3, 96, 96))[:, :12].square().mean((2, 3))[0]
    assert int(slow.argmax()) == 9


def test_colours_of_another_are_taken_over_and_ones_own_stay():
    x, other = picture(0), picture(1) * torch.tensor([0.2, 0.5, 1.0])[:, None, None] + 0.1
    mean, covariance = colours(x)
    assert torch.allclose(covariance[0], torch.cov(x[0].flatten(1), correction=0), atol=1e-6)
    made = recoloured(x, (mean, covariance), colours(other))
    assert all(torch.allclose(a, b, atol=2e-3) for a, b in zip(colours(made), colours(other), strict=True))
    assert torch.allclose(recoloured(x, colours(x), colours(x)), x, atol=1e-4)


def test_a_grey_picture_can_be_coloured():
    grey = picture(0)[:, :1].expand(1, 3, -1, -1)
    made = recoloured(grey, colours(grey), colours(picture(1)))
    assert torch.isfinite(made).all()
    assert float(made.abs().max()) < 10


def test_its_own_tones_leave_a_picture_as_it_is():
    parts = bands(picture(side=64))  # as many pixels as are looked at
    assert torch.allclose(toned(parts, tones(parts), tones(parts)), added_up(parts), atol=0.01)


def test_tones_of_another_are_taken_over():
    parts, other = bands(picture(0, 64, rough=0.05)), bands(0.3 + 0.5 * picture(1, 64, rough=0.3))
    made = bands(toned(parts, tones(parts), tones(other)))
    before = (tones(parts) - tones(other)).abs().mean()
    assert float((tones(made) - tones(other)).abs().mean()) < 0.25 * float(before)


def test_what_is_hardly_there_is_not_blown_up():
    parts, other = bands(picture(0, rough=1e-4)), bands(picture(1, rough=0.5))
    finest = toned(parts, tones(parts), tones(other)) - toned(parts, tones(parts), tones(parts))
    assert float(bands(finest)[:, :3].std()) < (MOST_GAIN + 1) * float(parts[:, :3].std())


def test_a_part_is_toned_as_the_whole():
    parts, other = bands(picture(0)), bands(picture(1))
    whole = toned(parts, tones(parts), tones(other))
    corner = toned(parts[:, :, :40, :40], tones(parts), tones(other))
    assert torch.allclose(corner, whole[:, :, :40, :40], atol=1e-5)


def test_a_batch_is_toned_one_by_one():
    parts = bands(torch.cat([picture(0), picture(1)]))
    wanted = tones(bands(torch.cat([picture(2), picture(3)])))
    both = toned(parts, tones(parts), wanted)
    for at in range(2):
        one = parts[at : at + 1]
        assert torch.allclose(both[at : at + 1], toned(one, tones(one), wanted[at : at + 1]), atol=1e-6)


def test_one_colour_alone_is_no_trouble():
    parts = bands(torch.full((1, 3, 40, 40), 0.5))
    assert tones(parts).shape == (1, N_BANDS, N_QUANTILES)
    assert torch.isfinite(toned(parts, tones(parts), tones(bands(picture())))).all()


def test_between_points_run_lines():
    knots, values = torch.tensor([[0.0, 1.0, 1.0, 3.0]]), torch.tensor([[0.0, 10.0, 20.0, 40.0]])
    assert _between(knots, values, torch.tensor([[0.0, 0.5, 2.0, 3.0, 9.0]]))[0].tolist() == pytest.approx(
        [0, 5, 30, 40, 40]
    )


def test_doubled_in_one_step_is_doubled_in_two():
    torch.manual_seed(0)
    conv, x = nn.Conv2d(5, 4, 3, padding=1, padding_mode="replicate"), torch.randn(2, 5, 7, 9)
    two = conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
    assert torch.allclose(_at_twice_the_size(conv, x), two, atol=1e-5)
