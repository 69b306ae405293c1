"""What the project's own files promise: settings of the server, and what is installed."""

import re
import tomllib

import pytest

from core.zips import MAX_ZIP_BYTES
from ui.files import ROOT

SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
PINNED = re.compile(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[^\s;]+( ; .+)?")


def test_the_server_is_set_up_for_strangers():
    server, client = SETTINGS["server"], SETTINGS["client"]
    assert server["maxUploadSize"] * 2**20 == MAX_ZIP_BYTES
    assert server["enableXsrfProtection"] is True
    assert server["address"] == "127.0.0.1"
    assert client["showErrorDetails"] == "none"
    assert SETTINGS["browser"]["gatherUsageStats"] is False
    assert {"light", "dark"} <= SETTINGS["theme"].keys()


@pytest.mark.parametrize("file", sorted(ROOT.glob("requirements*.txt")), ids=lambda file: file.name)
def test_requirements_are_pinned_and_name_no_index(file):
    lines = [line.strip() for line in file.read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert wanted
    for line in wanted:
        assert PINNED.fullmatch(line), line
    assert not [line for line in wanted if line.startswith("opencv-python==")]  # imgaug asks for it


def test_the_fixed_libraries_are_there():
    names = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line}
    fixed = {"streamlit", "torch", "torchvision", "opencv-python-headless", "pillow", "plotly", "imgaug"}
    assert fixed <= names
