"""MNIST: 28 x 28 grey handwritten digits (LeCun, Cortes, Burges 1998)."""

from core.data.reader import Source

MNIST = Source(
    name="mnist",
    folders=("mnist", "MNIST"),
    splits=("train", "test"),
    classes=tuple("0123456789"),
    is_grey=True,
    torchvision="MNIST",
    originals={"train": "MNIST/raw/train-images-idx3-ubyte", "test": "MNIST/raw/t10k-images-idx3-ubyte"},
)
