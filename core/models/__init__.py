"""The architectures by name."""

MODELS = {
    "autoencoder": "core.models.autoencoder:Autoencoder",
    "mlp": "core.models.mlp:MLP",
    "strided_cnn": "core.models.strided_cnn:StridedCNN",
    "style_decoder": "core.models.style_decoder:StyleDecoder",
    "tiny_vgg": "core.models.tiny_vgg:TinyVGG",
    "unet": "core.models.unet:UNet",
    "whitened_cnn": "core.models.whitened_cnn:WhitenedCNN",
    "word_vectors": "core.models.word_vectors:WordVectors",
}
