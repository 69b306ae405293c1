"""Each page's stand-alone script in a fresh process, with public libraries alone, against what the page shows."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from core.images import encode
from core.scripting import notebook, source
from tests.pages.visit import needed_by, other_value
from ui.catalog import PAGES

SLUGS = [page.slug for page in PAGES if page.section]


def render(slug: str, **settings) -> str:
    module = importlib.import_module(f"core.{slug}")
    return module.script(module.Settings(**settings))


def run_script(slug: str, folder: Path, photo: np.ndarray | bytes, **settings) -> str:
    """Run a page's script in a fresh process that knows nothing of ours, beside photo.png; gives what it prints."""
    (folder / "photo.png").write_bytes(photo if isinstance(photo, bytes) else encode(photo, "png"))
    (folder / f"{slug}.py").write_text(render(slug, **settings), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", f"{slug}.py"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_script_needs_nothing_of_ours(slug):
    tree = ast.parse(render(slug))
    roots = {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    roots |= {str(n.module).split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert not roots & {"core", "ui", "pages", "streamlit"}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_script_names_nothing_that_it_lacks(slug, tmp_path):
    model = importlib.import_module(f"core.{slug}").Settings
    (tmp_path / "defaults.py").write_text(render(slug), encoding="utf-8")
    for name, field in model.model_fields.items():
        changed = render(slug, **{**needed_by(model, name), name: other_value(field)})
        (tmp_path / f"{name}.py").write_text(changed, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F821", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    command = [*command[:-2], "F401", str(tmp_path / "defaults.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("slug", SLUGS)
def test_a_script_holds_every_setting(slug):
    model = importlib.import_module(f"core.{slug}").Settings
    for name, field in model.model_fields.items():
        needed = needed_by(model, name)
        assert render(slug, **{**needed, name: other_value(field)}) != render(slug, **needed), name


@pytest.mark.parametrize("slug", SLUGS)
def test_a_notebook_holds_the_same_code(slug):
    script = render(slug)
    made = nbformat.reads(notebook(script).decode(), as_version=4)
    nbformat.validate(made)
    code = "\n".join(cell.source for cell in made.cells if cell.cell_type == "code")
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(script))
    assert made.cells[0].cell_type == "markdown"
    assert made.cells[0].source.startswith("# ")


def test_source_follows_the_code_that_runs():
    found = source("core.colour", "_WHITE", "psnr_db")
    assert found.startswith("_WHITE = np.array(")
    assert "def psnr_db(mse: float) -> float:" in found
    with pytest.raises(KeyError):
        source("core.colour", "nothing")
