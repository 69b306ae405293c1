"""The architectures by name."""

MODELS = {
    "unet": "core.models.unet:UNet",
}
