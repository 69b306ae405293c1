"""What a photo in the style of another picture is to keep and to take over, as losses.

Perceptual losses after Gatys et al. (2016) and Huang, Belongie (2017). What differs: covariances (mean-centred Gram
matrices) and means, each over its distance before anything was done, so that all styles weigh the same; and the same
for lightness behind random filters at several scales (Ustyuzhaninov et al. 2017, "What does it take to generate natural
textures?"), so that the encoder is not all that counts.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.style_decoder import (
    DEEP,
    SHALLOW,
    TOLD,
    StyleDecoder,
    adapted,
    bands,
    colours,
    recoloured,
    statistics,
    told_of,
    toned,
    tones,
)
from core.models.tiny_vgg import TinyVGG

STYLE_LAYERS = ("relu1_2", "relu2_2", "relu3_2", "relu4_1")
CONTENT_LAYERS = {"relu4_1": 1.0, "relu3_1": 0.5}
N_FILTERS, FILTER_PX, N_SCALES = 48, 7, 3
LUMA = (0.299, 0.587, 0.114)
LEAST_SPREAD = 1e-2
SLACK = 0.05  # of a style's own size, added to what distances are divided by
Features = dict[str, Tensor]


def covariance(x: Tensor) -> Tensor:
    """Mean-centred Gram matrix of the channels: (B, C, H, W) -> (B, C, C), float32."""
    flat = x.permute(0, 2, 3, 1).flatten(1, 2)  # of a channels_last tensor a view
    flat = flat - flat.mean(1, keepdim=True, dtype=torch.float32).to(x.dtype)
    return (flat.transpose(1, 2) @ flat).float() / flat.shape[1]


def share_left(made: Tensor, wanted: Tensor, before: Tensor) -> Tensor:
    """How much of a squared distance is left: (B, ...) three times -> (B,); 1 where nothing was done, 0 at the end."""

    def square(x: Tensor) -> Tensor:
        return x.float().flatten(1).square().sum(1)

    return square(made - wanted) / (square(before - wanted) + SLACK * square(wanted) + 1e-8)


def normalized(x: Tensor) -> Tensor:
    """Each channel with mean 0 and spread 1."""
    mean, spread = statistics(x)
    scale = 1 / (spread + LEAST_SPREAD)
    return x * scale[:, :, None, None].to(x.dtype) - (mean * scale)[:, :, None, None].to(x.dtype)


def random_filters(seed: int = 0) -> Tensor:
    """(N_FILTERS, 1, FILTER_PX, FILTER_PX): filters of chance without mean, of length 1."""
    made = torch.randn(N_FILTERS, 1, FILTER_PX, FILTER_PX, generator=torch.Generator().manual_seed(seed))
    made = made - made.mean((1, 2, 3), keepdim=True)
    return made / made.flatten(1).norm(dim=1)[:, None, None, None]


def responses(x: Tensor, filters: Tensor) -> list[Tensor]:
    """Lightness behind random filters: (B, 3, H, W) -> covariances at several scales, (B, N_FILTERS, N_FILTERS) each.

    Lightness has mean 0 and spread 1 before, so that contrast counts for nothing.
    """
    light = (x.float() * x.new_tensor(LUMA, dtype=torch.float32)[:, None, None]).sum(1, keepdim=True)
    light = normalized(light)
    found = []
    for _ in range(N_SCALES):
        found.append(covariance(F.relu(F.conv2d(light.to(x.dtype), filters.to(x.dtype)))))
        light = F.avg_pool2d(light, 2)
    return found


def encoded(encoder: TinyVGG, x: Tensor) -> Features:
    """Features of pictures, (B, 3, H, W), 0 to 1, as deep as they are looked at."""
    return encoder.forward_features(x, DEEP, border="replicate")


def stylized(decoder: Any, content: Features, style: Features, wanted: Tensor) -> Tensor:
    """Photos in the style of other pictures: features of both, and these, (B, 3, H, W) -> (B, 3, H, W)."""
    theirs = {layer: statistics(style[layer]) for layer in TOLD}
    made = [adapted(content[layer], statistics(content[layer]), theirs[layer]) for layer in (DEEP, SHALLOW)]
    told = told_of(*({layer: both[at] for layer, both in theirs.items()} for at in (0, 1)))
    painted = decoder(*made, told)
    painted = bands(recoloured(painted, colours(painted.detach()), colours(wanted)))
    mean, spread = statistics(painted)
    # the numbers stay as they are; but to move or widen a whole band is in vain, and the gradient is to know it
    painted = adapted(painted, (mean, spread), (mean.detach(), spread.detach()))
    return toned(painted, tones(painted.detach()), tones(bands(wanted)))


def style_parts(made: Features, style: Features, before: Features) -> dict[str, Tensor]:
    """What is left of the distance to a style at each layer, covariances and means alike: (B,) each."""
    parts = {}
    for layer in STYLE_LAYERS:
        pictures = (made[layer], style[layer], before[layer])
        spread = share_left(*(covariance(x) for x in pictures))
        level = share_left(*(statistics(x)[0] for x in pictures))
        parts[layer] = 0.5 * (spread + level)
    return parts


def content_part(made: Features, content: Features) -> Tensor:
    """How far what is shown has changed, whatever its colours and contrasts: (B,), 0 to about 2 for each layer."""
    parts = [
        weight * (normalized(made[layer]) - normalized(content[layer])).square().mean((1, 2, 3), dtype=torch.float32)
        for layer, weight in CONTENT_LAYERS.items()
    ]
    return torch.stack(parts).sum(0)


def total_variation(x: Tensor) -> Tensor:
    """Mean squared difference of neighbours: (B, C, H, W) -> (B,)."""
    down, across = x[:, :, 1:] - x[:, :, :-1], x[:, :, :, 1:] - x[:, :, :, :-1]
    return down.float().square().flatten(1).mean(1) + across.float().square().flatten(1).mean(1)


class Stylizer(nn.Module):
    """What is trained: the decoder; the encoder is only looked through."""

    def __init__(self, decoder: StyleDecoder, encoder: TinyVGG) -> None:
        super().__init__()
        self.decoder = decoder
        self.encoder = encoder.requires_grad_(False).eval()
        self.filters = nn.Buffer(random_filters())

    def forward(self, photo: Tensor, style: Tensor) -> Tensor:
        """Photos in the style of other pictures: (B, 3, H, W) twice, 0 to 1, sides divisible by 8 -> (B, 3, H, W)."""
        content, wanted = encoded(self.encoder, photo), encoded(self.encoder, style)
        return stylized(self.decoder, content, wanted, style)

    def parts(self, photo: Tensor, style: Tensor) -> dict[str, Tensor]:
        """The losses, each (B,): content, style, texture, colour and roughness."""
        with torch.no_grad():
            content, wanted = encoded(self.encoder, photo), encoded(self.encoder, style)
        made = stylized(self.decoder, content, wanted, style)
        seen = encoded(self.encoder, made)
        filtered = [responses(x, self.filters) for x in (made, style, photo)]
        texture = [share_left(*three) for three in zip(*filtered, strict=True)]
        colour = share_left(*(covariance(x.float()) for x in (made, style, photo)))
        return {
            "content": content_part(seen, content),
            "style": torch.stack(list(style_parts(seen, wanted, content).values())).mean(0),
            "texture": torch.stack(texture).mean(0),
            "colour": colour,
            "roughness": total_variation(made),
            "identity": (made.float() - photo.float()).square().flatten(1).mean(1),
        }
