"""A visitor without a browser: speaks Streamlit's own protocol (streamlit.proto) over its WebSocket.

A test compares what it is shown with what a real browser is (tests/browser/test_protocol.py).
"""

import asyncio
import itertools
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection

T = TypeVar("T")
PATIENCE_S = 60.0
KEY = re.compile(r"\$\$ID-[0-9a-f]+-(.+)", re.DOTALL)
PICTURE = re.compile(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)")
HALTED = ForwardMsg.FINISHED_EARLY_FOR_RERUN
VALUES = {  # kind of widget -> field of its state
    "slider": "double_array_value",
    "number_input": "double_value",
    "checkbox": "bool_value",
    "button": "trigger_value",
    "selectbox": "string_value",
    "text_area": "string_value",
    "text_input": "string_value",
    "button_group": "string_array_value",
}


class Unexpected(Exception):
    """What no visitor should be shown."""


@dataclass
class Widget:
    """One that is on the page now: its identifier, its kind, its fragment and what the server said of it."""

    id: str
    kind: str
    fragment: str
    proto: Any


@dataclass
class Shown:
    """What one run of the page has sent.

    Attributes:
        seconds: from asking to the end of the run.
        titles: headings of the first level.
        texts: of alerts.
        kinds: of the elements, in order.
        components: key -> JSON of our own components.
        pictures: addresses of pictures.
    """

    seconds: float = 0.0
    titles: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)


