"""Randomness that a resumed run meets again."""

import threading

import numpy as np
import torch

# torch has one generator for the whole process: who seeds it holds this until it has drawn.
CHANCE = threading.Lock()


def batch_generator(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The generator of one batch: the same for the same three numbers, whatever was drawn before."""
    return np.random.default_rng((seed, epoch, index))


def seed_step(seed: int, step: int) -> None:
    """Seed torch for one step, so that dropout draws the same after a resume."""
    torch.manual_seed(int(np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0]))
