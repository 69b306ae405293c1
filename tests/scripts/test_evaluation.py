"""The script of the evaluation measures what core measures."""

import shutil

import numpy as np
import pytest
import torch

from core.answers import expected_calibration_error
from core.calibration import reliability
from core.checkpoints import read
from core.evaluation import CHECKPOINTS, measured
from core.images import encode
from core.training.classification import as_tensor, logits
from tests.scripts.test_scripts import run_script
from ui.files import ROOT


@pytest.mark.parametrize("word", CHECKPOINTS)
def test_the_script_measures_what_core_does(word, tmp_path):
    network = CHECKPOINTS[word]
    shutil.copy(ROOT / "checkpoints" / f"{network}.safetensors", tmp_path)
    random, names = np.random.default_rng(0), measured(network).classes
    shape = (32, 32, 3) if "cifar" in network else (28, 28)
    images = random.integers(0, 256, (30, *shape), np.uint8)
    labels = np.arange(30) // 3
    for at, image in enumerate(images):
        file = tmp_path / "test" / names[labels[at]].replace("/", "_") / f"{at:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(image, "png"))
    printed = run_script("evaluation", tmp_path, images[0], network=word, cells="counts")
    net, card = read(network)
    with torch.inference_mode():
        found = logits(net, as_tensor(images)).numpy()
    assert f"top-1 {(found.argmax(1) == labels).mean():.4f} of 30" in printed
    for temperature in (1.0, card.calibration["temperature"]):
        error = expected_calibration_error(reliability(found, labels, temperature))
        assert f"T = {temperature:.3f}: {error:.4f}" in printed
