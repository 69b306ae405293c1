"""One ImageNet photograph a class, longer side at most 448 pixels; `test` is for measuring alone."""

from core.data.reader import Source

PHOTOS = Source(
    name="photos",
    folders=("photos",),
    splits=("train", "test"),
    how="put photographs into photos/train and photos/test, or name another folder in CAMADAS_DATA",
)
