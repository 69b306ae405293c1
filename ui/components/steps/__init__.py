"""An augmentation pipeline as a list of steps that are added, moved, grouped and set in place."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.augmenter_table import AUGMENTERS, FAMILIES, Parameter, names
from core.pipelines import MAX_STEPS, Group, Step
from ui.components.register import component
from ui.language import LOCALES, N_, _, current

FAMILY_WORDS = {
    "geometric": N_("Geometric"),
    "size": N_("Size"),
    "colour": N_("Colour"),
    "contrast": N_("Contrast"),
    "blur": N_("Blur"),
    "noise": N_("Noise"),
    "arithmetic": N_("Arithmetic"),
    "weather": N_("Weather"),
    "blend": N_("Blend"),
    "pooling": N_("Pooling"),
    "artistic": N_("Artistic"),
    "edges": N_("Edges"),
}
GROUP_WORDS = {"all": N_("All of these"), "some": N_("Some of these"), "one": N_("One of these")}


def steps(entries: tuple[Step | Group, ...], key: str, on_act: Callable[[str, int, str, str], None]) -> None:
    """Draw the list.

    Args:
        entries: of the pipeline.
        key: of the component in the session.
        on_act: called with action, row, name and value as core.pipeline_text.edited takes them.
    """

    def acted() -> None:
        act: Any = st.session_state[key].get("act")
        if isinstance(act, dict):
            words = (str(act.get(name, ""))[:80] for name in ("action", "name", "value"))
            action, name, value = words
            row = act.get("row")
            on_act(action, row if isinstance(row, int) else -1, name, value)

    rows: list[dict[str, Any]] = []
    for entry in entries:
        if isinstance(entry, Step):
            rows.append(_row(entry, is_inside=False))
        else:
            rows.append(
                {"group": entry.choose, "name": _(GROUP_WORDS[entry.choose]), "p": entry.p, "fields": _fields_of(entry)}
            )
            rows += [_row(step, is_inside=True) for step in entry.steps]
    data = {
        "rows": rows,
        "families": [[_(FAMILY_WORDS[family]), [_short(name) for name in names(family)]] for family in FAMILIES],
        "values": {_short(name): name for name in AUGMENTERS},
        "groups": {key: _(word) for key, word in GROUP_WORDS.items()},
        "locale": LOCALES[current()].replace("_", "-"),
        "words": {
            "list": _("Steps of the pipeline"),
            "search": _("Search {n} augmenters").format(n=len(AUGMENTERS)),
            "add": _("Add"),
            "group": _("Add a group"),
            "up": _("Move {name} up"),
            "down": _("Move {name} down"),
            "remove": _("Remove {name}"),
            "inside": _("Put {name} into the group above"),
            "outside": _("Take {name} out of its group"),
            "sometimes": _("how often"),
            "empty": _("Nothing is done yet: add a step."),
            "none": _("No augmenter is called that."),
            "grab": _("Drag to move"),
            "least": _("{name}, least"),
            "most": _("{name}, most"),
        },
    }
    component("steps")(data=data, key=key, on_act_change=acted)


def _short(name: str) -> str:
    return name.removeprefix("pillike.")


def _fields_of(group: Group) -> list[dict[str, Any]]:
    kinds = {"choices": list(GROUP_WORDS), "labels": [_(word) for word in GROUP_WORDS.values()]}
    fields: list[dict[str, Any]] = [
        {"name": "choose", "label": _("takes"), "kind": "choice", "value": group.choose, **kinds}
    ]
    if group.choose == "some":
        ends = [group.least, group.most]
        fields.append(
            {
                "name": "of",
                "label": _("how many"),
                "kind": "range",
                "value": ends,
                "low": 0,
                "high": MAX_STEPS,
                "step": 1,
            }
        )
    if group.choose != "one":
        fields.append({"name": "random", "label": _("random order"), "kind": "flag", "value": group.is_random})
    return fields


def _row(step: Step, *, is_inside: bool) -> dict[str, Any]:
    fields = [_field(step, parameter) for parameter in AUGMENTERS[step.name].parameters]
    return {"name": _short(step.name), "p": step.p, "inside": is_inside, "fields": fields}


def _field(step: Step, parameter: Parameter) -> dict[str, Any]:
    value = step.value(parameter)
    return {
        "name": parameter.name,
        "label": parameter.name.replace("_", " "),
        "kind": parameter.kind,
        "value": list(value) if isinstance(value, tuple) else value,
        "low": parameter.low,
        "high": parameter.high,
        "step": parameter.step,
        "choices": list(parameter.choices),
        "labels": list(parameter.choices),
    }
