"""The sentences that visitors see, extracted from the code; `make messages` brings the .po file up to date."""

import importlib
from datetime import UTC, datetime
from io import BytesIO
from typing import get_args, get_origin

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from pydantic import BaseModel

from ui.catalog import PAGES
from ui.files import ROOT

PO = ROOT / "locale" / "pt_BR" / "LC_MESSAGES" / "camadas.po"
KEYWORDS = {"_": None, "N_": None, "plural": (1, 2)}


def extract() -> Catalog:
    """Every message of pages/ and ui/; titles, descriptions and words of each page's Settings, names of EXAMPLES."""
    catalog = Catalog(locale="pt_BR", project="Camadas", fuzzy=False, charset="utf-8")
    for folder in ("pages", "ui"):
        found = extract_from_dir(ROOT / folder, [("**.py", "python")], keywords=KEYWORDS)
        for file, _line, message, _comments, _context in found:
            catalog.add(message, locations=[(f"{folder}/{file}", 0)])
    for page in PAGES:
        for text in _texts_of_settings(page.slug):
            catalog.add(text, locations=[(f"core/{page.slug}.py", 0)])
    return catalog


def read() -> Catalog:
    """The translations as they are in locale/."""
    return read_po(BytesIO(PO.read_bytes()), locale="pt_BR") if PO.exists() else Catalog(locale="pt_BR")


def _texts_of_settings(slug: str) -> list[str]:
    if not (ROOT / "core" / f"{slug}.py").exists():
        return []
    module = importlib.import_module(f"core.{slug}")
    model = getattr(module, "Settings", None)
    if model is None or not issubclass(model, BaseModel):
        return []
    fields = model.model_fields.values()
    words = [option for f in fields for option in _options(f.annotation) if isinstance(option, str)]
    texts = [text for field in fields for text in (field.title, field.description) if text]
    extras = [field.json_schema_extra for field in fields if isinstance(field.json_schema_extra, dict)]
    texts += [str(extra["placeholder"]) for extra in extras if "placeholder" in extra]
    return [*texts, *words, *getattr(module, "EXAMPLES", {})]


def _options(annotation: object) -> tuple[object, ...]:
    """What a Literal, or a tuple of one, may hold."""
    return get_args(get_args(annotation)[0] if get_origin(annotation) is tuple else annotation)


if __name__ == "__main__":
    translated = read()
    translated.update(extract(), no_fuzzy_matching=True)
    translated.obsolete.clear()
    translated.fuzzy = False
    translated.header_comment = "# Camadas in Brazilian Portuguese; `make messages` keeps it current."
    translated.project, translated.version = "Camadas", "0.1"
    translated.creation_date = translated.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # no change without a change
    translated.msgid_bugs_address = ""
    translated.last_translator = translated.language_team = "the Camadas authors"
    PO.parent.mkdir(parents=True, exist_ok=True)
    with open(PO, "wb") as out:
        write_po(out, translated, omit_header=False, include_lineno=False, width=110, sort_output=True)
    for entry in translated:
        if entry.id and not (all(entry.string) if isinstance(entry.string, tuple) else entry.string):
            print("not translated:", entry.id)
