"""The architectures by name."""

MODELS = {
    "autoencoder": "core.models.autoencoder:Autoencoder",
    "mlp": "core.models.mlp:MLP",
    "strided_cnn": "core.models.strided_cnn:StridedCNN",
    "unet": "core.models.unet:UNet",
    "whitened_cnn": "core.models.whitened_cnn:WhitenedCNN",
    "word_vectors": "core.models.word_vectors:WordVectors",
}
