"""The architectures by name."""

MODELS = {
    "mlp": "core.models.mlp:MLP",
    "unet": "core.models.unet:UNet",
    "word_vectors": "core.models.word_vectors:WordVectors",
}
