"""The script of words prints the page's answers."""

import shutil

import numpy as np

from core.checkpoints import path_of
from core.words import CHECKPOINT, read
from tests.scripts.test_scripts import run_script


def test_the_script_prints_the_pages_answers(tmp_path):
    shutil.copy(path_of(CHECKPOINT), tmp_path)
    chosen = {"sentence": "the film was very good but the soup was awful", "filters": "so bad, soup"}
    lines = run_script("words", tmp_path, b"", **chosen).splitlines()
    for response, line, best in zip(read(**chosen).responses, lines[::2], lines[1::2], strict=True):
        phrase, values = line.rstrip("]").split(" [")
        assert phrase == " ".join(response.phrase)
        assert np.allclose([float(value) for value in values.split(", ")], response.values, atol=1e-4)
        words = chosen["sentence"].split()[response.best : response.best + len(response.phrase)]
        assert best == f"  most at: {' '.join(words)}"
