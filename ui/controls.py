"""Widgets made from a page's Settings model: range, step, default and help are written in the model alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin

import streamlit as st
from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from ui.language import _, every

S = TypeVar("S", bound=BaseModel)


def settings(slug: str, model: type[S], rows: Sequence[Sequence[str]] | None = None) -> S:
    """Draw a widget for each field, bound to the address, and give the visitor's settings.

    Args:
        slug: the page's; a field's key, and its name in the address, is SLUG_FIELD.
        model: a frozen pydantic model. Numbers with ge and le become sliders, or fields to type in where
            json_schema_extra has {"widget": "number"}; Literals a choice, of one or, in a tuple, of several ("select"
            makes a list of it); words are translated where they are shown. bools become toggles, texts a field.
        rows: which fields are drawn, those of one row side by side; all, one below the other, without it. A field
            that is not drawn keeps what the session has. A field with {"when": {other: [values]}} is drawn while
            another one, drawn before it on this page, has one of these values.
    """
    fields = model.model_fields
    found: dict[str, Any] = {}
    for names in rows if rows is not None else [[name] for name in fields]:
        row = [name for name in names if _is_wanted(slug, fields[name], found)]
        for name in set(names) - set(row):
            if (key := f"{slug}_{name}") in st.session_state:  # Streamlit forgets what is not drawn, unless told again
                st.session_state[key] = st.session_state[key]
        # a row without a field keeps its place: were the rows below to move up, the browser would take their controls
        # down after it has put them up again, and no longer write them into the address
        with st.container(horizontal=True, wrap=False) if len(row) > 1 else st.container():
            for name in row:
                found[name] = _widget(f"{slug}_{name}", fields[name])
    hidden = {name: st.session_state.get(f"{slug}_{name}") for name in fields.keys() - found.keys()}
    return model(**found, **{name: value for name, value in hidden.items() if value not in (None, [])})


def popover(
    slug: str,
    title: str,
    icon: str,
    model: type[S],
    rows: Sequence[Sequence[str]],
    more: Callable[[S], None] | None = None,
) -> S:
    """Some of the controls behind a button; gives the visitor's settings.

    Args:
        slug: the page's.
        title: of the button, marked with N_.
        icon: a Material icon.
        model: as for `settings`.
        rows: as for `settings`.
        more: draws what else stands there, while it is open.
    """
    box = st.popover(_(title), icon=icon, width="stretch", key=f"{slug}_box_{title}", on_change="rerun")
    assigned: dict[str, list[Any]] = st.session_state.get(f"{slug}_assigned", {})
    with box:
        for name in [name for row in rows for name in row if name in assigned]:
            _insist(slug, name, assigned, is_open=bool(box.open))
        found = settings(slug, model, rows)
        if more is not None and box.open:
            more(found)
    return found


def _insist(slug: str, name: str, assigned: dict[str, list[Any]], *, is_open: bool) -> None:
    """Give a control the value that `assign` gave it.

    The browser takes no new value for a control in a closed popover and sends the old one back with the next run. Once
    the popover has been open for a run, browser and server agree.
    """
    before, wanted, was_open = assigned[name]
    if was_open or st.session_state.get(f"{slug}_{name}") not in (before, wanted):
        del assigned[name]
        return
    st.session_state[f"{slug}_{name}"] = wanted
    assigned[name][2] = is_open


def assign(slug: str, name: str, value: object) -> None:
    """In a callback: set a control, wherever it stands."""
    key = f"{slug}_{name}"
    before = st.session_state.get(key)
    assigned = st.session_state.setdefault(f"{slug}_assigned", {})
    assigned[name] = [assigned.get(name, [before])[0], value, False]
    st.session_state[key] = value


def choice(slug: str, name: str, title: str, options: Sequence[str], default: int, where: DeltaGenerator) -> int:
    """A list of words that are no field of Settings, because they depend on one; gives the place of the chosen one.

    Args:
        slug: the page's.
        name: SLUG_name is the key, and the name in the address.
        title: above it.
        options: words, translated where they are shown.
        default: the place of the one that stands there first, or after the options have changed.
        where: the container to draw in.
    """
    key = f"{slug}_{name}"
    if named := _named(key, list(options)):
        st.session_state[key] = named[0]
    if st.session_state.get(key, options[default]) not in options:
        st.session_state[key] = options[default]
    chosen: str = where.selectbox(title, list(options), default, format_func=_, key=key, bind="query-params")
    return options.index(chosen)


def example(
    slug: str,
    title: str,
    examples: Mapping[str, Mapping[str, object]],
    model: type[BaseModel],
    width: int | Literal["stretch"] = "stretch",
) -> str | None:
    """A list of named settings to begin from; the one chosen sets all controls of the page, and its name is given."""

    def chosen() -> None:
        name = st.session_state[f"{slug}_example"]
        if name is not None:
            take(slug, examples[name], model)

    if named := _named(f"{slug}_example", list(examples)):
        st.session_state[f"{slug}_example"] = named[0]
    found: str | None = st.selectbox(
        title,
        list(examples),
        index=None,
        format_func=_,
        placeholder=_("Start from one"),
        key=f"{slug}_example",
        on_change=chosen,
        bind="query-params",
        width=width,
    )
    return found


def take(slug: str, values: Mapping[str, object], model: type[BaseModel]) -> None:
    """In a callback: set a page's controls; those that `values` does not name go back to their defaults."""
    for name, field in model.model_fields.items():
        value = values.get(name, field.default)
        assign(slug, name, list(value) if isinstance(value, tuple) else value)


