"""Widgets made from a page's Settings model: range, step, default and help are written in the model alone."""

from typing import Any, Literal, TypeVar, get_args, get_origin

import streamlit as st
from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ui.language import _, every

S = TypeVar("S", bound=BaseModel)


def settings(slug: str, model: type[S]) -> S:
    """Draw a widget for each field, bound to the address, and give the visitor's settings.

    Args:
        slug: the page's; a field's key, and its name in the address, is SLUG_FIELD.
        model: a frozen pydantic model. Numbers with ge and le become sliders, Literals a choice (words are
            translated where they are shown), bools toggles.
    """
    return model(**{name: _widget(f"{slug}_{name}", field) for name, field in model.model_fields.items()})


def _widget(key: str, field: FieldInfo) -> Any:
    label, extra = _(field.title or key), field.json_schema_extra or {}
    assert isinstance(extra, dict)
    shared: dict[str, Any] = {"key": key, "help": _(field.description) if field.description else None}
    if get_origin(field.annotation) is Literal:
        options, unit = list(get_args(field.annotation)), extra.get("unit", "")
        asked = st.query_params.get(key)
        for option in options:  # a link may name a word in another language
            if isinstance(option, str) and asked != _(option) and asked in every(option):
                st.session_state[key] = option
        return st.segmented_control(
            f"{label} ({unit})" if unit else label,
            options,
            default=field.default,
            required=True,
            format_func=lambda option: _(option) if isinstance(option, str) else str(option),
            bind="query-params",
            width="stretch",
            **shared,
        )
    if field.annotation is bool:
        return st.toggle(label, field.default, bind="query-params", **shared)
    low, high = _bound(field, Ge), _bound(field, Le)
    return st.slider(label, low, high, field.default, extra.get("step"), bind="query-params", **shared)


def _bound(field: FieldInfo, kind: type[Ge] | type[Le]) -> Any:
    found = next(rule for rule in field.metadata if isinstance(rule, kind))
    return found.ge if isinstance(found, Ge) else found.le
