"""Two moons: a small network on points in the plane, trained live."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from core import netfile
from core.board import Row
from core.jobs import Job, jobs
from core.many import Many
from core.measures import ClassMeasure, confusion, report
from core.netfile import Loaded
from core.peer import Peer, PeerState, differences
from core.plane import (
    OWN,
    Settings,
    Split,
    features_of,
    fingerprint,
    formula_of,
    grid,
    parse_layers,
    plane_of,
    points_of,
    shape_of,
    split,
)
from core.playground import MAP_CELLS, Playground, Snapshot
from core.points import Points
from core.scripting import render
from core.training.tiny import classes_of

# For pages of this subject, besides what stands below.
__all__ = [
    "Job",
    "Loaded",
    "PeerState",
    "Settings",
    "Snapshot",
    "Split",
]  # what a page of this subject names, besides what stands below


SEEDS = 8  # of a score

EXAMPLES: dict[str, dict[str, object]] = {
    "Two moons": {},
    "A line is not enough: XOR without hidden layer": {"data": "XOR", "layers": "", "noise": 0.05},
    "XOR with the right feature": {"data": "XOR", "layers": "", "noise": 0.05, "features": ("x", "y", "xy")},
    "XOR with three neurons": {"data": "XOR", "layers": "3 tanh", "noise": 0.05},
    "A step too far": {"learning_rate": 10.0, "layers": "8 relu\n8 relu", "optimizer": "momentum"},
    "Dead neurons": {"learning_rate": 0.3, "optimizer": "momentum", "layers": "8 relu\n8 relu", "data": "circles"},
    "All the same: weights of zero": {"initialization": "zeros", "layers": "8 tanh"},
    "Learned by heart": {
        "n_points": 40,
        "noise": 0.5,
        "layers": "32 relu\n32 relu",
        "train_share": 0.5,
        "optimizer": "Adam",
        "learning_rate": 0.01,
    },
    "The same, held back": {
        "n_points": 40,
        "noise": 0.5,
        "layers": "32 relu\n32 relu",
        "train_share": 0.5,
        "optimizer": "Adam",
        "learning_rate": 0.01,
        "l2": 0.03,
    },
    "A deep chain of sigmoids": {"layers": "6 sigmoid\n6 sigmoid\n6 sigmoid\n6 sigmoid\n6 sigmoid", "data": "circles"},
    "The spiral": {
        "data": "spiral",
        "n_classes": 2,
        "noise": 0.0,
        "layers": "16 tanh\n16 tanh",
        "optimizer": "Adam",
        "learning_rate": 0.01,
    },
    "Five classes": {"data": "blobs", "n_classes": 5, "loss": "cross-entropy", "layers": "8 relu", "noise": 0.1},
}


def about(settings: Settings, own: Points | None = None, loaded: Loaded | None = None) -> str:
    """What tells one run from another: the settings, the points that are the visitor's own, the network it began as."""
    told = settings.model_dump_json()
    if settings.data in OWN and own is not None:
        told += fingerprint(own)
    if loaded is not None:
        network = loaded.network
        numbers = (network.flat, network.means, network.variances)
        told += sha256(b"".join(tensor.numpy().tobytes() for tensor in numbers)).hexdigest()
    return told


def data_of(settings: Settings, own: Points | None = None) -> Split:
    """The points of a run with these settings, in its order and parts.

    Raises:
        CamadasError: if they cannot be made, or the network cannot.
    """
    shape_of(settings, 1)
    return split(points_of(settings, own), settings)


def start(settings: Settings, own: Points | None = None, loaded: Loaded | None = None, *, owner: str = "") -> Job:
    """Begin a live run in the background, paused; with a network of a file, if one is given.

    Raises:
        CamadasError: if the settings make no network or no points, or the server is full.
    """
    points = points_of(settings, own)
    shape_of(settings, 1)  # what is wrong with it is said before it begins
    begun = loaded.network if loaded is not None else None
    told = about(settings, own, loaded)
    return jobs().start(lambda: Playground(settings, points, begun), told, is_paused=True, owner=owner)


def fits(loaded: Loaded, settings: Settings, data: Split) -> bool:
    """Whether the network of a file can go on with these settings and points."""
    return netfile.fits(loaded, settings, data.y.shape[1])


