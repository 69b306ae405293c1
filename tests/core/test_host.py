"""The operator's settings: read from the environment, wrong ones named."""

import os
import subprocess
import sys

import pytest

from core.errors import SettingsError
from core.host import Host, described, host
from ui.files import ROOT


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in [name for name in os.environ if name.startswith("CAMADAS_")]:
        monkeypatch.delenv(name)


def test_every_field_says_what_it_means():
    assert all(field.description for field in Host.model_fields.values())
    assert len(described()) == len(Host.model_fields) > 20


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("visitors", "7", 7),
        ("languages", "pt,en", ("pt", "en")),
        ("pages", "moons, colorization", ("moons", "colorization")),
        ("embedding", "https://moodle.example.org,https://*.school.example:8443", None),
        ("session_kept_s", "2.5", 2.5),
        ("device", "cuda:1", "cuda:1"),
    ],
)
def test_a_variable_is_read(monkeypatch, name, value, found):
    monkeypatch.setenv(f"CAMADAS_{name.upper()}", value)
    assert getattr(host(), name) == (tuple(value.split(",")) if found is None else found)
    assert {row[0] for row in described() if row[2]} == {f"CAMADAS_{name.upper()}"}


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CAMADAS_VISITORS", "0", "give a number from 1 to 10000"),
        ("CAMADAS_VISITORS", "many", "give a number from 1 to 10000"),
        ("CAMADAS_COMPUTING", "257", "give a number from 1 to 256"),
        ("CAMADAS_LANGUAGES", "fr", "'en' or 'pt'"),
        ("CAMADAS_LANGUAGES", "", "name one at least"),
        ("CAMADAS_GREETING", "x" * 501, "at most 500 characters"),
        ("CAMADAS_EMBEDDING", "https://a.example; script-src *", "no site"),
        ("CAMADAS_METRICS", "1.2.3", "networks that may read /metrics: 10.0.0.0/8"),
        ("CAMADAS_DEVICE", "gpu", "cuda"),
        ("CAMADAS_ENGINE", "magic", "choose 'local' or 'ray'"),
        ("CAMADAS_PAGES", "moons,colorisation", "no page 'colorisation', perhaps colorization"),
        ("CAMADAS_PAGES", "nowhere", "but about, activations"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_allowed(monkeypatch, variable, value, said):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        host()
    assert caught.value.reason == "variable"
    assert caught.value.details["argument"] == variable
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "said"), [("CAMADAS_VISITOR", "perhaps CAMADAS_VISITORS"), ("CAMADAS_XYZ", "core settings` lists all")]
)
def test_a_variable_that_is_not_known_is_named(monkeypatch, variable, said):
    monkeypatch.setenv(variable, "3")
    with pytest.raises(SettingsError) as caught:
        host()
    assert caught.value.reason == "no_variable"
    assert str(caught.value).startswith(f"there is no setting {variable}: ")
    assert said in str(caught.value)


def test_a_password_is_not_printed(monkeypatch):
    monkeypatch.setenv("CAMADAS_STUDIES", "postgresql://camadas:s3cret@db:5432/studies")
    assert ("CAMADAS_STUDIES", "postgresql://camadas:…@db:5432/studies", True) in [row[:3] for row in described()]


def test_the_terminal_prints_them(monkeypatch):
    environment = {**os.environ, "CAMADAS_VISITORS": "7", "COLUMNS": "80"}
    command = [sys.executable, "-m", "core", "settings"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "CAMADAS_ADDRESS_VISITORS" in done.stdout  # the longest, whole


def test_the_app_does_not_start_with_a_wrong_one():
    environment = {**os.environ, "CAMADAS_VISITORS": "none"}
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Camadas does not start: CAMADAS_VISITORS='none' is not allowed" in done.stderr
    assert "Traceback" not in done.stderr
