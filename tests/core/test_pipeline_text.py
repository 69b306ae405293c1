"""A pipeline as text: what is written is read again, changes do what they say, nonsense is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.augmenter_table import AUGMENTERS
from core.augmenters import make
from core.errors import PipelineRejected
from core.pipeline_text import edited, parse, write
from core.pipelines import MAX_STEPS, Group, Pipeline, Runner, Step

TEXT = """Affine rotate=-25..25 mode=edge
one sometimes=0.5
- GaussianBlur sigma=0..2
- AdditiveGaussianNoise per_channel=true
Fliplr p=1
some of=0..2 random
- Add value=-10..10
- Multiply"""
LINES = TEXT.splitlines()


def test_what_is_read_is_what_is_written():
    entries = parse(TEXT)
    assert write(entries) == TEXT
    assert entries[0] == Step(name="Affine", values={"rotate": (-25.0, 25.0), "mode": "edge"})
    assert isinstance(entries[1], Group)
    assert (entries[1].choose, entries[1].p, len(entries[1].steps)) == ("one", 0.5, 2)
    assert (entries[3].least, entries[3].most, entries[3].is_random) == (0, 2, True)


@given(st.lists(st.sampled_from(sorted(AUGMENTERS)), max_size=MAX_STEPS), st.floats(0.01, 1).map(lambda p: round(p, 2)))
def test_any_steps_come_back_from_their_text(names, p):
    entries = (*(Step(name=name, p=p) for name in names[1:]), Group(choose="one", steps=tuple(map_(names[:1]))))
    again = parse(write(entries))
    assert write(again) == write(entries)
    assert [entry.p for entry in again[:-1]] == [p] * len(names[1:])


def map_(names):
    return [Step(name=name) for name in names]


@pytest.mark.parametrize(
    ("action", "row", "name", "value", "lines"),
    [
        ("remove", 0, "", "", LINES[1:]),
        ("remove", 1, "", "", [LINES[0], *LINES[4:]]),
        ("remove", 2, "", "", [*LINES[:2], *LINES[3:]]),
        ("up", 0, "", "", LINES),
        ("down", 0, "", "", [*LINES[1:4], LINES[0], *LINES[4:]]),
        ("up", 4, "", "", [LINES[0], LINES[4], *LINES[1:4], *LINES[5:]]),
        ("up", 5, "", "", [*LINES[:4], *LINES[5:], LINES[4]]),
        ("up", 3, "", "", [*LINES[:2], LINES[3], LINES[2], *LINES[4:]]),
        ("up", 2, "", "", LINES),
        ("down", 3, "", "", LINES),
        ("down", 7, "", "", LINES),
        ("inside", 4, "", "", [*LINES[:4], "- " + LINES[4], *LINES[5:]]),
        ("inside", 0, "", "", LINES),
        ("outside", 2, "", "", [*LINES[:2], LINES[3], LINES[2][2:], *LINES[4:]]),
        ("outside", 0, "", "", LINES),
        ("set", 0, "rotate", "-5..5", ["Affine rotate=-5..5 mode=edge", *LINES[1:]]),
        ("set", 2, "sometimes", "0.25", [*LINES[:2], LINES[2] + " sometimes=0.25", *LINES[3:]]),
        ("set", 5, "of", "1..1", [*LINES[:5], "some of=1..1 random", *LINES[6:]]),
        ("set", 5, "random", "false", [*LINES[:5], "some of=0..2", *LINES[6:]]),
        ("set", 1, "random", "true", [LINES[0], "one random sometimes=0.5", *LINES[2:]]),
        ("set", 1, "choose", "some", [LINES[0], "some of=1..2 sometimes=0.5", *LINES[2:]]),
        ("set", 5, "choose", "all", [*LINES[:5], "all random", *LINES[6:]]),
        ("set", 5, "choose", "nonsense", LINES),
        ("set", 0, "mode", "constant", ["Affine rotate=-25..25", *LINES[1:]]),
        ("add", 0, "Invert", "", [*LINES, "Invert"]),
        ("add", 0, "all", "", [*LINES, "all"]),
        ("remove", 99, "", "", LINES),
        ("down", 0, "", "2", [*LINES[1:5], LINES[0], *LINES[5:]]),
        ("up", 5, "", "2", [LINES[0], *LINES[5:], *LINES[1:5]]),
        ("up", 5, "", "99", [*LINES[5:], *LINES[:5]]),
    ],
)
def test_changes_do_what_they_say(action, row, name, value, lines):
    assert edited(TEXT, action, row, name, value).splitlines() == lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Nothing", "unknown_augmenter"),
        ("- Add", "no_group"),
        ("Add\n- Add", "no_group"),
        ("Add value", "not_read"),
        ("Add value=a..b", "not_read"),
        ("Add value=-9999..0", "value"),
        ("Add what=3", "unknown_parameter"),
        ("Add sometimes=2", "not_read"),
        ("some of=1..x", "not_read"),
        ("some of=1..99", "not_read"),
        ("some of=inf..2", "not_read"),
        ("some of=nan..2", "not_read"),
        ("some of=-1..2", "not_read"),
        ("Add sometimes=nan", "not_read"),
        ("Add value=nan..1", "value"),
        ("one two", "not_read"),
        ("AddToHueAndSaturation per_channel=maybe", "not_read"),
        ("\n".join(["Add"] * (MAX_STEPS + 1)), "too_many_steps"),
    ],
)
def test_nonsense_is_named(text, reason):
    with pytest.raises(PipelineRejected) as caught:
        parse(text)
    assert caught.value.reason == reason


@given(st.text(max_size=60))
def test_any_text_is_refused_or_read(text):
    try:
        again = write(parse(text))
    except PipelineRejected:
        return
    assert write(parse(again)) == again


@pytest.mark.parametrize("name", AUGMENTERS)
@pytest.mark.parametrize("end", [0, 1])
def test_every_parameter_survives_its_text_and_runs(name, end):
    values = {}
    for p in AUGMENTERS[name].parameters:
        one = (p.low, p.high)[end]
        kinds = {"range": (one, one), "number": one, "flag": bool(end), "choice": (p.choices or ("",))[-end]}
        values[p.name] = kinds[p.kind]
    step = Step(name=name, values=values)
    (back,) = parse(write((step,)))
    assert {p.name: back.value(p) for p in AUGMENTERS[name].parameters} == values
    make(name, back.values)
    if AUGMENTERS[name].family == "size":  # their numbers are sizes, which must be whole
        Runner(Pipeline(entries=(back,))).image(np.zeros((40, 30, 3), np.uint8))


def test_numbers_keep_all_their_digits():
    step = Step(name="Rotate", p=0.1234567, values={"rotate": (-12.3456789, 1e-7)})
    assert parse(write((step,))) == (step,)
