"""Who is here: whose browser a run of the page serves, how many there are, whose a picture is, and when all is gone."""

import ctypes
import gc
import ipaddress
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import SessionClient

from core import meters
from core.askers import NOBODY, Asker, asking, find_by
from core.askers import asker as current_asker
from core.host import host
from core.turns import TURNS
from ui.language import _, number

COOKIE = "camadas_visitor"  # unguessable, of one browser; jobs and pictures belong to it
RETRY_S = 10
PATIENCE_S = 2.0  # between two words about the place in the queue
_TOLD = "visitors_place"
_lock = threading.Lock()
_inside: set[str] = set()  # sessions that were let in


def asker_of(client: SessionClient | None) -> Asker:
    """Whose a connection is."""
    context = client.client_context if client is not None else None
    if context is None:
        return NOBODY
    return Asker(context.cookies.get(COOKIE, ""), network_of(context.remote_ip))


def network_of(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or the 64 bits of IPv6 that one customer has.

    >>> network_of("2001:db8::1:2:3:4")
    '2001:db8::/64'
    """
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def asker() -> Asker:
    """Whose browser the present run of a page serves; NOBODY elsewhere."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not exists():
        return NOBODY
    return asker_of(get_instance().get_client(context.session_id))


def named(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, working for whoever asks now, in whatever thread it is called."""
    who = current_asker()

    def works(*args: Any, **kwargs: Any) -> Any:
        with asking(who):
            return function(*args, **kwargs)

    return works


find_by(asker)


# ---- how many there are
def n_inside() -> int:
    """Sessions that are connected and were let in."""
    with _lock:
        _prune()
        return len(_inside)


def let_in() -> bool:
    """Whether this session may use the app: it already does, or there is room."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not exists():
        return True
    with _lock:
        _prune()
        if context.session_id not in _inside and len(_inside) >= host().visitors:
            return False
        _inside.add(context.session_id)
        return True


def _prune() -> None:
    _inside.intersection_update([session for session in _inside if get_instance().is_active_session(session)])


# ---- whose a picture is
class Owners:
    """To which browsers a media file was shown; others are not given it, even if they know its address.

    Streamlit gives a media file to whoever names it. Its address is a hash of its content.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._manager = manager = runtime.media_file_mgr
        self._owners: dict[str, set[str]] = defaultdict(set)
        add, defer, execute = manager.add, manager.add_deferred, manager.execute_deferred

        def adding(*args: Any, **kwargs: Any) -> str:
            url = add(*args, **kwargs)
            self._note(_file_of(url), {asker().visitor})
            return url

        def deferring(*args: Any, **kwargs: Any) -> str:
            file = defer(*args, **kwargs)
            self._note(file, {asker().visitor})
            return file

        def executing(file: str) -> str:
            url = execute(file)
            self._note(_file_of(url), self._owners.get(file, set()))
            return url

        manager.add = adding  # type: ignore[method-assign]
        manager.add_deferred = deferring  # type: ignore[method-assign]
        manager.execute_deferred = executing  # type: ignore[method-assign,assignment]

    def has_session(self, session: str) -> bool:
        """Whether this server has a session of this identifier."""
        return self._runtime.is_active_session(session)

    def may_see(self, path: str, visitor: str) -> bool:
        """Whether the file at this path was shown to this browser."""
        with _lock:
            return visitor in self._owners.get(_file_of(path), ())

    def forget(self) -> None:
        """Let go of what is known of files that are gone."""
        with _lock:
            there = set(self._manager._file_metadata) | set(self._manager._deferred_callables)
            for file in [file for file in self._owners if file not in there]:
                del self._owners[file]

    def _note(self, file: str, visitors: set[str]) -> None:
        with _lock:
            self._owners[file] |= visitors


def _file_of(path: str) -> str:
    return PurePosixPath(path).stem


# ---- when all is gone
def sweep(owners: Owners) -> None:
    """Give back what sessions held that were closed `session_kept_s` ago.

    Streamlit drops a closed session only when another one closes (its issues 3885 and 5998).
    """
    closed = get_instance()._session_mgr._session_storage._cache  # type: ignore[attr-defined]
    dropped = closed.expire()
    for _name, information in dropped:
        information.session.shutdown()
        information.session.session_state.clear()  # Streamlit's loop holds the latest session for longer
    owners.forget()
    if dropped:
        dropped.clear()
        give_back()
        for _round in range(2):  # a download is marked at first, and goes at the second time
            get_instance().media_file_mgr.remove_orphaned_files()


def count() -> None:
    """Set the meters of sessions to what there are."""
    manager = get_instance()._session_mgr
    meters.SESSIONS.labels("active").set(len(manager.list_active_sessions()))
    meters.SESSIONS.labels("closed").set(len(manager._session_storage._cache))  # type: ignore[attr-defined]


def give_back() -> None:
    """Hand freed memory to the system: runs of pages leave cycles that hold pictures."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


# ---- words
def full() -> None:
    """Say that there is no room, and look again in a while."""
    st.title(_("Every place is taken"))
    st.markdown(
        _(
            "{n} people are at work here now, as many as this server carries well. This page looks again every "
            "{seconds} seconds and lets you in as soon as somebody leaves."
        ).format(n=n_inside(), seconds=RETRY_S)
    )
    st.fragment(_look, run_every=RETRY_S)()


def _look() -> None:
    if let_in():
        st.rerun()


def waiting(place_of: Callable[[], int], seconds: float) -> None:
    """Say the place in the queue to whoever waits for longer than one likes; stops a run that is wanted no longer."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return
    times, toast = st.session_state.get(_TOLD, (0, st))  # to ask is to let Streamlit end a run that is replaced
    now = int(seconds / PATIENCE_S)
    if now > 0 and now != times:
        words = _("Many are here: you are number {n} in the queue.").format(n=number(place_of()))
        shown = (toast if times and now > times else st).toast(words, icon=":material/group:")
        st.session_state[_TOLD] = now, shown


TURNS.notice = waiting
