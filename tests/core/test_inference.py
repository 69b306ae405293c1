"""Where a batch is computed: the module's own answer, whoever asks."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from core.checkpoints import names, read
from core.errors import CheckpointError
from core.inference import predict


def takes_one_tensor(name: str) -> bool:
    return all(isinstance(side, int) for side in read(name)[0].example_shape)


@pytest.mark.parametrize("name", [name for name in names() if takes_one_tensor(name)])
def test_it_answers_as_the_module_does(name):
    module, _ = read(name)
    random = np.random.default_rng(0)
    batch = (random.random(module.example_shape) * 100).astype(np.float32)
    before = batch.copy()
    with torch.inference_mode():
        truth = module(torch.from_numpy(batch)).numpy()
    found = predict(name, batch)
    assert found.dtype == np.float32
    assert np.abs(found - truth).mean() < 0.03 * np.abs(truth).mean() + 1e-6  # bf16 where the CPU has it
    assert np.array_equal(batch, before)


def test_many_threads_get_their_own_answers():
    lights = [np.full((1, 1, 32, 32), value, np.float32) for value in range(0, 100, 10)]
    alone = [predict("colorization", light) for light in lights]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda light: predict("colorization", light), lights))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_an_unknown_checkpoint_is_an_error_of_ours():
    with pytest.raises(CheckpointError) as caught:
        predict("nothing", np.zeros((1, 1, 16, 16), np.float32))
    assert caught.value.reason == "missing"
