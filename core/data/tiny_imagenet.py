"""Tiny-ImageNet: 64 x 64 photographs of 200 ImageNet classes (Stanford CS231n)."""

from core.data.reader import Source

TINY_IMAGENET = Source(
    name="tiny_imagenet",
    folders=("tiny-imagenet", "tiny-imagenet-200"),
    splits=("train", "val"),
    how="unpack tiny-imagenet-200.zip of Stanford's course CS231n there",
)
