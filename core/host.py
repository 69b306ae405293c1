"""What an operator may set, through variables of the environment: CAMADAS_ENGINE, CAMADAS_VISITORS, ….

`python -m core settings` prints them all.
"""

import os
import re
from difflib import get_close_matches
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import SettingsError

PREFIX = "CAMADAS_"
PAGES = Path(__file__).parent.parent / "pages"
Language = Literal["en", "pt"]
_ORIGIN = re.compile(r"https?://[\w*.-]+(:\d+)?")


class Host(BaseSettings):
    """How this server is run. Every field is the variable CAMADAS_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", enable_decoding=False)

    engine: Literal["local", "ray"] = Field(
        "local", description="where is computed: in this process, or by Ray at RAY_ADDRESS"
    )
    device: str | None = Field(
        None, pattern=r"^(cpu|cuda(:\d+)?|mps)$", description="where tensors are: cpu, cuda, cuda:1; the GPU without it"
    )
    data: Path = Field(Path("data"), description="folder of the data sets")
    cache: Path | None = Field(None, description="folder of caches; camadas in the user's cache folder without it")
    studies: str = Field("", max_length=1000, description="Optuna storage of studies; a file in the cache without it")
    languages: tuple[Language, ...] = Field(
        ("en", "pt"), min_length=1, description="offered, the first to whoever's browser has none of them: en,pt"
    )
    pages: tuple[str, ...] = Field((), description="the only ones that are open: moons,colorization")
    greeting: str = Field("", max_length=500, description="Markdown at the top of the home page")
    footer: str = Field("", max_length=500, description="Markdown at the foot of every page: who runs this, a contact")
    embedding: tuple[str, ...] = Field(
        (), description="sites that may show the app in a frame: https://moodle.example.org"
    )
    log: Literal["text", "json"] = Field("text", description="lines of the log: text or json")
    metrics: tuple[IPv4Network | IPv6Network, ...] = Field(
        ("127.0.0.0/8", "::1/128"), validate_default=True, description="networks that may read /metrics: 10.0.0.0/8,::1"
    )
    visitors: int = Field(60, ge=1, le=10_000, description="sessions at once; further visitors are asked to wait")
    address_visitors: int = Field(50, ge=1, le=10_000, description="sessions at once of an address")
    session_kept_s: float = Field(
        60, ge=1, le=3600, description="after so many seconds a closed tab's photo and settings are gone"
    )
    sockets: int = Field(30, ge=2, le=10_000, description="open WebSockets of a browser; a tab has one or two")
    address_sockets: int = Field(
        400, ge=2, le=100_000, description="open WebSockets of an address: a school may have just one"
    )
    uploads: int = Field(30, ge=1, le=10_000, description="uploads a minute of a browser")
    address_uploads: int = Field(600, ge=1, le=100_000, description="uploads a minute of an address")
    held_mb: int = Field(250, ge=51, le=100_000, description="megabytes of files that a session may hold")
    upload_s: float = Field(60, ge=1, le=3600, description="seconds that an upload may take")
    jobs: int = Field(8, ge=1, le=400, description="runs of a browser at once, those that wait included")
    address_jobs: int = Field(150, ge=1, le=400, description="runs of an address at once")
    seconds: float = Field(
        30, ge=1, le=6000, description="computing seconds a minute of a browser; then it waits for all others"
    )
    address_seconds: float = Field(600, ge=1, le=60_000, description="computing seconds a minute of an address")
    computing: int | None = Field(
        None,
        ge=1,
        le=256,
        description="requests at once; without it as many as processors, at most 4, or as a cluster may have replicas",
    )
    waiting: int = Field(60, ge=1, le=10_000, description="requests that may wait to be computed")
    turns: int = Field(4, ge=1, le=64, description="runs that train at the same time")

    @field_validator("languages", "pages", "embedding", "metrics", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("pages")
    @classmethod
    def _known_pages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = sorted(file.stem for file in PAGES.glob("*.py"))
        for word in value:
            if word not in known:
                raise ValueError(f"there is no page {word!r}, {_perhaps(word, known) or 'but ' + ', '.join(known)}")
        return value

    @field_validator("embedding")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if not _ORIGIN.fullmatch(word):
                raise ValueError(f"{word!r} is no site such as https://moodle.example.org, without a path")
        return value


def host() -> Host:
    """What the environment says now.

    Raises:
        SettingsError: if a variable is not known, or its value not allowed.
    """
    return _host(tuple(item for item in os.environ.items() if item[0].startswith(PREFIX)))


@lru_cache(8)
def _host(variables: tuple[tuple[str, str], ...]) -> Host:
    known = {PREFIX + name.upper() for name in Host.model_fields}
    for name, _value in variables:
        if name not in known:
            bare = [word.removeprefix(PREFIX) for word in known]
            rule = _perhaps(name.removeprefix(PREFIX), bare, PREFIX) or "`.venv/bin/python -m core settings` lists all"
            raise SettingsError("no_variable", argument=name, rule=rule)
    try:
        return Host()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        variable = PREFIX + name.upper()
        value = dict(variables).get(variable, "")
        raise SettingsError("variable", argument=variable, value=value, rule=_rule(name, first)) from error


def _perhaps(word: str, known: list[str], prefix: str = "") -> str:
    near = get_close_matches(word, known, 1)
    return f"perhaps {prefix}{near[0]}" if near else ""


def _rule(name: str, error: Any) -> str:
    """What is allowed, of a field that pydantic has refused."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "literal_error":
        return f"choose {error['ctx']['expected']}"
    if error["type"] == "string_too_long":
        return f"at most {error['ctx']['max_length']} characters"
    if error["type"] == "too_short":
        return "name one at least"
    field = Host.model_fields[name]
    least, most = (next((getattr(m, end) for m in field.metadata if hasattr(m, end)), None) for end in ("ge", "le"))
    return f"{field.description}" if least is None else f"give a number from {least} to {most}"


def described() -> list[tuple[str, str, bool, str]]:
    """Every variable: its name, its value without passwords, whether it was set, what it means.

    Raises:
        SettingsError: as `host`.
    """
    now = host()
    return [
        (PREFIX + name.upper(), _said(getattr(now, name)), name in now.model_fields_set, f"{field.description}")
        for name, field in Host.model_fields.items()
    ]


def _said(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)
    return without_password(text)


def without_password(text: str) -> str:
    """An address that may be shown.

    >>> without_password("postgresql://me:secret@db/studies")
    'postgresql://me:…@db/studies'
    """
    return re.sub(r"(?<=:)[^:/@]+(?=@)", "…", text)
