"""The architectures by name."""

MODELS = {
    "unet": "core.models.unet:UNet",
    "word_vectors": "core.models.word_vectors:WordVectors",
}
