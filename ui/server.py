"""What surrounds the pages: start and end, the error page, security headers, readiness."""

import asyncio
import logging
import secrets
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import streamlit as st
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.jobs import JOBS
from ui.jobs import COOKIE
from ui.language import _
from ui.live import live

log = logging.getLogger("camadas")
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"content-security-policy": b"frame-ancestors 'self'; object-src 'none'; base-uri 'self'",
    b"permissions-policy": b"camera=(self), microphone=(), geolocation=()",
}
COOKIE_RULES = f"Path=/; HttpOnly; SameSite=Lax; Max-Age={30 * 24 * 3600}"
N_DOWNLOADS = 64  # threads
WARM_AFTER_S = 1.0  # the first page is painted before torch takes the interpreter
_warm = threading.Event()


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Once the server answers, import torch and load the first checkpoint in the background; at the end stop jobs."""
    MultiPartParser.spool_max_size = (st.get_option("server.maxUploadSize") + 1) * 2**20  # nothing goes to the disk
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(N_DOWNLOADS, "download"))  # they wait for each other in ui.photo
    timer = loop.call_later(WARM_AFTER_S, threading.Thread(target=_warm_up, name="warm-up", daemon=True).start)
    yield
    timer.cancel()
    JOBS.stop()


def apologize(error: Exception) -> bool:
    """Show a short apology with a reference and log the traceback under it."""
    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error)
    st.error(
        _(
            "Something went wrong on our side. Your photo and settings are kept; try again. Reference: {reference}"
        ).format(reference=reference),
        icon=":material/error:",
    )
    return True


async def ready(request: Request) -> JSONResponse:
    """200 when the first checkpoint is resident, 503 until then."""
    return JSONResponse({"ready": _warm.is_set()}, status_code=200 if _warm.is_set() else 503)


class SecurityHeaders:
    """Adds HEADERS to every answer, and a cookie to the pages of a browser that has none yet."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower(): value for name, value in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in HEADERS.items() if h[0] not in present)]
                is_page = present.get(b"content-type", b"").startswith(b"text/html")
                if is_page and COOKIE not in HTTPConnection(scope).cookies:
                    secure = "; Secure" if scope["scheme"] == "https" else ""
                    cookie = f"{COOKIE}={secrets.token_urlsafe(16)}; {COOKIE_RULES}{secure}"
                    message["headers"].append((b"set-cookie", cookie.encode()))
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _warm_up() -> None:
    from core import cifar10, colorization

    try:
        colorization.warm_up()
        cifar10.warm_up()
        _warm.set()
    except Exception:  # the page that needs it will say what is wrong; the others work
        log.exception("warm-up failed")


ROUTES = [Route("/ready", ready), WebSocketRoute("/live/{token}", live)]
MIDDLEWARE = [Middleware(SecurityHeaders)]