def link(slug: str, values: BaseModel) -> dict[str, str | list[str]]:
    """The query of an address that opens a page with these settings, those of their default left out."""
    found: dict[str, str | list[str]] = {}
    for name, field in type(values).model_fields.items():
        value = getattr(values, name)
        if value != field.default:
            text = str(value).lower() if isinstance(value, bool) else _said(value)
            found[f"{slug}_{name}"] = [_said(v) for v in value] if isinstance(value, tuple) else text
    return found


def placeholder(model: type[BaseModel], name: str) -> str:
    """What stands in an empty field, in the visitor's language."""
    extra = model.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return _(str(extra["placeholder"]))


def _is_wanted(slug: str, field: FieldInfo, found: Mapping[str, object]) -> bool:
    extra = field.json_schema_extra
    conditions: Any = extra.get("when", {}) if isinstance(extra, dict) else {}
    for name, values in conditions.items():
        chosen = found[name] if name in found else st.session_state[f"{slug}_{name}"]
        if not set(chosen if isinstance(chosen, tuple) else (chosen,)) & set(values):
            return False
    return True


def _widget(key: str, field: FieldInfo) -> Any:
    label, extra = _(field.title or key), field.json_schema_extra or {}
    assert isinstance(extra, dict)
    shared: dict[str, Any] = {"key": key, "help": _(field.description) if field.description else None}
    shared["bind"] = "query-params"
    origin = get_origin(field.annotation)
    if origin is tuple:
        return tuple(_several(label, list(get_args(get_args(field.annotation)[0])), field, shared))
    if origin is Literal:
        return _choice(label, list(get_args(field.annotation)), field, extra, shared)
    if field.annotation is bool:
        return st.toggle(label, field.default, **shared)
    if field.annotation is str:
        longest = next(rule.max_length for rule in field.metadata if isinstance(rule, MaxLen))
        has_lines = "\n" in field.default + "".join(map(str, field.examples or []))
        draw: Any = st.text_area if has_lines else st.text_input
        stands = str(extra["placeholder"]) if "placeholder" in extra else ""
        return draw(label, field.default, max_chars=longest, placeholder=_(stands) if stands else None, **shared)
    low, high = _bound(field, Ge), _bound(field, Le)
    step: Any = extra.get("step")
    if extra.get("widget") == "number":
        return st.number_input(label, low, high, field.default, step, **shared)
    return st.slider(label, low, high, field.default, step, format="localized", **shared)


def _choice(label: str, options: list[Any], field: FieldInfo, extra: dict[str, Any], shared: dict[str, Any]) -> Any:
    if named := _named(shared["key"], options):
        st.session_state[shared["key"]] = named[0]
    unit = extra.get("unit", "")
    label, said = f"{label} ({unit})" if unit else label, _said
    if extra.get("widget") == "select":
        return st.selectbox(label, options, options.index(field.default), format_func=said, **shared)
    return st.segmented_control(
        label, options, default=field.default, required=True, format_func=said, width="stretch", **shared
    )


def _several(label: str, options: list[Any], field: FieldInfo, shared: dict[str, Any]) -> list[Any]:
    if named := _named(shared["key"], options):
        st.query_params[shared["key"]] = [_said(option) for option in named]
        st.rerun()  # Streamlit takes from an address only the words that it knows, and drops the rest
    if st.session_state.get(shared["key"]) == []:  # none is the default again
        st.session_state[shared["key"]] = list(field.default)
    return st.pills(
        label, options, selection_mode="multi", default=list(field.default), format_func=_said, **shared
    ) or list(field.default)


def _said(option: Any) -> str:
    return _(option) if isinstance(option, str) else str(option)


def _named(key: str, options: list[Any]) -> list[Any]:
    """The options that a link names in another language than the visitor's, where it does."""
    asked = st.query_params.get_all(key)
    words = [option for option in options if isinstance(option, str)]
    found = [word for name in asked for word in words if name in every(word)]
    return found if any(name not in {_(word) for word in words} for name in asked) else []


def _bound(field: FieldInfo, kind: type[Ge] | type[Le]) -> Any:
    found = next(rule for rule in field.metadata if isinstance(rule, kind))
    return found.ge if isinstance(found, Ge) else found.le
