"""Works as bytes: what was in the middle of a run goes on as if nothing had happened."""

import pickle

import numpy as np
import pytest
import torch

from core import augmentation_gain, moons, train_cnn, train_vae
from core.kept import Kept, Shelf, packed, unpacked
from core.many import Many
from core.playground import Playground
from core.training.events import Epoch
from core.work import Work

CNN = train_cnn.Settings(n_pictures=200, epochs=3, stack="conv 8 3\ndropout 0.3\nrelu\nmaxpool 2", learning_rate=0.01)
MUON = CNN.model_copy(update={"optimizer": "Muon"})
VAE = train_vae.Settings(n_pictures=200, epochs=3)
GAIN = augmentation_gain.Settings(n_pictures=150, epochs=2, n_seeds=2)


def end_of_epoch(work: train_cnn.Training | train_vae.Training) -> Work:
    """All steps of an epoch are taken, but it is not measured yet."""
    while not work.events._run.owes_epoch:
        work._note(next(work.events))
    return work


def middle(work: train_cnn.Training | train_vae.Training) -> Work:
    while work.step_now < work.task.n_batches + 2:
        work._note(next(work.events))
    return work


def weights(work: Work) -> list[torch.Tensor]:
    runs = work.runs if isinstance(work, augmentation_gain.Comparison) else [work.events]
    return [tensor for run in runs for tensor in run._run.model.state_dict().values()]


@pytest.mark.parametrize("settings", [CNN, MUON, VAE], ids=["cnn", "muon", "vae"])
@pytest.mark.parametrize("reach", [middle, end_of_epoch])
def test_a_training_goes_on_to_the_same_weights(settings, reach):
    kind = train_vae.Training if settings is VAE else train_cnn.Training
    work = reach(kind(settings))
    other = pickle.loads(pickle.dumps(work))
    assert other.step_now == work.step_now
    for each in (work, other):
        while each.step():
            pass
    assert other.epochs == work.epochs
    assert len(work.epochs) == 3
    for a, b in zip(weights(work), weights(other), strict=True):
        assert torch.equal(a, b)


def test_a_comparison_goes_on_to_the_same_accuracies():
    work = augmentation_gain.Comparison(GAIN)
    while not any(work.accuracies):
        which = next(work.runs[0])
        if isinstance(which, Epoch):
            work.accuracies[0].append(which.metrics["accuracy"])
    other = pickle.loads(pickle.dumps(work))
    assert other.accuracies == work.accuracies
    for each in (work, other):
        while each.step():
            pass
    np.testing.assert_array_equal(other.result().with_it, work.result().with_it)
    assert other.accuracies == work.accuracies


@pytest.mark.parametrize("more", [{}, {"optimizer": "Adam", "batch_norm": True, "dropout": 0.2}], ids=["SGD", "Adam"])
def test_a_small_network_goes_on_to_the_same_weights(more):
    settings = moons.Settings(**more)
    work = Playground(settings, moons.points_of(settings))
    for _ in range(3):
        work.command("epoch", None)
    other = pickle.loads(pickle.dumps(work))
    for each in (work, other):
        for _ in range(3):
            each.command("epoch", None)
    assert other.history == work.history
    assert len({loss for _epoch, loss, *_rest in other.history}) == 7  # it learns
    assert torch.equal(other.network.flat, work.network.flat)


def test_many_small_networks_go_on_to_the_same_weights():
    work = Many([moons.Settings(weights_seed=seed) for seed in range(3)])
    work._advance(20)
    other = pickle.loads(pickle.dumps(work))
    for each in (work, other):
        each._advance(20)
    assert torch.equal(other.network.flat, work.network.flat)
    assert other.measured() == work.measured()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Playground(moons.Settings(), moons.points_of(moons.Settings())),
        lambda: Many([moons.Settings()]),
        lambda: train_cnn.Training(CNN),
        lambda: train_vae.Training(VAE),
        lambda: augmentation_gain.Comparison(GAIN),
    ],
    ids=["playground", "many", "train_cnn", "train_vae", "augmentation_gain"],
)
def test_a_work_without_a_photo_is_kept(make):
    work = make()
    data = packed(Kept("about", "me", True, True, work))
    assert data is not None
    found = unpacked(data)
    assert found is not None
    assert (found.about, found.owner, type(found.work)) == ("about", "me", type(work))


def test_what_must_not_be_kept_is_not(tmp_path):
    class Secret(Work):
        pass

    kept = Kept("", "me", True, True, Secret())
    assert packed(kept) is None
    Shelf(tmp_path, 600).put("token", kept)
    assert not list(tmp_path.iterdir())


def test_bytes_of_another_kind_are_no_job():
    assert unpacked(b"nonsense") is None
    assert unpacked(pickle.dumps({"work": 1})) is None
