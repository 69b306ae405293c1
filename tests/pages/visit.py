"""What the tests of pages do: open a page, give it a photo, read its figures."""

import time
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.testing.v1 import AppTest

from core.jobs import Job, jobs
from tests.messages import read
from ui.files import ROOT

PORTUGUESE = {message.id: message.string for message in read()}


def translate(message: str, language: str) -> str:
    return PORTUGUESE[message] if language == "pt" else message


def open_page(slug: str, language: str = "en", **query: str | list[str]) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / f"{slug}.py"), default_timeout=60)
    at.session_state["language"] = language
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def upload(at: AppTest, data: bytes, name: str = "photo.png", mime: str = "image/png") -> AppTest:
    at.button(key="photo_picker_page").click().run()
    uploader = next(each for each in at.file_uploader if str(each.key).startswith("photo_upload"))
    return uploader.set_value((name, data, mime)).run()


def finished(at: AppTest, slug: str) -> Job:
    """The page's job, after it has come to its end."""
    job = jobs().find(at.session_state[f"{slug}_run"])
    assert job is not None
    job.send("resume")
    deadline = time.monotonic() + 60
    while job.state != "finished":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return job


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def other_value(field: FieldInfo) -> Any:
    """A value of a Settings field that is allowed and not its default: of its first example, if it has some."""
    if field.examples:
        example = field.examples[0]
        return next(iter(example.values())) if isinstance(example, dict) else example
    if get_origin(field.annotation) is tuple:
        options = get_args(get_args(field.annotation)[0])
        return next((option,) for option in options if (option,) != field.default)
    if get_origin(field.annotation) is Literal:
        return next(option for option in get_args(field.annotation) if option != field.default)
    if field.annotation is bool:
        return not field.default
    bounds = [bound for rule in field.metadata for bound in (getattr(rule, "ge", None), getattr(rule, "le", None))]
    return next(bound for bound in bounds if bound not in (None, field.default))


def needed_by(model: type[BaseModel], name: str) -> dict[str, Any]:
    """The other settings with which a field is drawn, and with which its `other_value` makes sense."""
    field = model.model_fields[name]
    extra = field.json_schema_extra
    drawn = {name: values[0] for name, values in (extra.get("when", {}) if isinstance(extra, dict) else {}).items()}
    for other in drawn:
        if get_origin(model.model_fields[other].annotation) is tuple:
            drawn[other] = (drawn[other],)
    example = field.examples[0] if field.examples else None
    return drawn | (dict(list(example.items())[1:]) if isinstance(example, dict) else {})
