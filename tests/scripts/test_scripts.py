"""Each page's stand-alone script in a fresh process, with public libraries alone, against what the page shows."""

import ast
import importlib
import shutil
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from core.checkpoints import path_of
from core.images import decode, encode
from core.scripting import notebook, source
from ui.catalog import PAGES

SLUGS = [page.slug for page in PAGES if page.section]


def render(slug: str, **settings) -> str:
    module = importlib.import_module(f"core.{slug}")
    return module.script(module.Settings(**settings))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_script_needs_nothing_of_ours(slug):
    tree = ast.parse(render(slug))
    roots = {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    roots |= {str(n.module).split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert not roots & {"core", "ui", "pages", "streamlit"}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_notebook_holds_the_same_code(slug):
    script = render(slug)
    made = nbformat.reads(notebook(script).decode(), as_version=4)
    nbformat.validate(made)
    code = "\n".join(cell.source for cell in made.cells if cell.cell_type == "code")
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(script))
    assert made.cells[0].cell_type == "markdown"
    assert made.cells[0].source.startswith("# ")


@pytest.mark.parametrize("settings", [{}, {"strength": 1.6, "net_px": 64}])
def test_colorization_script_gives_the_pages_picture(settings, tmp_path, sample):
    from core.colorization import CHECKPOINT, Settings, colorize

    photo = sample[:200]
    (tmp_path / "photo.png").write_bytes(encode(photo, "png"))
    shutil.copy(path_of(CHECKPOINT), tmp_path)
    (tmp_path / "colorization.py").write_text(render("colorization", **settings), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "colorization.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "colorized.png: 451 x 200"
    theirs = decode((tmp_path / "colorized.png").read_bytes()).astype(int)
    ours = colorize(photo, Settings(**settings)).image.astype(int)
    assert np.abs(ours - theirs).mean() < 1.0  # the page computes in bf16 where the CPU has it
    assert np.abs(ours - photo).mean() > 5 * np.abs(ours - theirs).mean()


def test_source_follows_the_code_that_runs():
    found = source("core.colour", "_WHITE", "psnr_db")
    assert found.startswith("_WHITE = np.array(")
    assert "def psnr_db(mse: float) -> float:" in found
    with pytest.raises(KeyError):
        source("core.colour", "nothing")
