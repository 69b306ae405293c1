"""Word vectors: a vector for each word, such that words in the same company lie near each other.

Mikolov, Chen, Corrado, Dean (2013), Efficient estimation of word representations, 3.2 (skip-gram). Differs: the whole
softmax over a small vocabulary instead of a hierarchical one or drawn negatives.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class WordVectors(nn.Module):
    """Two vectors a word: as the middle of a window, and as its company.

    Args:
        vocabulary: the words, in the order of the rows.
        dimensions: of a vector.
    """

    def __init__(self, vocabulary: Sequence[str] = ("one", "two", "three"), dimensions: int = 12) -> None:
        super().__init__()
        self.vocabulary = list(vocabulary)
        self.middle = nn.Parameter(torch.randn(len(self.vocabulary), dimensions) / dimensions**0.5)
        self.company = nn.Parameter(torch.randn(len(self.vocabulary), dimensions) / dimensions**0.5)
        self.example_shape = (2, len(self.vocabulary))

    def forward_features(self, counts: Tensor) -> dict[str, Tensor]:
        """How often each word occurs (B, V) -> "vectors" (B, D), their sums, and "scores" (B, V) of the company."""
        vectors = counts @ self.middle
        return {"vectors": vectors, "scores": vectors @ self.company.T}

    def forward(self, counts: Tensor) -> Tensor:
        """How often each word occurs (B, V) -> the sum of their vectors (B, D)."""
        return self.forward_features(counts)["vectors"]
