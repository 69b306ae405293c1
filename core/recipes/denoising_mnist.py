"""Train an autoencoder that takes noise and holes out of digits.

python -m core train denoising_mnist --data DIR --epochs 20

14 minutes on two EPYC cores with bf16. Seed 0, one run: 7.6 dB better than non-local means at noise of 0.5.
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

    epochs: int | None = Field(20, ge=1)
    most_noise: float = Field(0.8, ge=0)
    hole_share: float = Field(0.5, ge=0, le=1)


ABOUT = About(
    name="denoising_mnist",
    dataset="mnist",
    test="test",
    summary="Takes noise and grey holes out of a handwritten digit.",
    arguments={"n_code": 64, "likelihood": "none", "widths": [32, 48]},
    data=["MNIST (LeCun, Cortes, Burges), 28 x 28 grey, white on black"],
    licence="MIT for the weights; MNIST is CC BY-SA 3.0",
    limits=[
        "It knows digits: whatever it is shown is bent towards one.",
        "A hole that hides the most of a digit is filled with a guess.",
    ],
    denoises=True,
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
