"""The small labelled pictures that networks learn from while a visitor looks on."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from core.data.reader import data_folder, is_here, load, source_of
from core.errors import DatasetError
from core.training.classification import as_tensor

Data = Literal["digits", "MNIST", "Fashion-MNIST", "CIFAR-10"]
SOURCES: dict[str, str] = {"MNIST": "mnist", "Fashion-MNIST": "fashion_mnist", "CIFAR-10": "cifar10"}
N_TEST = 1000  # the first test pictures; of scikit-learn's digits the last 397
N_DIGITS = 1400  # for training
MOST_TRAINING = 10_000  # of the other data sets


@dataclass(frozen=True)
class Pictures:
    """What a network is trained and tested on.

    Attributes:
        x: (N, C, H, W) uint8, for training.
        labels: (N,) int64.
        x_test: (M, C, H, W) uint8.
        labels_test: (M,) int64.
        classes: names of the labels.
    """

    x: Tensor
    labels: Tensor
    x_test: Tensor
    labels_test: Tensor
    classes: tuple[str, ...]


def places() -> list[str]:
    """The data sets that are on this machine."""
    return ["digits", *(name for name, source in SOURCES.items() if is_here(source, "train"))]


@cache
def all_of(data: str) -> Pictures:
    """All pictures of a data set that live runs may use: at most 10,000 for training, 1,000 for the test."""
    if data == "digits":
        digits = load_digits()
        images = np.round(digits.images * (255 / 16)).astype(np.uint8)
        x, labels = as_tensor(images), torch.from_numpy(digits.target.astype(np.int64))
        names = tuple("0123456789")
        return Pictures(x[:N_DIGITS], labels[:N_DIGITS], x[N_DIGITS:], labels[N_DIGITS:], names)
    source = source_of(SOURCES[data])
    if not is_here(source.name, "test") or data not in places():
        raise DatasetError("missing", name=data, split="train", folder=data_folder(), how=source.how)
    train, test = (load(source.name, split, download=False) for split in ("train", "test"))
    assert train.labels is not None  # these three have them
    assert test.labels is not None
    return Pictures(
        as_tensor(train.stack()[:MOST_TRAINING]),
        torch.from_numpy(train.labels[:MOST_TRAINING].copy()),
        as_tensor(test.stack()[:N_TEST]),
        torch.from_numpy(test.labels[:N_TEST].copy()),
        source.classes,
    )
