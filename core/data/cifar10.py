"""CIFAR-10: 32 x 32 colour pictures of ten classes (Krizhevsky 2009).

The folder cifar10-jpeg holds them re-encoded as JPEG, which costs some accuracy: say so wherever a figure stands.
"""

from core.data.reader import Source

CIFAR10 = Source(
    name="cifar10",
    folders=("cifar10-jpeg", "cifar10"),
    splits=("train", "test"),
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    torchvision="CIFAR10",
    originals={"train": "cifar-10-batches-py/data_batch_1", "test": "cifar-10-batches-py/test_batch"},
)
