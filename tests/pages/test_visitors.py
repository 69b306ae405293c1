"""What a visitor is told while many are here."""

from streamlit.testing.v1 import AppTest

from ui import visitors


def waits() -> None:
    import streamlit as st

    from ui import visitors

    for seconds in (0.5, 2.5, 2.9, 4.1):
        visitors.waiting(lambda: 7, seconds)
    st.write("done")


def test_whoever_waits_is_told_the_place_and_not_all_the_time():
    at = AppTest.from_function(waits, default_timeout=60).run()
    assert not at.exception
    assert {toast.value for toast in at.toast} == {"Many are here: you are number 7 in the queue."}
    assert 1 <= len(at.toast) <= 2  # at two seconds, and again at four
    assert at.markdown[0].value == "done"


def full() -> None:
    from ui import visitors

    visitors.full()


def test_a_full_server_says_so_in_words(monkeypatch):
    monkeypatch.setattr(visitors, "let_in", lambda: False)
    at = AppTest.from_function(full, default_timeout=60).run()
    assert not at.exception
    assert at.title[0].value == "Every place is taken"
    assert "looks again every 10 seconds" in at.markdown[0].value
