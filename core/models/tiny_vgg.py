"""A VGG of half the width: eight convolutions, read at each depth, so that pictures can be compared by features.

After Simonyan, Zisserman (2014), "Very deep convolutional networks", https://arxiv.org/abs/1409.1556. What differs:
widths of 32 to 256 in four stages of two convolutions, average instead of greatest values when the size is halved, as
Gatys et al. (2015) have it for texture, one linear layer behind the mean of each channel, and batch norms (Ioffe,
Szegedy 2015) while it is trained, which `folded` takes into the convolutions.
"""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CENTRE, SPREAD = 0.45, 0.25  # of a photo's values


class TinyVGG(nn.Module):
    """Pictures in, one score a class out.

    Args:
        widths: channels of the four stages; the size is halved between them.
        n_classes: scores.
        has_norms: whether a batch norm follows each convolution, as in training.
    """

    example_shape: ClassVar = (2, 3, 64, 64)

    def __init__(
        self, widths: tuple[int, int, int, int] = (32, 64, 128, 256), n_classes: int = 200, has_norms: bool = True
    ) -> None:
        super().__init__()
        self.widths, self.n_classes, self.has_norms = widths, n_classes, has_norms
        self.convs, self.norms = nn.ModuleDict(), nn.ModuleDict()
        n_in = 3
        for stage, width in enumerate(widths, start=1):
            for number in (1, 2):
                name = f"{stage}_{number}"
                self.convs[name] = nn.Conv2d(n_in, width, 3, padding=1, bias=not has_norms)
                if has_norms:
                    self.norms[name] = nn.BatchNorm2d(width)
                n_in = width
        self.head = nn.Linear(n_in, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) pictures, 0 to 1, H and W at least 8 -> (B, n_classes) logits."""
        return self.forward_features(x)["logits"]

    def forward_features(
        self, x: Tensor, last: str = "logits", border: Literal["zeros", "replicate"] = "zeros"
    ) -> dict[str, Tensor]:
        """What each convolution gives behind its ReLU, by VGG's names.

        Args:
            x: (B, 3, H, W) pictures, 0 to 1.
            last: where to stop.
            border: what lies beyond it: zeros, with which it has learned to name things, or the outermost values, with
                which a picture has no frame.

        Returns:
            "relu1_1" to `last`; stage s is (B, widths[s - 1], H // 2 ** (s - 1), W // 2 ** (s - 1)). "logits", behind
            "relu4_2", are (B, n_classes).
        """
        found: dict[str, Tensor] = {}
        x = (x - CENTRE) / SPREAD
        for name, conv in self.convs.items():
            if name.endswith("_1") and name != "1_1":
                x = F.avg_pool2d(x, 2)
            assert isinstance(conv, nn.Conv2d)
            x = conv(x) if border == "zeros" else F.conv2d(F.pad(x, (1, 1, 1, 1), mode=border), conv.weight, conv.bias)
            x = F.relu(self.norms[name](x) if self.has_norms else x, inplace=True)
            found[f"relu{name}"] = x
            if f"relu{name}" == last:
                return found
        found["logits"] = self.head(x.mean(dim=(2, 3)))
        return found

    @torch.no_grad()
    def folded(self) -> "TinyVGG":
        """The same function, as in eval mode, without norms: a new module."""
        made = TinyVGG(self.widths, self.n_classes, has_norms=False)
        made.head.load_state_dict(self.head.state_dict())
        for name, norm in self.norms.items():
            conv, single = self.convs[name], made.convs[name]
            assert isinstance(conv, nn.Conv2d)
            assert isinstance(single, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            assert single.bias is not None
            assert norm.running_mean is not None
            assert norm.running_var is not None
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            single.weight.copy_(conv.weight * scale[:, None, None, None])
            single.bias.copy_(norm.bias - norm.running_mean * scale)
        return made.eval()
