"""The training runs by the name of the checkpoint that they write."""

RECIPES = {
    "ae_mnist_2": "core.recipes.ae_mnist_2",
    "ae_mnist_32": "core.recipes.ae_mnist_32",
    "cifar10": "core.recipes.cifar10",
    "cifar10_strided": "core.recipes.cifar10_strided",
    "colorization": "core.recipes.colorization",
    "denoising_mnist": "core.recipes.denoising_mnist",
    "fashion_mnist": "core.recipes.fashion_mnist",
    "mnist": "core.recipes.mnist",
    "style": "core.recipes.style",
    "tiny_vgg": "core.recipes.tiny_vgg",
    "vae_fashion_2": "core.recipes.vae_fashion_2",
    "vae_mnist_2": "core.recipes.vae_mnist_2",
    "vae_mnist_32": "core.recipes.vae_mnist_32",
    "vae_photos": "core.recipes.vae_photos",
    "words": "core.recipes.words",
}
