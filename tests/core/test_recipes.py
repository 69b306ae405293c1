"""Every recipe: two steps on made data, a resume, and a checkpoint that loads."""

import importlib
import itertools
import json

import numpy as np
import pytest
import torch

from core import checkpoints
from core.recipes import RECIPES
from core.training.events import Done, Step
from core.training.fit import fit

SMALL = {"batch_size": 4, "epochs": 1}
SMALLER = {"style": {"n_patterns": 7, "side_px": 32, "n_steps": 6}}


def make(name, folder, **changes):
    recipe = importlib.import_module(RECIPES[name])
    config = recipe.Config(**{**SMALL, **SMALLER.get(name, {}), **changes})
    return recipe, config, recipe.make_task(config, folder)


@pytest.mark.parametrize("name", RECIPES)
def test_the_defaults_are_those_of_the_shipped_checkpoint(name):
    card = checkpoints.read_card(name)
    config = importlib.import_module(RECIPES[name]).Config().model_dump(mode="json")
    given = {"epochs", "minutes", "seed"}  # in the card's command
    assert {k: v for k, v in card.recipe.items() if k not in given} == {
        k: v for k, v in config.items() if k not in given
    }
    assert card.arguments


@pytest.mark.parametrize("name", RECIPES)
def test_two_steps(name, made_data):
    _, config, task = make(name, made_data)
    before = {key: x.clone() for key, x in task.model.state_dict().items()}
    steps = list(itertools.islice(fit(task, config), 2))
    assert all(isinstance(step, Step) for step in steps)
    assert all(np.isfinite(value) for step in steps for value in step.losses.values())
    assert any(not torch.equal(before[key], x) for key, x in task.model.state_dict().items())


@pytest.mark.parametrize("name", RECIPES)
def test_a_batch_depends_on_nothing_but_its_place(name, made_data):
    _, _, task = make(name, made_data)
    first, other = task.batch(0, 1), task.batch(1, 1)
    again = task.batch(0, 1)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(first[key].shape != other[key].shape or not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", RECIPES)
def test_resumed_it_goes_on_where_it_was(name, made_data, tmp_path):
    _, config, task = make(name, made_data, save_every=2)
    stopped = list(itertools.islice(fit(task, config, tmp_path / "state.pt"), 3))
    _, _, fresh = make(name, made_data)
    resumed = list(itertools.islice(fit(fresh, config, tmp_path / "state.pt", resume=True), 1))
    assert resumed[0].step == 3
    assert resumed[0].losses == pytest.approx(stopped[2].losses, rel=1e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_what_it_keeps_loads_and_measures(name, made_data, tmp_path, monkeypatch):
    recipe, _, task = make(name, made_data)
    monkeypatch.setattr(recipe, "N_PHOTOS", 2, raising=False)
    done = Done("finished", 1, 6, 60.0, {})
    losses = dict.fromkeys(task.losses(task.model, task.batch(0, 0)), 1.0)
    epochs = [{"epoch": 1, "step": 6, "losses": losses, "metrics": {"measured": 0.1}}]
    card = recipe.keep(task, done, "python -m core train", epochs, tmp_path)
    module, loaded = checkpoints.read(card.name, tmp_path)
    assert loaded == card
    assert sum(p.numel() for p in module.parameters()) == card.parameters
    assert card.metrics[0].data.startswith(" ".join(recipe.TEST))


def test_colorization_measure_in_closed_form(made_data):
    from core.colorization import Settings
    from core.data.reader import load
    from core.recipes.colorization import fit_table, measure

    photos = load("photos", "test", made_data)
    rows, table = range(4), fit_table(photos, range(4))
    zero = measure(
        photos, Settings(), lambda x: np.zeros((1, 2, x.shape[2] // 4, x.shape[3] // 4), np.float32), table, rows
    )
    assert zero["gain_median_db"] == pytest.approx(0, abs=0.02)
    assert zero["gain_pooled_db"] == pytest.approx(0, abs=0.02)
    assert zero["chroma_ratio"] < 0.03
    assert zero["n"] == 4
    assert zero["n_left_out"] == 0
    low, high = zero["median_interval_db"]
    assert low <= zero["gain_median_db"] <= high
    assert zero["blind_pooled_db"] > 0  # fitted on these very photos
    json.dumps(zero)


@pytest.mark.parametrize(("sign", "lowest", "highest"), [(1, 5.0, 60.0), (-1, -10.0, -4.0)])
def test_the_true_chroma_gains_and_its_opposite_loses(tmp_path, sample, sign, lowest, highest):
    from core.colorization import Settings
    from core.colour import rgb_to_lab
    from core.data.reader import open_pictures
    from core.images import encode
    from core.recipes.colorization import measure
    from tests.conftest import write_parquet

    photo = np.ascontiguousarray(sample[:256, :256])
    photos = open_pictures(write_parquet(tmp_path / "one.parquet", [encode(photo, "png")]))
    chroma = rgb_to_lab(photo)[:, :, 1:].reshape(64, 4, 64, 4, 2).mean(axis=(1, 3)).transpose(2, 0, 1)[None]
    figures = measure(photos, Settings(net_px=256), lambda light: sign * chroma)
    assert lowest < figures["gain_median_db"] < highest
    assert figures["gain_pooled_db"] == pytest.approx(figures["gain_median_db"])
    assert figures["chroma_ratio"] == pytest.approx(1, abs=0.15)


def test_grey_photos_are_left_out_and_counted(tmp_path, sample):
    from core.colorization import Settings, without_colour
    from core.data.reader import open_pictures
    from core.images import encode
    from core.recipes.colorization import measure
    from tests.conftest import write_parquet

    small = np.ascontiguousarray(sample[:96, :128])
    files = [encode(picture, "png") for picture in (small, without_colour(small), small)]
    photos = open_pictures(write_parquet(tmp_path / "mixed.parquet", files))
    figures = measure(photos, Settings())
    assert (figures["n"], figures["n_left_out"]) == (2, 1)
    assert figures["shuffled_pooled_db"] == pytest.approx(figures["gain_pooled_db"])  # the next photo is the same


def test_the_table_is_the_mean_colour_of_each_range(tmp_path):
    from core.colour import lab_to_rgb, rgb_to_lab
    from core.data.reader import open_pictures
    from core.images import encode
    from core.recipes.colorization import fit_table
    from tests.conftest import write_parquet

    lab = np.zeros((8, 8, 3), np.float32)
    lab[:4], lab[4:] = (32.0, 20.0, -10.0), (77.0, -8.0, 30.0)
    image = lab_to_rgb(lab)
    photos = open_pictures(write_parquet(tmp_path / "two.parquet", [encode(image, "png")]))
    table = fit_table(photos, range(1))
    assert table.shape == (20, 2)
    assert np.allclose(table[6], rgb_to_lab(image)[0, 0, 1:], atol=1e-3)
    assert np.allclose(table[15], rgb_to_lab(image)[7, 7, 1:], atol=1e-3)
    assert not table[[0, 10, 19]].any()
