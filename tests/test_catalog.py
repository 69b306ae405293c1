"""The catalog and the files that it speaks of."""

import importlib
from string import Template
from typing import Literal, get_origin

import pytest
from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel

from core.images import decode
from ui.catalog import ALL, PAGES, SECTIONS
from ui.files import ROOT, asset

WITH_CORE = [page for page in PAGES if (ROOT / "core" / f"{page.slug}.py").exists()]


def test_every_page_file_is_listed_once():
    files = sorted(file.stem for file in (ROOT / "pages").glob("*.py"))
    assert files == sorted(page.slug for page in ALL)
    assert PAGES[0].slug == "home"
    assert not PAGES[0].section
    order = [list(SECTIONS).index(page.section) for page in PAGES[1:]]
    assert order == sorted(order)  # as the sidebar shows them, so that "Next" is the one below


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.slug)
def test_a_page_has_all_its_parts(page):
    assert page.section in SECTIONS
    assert page.promise.endswith("?")
    picture = decode(asset(f"pictures/{page.picture}").read_bytes())
    assert picture.shape[1] >= 400
    assert page.picture_alt
    assert (ROOT / "core" / "scripts" / f"{page.slug}.py.jinja").exists()
    assert page in WITH_CORE


@pytest.mark.parametrize("room", ["core", "pages", "scripts", "browser"])
@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.slug)
def test_a_page_has_tests_of_its_own(page, room):
    assert "def test_" in (ROOT / "tests" / room / f"test_{page.slug}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", WITH_CORE, ids=lambda page: page.slug)
def test_settings_say_everything_once(page):
    model = importlib.import_module(f"core.{page.slug}").Settings
    assert issubclass(model, BaseModel)
    assert model.model_config["frozen"]
    assert model() == model.model_validate(model().model_dump())
    for name, field in model.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert not Template.pattern.search(field.title), name
        bounds = {type(rule) for rule in field.metadata}
        is_choice = get_origin(field.annotation) in (Literal, tuple) or field.annotation is bool
        assert is_choice or {Ge, Le} <= bounds or (MaxLen in bounds and field.examples), name
