"""The page of convolution, through Streamlit's own test runner."""

import pytest

from core.convolution import EXAMPLES, Settings, work
from tests.pages.visit import metrics, open_page, translate


def test_the_figures_are_cores():
    at = open_page("convolution")
    for value in (1, 2):
        at.number_input(key="convolution_stride_height").set_value(value).run()
        sizes = work(Settings(stride_height=value)).sizes
        assert metrics(at)["Output"] == f"{sizes.out[0]} × {sizes.out[1]}"
        assert metrics(at)["Multiply-adds"] == f"{sizes.multiply_adds}"
    assert at.code[0].value == "nn.Conv2d(1, 1, kernel_size=3, stride=(2, 1), bias=False)"


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_sets_every_control(name):
    at = open_page("convolution", convolution_flip="true")
    at.selectbox(key="convolution_example").set_value(name).run()
    assert not at.exception
    assert not at.error
    assert at.code[0].value == work(Settings(**EXAMPLES[name])).line


def test_matrices_grow_and_keep_their_numbers():
    at = open_page("convolution")
    at.session_state["convolution_box_Matrices"] = True  # the popover is open
    at.run()
    at.number_input(key="convolution_input_size_1").set_value(3).run()
    at.number_input(key="convolution_input_size_0").set_value(3).run()
    assert not at.error
    worked = work(Settings(input=at.session_state["convolution_input"], kernel=at.session_state["convolution_kernel"]))
    assert worked.input.shape == (3, 3, 8)
    assert worked.kernel.shape == (1, 3, 3, 3)
    assert worked.input[2, 0].tolist() == [5, 2, 6, 8, 2, 0, 1, 2]


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize(
    ("query", "sentence", "values"),
    [
        (
            {"input": "1 2\n3"},
            "{argument}: row {row} has {value} numbers, the first one {rule}. Give all rows as many.",
            {"row": 2, "value": 1, "rule": 2},
        ),
        (
            {"input": "1 2\n3 4"},
            "The kernel reaches over {value} cells, but the padded input has only {rule}. Add padding, or take a "
            "smaller kernel or dilation.",
            {"value": 3, "rule": 2},
        ),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_stays(query, sentence, values, language):
    at = open_page("convolution", language, **{f"convolution_{name}": value for name, value in query.items()})
    assert not at.exception
    named = {"argument": translate("Input", language), **values}
    assert [error.value for error in at.error] == [translate(sentence, language).format(**named)]
    for name, value in query.items():
        assert at.session_state[f"convolution_{name}"] == value
    assert at.text_area(key="convolution_input").value == query["input"]


def formulas(at) -> str:
    return "\n".join(element.value for element in at.latex)


def test_formulas_hold_the_present_numbers():
    said = formulas(open_page("convolution", convolution_stride_width="2", convolution_divisor="0.125"))
    assert r"y_{i,\,j} = \frac{1}{0.125} \sum_{u=0}^{2} \sum_{v=0}^{2} x_{i+u,\,2j+v}\; k_{u,\,v}" in said
    assert r"\left\lfloor \tfrac{8+0-1\,(3-1)-1}{2} \right\rfloor + 1 = 3" in said
    assert r"9 \cdot 6 \cdot 3 = 162" in said
    assert r"(1 \cdot 8 \cdot 8) \cdot (1 \cdot 6 \cdot 3) = 1{,}152" in said


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        (
            "RGB: three channels, one sum",
            r"\sum_{c=0}^{2} \sum_{u=0}^{2} \sum_{v=0}^{2} x_{c,\,i+u,\,j+v}\; k_{c,\,u,\,v}",
        ),
        (
            "Depthwise: each channel alone",
            r"y_{d,\,i,\,j} = \sum_{u=0}^{1} \sum_{v=0}^{1} x_{d,\,i+u,\,j+v}\; k_{d,\,u,\,v}",
        ),
        ("Transposed: 3 × 3 becomes 7 × 7", r"y_{2i+u,\,2j+v} \mathrel{+}= \frac{1}{4} x_{i,\,j}\; k_{u,\,v}"),
        ("Transposed: 3 × 3 becomes 7 × 7", r"(3-1) \cdot 2 - 0 + 1\,(3-1)+1 = 7"),
        ("Max pooling 2 × 2", r"\max_{0 \le u \le 1,\; 0 \le v \le 1} x_{c,\,2i+u,\,2j+v}"),
    ],
)
def test_every_kind_has_its_formula(name, formula):
    at = open_page("convolution")
    at.selectbox(key="convolution_example").set_value(name).run()
    assert formula in formulas(at)


def test_a_kernel_of_nothing_gets_a_sentence():
    at = open_page("convolution", convolution_kernel=",")
    assert not at.exception
    assert [error.value for error in at.error] == ["Kernel: there are no numbers. Type rows of them."]
