"""The training runs by the name of the checkpoint that they write."""

RECIPES = {
    "colorization": "core.recipes.colorization",
    "words": "core.recipes.words",
}
