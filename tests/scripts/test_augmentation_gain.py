"""The script of the comparison comes to the page's accuracies."""

import pytest

from core.augmentation_gain import Comparison, Settings
from tests.scripts.test_scripts import render, run_script

QUICK = {"n_pictures": 100, "epochs": 3, "n_seeds": 2, "seed": 4}


@pytest.mark.parametrize(
    "pipeline",
    [
        "Affine\nElasticTransformation sometimes=0.3",
        "MultiplyHue\none sometimes=0.5\n- GaussianBlur\n- Resize size=16..20",
    ],
    ids=["moved", "coloured and resized"],
)
def test_the_script_comes_to_the_same_end(pipeline, tmp_path, sample):
    printed = run_script("augmentation_gain", tmp_path, sample, pipeline=pipeline, **QUICK).splitlines()
    run = Comparison(Settings(pipeline=pipeline, **QUICK))
    while run.step():
        pass
    gain = run.result()
    assert len(printed) == 2
    for line, ours in zip(printed, (gain.without, gain.with_it), strict=True):
        theirs = [float(word) for word in line.split(": ")[1].split(";")[0].split()]
        assert theirs == pytest.approx(list(ours), abs=2.5 / 397)


@pytest.mark.parametrize("data", ["MNIST", "Fashion-MNIST", "CIFAR-10"])
def test_the_script_names_torchvisions_class(data):
    text = render("augmentation_gain", data=data)
    assert f"datasets.{data.replace('-', '')}(" in text
    compile(text, "augmentation_gain.py", "exec")
