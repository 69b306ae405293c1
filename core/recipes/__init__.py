"""The training runs by the name of the checkpoint that they write."""

RECIPES = {
    "cifar10": "core.recipes.cifar10",
    "cifar10_strided": "core.recipes.cifar10_strided",
    "colorization": "core.recipes.colorization",
    "fashion_mnist": "core.recipes.fashion_mnist",
    "mnist": "core.recipes.mnist",
    "words": "core.recipes.words",
}
