"""Who is here: whose browser a run of the page serves, how many there are, whose a picture is, and when all is gone."""

import ctypes
import gc
import ipaddress
import logging
import math
import re
import secrets
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, cast

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import SessionClient

from core import meters
from core.askers import NOBODY, Asker, asking, find_by
from core.askers import asker as current_asker
from core.errors import JobError
from core.host import host
from core.jobs import jobs
from core.turns import TURNS
from ui.language import _, number, plural

log = logging.getLogger("camadas")
KNOWN = "jobs_known"  # in a session: the tokens of its jobs
COOKIE = "camadas_visitor"  # unguessable, of one browser; jobs and pictures belong to it
TOKEN = re.compile(r"[\w-]{22}", re.ASCII)  # as secrets.token_urlsafe(16) makes them; no address looks so
SERVER = secrets.token_hex(8)  # this process, told from one that comes after it or stands beside it
RETRY_S = 10
ASKED_S = 20.0  # that a run is asked to go
PATIENCE_S = 2.0  # between two words about the place in the queue
M_ARENA_MAX, N_ARENAS = -8, 2  # the name as glibc has it, and how many
_TOLD = "visitors_place"
_lock = threading.Lock()
_inside: dict[str, str] = {}  # sessions that were let in, and from where


def visitor_of(cookies: Mapping[str, Any]) -> str:
    """Whose browser sends these cookies; empty where it has none of ours, and for what we never gave."""
    found = cookies.get(COOKIE, "")
    return found if isinstance(found, str) and TOKEN.fullmatch(found) else ""


def asker_of(client: SessionClient | None) -> Asker:
    """Whose a connection is."""
    context = client.client_context if client is not None else None
    if context is None:
        return NOBODY
    return Asker(visitor_of(context.cookies), network_of(context.remote_ip))


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
        if context.session_id not in _inside:
            address = asker().address
            n_there = sum(other == address for other in _inside.values()) if address else 0
            if len(_inside) >= host().visitors or n_there >= host().address_visitors:
                return False
            _inside[context.session_id] = address
        return True


def _prune() -> None:
    for session in [session for session in _inside if not get_instance().is_active_session(session)]:
        del _inside[session]


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

    def may_upload(self, session: str) -> bool:
        """Whether this server has a session of this identifier, and has let it in."""
        with _lock:
            return session in _inside and self._runtime.is_active_session(session)

    def held(self, session: str) -> int:
        """Bytes of the files that a session has given."""
        files: Any = self._runtime.uploaded_file_mgr
        return sum(len(file.data) for file in list(files.file_storage.get(session, {}).values()))

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
class Closed:
    """The sessions whose tab was closed, which Streamlit keeps for a while and then only lets go of.

    It drops one when another one closes (its issues 3885 and 5998), without shutting it down: the files that were given
    to it would stay for good.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._manager = cast(Any, runtime._session_mgr)
        self._cache: Any = self._manager._session_storage._cache
        self._cache._maxsize = math.inf  # beyond it, it would drop some early
        self._gone: deque[Any] = deque()
        self._runs: dict[str, float] = {}  # that have not gone yet, and until when they are asked to
        expire = self._cache.expire

        def expiring(at_time: float | None = None) -> list[tuple[str, Any]]:
            removed: list[tuple[str, Any]] = expire(at_time)
            self._gone.extend(information for _name, information in removed)
            return removed

        self._cache.expire = expiring

    def __len__(self) -> int:
        """How many are kept."""
        n: int = self._cache.currsize
        return n

    def sweep(self) -> bool:
        """Shut those down that were closed `session_kept_s` ago; whether any."""
        with self._manager._storage_lock:
            self._cache.expire()
        has_any = bool(self._gone)
        until = time.monotonic() + ASKED_S
        while self._gone:
            session = self._gone.popleft().session
            try:
                self._runs.update(dict.fromkeys(_known_to(session), until))
                session.shutdown()
                session.session_state.clear()  # Streamlit's loop holds the latest session for longer
            except Exception:  # the others are to go too
                log.exception("a closed session does not end")
        return has_any

    def leave_runs(self, leave: Callable[[str], bool]) -> None:
        """Leave the runs that no session knows any more.

        Args:
            leave: as `core.jobs.Jobs.leave`. While a run has not gone it is left again at each sweep: the socket of a
                closed tab counts as somebody who looks on for a while. Who still does after ASKED_S came by the link,
                to another server, which leaves it in its turn.
        """
        if not self._runs:
            return
        known = set().union(*(_known_to(found.session) for found in self._manager.list_sessions()))
        for token in known.intersection(self._runs):
            del self._runs[token]
        for token, until in list(self._runs.items()):
            del self._runs[token]
            has_gone, answers = False, True
            try:
                has_gone = leave(token)
            except JobError:
                answers = False
            except Exception:  # the others are to go too
                log.exception("a run is not left")
            if not has_gone and time.monotonic() < until:
                self._runs[token] = until
            if not answers:  # nor would it for the others: next time, and this one last
                return


def _known_to(session: Any) -> set[str]:
    """The tokens of the jobs that a session knows."""
    state = session.session_state
    return set(state[KNOWN]) if KNOWN in state else set()


def sweep(owners: Owners, closed: Closed) -> None:
    """Give back what sessions held whose tab was closed a while ago."""
    has_any = closed.sweep()
    owners.forget()
    if has_any:
        give_back()
        for _round in range(2):  # a download is marked at first, and goes at the second time
            get_instance().media_file_mgr.remove_orphaned_files()
    closed.leave_runs(lambda token: jobs().leave(token))


def count(closed: Closed) -> None:
    """Set the meters of sessions to what there are."""
    meters.SESSIONS.labels("active").set(len(get_instance()._session_mgr.list_active_sessions()))
    meters.SESSIONS.labels("closed").set(len(closed))


def keep_together() -> None:
    """Let all threads take memory from a few arenas: each of its own keeps what other threads' pictures left there.

    Before any thread begins; see mallopt(3).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, N_ARENAS)


def tell_no_version() -> None:
    """Leave out of a session's first message which Streamlit, Python and system these are."""
    make = AppSession._create_new_session_message

    def made(session: AppSession, *args: Any, **kwargs: Any) -> ForwardMsg:
        message = make(session, *args, **kwargs)
        told = message.new_session.initialize.environment_info
        told.streamlit_version = told.python_version = told.server_os = ""
        return message

    AppSession._create_new_session_message = made  # type: ignore[method-assign,assignment]


def give_back() -> None:
    """Hand freed memory to the system: runs of pages leave cycles that hold pictures."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


# ---- words
def full() -> None:
    """Say that there is no room, and look again in a while."""
    st.title(_("Every place is taken"))
    here = plural(
        "One person is at work here now, as many as this server carries well.",
        "{n} people are at work here now, as many as this server carries well.",
        n_inside(),
    )
    again = _("This page looks again every {seconds} seconds and lets you in as soon as somebody leaves.")
    st.markdown(f"{here} {again.format(seconds=RETRY_S)}")
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
