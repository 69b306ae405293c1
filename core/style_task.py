"""What the decoder of style transfer is trained by: crops of photos and styles, and the weights of its losses."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from core.devices import device
from core.models.style_decoder import StyleDecoder
from core.models.tiny_vgg import TinyVGG
from core.style_losses import Stylizer
from core.training.fit import Batch, FitSettings
from core.training.seed import batch_generator

MOST_REDUCED = 2.0  # a crop is at most so many times as large as what is made of it


class StyleSettings(FitSettings):
    """How a decoder is trained."""

    batch_size: int = Field(4, ge=2, description="photos in a step; the first is its own style")
    side_px: int = Field(128, ge=32, multiple_of=8, description="side of the crops")
    n_steps: int = Field(200, ge=1, description="in an epoch")
    content: float = Field(0.45, ge=0, description="weight of what is shown")
    style: float = Field(2.0, ge=0, description="weight of the encoder's statistics")
    texture: float = Field(4.0, ge=0, description="weight of the random filters' statistics")
    colour: float = Field(0.5, ge=0, description="weight of the colours' covariance")
    roughness: float = Field(0.2, ge=0, description="weight of the total variation")
    identity: float = Field(10.0, ge=0, description="weight of the squared error of photos in their own style")


class StyleTask:
    """Photos and styles to learn from; one photo of each batch comes with itself as its style.

    Args:
        decoder: what is trained.
        encoder: what it is looked at with.
        photos: (H, W, 3) uint8 each.
        styles: (H, W, 3) uint8 each.
        settings: crops, weights, seed.
    """

    draws = False  # from torch's generator: crops and filters have their own

    def __init__(
        self,
        decoder: StyleDecoder,
        encoder: TinyVGG,
        photos: Sequence[np.ndarray],
        styles: Sequence[np.ndarray],
        settings: StyleSettings,
    ) -> None:
        self.model: nn.Module = Stylizer(decoder, encoder)
        self.photos, self.styles, self.settings = photos, styles, settings
        self.n_batches = settings.n_steps

    def batch(self, epoch: int, index: int) -> Batch:
        """Photos and styles, (B, 3, side_px, side_px), 0 to 1."""
        settings, random = self.settings, batch_generator(self.settings.seed, epoch, index)
        photos = [crop(one_of(self.photos, random), settings.side_px, random) for _ in range(settings.batch_size)]
        styles = [photos[0], *(self.style(random) for _ in photos[1:])]
        return {"photo": as_input(photos), "style": as_input(styles)}

    def style(self, random: np.random.Generator) -> np.ndarray:
        """A crop of one of the styles, (side_px, side_px, 3) uint8."""
        return crop(one_of(self.styles, random), self.settings.side_px, random)

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Each part times its weight; identity over the first photo alone, all others over the rest."""
        assert isinstance(model, Stylizer)
        parts = model.parts(batch["photo"], batch["style"])
        rest = {name: part[1:].mean() for name, part in parts.items() if name != "identity"}
        rest["identity"] = parts["identity"][0]
        return {name: getattr(self.settings, name) * part for name, part in rest.items()}

    def measured(self, batch: Batch) -> dict[str, float]:
        """The losses of a batch, without learning from it."""
        here = {name: x.to(device()) for name, x in batch.items()}
        with torch.no_grad():
            return {name: float(loss) for name, loss in self.losses(self.model, here).items()}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Nothing is held out."""
        del model
        return {}


def one_of(images: Sequence[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """One of the pictures."""
    return images[int(random.integers(len(images)))]


def crop(image: np.ndarray, side_px: int, random: np.random.Generator) -> np.ndarray:
    """A square of chance, at most twice as large, reduced to (side_px, side_px, 3); half of them mirrored."""
    shorter = min(image.shape[:2])
    most = max(1.0, min(MOST_REDUCED, shorter / side_px))
    side = min(shorter, round(side_px * float(np.exp(random.uniform(0, np.log(most))))))
    top, left = (int(random.integers(length - side + 1)) for length in image.shape[:2])
    cut = image[top : top + side, left : left + side]
    how = cv2.INTER_AREA if side > side_px else cv2.INTER_CUBIC
    made = cut if side == side_px else cv2.resize(cut, (side_px, side_px), interpolation=how)
    return made[:, ::-1] if random.random() < 0.5 else made


def as_input(images: Sequence[np.ndarray]) -> Tensor:
    """Pictures of one size -> (B, 3, H, W) float32, 0 to 1."""
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
    return x.contiguous(memory_format=torch.channels_last)
