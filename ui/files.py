"""Where the app's own files lie."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


def asset(name: str) -> Path:
    """A file of ui/assets."""
    return ROOT / "ui" / "assets" / name
