"""Write requirements.txt, requirements-dev.txt and requirements-hosting.txt: what is installed, by who asks for it.

Each .in file names what we import and what later pages are to use; a lock holds that and everything it needs, fully
pinned, in alphabetical order, without an index's address. Left out are what imgaug asks for and we do not use
(opencv-python, for which opencv-python-headless stands, and matplotlib) and the CUDA packages of torch's metadata,
which torch brings itself.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LEFT_OUT = {"opencv-python", "matplotlib", "triton"}


def needs(name: str, seen: dict[str, str], extras: frozenset[str] = frozenset()) -> None:
    """Add a package and, recursively, what it needs here, to `seen`: name -> version."""
    key = canonicalize_name(name)
    if key in LEFT_OUT or key.startswith(("nvidia-", "cuda-")) or (key in seen and not extras):
        return
    try:
        package = distribution(key)
    except PackageNotFoundError as error:
        raise SystemExit(f"{name} is not installed: add it to a .in file and install it first") from error
    seen[key] = package.version.split("+")[0]
    for line in package.requires or []:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ({""} | extras)):
            needs(requirement.name, seen, frozenset(requirement.extras))


def asked(file: str) -> list[Requirement]:
    """The requirements that a .in file names."""
    lines = Path(file).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not re.match(r"\s*#", line)]


def write(file: str, packages: dict[str, str]) -> None:
    """Write one lock."""
    head = f"# Written by `make lock` from {file.replace('.txt', '.in')}; installed with --no-deps.\n"
    Path(file).write_text(head + "".join(f"{name}=={version}\n" for name, version in sorted(packages.items())))


if __name__ == "__main__":
    app: dict[str, str] = {}
    for requirement in asked("requirements.in"):
        needs(requirement.name, app, frozenset(requirement.extras))
    app["uv"] = distribution("uv").version
    write("requirements.txt", app)
    for kind in ("dev", "hosting"):
        more: dict[str, str] = {}
        for requirement in asked(f"requirements-{kind}.in"):
            needs(requirement.name, more, frozenset(requirement.extras))
        write(f"requirements-{kind}.txt", {name: version for name, version in more.items() if name not in app})
