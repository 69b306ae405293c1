"""Train a variational autoencoder of digits with 32 numbers.

python -m core train vae_mnist_32 --data DIR --epochs 30

22 minutes on two EPYC cores with bf16. Seed 0, one run: bound with 100 samples -85.6 nats; samples 0.908 sure, 2.286
nats of labels.
"""

from pathlib import Path
from typing import Any

from pydantic import Field

from core.checkpoints import Card
from core.recipes.autoencoding import About, AutoencoderConfig, Autoencoding, figures
from core.recipes.autoencoding import keep as keep_autoencoder
from core.training.events import Done

TEST = ("mnist", "test")


class Config(AutoencoderConfig):
    """The defaults are those of the checkpoint that is shipped."""

    epochs: int | None = Field(30, ge=1)


ABOUT = About(
    name="vae_mnist_32",
    dataset="mnist",
    test="test",
    summary="Brings a handwritten digit to a distribution over 32 numbers; Bernoulli likelihood.",
    arguments={"n_code": 32, "likelihood": "bernoulli", "widths": [32, 48]},
    data=["MNIST (LeCun, Cortes, Burges), 28 x 28 grey, white on black"],
    licence="MIT for the weights; MNIST is CC BY-SA 3.0",
    limits=[
        "Of its 32 numbers 26 say more than 0.1 nats on average; the others stay near the prior.",
    ],
    judge="mnist",
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
