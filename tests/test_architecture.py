"""The arrows between the rooms, read from the imports (docs/architecture.md)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ui.files import ROOT

PARTS = ("core", "ui", "pages")
CLUSTER = {f"core/cluster/{room}.py" for room in ("desk", "driver", "engine", "inference", "link", "runs", "seats")}
ALONE = {  # a library and the only files that may import it
    "torchvision": {"core/vision.py"},
    "imgaug": {"core/augmenters.py"},
    "gettext": {"ui/language.py"},
    "babel": {"ui/language.py"},
    "starlette": {"streamlit_app.py", "ui/server.py", "ui/live.py", "ui/gate.py"},
    "prometheus_client": {"core/meters.py", "ui/server.py"},
    "pydantic_settings": {"core/host.py"},
    "ray": CLUSTER,
    "core.cluster": CLUSTER | {"core/engine.py"},
}
TABLES = {"core/models/__init__.py", "core/data/__init__.py", "core/recipes/__init__.py"}


def sources() -> list[str]:
    found = [p for part in PARTS for p in (ROOT / part).rglob("*.py")]
    return sorted(str(p.relative_to(ROOT)) for p in [*found, ROOT / "streamlit_app.py"])


SOURCES = sources()


def imports(file: str) -> set[str]:
    """Dotted names that a file imports, those inside functions too, `from a import b` as a and a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def imports_any(file: str, *roots: str) -> list[str]:
    return [name for name in imports(file) for root in roots if name == root or name.startswith(f"{root}.")]


def test_there_is_something_to_read():
    assert len(SOURCES) > 20
    assert {file.split("/")[0] for file in SOURCES} == {*PARTS, "streamlit_app.py"}


@pytest.mark.parametrize("file", SOURCES)
def test_libraries_have_one_door(file):
    for library, doors in ALONE.items():
        assert file in doors or not imports_any(file, library), f"{library} belongs into {doors}"


@pytest.mark.parametrize("file", [f for f in SOURCES if f.startswith("core/")])
def test_core_knows_no_browser(file):
    assert not imports_any(file, "streamlit", "plotly", "ui", "pages", "streamlit_app")


@pytest.mark.parametrize("file", [f for f in SOURCES if f.startswith("pages/")])
def test_a_page_asks_its_own_core_and_draws(file):
    slug = Path(file).stem
    allowed = ("core.images.", "core.errors.", f"core.{slug}.")
    for name in imports_any(file, "core"):
        assert f"{name}.".startswith(allowed), name
    assert not imports_any(file, "torch", "cv2", "torchvision", "imgaug", "pages", "scipy", "numpy")


@pytest.mark.parametrize("file", [f for f in SOURCES if f.startswith("ui/")])
def test_ui_imports_no_page_and_no_mathematics(file):
    assert not imports_any(file, "pages", "torch", "cv2", "core.models", "core.recipes", "core.training")


@pytest.mark.parametrize("file", [f for f in SOURCES if f.startswith(("core/models/", "core/training/"))])
def test_models_and_training_stand_on_torch(file):
    room = "core.models" if file.startswith("core/models/") else "core.training"
    allowed = (room, "core.vision", "core.devices", "core.errors")
    for name in imports_any(file, "core"):
        assert name.startswith(allowed), name


@pytest.mark.parametrize("file", [f for f in SOURCES if f.startswith("core/data/")])
def test_data_knows_no_torch(file):
    assert not imports_any(file, "torch")
    for name in imports_any(file, "core"):  # core.vision, for torchvision's own files
        assert name.startswith(("core.data", "core.images", "core.errors", "core.host", "core.vision")), name


@pytest.mark.parametrize("file", [f for f in SOURCES if f.startswith("core/recipes/") and f not in TABLES])
def test_a_recipe_knows_one_subject(file):
    rooms = ("models", "data", "training", "checkpoints", "devices", "errors", "colour", Path(file).stem)
    measures = ("calibration", "measures", "inference", "bounds", "style_measures")  # as the product uses a checkpoint
    style = ("patterns", "style_losses", "style_task", "style_features", "stylizing")  # that pages of style share
    subjects = (*style, "images")
    # what several recipes have in common: no recipe itself
    shared = ("recipes.classification", "recipes.autoencoding", "recipes.cifar.")
    for name in imports_any(file, "core"):
        assert f"{name}.".startswith(tuple(f"core.{room}" for room in (*rooms, *measures, *subjects, *shared))), name


def test_subjects_know_no_recipe_and_nobody_else_imports_one():
    users = {file for file in SOURCES if imports_any(file, "core.recipes")}
    assert {file for file in users if not file.startswith("core/recipes/")} <= {"core/__main__.py"}


def test_streamlit_app_assembles_and_nothing_else():
    assert {name.split(".")[0] for name in imports("streamlit_app.py")} == {"streamlit", "ui"}
    assert len((ROOT / "streamlit_app.py").read_text().splitlines()) < 30


@pytest.mark.parametrize(
    "file", [f for f in SOURCES if f.endswith("__init__.py") and f not in TABLES and "components/" not in f]
)
def test_init_files_are_empty(file):
    assert not (ROOT / file).read_text().strip()


def test_the_home_page_opens_without_torch():
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "at = AppTest.from_file('ui/shell/main.py', default_timeout=30).run()\n"
        "assert not at.exception, at.exception\n"
        "assert at.title[0].value == 'Camadas'\n"
        "print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["False"], done.stdout + done.stderr
