"""The classic small network of a first course: three convolutions that halve the size, then a dense layer.

What beginners' tutorials train on CIFAR-10: 32, 64 and 128 kernels of 3 x 3 at stride 2 without padding, ReLU,
dropout, a dense layer of 1024, dropout, ten scores. It is here for comparison.
"""

from typing import ClassVar

from torch import Tensor, nn


class StridedCNN(nn.Module):
    """Pictures in, one score a class out.

    Args:
        widths: channels of the three convolutions.
        n_hidden: units of the dense layer.
        dropout: share of the values that training sets to zero before each dense layer.
        n_classes: scores.
        size_px: height and width of the pictures, at least 15.
    """

    example_shape: ClassVar = (2, 3, 32, 32)

    def __init__(
        self,
        widths: tuple[int, int, int] = (32, 64, 128),
        n_hidden: int = 1024,
        dropout: float = 0.2,
        n_classes: int = 10,
        size_px: int = 32,
    ) -> None:
        super().__init__()
        for number, (n_in, n_out) in enumerate(zip((3, *widths), widths, strict=False), start=1):
            self.add_module(f"conv{number}", nn.Conv2d(n_in, n_out, 3, stride=2))
            self.add_module(f"relu{number}", nn.ReLU())
            size_px = (size_px - 1) // 2
        self.flatten = nn.Flatten()
        self.dropout1 = nn.Dropout(dropout)
        self.dense = nn.Linear(widths[-1] * size_px**2, n_hidden)
        self.relu4 = nn.ReLU()
        self.dropout2 = nn.Dropout(dropout)
        self.head = nn.Linear(n_hidden, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, size_px, size_px) pictures, 0 to 1 -> (B, n_classes) logits."""
        for layer in self.children():
            x = layer(x)
        return x
