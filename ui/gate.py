"""The gate before the app: limits on sockets and uploads, whose pictures are whose, what strangers may not read.

It is pure ASGI, so that nothing is read before it is known to be wanted.
"""

import asyncio
import json
import logging
import re
import secrets
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import meters
from core.host import host
from core.logs import reference
from ui.visitors import COOKIE, Owners, network_of, visitor_of

log = logging.getLogger("camadas.requests")
MINUTE_S = 60.0
COOKIE_S = 30 * 24 * 3600
UPLOADS = "/_stcore/upload_file/"
MAX_BODY = 2**16  # bytes of anything that is no upload
MOST_UPLOAD = 51 * 2**20  # bytes; what does not say its size is counted as this
TRY_AGAIN = 1013  # WebSocket: try again later
FORBIDDEN_NAMES = (b"server", b"x-powered-by")
KNOWN = re.compile(r"/(_stcore/[\w-]+|media|live|static|component|ready|metrics|[a-z0-9_]*)(?=/|$)")


class Rate:
    """So many a minute for each."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, deque[float]] = defaultdict(deque)

    def takes(self, who: str, most: int) -> bool:
        """Whether one more is within `most` a minute; it is counted if so."""
        now = self._clock()
        times = self._times[who]
        while times and times[0] <= now - MINUTE_S:
            times.popleft()
        if len(times) >= most:
            return False
        times.append(now)
        return True

    def forget(self) -> None:
        """Let go of those who did nothing for a minute."""
        now = self._clock()
        for who in [who for who, times in list(self._times.items()) if not times or times[-1] <= now - MINUTE_S]:
            del self._times[who]


class Gate:
    """Lets requests through, or says why not.

    Args:
        app: what is behind it.
    """

    owners: Owners | None = None  # when the app has begun
    uploads = Rate()

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sockets: Counter[str] = Counter()
        self.coming: Counter[str] = Counter()  # bytes of uploads that are on their way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request or WebSocket on."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    # ---- WebSockets
    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, begun = reference.set(secrets.token_hex(4)), time.perf_counter()
        code = 0

        async def answer(message: Message) -> None:
            nonlocal code
            if message["type"] == "websocket.close":
                code = message.get("code", 1000)
            await send(message)

        try:
            await self._counted(scope, receive, answer)
        finally:
            _log("socket", scope, begun, code=code)
            reference.reset(token)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = host()
        visitor, address = _who(scope)
        if self.sockets[address] >= limits.address_sockets or (visitor and self.sockets[visitor] >= limits.sockets):
            meters.REFUSED.labels("sockets").inc()
            await receive()
            await send({"type": "websocket.close", "code": TRY_AGAIN})
            return
        counted = [who for who in (visitor, address) if who]
        self.sockets.update(counted)
        try:
            await self.app(scope, receive, send)
        finally:
            self.sockets.subtract(counted)
            for who in counted:
                if self.sockets[who] <= 0:
                    del self.sockets[who]

    # ---- HTTP
    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = reference.set(secrets.token_hex(4))
        begun, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _headers(scope, message["headers"])
            await send(message)

        try:
            await self._checked(scope, receive, answer)
        finally:
            _log("request", scope, begun, method=scope["method"], status=status)
            reference.reset(token)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope)
        visitor, address = _who(scope)
        is_upload = path.startswith(UPLOADS) and scope["method"] == "PUT"
        if not is_upload and scope["method"] not in ("GET", "HEAD", "OPTIONS") and _length(scope) > MAX_BODY:
            await _say(send, 413, "Content Too Large")
        elif not self._may_see(scope, path, visitor):
            await _say(send, 404, "Not Found")
        elif is_upload:
            await self._upload(scope, receive, send, visitor, address)
        else:
            await self.app(scope, receive, send)

    def _may_see(self, scope: Scope, path: str, visitor: str) -> bool:
        if path in ("/metrics", "/_stcore/metrics"):
            return _may_measure(scope)
        if self.owners is None:
            return True
        if path.startswith(UPLOADS):  # its session may be at another server
            return self.owners.may_upload(path.removeprefix(UPLOADS).split("/")[0])
        return not path.startswith("/media/") or self.owners.may_see(path, visitor)

    async def _upload(self, scope: Scope, receive: Receive, send: Send, visitor: str, address: str) -> None:
        limits = host()
        is_within = not visitor or self.uploads.takes(visitor, limits.uploads)
        if not is_within or not self.uploads.takes(address, limits.address_uploads):
            meters.REFUSED.labels("uploads").inc()
            await _say(send, 429, "Too many files within a minute: wait a little.")
            return
        session = _path(scope).removeprefix(UPLOADS).split("/")[0]
        size = min(_length(scope), MOST_UPLOAD) if _is_told(scope) else MOST_UPLOAD
        held = self.owners.held(session) if self.owners is not None else 0
        if held + self.coming[session] + size > limits.held_mb * 2**20:
            meters.REFUSED.labels("held").inc()
            await _say(send, 413, "Too many files at once: reload the page.")
            return
        has_begun = False
        self.coming[session] += size

        async def answer(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            async with asyncio.timeout(limits.upload_s):
                await self.app(scope, receive, answer)
        except TimeoutError:
            meters.REFUSED.labels("upload_seconds").inc()
            if not has_begun:
                await _say(send, 408, "The file has not come in time: try again.")
        finally:
            self.coming[session] -= size
            if self.coming[session] <= 0:
                del self.coming[session]


def _log(what: str, scope: Scope, begun: float, **fields: object) -> None:
    """A line of the log at the end of a request, or of a socket (its code is ours; 0 where its browser has left)."""
    ms = round(1000 * (time.perf_counter() - begun), 1)
    log.info(what, extra={"fields": {"path": _family(_path(scope)), "ms": ms, **fields}})


def _headers(scope: Scope, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An answer's headers: those of security, a reference, and a cookie for a browser that has none yet."""
    present = {name.lower(): value for name, value in headers}
    made = [(name, value) for name, value in headers if name.lower() not in FORBIDDEN_NAMES]
    made += [header for header in security_headers() if header[0] not in present]
    made.append((b"x-request-id", reference.get().encode()))
    is_page = present.get(b"content-type", b"").startswith(b"text/html")
    if is_page and not visitor_of(HTTPConnection(scope).cookies):
        made.append((b"set-cookie", _cookie(scope["scheme"] == "https").encode()))
    return [(name, _for_frames(name, value)) for name, value in made]


