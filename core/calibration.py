"""Whether a classifier's probabilities can be believed, and when it should say nothing.

Temperature, expected calibration error and reliability diagram: Guo, Pleiss, Sun, Weinberger (2017), "On Calibration of
Modern Neural Networks", https://arxiv.org/abs/1706.04599. Energy: Liu, Wang, Owens, Li (2020), "Energy-based
Out-of-distribution Detection", https://arxiv.org/abs/2010.03759.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score

from core.answers import Bin

N_BINS = 15
LEAST_TEMPERATURE, GREATEST_TEMPERATURE = 0.02, 20.0


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """(n, n_classes) logits -> the same shape, rows of softmax(logits / temperature) that add up to 1."""
    found: np.ndarray = softmax(np.asarray(logits, np.float64) / temperature, axis=1)
    return found


def cross_entropy(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> float:
    """Mean of -log of the probability of the true class, in nats, for (n, n_classes) logits and (n,) labels."""
    scaled = np.asarray(logits, np.float64) / temperature
    return float((logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]).mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature, 0.02 to 20, with the least cross-entropy on held-out pictures.

    Args:
        logits: (n, n_classes).
        labels: (n,) true classes.
    """
    bounds = (float(np.log(LEAST_TEMPERATURE)), float(np.log(GREATEST_TEMPERATURE)))
    found = minimize_scalar(lambda t: cross_entropy(logits, labels, float(np.exp(t))), bounds=bounds, method="bounded")
    return float(np.exp(found.x))


def reliability(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> list[Bin]:
    """Confidence against accuracy in 15 equal ranges of confidence, for (n, n_classes) logits and (n,) labels."""
    given = probabilities(logits, temperature)
    confidence, right = given.max(axis=1), given.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    bins = []
    for number in range(N_BINS):
        inside = bin_of == number
        said, true = (float(confidence[inside].mean()), float(right[inside].mean())) if inside.any() else (0.0, 0.0)
        bins.append(Bin(low=number / N_BINS, n=int(inside.sum()), confidence=said, accuracy=true))
    return bins


def energy(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """(n, n_classes) logits -> (n,) energies, -T log of the sum of exp(logits / T): low for what the net knows."""
    scaled = np.asarray(logits, np.float64) / temperature
    peak = scaled.max(axis=1)  # by hand: scipy's logsumexp takes a tenth of the network's own time for one picture
    found: np.ndarray = -temperature * (peak + np.log(np.exp(scaled - peak[:, None]).sum(axis=1)))
    return found


def entropy(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """(n, n_classes) logits -> (n,) entropies of the probabilities in nats: low where one class stands out."""
    given = probabilities(logits, temperature)
    found: np.ndarray = -(given * np.log(np.maximum(given, 1e-300))).sum(axis=1)
    return found


def separation(known: np.ndarray, foreign: np.ndarray) -> float:
    """How often a foreign picture's energy or entropy is above a known one's (area under the ROC curve), 0 to 1."""
    truth = np.concatenate([np.zeros(len(known)), np.ones(len(foreign))])
    return float(roc_auc_score(truth, np.concatenate([known, foreign])))