def snapshot(job: Job) -> Snapshot:
    """The moment of a live run that is shown, or was shown last.

    Raises:
        JobError: if it has failed, or does not answer.
    """
    found: Snapshot = job.now(Playground.snapshot)
    return found


@dataclass(frozen=True)
class Results:
    """A network on one part of the points.

    Attributes:
        accuracy: 0 to 1.
        confusion: (c, c) counts, a row a true class.
        report: of each class.
        plane: (MAP_CELLS, MAP_CELLS) int8, as `core.plane.plane_of` gives one.
        is_single: whether the plane holds the score of one output, not classes.
    """

    accuracy: float
    confusion: np.ndarray
    report: list[ClassMeasure]
    plane: np.ndarray
    is_single: bool


def results(now: Snapshot, part: str) -> Results:
    """What a live run does on "train", "validation" or "test"."""
    said = classes_of(now.network.scores(now.data.x), now.settings.loss).numpy()
    scores = now.network.scores(features_of(grid(MAP_CELLS), now.settings.features))
    plane = plane_of(scores.t(), now.settings.loss)
    return _results(now.data, said, plane, part, is_single=now.data.y.shape[1] == 1)


def peer_results(state: PeerState, data: Split, part: str) -> Results | None:
    """The same of scikit-learn's network; None while there is nothing to see."""
    if state.said is None or state.plane is None:
        return None
    return _results(data, state.said, state.plane, part, is_single=len(data.points.names) == 2)


def _results(data: Split, said: np.ndarray, plane: np.ndarray, part: str, *, is_single: bool) -> Results:
    rows = data.parts[part]
    labels, said = data.labels[rows].numpy(), said[rows]
    names = data.points.names
    right = float((labels == said).mean())
    square = plane.reshape(MAP_CELLS, MAP_CELLS)
    return Results(right, confusion(labels, said, len(names)), report(labels, said, names), square, is_single)


def start_peer(settings: Settings, data: Split, *, owner: str = "") -> Job:
    """Begin scikit-learn's network with the same settings and points, in the background.

    Raises:
        JobError: if the server is full.
    """
    return jobs().start(lambda: Peer(settings, data), owner=owner)


def peer_state(job: Job, epoch: int) -> PeerState:
    """How scikit-learn's network stands; it goes on to this epoch.

    Raises:
        JobError: if it has ended, or does not answer.
    """
    job.send("until", epoch)
    return job.answer(Peer.state)


def peer_differences(settings: Settings, data: Split) -> list[str]:
    """The settings that scikit-learn's network does not have, and so does otherwise."""
    return differences(settings, len(data.points.names))


def row(now: Snapshot) -> Row:
    """A live run as a row of the score board."""
    own = fingerprint(now.data.points) if now.settings.data in OWN else ""
    return Row(now.settings, now.epoch, now.network.shape.n_parameters, now.measured(), now.touched, own)


def start_seeds(settings: Settings, own: Points | None = None, *, owner: str = "") -> Job:
    """Train the network of these settings from SEEDS first weights at once, in the background.

    Raises:
        CamadasError: as `start`.
    """
    points = points_of(settings, own)
    runs = [settings.model_copy(update={"weights_seed": seed}) for seed in range(SEEDS)]
    shape_of(settings, 1)
    return jobs().start(lambda: Many(runs, points), owner=owner)


def seeds(job: Job) -> tuple[int, list[Row]]:
    """The epoch of such a training, and its rows once it is done.

    Raises:
        JobError: if it has ended, or does not answer.
    """
    return job.answer(lambda work: (work.epoch, work.rows() if work.is_done() else []))


def packed(now: Snapshot) -> bytes:
    """A live run's network as a .safetensors file."""
    return netfile.pack(now.network, now.settings, now.data.points, now.epoch)


def unpacked(data: bytes) -> Loaded:
    """The network of such a file.

    Raises:
        NetworkRejected: if it is none.
    """
    return netfile.unpack(data)


def script(settings: Settings) -> str:
    """The stand-alone Python script that trains the same network on the same points in plain PyTorch."""
    return render("moons", formula=formula_of(settings), settings=settings, layers=parse_layers(settings.layers))


def use_script() -> str:
    """The stand-alone Python script that reads a network's file and asks it."""
    return render("moons_network")
