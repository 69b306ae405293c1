"""What a visitor is told while many are here."""

import threading
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.testing.v1 import AppTest

from core.errors import JobError
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


def begins_and_is_stopped() -> None:
    from types import SimpleNamespace

    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from ui.jobs import begun

    def start(owner: str) -> SimpleNamespace:
        object.__setattr__(get_script_run_ctx().session_state, "_yield_callback", st.stop)
        return SimpleNamespace(token="run")

    begun(start)


def test_a_run_is_known_even_if_its_visitor_leaves_while_it_begins():
    at = AppTest.from_function(begins_and_is_stopped, default_timeout=60).run()
    assert not at.exception
    assert at.session_state[visitors.KNOWN] == {"run"}


class Session:
    """Notes what is done to it."""

    def __init__(self, name: str, *, is_broken: bool = False) -> None:
        self.id, self.is_broken, self.was_shut_down = name, is_broken, False
        self.session_state = {"photo": b"x", visitors.KNOWN: {f"run of {name}", "run of all"}}

    def shutdown(self) -> None:
        self.was_shut_down = True
        if self.is_broken:
            raise ValueError


@pytest.fixture
def now(monkeypatch) -> list[float]:
    found = [0.0]
    monkeypatch.setattr(visitors, "time", SimpleNamespace(monotonic=lambda: found[0]))
    return found


@pytest.fixture
def storage(now) -> MemorySessionStorage:
    found = MemorySessionStorage(maxsize=2, ttl_seconds=10)
    found._cache._timer = lambda: now[0]
    return found


@pytest.fixture
def closed(storage) -> visitors.Closed:
    manager = SimpleNamespace(
        _session_storage=storage, _storage_lock=threading.Lock(), list_sessions=lambda: storage.list()
    )
    return visitors.Closed(SimpleNamespace(_session_mgr=manager))


def left(closed: visitors.Closed, have_gone: bool | Exception) -> set[str]:
    """The runs that are left now."""
    found = set()

    def leave(token: str) -> bool:
        found.add(token)
        if isinstance(have_gone, Exception):
            raise have_gone
        return have_gone

    closed.leave_runs(leave)
    return found


def test_a_closed_session_is_shut_down_even_if_streamlit_was_the_first_to_drop_it(now, storage, closed):
    first, second, third = Session("1"), Session("2", is_broken=True), Session("3")
    for session in (first, second, third):  # more than Streamlit would keep
        storage.save(SimpleNamespace(session=session))
    assert len(closed) == 3
    assert not closed.sweep()
    assert left(closed, True) == set()
    now[0] = 11.0
    last = Session("4")
    storage.save(SimpleNamespace(session=last))  # here Streamlit drops the others
    assert not first.was_shut_down
    assert closed.sweep()
    assert left(closed, True) == {"run of 1", "run of 2", "run of 3"}  # the last one knows the other, too
    assert [session.was_shut_down for session in (first, second, third, last)] == [True, True, True, False]
    assert first.session_state == third.session_state == {}
    assert len(closed) == 1
    assert left(closed, True) == set()


def test_runs_are_left_until_they_have_gone_but_not_for_ever(now, storage, closed):
    both = {"run of 1", "run of all"}
    storage.save(SimpleNamespace(session=Session("1")))
    now[0] = 11.0
    assert closed.sweep()
    assert left(closed, False) == both
    assert len(left(closed, JobError("cluster"))) == 1  # nor would it answer for the others
    assert left(closed, ValueError()) == both
    storage.save(SimpleNamespace(session=Session("2")))
    assert left(closed, False) == {"run of 1"}  # the other is theirs now
    now[0] += visitors.ASKED_S
    assert closed.sweep()
    assert left(closed, False) == {"run of 1", "run of 2", "run of all"}
    assert left(closed, False) == {"run of 2", "run of all"}
    assert left(closed, True) == {"run of 2", "run of all"}
    assert left(closed, False) == set()
