"""A U-Net that predicts colour from lightness.

After Ronneberger, Fischer, Brox (2015), "U-Net", https://arxiv.org/abs/1505.04597. What differs: a stem that divides
the size by four, residual blocks (He et al. 2015) with batch norm, skips that are added instead of concatenated, one
vector of global context from the coarsest level (Iizuka, Simo-Serra, Ishikawa 2016), an output at a quarter of the
input's size, and a second head that names the picture's class, which only training looks at.
"""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

LIGHTNESS_CENTRE, LIGHTNESS_SPREAD = 50.0, 25.0
CHROMA_SPREAD = 25.0


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions around which the input goes on its own: x + f(x)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        nn.init.zeros_(self.norm2.weight)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(x + self.norm2(self.conv2(y)))


class UNet(nn.Module):
    """Lightness in, chroma at a quarter of the size out.

    Args:
        widths: channels at 1/4, 1/8 and 1/16 of the input's size.
        n_blocks: residual blocks on the way down, at each level.
        n_up_blocks: residual blocks on the way up, at 1/8 and 1/4.
        n_classes: classes of the second head.
    """

    example_shape: ClassVar = (2, 1, 64, 64)

    def __init__(
        self,
        widths: tuple[int, int, int] = (96, 192, 384),
        n_blocks: tuple[int, int, int] = (2, 2, 2),
        n_up_blocks: tuple[int, int] = (1, 2),
        n_classes: int = 200,
    ) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.stem = nn.Sequential(_conv(1, fine // 2, stride=2), _conv(fine // 2, fine, stride=2))
        self.down4 = _blocks(fine, n_blocks[0])
        self.to8 = _conv(fine, middle, stride=2)
        self.down8 = _blocks(middle, n_blocks[1])
        self.to16 = _conv(middle, coarse, stride=2)
        self.down16 = _blocks(coarse, n_blocks[2])
        self.context = nn.Linear(coarse, coarse)
        self.classes = nn.Linear(coarse, n_classes)
        self.from16 = _conv(coarse, middle, kernel=1)
        self.up8 = _blocks(middle, n_up_blocks[0])
        self.from8 = _conv(middle, fine, kernel=1)
        self.up4 = _blocks(fine, n_up_blocks[1])
        self.chroma = nn.Conv2d(fine, 2, 1)

    def forward(self, lightness: Tensor) -> Tensor:
        """Predict chroma.

        Args:
            lightness: (B, 1, H, W) L* of CIE Lab, 0 to 100.

        Returns:
            (B, 2, ceil(H/4), ceil(W/4)) a* and b*, in Lab units.
        """
        return self.forward_features(lightness)["chroma"]

    def forward_features(self, lightness: Tensor) -> dict[str, Tensor]:
        """All that a lesson or a loss looks at: "x4", "x8", "x16", "pooled", "class_logits" and "chroma"."""
        x4 = self.down4(self.stem((lightness - LIGHTNESS_CENTRE) / LIGHTNESS_SPREAD))
        x8 = self.down8(self.to8(x4))
        x16 = self.down16(self.to16(x8))
        pooled = x16.mean(dim=(2, 3))
        y16 = F.relu(x16 + self.context(pooled)[:, :, None, None])
        y8 = self.up8(x8 + _enlarge(self.from16(y16), x8))
        y4 = self.up4(x4 + _enlarge(self.from8(y8), x4))
        return {
            "x4": x4,
            "x8": x8,
            "x16": x16,
            "pooled": pooled,
            "class_logits": self.classes(pooled),
            "chroma": self.chroma(y4) * CHROMA_SPREAD,
        }


def _conv(n_in: int, n_out: int, *, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(n_in, n_out, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(n_out), nn.ReLU(inplace=True))


def _blocks(width: int, n: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(n)))


def _enlarge(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
