"""Both languages say everything."""

import string

import pytest
from streamlit.testing.v1 import AppTest

from core import errors
from tests.messages import extract, read
from ui.errors import SENTENCES

EXTRACTED = [message for message in extract() if message.id]


def forms(value) -> list[str]:
    return list(value) if isinstance(value, tuple | list) else [value]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_there_are_messages():
    assert len(EXTRACTED) > 50


def test_nothing_is_missing_fuzzy_or_left_over():
    translated = {message.id: message for message in read() if message.id}
    missing = [m.id for m in EXTRACTED if m.id not in translated or not all(forms(translated[m.id].string))]
    assert not missing, f"run `make messages` and translate: {missing}"
    assert not [m.id for m in translated.values() if m.fuzzy]
    assert not translated.keys() - {m.id for m in EXTRACTED}


def test_translations_name_the_same_values():
    for message in read():
        if message.id:
            names = fields(forms(message.id)[0])
            if "$" in forms(message.id)[0]:  # a formula has braces of its own
                names = {name for name in names if name.isidentifier()}
            for text in forms(message.string):
                assert names <= fields(text), message.id


@pytest.mark.parametrize("kind", errors.CamadasError.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_reason_has_its_sentence_with_values_that_core_gives(kind):
    for reason, message in kind.messages.items():
        sentence = SENTENCES[kind.__name__, reason]
        assert fields(sentence) <= fields(message), (kind.__name__, reason)
    assert {reason for name, reason in SENTENCES if name == kind.__name__} == kind.messages.keys()


def script():
    import streamlit as st

    from ui import language

    language.choose()
    st.write(language.current())
    st.write(language.number(1234.5, 1, signed=True))
    st.write(language.number(-0.004, 2))
    st.write(language.plural("CPU, {n} core", "CPU, {n} cores", 2))


@pytest.mark.parametrize(
    ("asked", "language", "number", "nothing", "cores"),
    [
        ("pt", "pt", "+1.234,5", "0,00", "CPU, 2 núcleos"),
        ("pt-BR", "pt", "+1.234,5", "0,00", "CPU, 2 núcleos"),
        ("en", "en", "+1,234.5", "0.00", "CPU, 2 cores"),
        ("tlh", "en", "+1,234.5", "0.00", "CPU, 2 cores"),
    ],
)
def test_the_address_chooses(asked, language, number, nothing, cores):
    at = AppTest.from_function(script)
    at.query_params["lang"] = asked
    at.run()
    assert [element.value for element in at.markdown] == [language, number, nothing, cores]


def test_whoever_goes_on_before_the_switch_has_come_finds_their_language_in_it():
    def app() -> None:
        from ui import language

        language.choose()
        language.switch()

    at = AppTest.from_function(app)
    at.query_params["lang"] = "pt"
    for _run in range(2):  # the browser may never have had the first
        (switch,) = at.run().get("button_group")
        assert switch.proto.set_value  # else it keeps what it has, which may be nothing
        assert list(switch.proto.raw_values) == ["Português"]
