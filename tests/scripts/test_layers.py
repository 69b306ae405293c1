"""The script of the layer stack prints the page's table."""

import pytest

from core.layers import EXAMPLES, Settings, describe, total
from tests.scripts.test_scripts import run_script

MORE = {"impossible": {"stack": "conv 8 3\ndense 10"}, "norm": {"stack": "conv 8 3\nbatchnorm\ngelu\nglobalpool"}}


@pytest.mark.parametrize("name", ["CIFAR net with strides", "LeNet-5", *MORE])
def test_the_script_prints_the_pages_table(name, tmp_path):
    chosen = EXAMPLES.get(name, MORE.get(name))
    lines = run_script("layers", tmp_path, b"", **chosen).splitlines()
    rows = describe(Settings(**chosen), timed=False).rows
    assert len(lines) == len(rows) + 3
    for line, row in zip(lines[1:-2], rows, strict=True):
        shape, field = " x ".join(map(str, row.shape)), f"{row.field[0]} x {row.field[1]}"
        for said in (shape, f"{row.parameters:,}", field, f"{row.multiply_adds:,}"):
            assert f" {said} " in line
    whole = total(rows)
    assert lines[-2] == f"{whole.parameters:,} parameters, {whole.multiply_adds:,} multiply-adds"
    assert lines[-1] == f"one picture gives {whole.shape}"
