"""The data sets by name."""

DATASETS = {
    "cifar10": "core.data.cifar10:CIFAR10",
    "fashion_mnist": "core.data.fashion_mnist:FASHION_MNIST",
    "mnist": "core.data.mnist:MNIST",
    "paintings": "core.data.paintings:PAINTINGS",
    "photos": "core.data.photos:PHOTOS",
    "tiny_imagenet": "core.data.tiny_imagenet:TINY_IMAGENET",
}