def security_headers() -> list[tuple[bytes, bytes]]:
    """What every answer carries. Streamlit's page needs inline scripts and styles, workers, and evaluates Vega's
    expressions; nothing comes from any other host."""
    frames = " ".join(("'self'", *host().embedding))
    policy = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        "connect-src 'self' data: blob:; frame-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
        f"frame-ancestors {frames}"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    ]


def _for_frames(name: bytes, value: bytes) -> bytes:
    """A cookie for other sites' frames is kept apart for each of them: many browsers take no other."""
    is_theirs = name.lower() == b"set-cookie" and b"samesite=none" in value.lower()
    return value + b"; Partitioned" if is_theirs else value


def _cookie(is_secure: bool) -> str:
    """Sent with requests of our own page alone; in another site's frame only one that says so is sent at all."""
    rules = f"Path=/; HttpOnly; Max-Age={COOKIE_S}"
    if is_secure and host().embedding:
        rules += "; Secure; SameSite=None"
    else:
        rules += "; SameSite=Lax" + ("; Secure" if is_secure else "")
    return f"{COOKIE}={secrets.token_urlsafe(16)}; {rules}"


def _who(scope: Scope) -> tuple[str, str]:
    """The browser's cookie, and its address."""
    client = scope.get("client")
    return visitor_of(HTTPConnection(scope).cookies), f"at {network_of(client[0] if client else '')}"


def _path(scope: Scope) -> str:
    """The path within the app."""
    base = "/" + str(st.get_option("server.baseUrlPath") or "").strip("/")
    path = str(scope["path"])
    return path.removeprefix(base) or "/" if base != "/" and f"{path}/".startswith(f"{base}/") else path


def _family(path: str) -> str:
    """A path without what is one visitor's: tokens, sessions, names of files."""
    found = KNOWN.match(path)
    return found[0] if found else "other"


def _is_told(scope: Scope) -> bool:
    names = {name for name, _value in scope["headers"]}
    return b"content-length" in names and b"transfer-encoding" not in names


def _length(scope: Scope) -> int:
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return MAX_BODY + 1
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else MAX_BODY + 1


def _may_measure(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return False
    return address is not None and any(address in network for network in host().metrics)


async def _say(send: Send, status: int, words: str) -> None:
    body = json.dumps({"detail": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start: MutableMapping[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})
