"""The script of convolution prints what the page shows, and torch agrees with it."""

import numpy as np
import pytest

from core.convolution import EXAMPLES, Settings, work
from tests.scripts.test_scripts import run_script

MORE = {
    "even kernel": {"kernel": "1 2\n3 4", "padding": "same", "mode": "circular", "flip": True},
    "mean": {"operation": "average pooling", "padding": "same"},
    "one number": {"operation": "global average pooling"},
    "grouped and transposed": {
        "operation": "transposed convolution",
        "input": "1 2\n3 4\n\n5 6\n7 8",
        "kernel": "1 2\n3 4\n\n1 0\n0 1\n\n2 2\n2 2\n\n0 1\n1 0",
        "groups": 2,
        "stride_width": 2,
        "padding": "number",
        "padding_width": 0,
    },
}


@pytest.mark.parametrize("name", [*EXAMPLES, *MORE])
def test_the_script_prints_the_pages_output(name, tmp_path):
    chosen = EXAMPLES.get(name, MORE.get(name))
    assert chosen is not None
    printed = run_script("convolution", tmp_path, b"", **chosen)
    found, last = printed.rsplit("\n", 1)
    output = work(Settings(**chosen)).output
    numbers = np.array(found.replace("[", " ").replace("]", " ").split(), float)
    assert np.allclose(numbers, output.ravel())
    assert float(last.removeprefix("greatest difference from torch: ")) < 1e-9
