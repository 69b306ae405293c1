"""Fashion-MNIST: 28 x 28 grey pictures of clothes (Xiao, Rasul, Vollgraf 2017)."""

from core.data.reader import Source

FASHION_MNIST = Source(
    name="fashion_mnist",
    folders=("fashion-mnist", "FashionMNIST"),
    splits=("train", "test"),
    classes=(
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ),
    is_grey=True,
    torchvision="FashionMNIST",
    originals={"train": "FashionMNIST/raw/train-images-idx3-ubyte", "test": "FashionMNIST/raw/t10k-images-idx3-ubyte"},
)
