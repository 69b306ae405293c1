"""Two moons: a small network on points in the plane, trained live."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from core.jobs import JOBS, Job
from core.plane import OWN, Settings, Split, parse_layers, points_of, shape_of, split
from core.playground import Playground
from core.points import MAX_POINTS, SPAN, Points, labelled, read_csv
from core.scripting import render

OwnPoints = Points
FIRST_CLICKS = ((-1.5, -0.8, 0), (-1.0, 1.2, 0), (1.5, 0.8, 1), (1.0, -1.2, 1))

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


def clicked(clicks: Sequence[tuple[float, float, int]]) -> Points:
    """The points that a visitor has clicked into the plane, after the four that are there from the start.

    Args:
        clicks: x, y and class from 0.
    """
    all_clicks = [*FIRST_CLICKS, *clicks][:MAX_POINTS]
    xy = np.array([click[:2] for click in all_clicks])
    return labelled(np.clip(xy, -SPAN, SPAN), [str(click[2] + 1) for click in all_clicks])


def table(data: bytes) -> Points:
    """The points of a CSV file, as core.points.read_csv reads it."""
    return read_csv(data)


def about(settings: Settings, points: Points) -> str:
    """What tells one run from another: the settings, and the points where they are the visitor's own."""
    if settings.data not in OWN:
        return settings.model_dump_json()
    return settings.model_dump_json() + sha256(points.xy.tobytes() + points.labels.tobytes()).hexdigest()


def data_of(settings: Settings, own: Points | None = None) -> Split:
    """The points of a run with these settings, in its order and parts.

    Raises:
        CamadasError: if they cannot be made, or the network cannot.
    """
    shape_of(settings, 1)
    return split(points_of(settings, own), settings)


def start(settings: Settings, own: Points | None = None) -> Job:
    """Begin a live run in the background, paused.

    Raises:
        CamadasError: if the settings make no network or no points, or the server is full.
    """
    points = points_of(settings, own)
    shape_of(settings, 1)  # what is wrong with it is said before it waits for its turn
    return JOBS.start(lambda: Playground(settings, points), about=about(settings, points), is_paused=True)


def find(token: str) -> Job | None:
    """The run of this token, while it is known."""
    return JOBS.find(token)


def script(settings: Settings) -> str:
    """The stand-alone Python script that trains the same network on the same points in plain PyTorch."""
    return render("moons", settings=settings, layers=parse_layers(settings.layers))
