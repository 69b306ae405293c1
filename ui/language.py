"""English and Brazilian Portuguese: sentences by gettext, numbers by Babel."""

import gettext
import math
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from io import BytesIO

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_decimal

from core.host import host
from ui.files import ROOT

LANGUAGES = {"en": "English", "pt": "Português"}
LOCALES = {"en": "en", "pt": "pt_BR"}
_KEY = "language"
_SWITCH = "language_switch"


def N_(message: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a message for translation where it is written down; `_` translates it where it is shown."""
    return message


def _(message: str) -> str:
    """A message in the visitor's language."""
    return _translations(current()).gettext(message)


def every(message: str) -> set[str]:
    """A message in all languages."""
    return {_translations(language).gettext(message) for language in LANGUAGES}


def plural(one: str, many: str, n: int) -> str:
    """The form of a message for `n` things, in the visitor's language, with {n} filled in."""
    return _translations(current()).ngettext(one, many, n).format(n=number(n))


def number(value: float, digits: int = 0, *, signed: bool = False) -> str:
    """A number as the visitor's language writes it.

    Args:
        value: any number.
        digits: after the decimal mark.
        signed: write a plus as well.
    """
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    if math.isfinite(value):  # halves go up, as the browser has it
        value = float(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)) + 0.0  # no -0
    return format_decimal(value, format=f"+{pattern};-{pattern}" if signed else pattern, locale=LOCALES[current()])


def plain(value: float, significant: int = 6) -> str:
    """A number with as many digits as it needs, at most so many significant ones: 0.003, or 0,003 in Portuguese."""
    return format_decimal(float(f"{value:.{significant}g}"), format="0.##########", locale=LOCALES[current()])


def amount(value: float) -> str:
    """A large number in short: 138.4 M in English, 138,4 mi in Portuguese."""
    return format_compact_decimal(value, fraction_digits=1 if value >= 1000 else 0, locale=LOCALES[current()])


def scientific(value: float) -> str:
    """A very small number: 2.4e-07, with the visitor's decimal mark."""
    return (
        "0"
        if value == 0
        else f"{value:.1e}".replace(".", format_decimal(0.5, format="0.0", locale=LOCALES[current()])[1])
    )


def formula(value: float, digits: int) -> str:
    """A number for LaTeX, where a comma would otherwise be followed by a gap."""
    return number(value, digits).replace(",", "{,}")


def current() -> str:
    """The visitor's language: a key of LANGUAGES."""
    return st.session_state.get(_KEY, "en")


def offered() -> dict[str, str]:
    """The languages that the operator offers, and what they call themselves."""
    return {language: LANGUAGES[language] for language in host().languages}


def choose() -> None:
    """Settle the visit's language: `?lang=` in the address, else what was chosen, else the browser's locale, else the
    first that is offered.

    A language other than the browser's is kept in the address, so that a link hands it on.
    """
    browsers = "pt" if (st.context.locale or "").lower().startswith("pt") else "en"
    asked = str(st.query_params.get("lang", "")).lower()[:2]
    if asked not in offered():
        asked = st.session_state.get(_KEY, browsers if browsers in offered() else next(iter(offered())))
    st.session_state[_KEY] = asked
    if asked != browsers and st.query_params.get("lang") != asked:
        st.query_params["lang"] = asked


def switch() -> None:
    """The switch in the sidebar."""
    if len(offered()) == 1:
        return
    st.session_state[_SWITCH] = current()  # each time: who goes on before it has come to the browser has none there
    st.segmented_control(
        _("Language"),
        list(offered()),
        format_func=LANGUAGES.__getitem__,
        key=_SWITCH,
        on_change=_switched,
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )


def _switched() -> None:
    st.session_state[_KEY] = st.session_state[_SWITCH]
    st.query_params["lang"] = st.session_state[_KEY]


@cache
def _translations(language: str) -> gettext.NullTranslations:
    file = ROOT / "locale" / LOCALES[language] / "LC_MESSAGES" / "camadas.po"
    if not file.exists():  # English is the language of the code
        return gettext.NullTranslations()
    with open(file, "rb") as opened:
        messages = read_po(opened, locale=LOCALES[language])
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
