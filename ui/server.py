"""What surrounds the pages: start and end, the error page, readiness, meters."""

import asyncio
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

import streamlit as st
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from streamlit import config
from streamlit.runtime import get_instance

from core import logs, meters
from core.data.cache import cache_folder
from core.engine import engine
from core.errors import JobError, SettingsError
from core.host import host, without_password
from core.jobs import jobs
from core.turns import TURNS
from ui import errors
from ui.gate import Gate
from ui.language import _
from ui.live import HOUSE, live
from ui.visitors import SERVER, Closed, Owners, count, keep_together, sweep, tell_no_version

log = logging.getLogger("camadas")
N_DOWNLOADS = 64  # threads
WARM_AGAIN_S = 10.0
WARM_AFTER_S = 1.0  # the first page is painted before torch takes the interpreter
SWEEP_S = 5.0
SWEEPING = ThreadPoolExecutor(1, "sweep")  # of its own: photos go in time, whatever others wait for
SWITCH_S = 0.001  # with Python's own 5 ms what computes waits that long after each operation while others run a page
_warm = threading.Event()
_closed: list[Closed] = []


def checked() -> None:
    """Read the operator's settings; a wrong one is a sentence and the end, before anything has begun."""
    try:
        settings = host()
    except SettingsError as error:
        sys.exit(f"Camadas does not start: {error}.")
    if settings.engine == "ray":
        _reached()
    if settings.studies:
        _has_studies(settings.studies)
    if settings.embedding:  # a frame's own cookies are another site's to the browser
        config.set_option("server.xsrfCookieSameSite", "none")
    config.set_option("server.disconnectedSessionTTL", int(settings.session_kept_s))


def _reached() -> None:
    address = os.environ.get("RAY_ADDRESS")
    where = f"nothing answers at RAY_ADDRESS {address}" if address else "no cluster of its own comes up"
    try:
        engine()
    except ImportError:
        sys.exit("Camadas does not start: CAMADAS_ENGINE=ray needs what requirements-hosting.txt lists.")
    except JobError as error:
        sys.exit(f"Camadas does not start: {where} ({error.__cause__}). `ray start --head` starts HOST:6379.")


def _has_studies(address: str) -> None:
    from core.studies import storage

    where = f"CAMADAS_STUDIES {without_password(address)}"
    try:
        storage(address)
    except ImportError as error:
        sys.exit(
            f"Camadas does not start: {where} needs {error.name}; requirements-hosting.txt has PostgreSQL's driver."
        )
    except JobError:
        sys.exit(f"Camadas does not start: nothing answers at {where}.")
    except Exception as error:
        sys.exit(f"Camadas does not start: {where} is no address of a database ({type(error).__name__}).")


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Once the server answers, import torch and load the first checkpoint in the background; at the end stop jobs."""
    logs.begin()
    sys.setswitchinterval(SWITCH_S)
    MultiPartParser.spool_max_size = (st.get_option("server.maxUploadSize") + 1) * 2**20  # nothing goes to the disk
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(N_DOWNLOADS, "download"))  # they wait for each other in ui.photo
    timer = loop.call_later(WARM_AFTER_S, threading.Thread(target=_warm_up, name="warm-up", daemon=True).start)
    runs = cache_folder() / "runs"
    jobs().look_in(runs)
    Gate.owners = Owners(get_instance())
    _closed[:] = [Closed(get_instance())]
    sweeping = asyncio.create_task(_sweep(Gate.owners, _closed[0]))
    yield
    sweeping.cancel()
    timer.cancel()
    await loop.run_in_executor(HOUSE, jobs().stop, runs)


async def _sweep(owners: Owners, closed: Closed) -> None:
    while True:
        await asyncio.sleep(SWEEP_S)
        Gate.uploads.forget()
        for step in (partial(sweep, owners, closed), jobs().tidy, TURNS.forget):
            try:
                await asyncio.get_running_loop().run_in_executor(SWEEPING, step)
            except Exception:
                log.exception("a sweep failed")


def apologize(error: Exception) -> bool:
    """Say what is wrong: too many are here, or a bug, with a reference under which the log has the traceback."""
    if isinstance(error, JobError):
        errors.show(errors.sentence(error))
        return True
    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error, extra={"reference": reference})
    st.error(
        _(
            "Something went wrong on our side. Your photo and settings are kept; try again. Reference: {reference}"
        ).format(reference=reference),
        icon=":material/error:",
    )
    return True


async def ready(request: Request) -> JSONResponse:
    """200 when the first checkpoint is resident, 503 until then; and which process this is."""
    return JSONResponse({"ready": _warm.is_set(), "server": SERVER}, status_code=200 if _warm.is_set() else 503)


async def metrics(request: Request) -> Response:
    """The meters, as Prometheus reads them; ui.gate lets only those through who may."""
    meters.WAITING.set(TURNS.n_waiting())
    if _closed:
        count(_closed[0])
    counted = await asyncio.get_running_loop().run_in_executor(HOUSE, jobs().count)
    for state, n in counted.items():
        meters.JOBS.labels(state).set(n)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _warm_up() -> None:
    from core import cifar10, colorization

    while not _warm.is_set():
        try:
            colorization.warm_up()
            cifar10.warm_up()
            _warm.set()
        except Exception:  # the page that needs it will say what is wrong; the others work
            log.exception("warm-up failed")
            time.sleep(WARM_AGAIN_S)


keep_together()
tell_no_version()
checked()
_base = str(config.get_option("server.baseUrlPath") or "").strip("/")
ROUTES = [
    route
    for under in ("", f"/{_base}" if _base else "")
    for route in (
        Route(f"{under}/ready", ready),
        Route(f"{under}/metrics", metrics),
        WebSocketRoute(f"{under}/live/{{token}}", live),
    )
]
MIDDLEWARE = [Middleware(Gate)]
