"""Points: shapes, functions that are parsed and never executed, tables of strangers."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CamadasError, ExpressionError, PointsRejected
from core.points import MAX_BYTES, MAX_POINTS, beside, clicked, evaluate, formula, made, of_picture, read_csv

X = np.linspace(-3, 3, 61)


@pytest.mark.parametrize("kind", ["moons", "circles", "XOR", "spiral", "blobs"])
def test_shapes_are_balanced_within_the_plane_and_follow_the_seed(kind):
    points = made(kind, 200, 0.0, 4, 3)
    n_classes = 4 if kind in ("spiral", "blobs") else 2
    assert points.xy.shape == (200, 2)
    assert len(points.names) == n_classes
    assert np.abs(points.xy).max() <= 3
    assert np.bincount(points.labels).min() >= 200 / n_classes * 0.7
    assert np.array_equal(points.xy, made(kind, 200, 0.0, 4, 3).xy)
    assert not np.array_equal(made(kind, 200, 0.3, 4, 3).xy, made(kind, 200, 0.3, 4, 4).xy)


def test_classes_are_what_the_shapes_say():
    xor = made("XOR", 200, 0.0, 2, 0)
    assert np.array_equal(xor.labels, xor.xy.prod(1) > 0)
    circles = made("circles", 200, 0.0, 2, 0)
    radius = np.linalg.norm(circles.xy, axis=1)
    assert radius[circles.labels == 1].max() < radius[circles.labels == 0].min()
    above = beside("x**2 - 1", 300, 0.0, 0)
    assert np.array_equal(above.labels, above.xy[:, 1] > above.xy[:, 0] ** 2 - 1)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("2*x + 1", 2 * X + 1),
        ("sin(2*x)", np.sin(2 * X)),
        ("-x^2/3 + cos(pi*x)", -(X**2) / 3 + np.cos(np.pi * X)),
        ("abs(x) % 2", np.abs(X) % 2),
        ("tanh(exp(x)) - sqrt(4)", np.tanh(np.exp(X)) - 2),
        ("1.5", np.full(61, 1.5)),
    ],
)
def test_functions_have_numpys_values(text, truth):
    assert np.allclose(evaluate(text, X), truth)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("empty", "  "),
        ("syntax", "2*"),
        ("syntax", "x = 3"),
        ("syntax", "x" * 81),
        ("syntax", "import os"),
        ("name", "y + 1"),
        ("name", "eval(x)"),
        ("name", "__import__('os')"),
        ("not_allowed", "x.real"),
        ("not_allowed", "sin(x, x)"),
        ("not_allowed", "(lambda: 1)()"),
        ("not_allowed", "[x for x in x]"),
        ("not_allowed", "x if x else 1"),
        ("not_allowed", "'a' * 9"),
        ("not_allowed", "True"),
        ("not_allowed", "1j"),
        ("not_allowed", "x[0]"),
    ],
)
def test_what_is_no_function_has_a_reason(reason, text):
    with pytest.raises(ExpressionError) as raised:
        evaluate(text, X)
    assert raised.value.reason == reason


@pytest.mark.parametrize("text", ["log(-1 - abs(x))", "9**9**9", "-9", "1/0*x"])
def test_a_function_without_values_in_the_plane_has_a_reason(text):
    with pytest.raises(ExpressionError) as raised:
        beside(text, 100, 0.0, 0)
    assert raised.value.reason == "no_values"


@settings(deadline=None, max_examples=200)
@given(st.text("x0123456789+-*/().,^% sincoexpabqrt_[]{}'", max_size=30))
def test_no_text_does_anything_but_give_values_or_a_reason(text):
    with contextlib.suppress(ExpressionError):
        assert evaluate(text, X).shape == X.shape


GOOD = "x,y,label\n0,1,a\n2,3,b\n-1,0.5,a\n1e1,4,b\n"


@pytest.mark.parametrize(
    "text", [GOOD, GOOD.split("\n", 1)[1], GOOD.replace(",", "\t"), "\ufeff" + GOOD, GOOD + "\n\n"]
)
def test_tables_are_read_and_scaled(text):
    points = read_csv(text.encode())
    assert points.names == ("a", "b")
    assert points.labels.tolist() == [0, 1, 0, 1]
    assert np.abs(points.xy).max() == pytest.approx(2.6)
    assert points.xy.mean(0) == pytest.approx(0, abs=1.6)


def test_a_decimal_comma_beside_semicolons():
    points = read_csv(b"0,5;1;a\n2;3,25;b\n1;1;a\n0;0;b")
    assert points.xy.shape == (4, 2)
    assert np.isfinite(points.xy).all()


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("empty", b" \n"),
        ("not_a_table", b"\xff\xfe\x00x"),
        ("columns", b"1,2\n3,4"),
        ("columns", b"1,2,a,b\n" * 5),
        ("not_a_number", b"1,2,a\n3,many,b"),
        ("not_a_number", b"1,2,a\nnan,2,b\n1,2,a\n3,4,b"),
        ("not_a_number", b"1,2,a\n1e300,2,b\n1,2,a\n3,4,b"),
        ("one_class", b"1,2,a\n3,4,a\n5,6,a\n7,8,a"),
        ("too_few", b"1,2,a\n3,4,b"),
        ("too_many_classes", "\n".join(f"{n},1,{n}" for n in range(11)).encode()),
        ("too_many", b"1,2,a\n" * (MAX_POINTS + 1)),
        ("file_too_large", b"1" * (MAX_BYTES + 1)),
    ],
)
def test_tables_that_cannot_be_learned_from_have_a_reason(reason, data):
    with pytest.raises(PointsRejected) as raised:
        read_csv(data)
    assert raised.value.reason == reason


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=200))
def test_hostile_bytes_give_points_or_a_reason(data):
    with contextlib.suppress(CamadasError):
        assert np.isfinite(read_csv(data).xy).all()


def test_a_first_row_with_a_typing_error_is_not_taken_for_names():
    rows = "\n".join(f"{n},{n % 5},{'ab'[n % 2]}" for n in range(10))
    for first in ("nan,1,a", "1,x2,a", "1e999,2,a", ",,a"):
        with pytest.raises(PointsRejected) as raised:
            read_csv(f"{first}\n{rows}".encode())
        assert (raised.value.reason, raised.value.details["row"]) == ("not_a_number", 1)
    for first in ("x,y,label", "\n\nx;y;label".replace(";", ",")):
        assert len(read_csv(f"{first}\n{rows}".encode()).labels) == 10


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_text_file_is_read(encoding, end):
    text = end.join(f"{n},{n % 5},{('maçã', 'pão')[n % 2]}" for n in range(10))
    assert read_csv(text.encode(encoding)).names == ("maçã", "pão")


def test_each_class_that_is_clicked_keeps_its_place():
    found = clicked([(0.0, 0.0, 3)])
    assert found.names == ("1", "2", "3", "4")
    assert found.labels[-1] == 3


def test_a_function_as_python_gives_the_same_values():
    x = np.linspace(-2.8, 2.8, 50)
    for expression in ("sin(2*x)", "x^2 - 1 # hello", "-abs(x)/3 + e", "2**x % 1"):
        found = eval(formula(expression), {"x": x, "e": np.e, "sin": np.sin, "abs": np.abs})  # ours, not a stranger's
        assert np.allclose(found, evaluate(expression, x))


def test_a_picture_is_dark_and_light_places():
    image = np.full((40, 80, 3), 30, np.uint8)
    image[:, 50:] = 220
    before = image.copy()
    found = of_picture(image, 400, 0)
    assert np.array_equal(image, before)
    edge = (50 - 40) * 5.6 / 80
    assert np.array_equal(found.labels, (found.xy[:, 0] > edge).astype(int))
    assert np.abs(found.xy[:, 1]).max() <= 1.4
    with pytest.raises(PointsRejected) as raised:
        of_picture(np.zeros((9, 9, 3), np.uint8), 50, 0)
    assert raised.value.reason == "one_class"