class Visitor:
    """One visitor with cookies, a session and the widgets of the page.

    Args:
        address: of the app, with its base path, without a slash at its end.
        context: for TLS, where the certificate is of one's own making.
    """

    def __init__(self, address: str, context: ssl.SSLContext | None = None) -> None:
        self.address, self.context = address, context
        self.cookies: dict[str, str] = {}
        self.widgets: dict[str, Widget] = {}
        self.states: dict[str, WidgetState] = {}
        self.pages: dict[str, str] = {}
        self.query = ""
        self.page = ""
        self.page_hash = ""
        self.session, self.told = "", NewSession()
        self.received = Shown()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ended = asyncio.Condition()
        self._n_ended = 0
        self._problem: Exception | None = None
        self._files: dict[str, asyncio.Future[Any]] = {}
        self._numbers = itertools.count()
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._fragment_seen: dict[str, None] = {}

    @property
    def origin(self) -> str:
        """Scheme and host of the app."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_cut(self) -> bool:
        """Whether there is no connection, or none any more."""
        return self._reader is None or self._reader.done()

    # ---- HTTP
    async def fetch(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Ask for an address of the app; keeps the cookies. Gives status and body."""
        return await asyncio.to_thread(self._fetch, path, method, body, headers or {})

    def _fetch(self, path: str, method: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        url = path if path.startswith("http") else self.address + path
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        request = urllib.request.Request(url, body, {"Cookie": cookies, **headers}, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=PATIENCE_S, context=self.context)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            for line in answer.headers.get_all("set-cookie") or []:
                pair = SimpleCookie(line.split(";")[0])  # of its rules http.cookies does not know all
                self.cookies.update({name: morsel.value for name, morsel in pair.items()})
            return answer.status, answer.read()

    # ---- the session
    async def open(self, page: str, query: str = "") -> Shown:
        """Come to a page by its link, with a new session, as a reload does."""
        await self.leave()
        begun = time.perf_counter()
        status, _body = await self.fetch(f"/{page}")
        if status != 200:
            raise Unexpected(f"/{page} answers {status}")
        await self.fetch("/_stcore/health")  # brings the token against forged requests
        self.page, self.query, self.page_hash = page, query, ""
        self.widgets, self.states, self.session, self._problem = {}, {}, "", None
        await self.connect()
        shown = await self.run()
        shown.seconds = time.perf_counter() - begun
        return shown

    async def connect(self) -> None:
        """Open the WebSocket; with the session's identifier, where there is one, to go on with it."""
        token = self.cookies.get("_streamlit_xsrf", "") or self.cookies.get("_xsrf", "")
        words = ["streamlit", token or "none", *([self.session] if self.session else [])]
        protocols = [websockets.Subprotocol(word) for word in words]  # in this header Streamlit's page tells them
        self._socket = await websockets.connect(
            self.address.replace("http", "ws", 1) + "/_stcore/stream",
            additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())},
            origin=self.origin,
            max_size=None,
            compression=None,
            open_timeout=PATIENCE_S,
            ssl=self.context,
            subprotocols=protocols,
        )
        self._reader = asyncio.create_task(self._read(self._socket))

    async def leave(self) -> None:
        """Close the tab."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._socket is not None:
            await self._socket.close()
            self._socket = None
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Leave."""
        await self.leave()

    # ---- runs of the page
    async def run(self, fragment: str = "", *, is_automatic: bool = False) -> Shown:
        """Let the page run with the widgets as they are, and wait for its end.

        Raises:
            Unexpected: if the page shows an exception or our apology, or the connection breaks.
            TimeoutError: if it does not end in time.
        """
        begun = time.perf_counter()
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        state.page_script_hash, state.fragment_id, state.is_auto_rerun = self.page_hash, fragment, is_automatic
        state.context_info.locale, state.context_info.timezone = "en-US", "UTC"
        state.context_info.url, state.context_info.is_embedded = f"{self.address}/{self.page}", False
        state.widget_states.widgets.extend(self.states.values())
        self.received = Shown()
        before = self._n_ended
        await self._send(message)
        self.states = {name: state for name, state in self.states.items() if not state.trigger_value}
        async with asyncio.timeout(PATIENCE_S), self._ended:
            await self._ended.wait_for(lambda: self._n_ended > before or self._problem is not None)
        if self._problem is not None:
            problem, self._problem = self._problem, None
            raise problem
        self.received.seconds = time.perf_counter() - begun
        return self.received

    async def set(self, key: str, value: Any) -> Shown:
        """Turn a knob and wait for the page."""
        widget = self.widgets[key]
        self.states[widget.id] = _state(widget, value)
        return await self.run(widget.fragment)

    async def go(self, page: str) -> Shown:
        """Choose another page in the sidebar."""
        self.page, self.page_hash, self.query = page, self.pages[page], ""
        self.widgets = {}
        return await self.run()

    async def give_photo(self, name: str, mime: str, data: bytes, *, where: str = "sidebar") -> Shown:
        """Open the picker, upload a file and wait for the page."""
        await self.set(f"photo_picker_{where}", True)
        if not any(key.startswith("photo_upload_") for key in self.widgets):
            await self.set("photo_source", ["upload"])
        key = max((key for key in self.widgets if key.startswith("photo_upload_")), key=lambda key: int(key[13:]))
        return await self.upload(key, name, mime, data)

    async def upload(self, key: str, name: str, mime: str, data: bytes) -> Shown:
        """Give a file to an uploader and wait for the page.

        Raises:
            Unexpected: if the server does not take it.
        """
        widget = self.widgets[key]
        place = await self.place_for(name)
        status, said = await self.put(place.upload_url, name, mime, data)
        if status not in (200, 204):
            raise Unexpected(f"upload: {status} {said[:200]!r}")
        state = WidgetState(id=widget.id)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = place.file_id, name, len(data)
        info.file_urls.CopyFrom(place)
        self.states[widget.id] = state
        shown = await self.run(widget.fragment)
        self.states.pop(widget.id, None)
        return shown

    async def place_for(self, name: str) -> Any:
        """Ask the server where a file may go."""
        message, number = BackMsg(), str(next(self._numbers))
        message.file_urls_request.request_id, message.file_urls_request.session_id = number, self.session
        message.file_urls_request.file_names.append(name)
        self._files[number] = asyncio.get_running_loop().create_future()
        await self._send(message)
        async with asyncio.timeout(PATIENCE_S):
            return await self._files[number]

    async def download(self, key: str) -> bytes:
        """Press a download button whose file is made when it is asked for.

        Raises:
            Unexpected: if it cannot be made.
        """
        message, number = BackMsg(), str(next(self._numbers))
        request = message.backend_operation_request
        request.request_id, request.session_id = number, self.session
        request.deferred_file.file_id = self.widgets[key].proto.deferred_file_id
        self._files[number] = asyncio.get_running_loop().create_future()
        await self._send(message)
        answer = await self._files[number]
        if answer.error_msg:
            raise Unexpected(f"download: {answer.error_msg}")
        status, data = await self.fetch(answer.deferred_file.url)
        if status != 200:
            raise Unexpected(f"download: {status}")
        return data

    async def put(self, path: str, name: str, mime: str, data: bytes) -> tuple[int, bytes]:
        """Send a file to its place, as the browser does."""
        edge = "camadas-visitor"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: {mime}\r\n'
        )
        body = head.encode() + b"\r\n" + data + f"\r\n--{edge}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "X-Xsrftoken": self.cookies.get("_streamlit_xsrf", ""),
            "Origin": self.origin,
        }
        return await self.fetch(path, "PUT", body, headers)

    # ---- live views
    async def watch(
        self, token: str, seconds: float, commands: tuple[str, ...] = ("resume",), until_frames: int = 10**9
    ) -> tuple[int, str]:
        """Look on at a job for a while, as our components do; gives the frames seen and the last state."""
        n_frames, state, end = 0, "", time.perf_counter() + seconds
        async with websockets.connect(
            self.address.replace("http", "ws", 1) + f"/live/{token}",
            additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())},
            origin=self.origin,
            max_size=None,
            open_timeout=PATIENCE_S,
            ssl=self.context,
        ) as socket:
            with suppress(websockets.ConnectionClosed):
                for command in commands:
                    await socket.send(json.dumps({"do": command}))
                await socket.send(json.dumps({"want": True}))
            while (left := end - time.perf_counter()) > 0:
                try:
                    received = await asyncio.wait_for(socket.recv(), left)
                except (TimeoutError, websockets.ConnectionClosed):
                    break
                if isinstance(received, str):
                    state = json.loads(received)["state"]
                    continue
                n_frames += 1
                if n_frames == until_frames:
                    break
                await asyncio.sleep(0.024)  # as in live.js
                await socket.send(json.dumps({"want": True}))
        return n_frames, state

    # ---- what comes from the server
    async def _send(self, message: BackMsg) -> None:
        if self._socket is None:
            raise Unexpected("there is no connection")
        await self._socket.send(message.SerializeToString())

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                await self._take(message)
            if socket is self._socket:
                raise Unexpected("the server has closed the connection")
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._problem = error
            async with self._ended:
                self._ended.notify_all()

    async def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id or self.session
            self.told = message.new_session
            self.page_hash = message.new_session.page_script_hash or self.page_hash
        elif kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            self.page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "file_urls_response":
            self._files.pop(message.file_urls_response.response_id).set_result(message.file_urls_response.file_urls[0])
        elif kind == "backend_operation_response":
            answer = message.backend_operation_response
            self._files.pop(answer.request_id).set_result(answer)
        elif kind == "delta":
            self._take_delta(message)
        elif kind == "page_not_found":
            raise Unexpected(f"no page {self.page}")
        elif kind == "script_finished" and message.script_finished != HALTED:
            async with self._ended:
                self._n_ended += 1
                self._ended.notify_all()

    def _take_delta(self, message: ForwardMsg) -> None:
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        kind = str(element.WhichOneof("type"))
        proto = getattr(element, kind)
        self.received.kinds.append(kind)
        found = KEY.match(getattr(proto, "id", ""))
        if found:
            self.widgets[found[1]] = Widget(proto.id, kind, message.delta.fragment_id, proto)
        if kind == "bidi_component" and found:
            self.received.components[found[1]] = proto.json or proto.mixed.json
        elif kind == "imgs":
            self.received.pictures.extend(image.url for image in proto.imgs)
        elif kind == "heading" and proto.tag == "h1":
            self.received.titles.append(proto.body)
        elif kind == "alert":
            self.received.texts.append(proto.body)
            if "Reference:" in proto.body:
                self._problem = Unexpected(proto.body)
        elif kind == "exception":
            self._problem = Unexpected(f"{proto.type}: {proto.message}")


def _state(widget: Widget, value: Any) -> WidgetState:
    state = WidgetState(id=widget.id)
    name = VALUES[widget.kind]
    if name.endswith("array_value"):
        getattr(state, name).data.extend(value if isinstance(value, list) else [value])
    else:
        setattr(state, name, value)
    return state


def run(doing: Coroutine[Any, Any, T]) -> T:
    """Do it in a thread of its own: a test with a browser has a loop that runs already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, doing).result()


def pictures_in(data: str) -> Iterator[bytes]:
    """The encoded pictures that a component's data carries."""
    for found in PICTURE.finditer(data):
        yield b64decode(found[1])


def link(page: str, **values: object) -> str:
    """A page's path with its query."""
    return f"{page}?{urlencode(values)}" if values else page


def absolute(address: str, path: str) -> str:
    """An address of the app from one that it has given."""
    return path if urlsplit(path).scheme else urljoin(address + "/", path.lstrip("/"))
