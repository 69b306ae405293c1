"""Train a variational autoencoder of clothes with two numbers.

python -m core train vae_fashion_2 --data DIR --epochs 25

13 minutes on two EPYC cores with bf16. Seed 0, one run: mse 0.0251, 0.54 times that of PCA with two numbers.
"""

from pathlib import Path
from typing import Any

from pydantic import Field

from core.checkpoints import Card
from core.recipes.autoencoding import About, AutoencoderConfig, Autoencoding, figures
from core.recipes.autoencoding import keep as keep_autoencoder
from core.training.events import Done

TEST = ("fashion_mnist", "test")


class Config(AutoencoderConfig):
    """The defaults are those of the checkpoint that is shipped."""

    epochs: int | None = Field(25, ge=1)


ABOUT = About(
    name="vae_fashion_2",
    dataset="fashion_mnist",
    test="test",
    summary="Brings a picture of clothing to a distribution over two numbers; Gaussian likelihood.",
    arguments={"n_code": 2, "likelihood": "gaussian", "widths": [32, 32]},
    data=["Fashion-MNIST (Zalando Research), 28 x 28 grey"],
    licence="MIT for weights and data",
    limits=[
        "Two numbers tell shoes from shirts, but hardly a shirt from a coat.",
        "Its nats are densities of grey levels between 0 and 1: they do not compare with those of binarised digits.",
    ],
    keeps_codes=True,
)


def make_task(config: Config, folder: Path | None) -> Autoencoding:
    """The task of this recipe on the data sets under `folder` (None for CAMADAS_DATA)."""
    return Autoencoding(ABOUT, config, folder)


def keep(task: Autoencoding, done: Done, command: str, epochs: list[dict[str, Any]], folder: Path) -> Card:
    """Measure, write checkpoint and card."""
    return keep_autoencoder(ABOUT, task, done, command, epochs, folder)


def evaluate(data: Path | None) -> dict[str, Any]:
    """Measure the shipped checkpoint on its test pictures."""
    return figures(ABOUT, data)
