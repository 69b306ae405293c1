"""Paintings whose painters died long ago; `test` is for measuring alone."""

from core.data.reader import Source

PAINTINGS = Source(
    name="paintings",
    folders=("paintings",),
    splits=("train", "test"),
    how="put pictures of paintings into paintings/train and paintings/test",
)
