"""What a photo in a style keeps and takes over, against closed forms."""

import numpy as np
import pytest
import torch

from core.checkpoints import read
from core.models.style_decoder import StyleDecoder, adapted, statistics, told_of
from core.models.tiny_vgg import TinyVGG
from core.patterns import draw
from core.style_losses import (
    Stylizer,
    content_part,
    covariance,
    encoded,
    random_filters,
    responses,
    share_left,
    style_parts,
    total_variation,
)
from core.style_task import as_input


def pictures(n: int = 2, side: int = 32, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def test_covariance_is_numpys():
    x = torch.randn(2, 4, 5, 6, generator=torch.Generator().manual_seed(0)) + 3
    for at in range(2):
        assert np.allclose(covariance(x)[at], np.cov(x[at].reshape(4, -1).numpy(), bias=True), atol=1e-5)


def test_statistics_are_torchs():
    x = torch.randn(2, 4, 5, 6, generator=torch.Generator().manual_seed(0)) + 3
    mean, spread = statistics(x)
    assert torch.allclose(mean, x.mean((2, 3)))
    assert torch.allclose(spread, x.std((2, 3), correction=0))


def test_what_is_adapted_has_the_wanted_statistics_and_its_own_places():
    x = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    wanted = (torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[0.1, 2.0, 1.0]]))
    made = adapted(x, statistics(x), wanted)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(statistics(made), wanted, strict=True))
    for at in range(3):
        assert np.corrcoef(x[0, at].flatten(), made[0, at].flatten())[0, 1] == pytest.approx(1)


def test_share_left_is_one_before_and_nothing_at_the_end():
    before, wanted = torch.zeros(1, 2, 2), 10 * torch.ones(1, 2, 2)
    assert float(share_left(wanted, wanted, before)) == 0
    assert float(share_left(before, wanted, before)) == pytest.approx(1 / 1.05)
    assert float(share_left((before + wanted) / 2, wanted, before)) == pytest.approx(0.25 / 1.05)


def test_total_variation_by_hand():
    x = torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    assert float(total_variation(x)) == pytest.approx(4 + 1)


def test_random_filters_see_no_level_and_responses_no_contrast():
    filters = random_filters()
    assert float(filters.sum((1, 2, 3)).abs().max()) < 1e-5
    assert torch.allclose(filters.flatten(1).norm(dim=1), torch.ones(len(filters)))
    x = pictures(1, 64)
    for one, other in zip(responses(x, filters), responses(0.6 * x + 0.2, filters), strict=True):
        assert torch.allclose(one, other, rtol=0.2, atol=1e-2)


def test_of_equal_pictures_nothing_is_left():
    encoder = read("tiny_vgg")[0]
    photo, style = pictures(1), 0.3 * pictures(1, seed=1)
    with torch.no_grad():
        content, wanted = encoded(encoder, photo), encoded(encoder, style)
        assert all(float(part) == 0 for part in style_parts(wanted, wanted, content).values())
        assert all(float(part) > 0.5 for part in style_parts(content, wanted, content).values())
        assert float(content_part(content, content)) == 0
        assert float(content_part(wanted, content)) > 1


def test_a_stylizer_learns_its_decoder_alone():
    model = Stylizer(StyleDecoder(), TinyVGG(has_norms=False))
    sum(part.sum() for part in model.parts(pictures(2, 64), pictures(2, 64, seed=1)).values()).backward()
    assert all(p.grad is None for p in model.encoder.parameters())
    assert all(p.grad is not None for p in model.decoder.parameters())


def test_a_stylizer_gives_the_styles_colours(sample):
    photo, style = (as_input([image[:128, :128]]) for image in (sample, draw("mosaic", 3, 128)))
    with torch.no_grad():
        made = Stylizer(read("style")[0], read("tiny_vgg")[0])(photo, style)
    assert made.shape == photo.shape
    assert all(torch.allclose(a, b, atol=0.04) for a, b in zip(statistics(made), statistics(style), strict=True))
    assert not any(torch.allclose(a, b, atol=0.04) for a, b in zip(statistics(photo), statistics(style), strict=True))


def test_what_the_decoder_is_told_has_one_order():
    mean = {name: torch.full((1, 1), float(at)) for at, name in enumerate(("relu1_2", "relu2_2", "relu3_1", "relu4_1"))}
    spread = {name: value + 10 for name, value in mean.items()}
    assert told_of(mean, spread).tolist() == [[0, 10, 1, 11, 2, 12, 3, 13]]


def test_folded_it_answers_the_same():
    torch.manual_seed(0)
    model = TinyVGG()
    for norm in model.norms.values():
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        torch.nn.init.uniform_(norm.weight, 0.5, 2)
        torch.nn.init.normal_(norm.bias)
    x = pictures(2, 64)
    with torch.no_grad():
        whole, folded = model.eval().forward_features(x), model.folded().forward_features(x)
    assert whole.keys() == folded.keys()
    assert all(torch.allclose(whole[key], folded[key], atol=1e-3, rtol=1e-3) for key in whole)
