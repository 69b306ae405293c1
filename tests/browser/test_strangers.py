"""What strangers may and may not do to the server: everything that is reachable, by Streamlit's own protocol or raw."""

import asyncio
import json
import platform
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from email.message import Message
from urllib.parse import urlsplit

import pytest
import streamlit
import websockets

from benchmarks.guests import marked_photo
from tests.browser.browse import PATIENCE_S, answers, logged, serving
from tests.protocol import Unexpected, Visitor, run

LIMITS = {
    "CAMADAS_UPLOADS": "4",
    "CAMADAS_UPLOAD_S": "2",
    "CAMADAS_ADDRESS_SOCKETS": "40",
    "CAMADAS_SOCKETS": "6",
    "CAMADAS_LOG": "json",
}
NARROW = {
    "CAMADAS_HELD_MB": "51",
    "CAMADAS_ADDRESS_UPLOADS": "4",
    "CAMADAS_ADDRESS_VISITORS": "2",
    "CAMADAS_EMBEDDING": "https://moodle.example.org",
}
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
TRICKS = (
    "/static/../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/static/..\\..\\..\\etc\\passwd",
    "/static//etc/passwd",
    "//etc/passwd",
    "/media/../../../../etc/passwd",
    "/component/../../../etc/passwd",
    "/_stcore/bidi-components/../../../../etc/passwd",
    "/app/static/../../../etc/passwd",
    "/static/%00/etc/passwd",
    "/static/C:/windows/win.ini",
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[str, object]]:
    with serving(environment=LIMITS) as found:
        yield found


def ask(address: str, path: str, **headers: str) -> tuple[int, Message, bytes]:
    """An answer, whatever its status."""
    request = urllib.request.Request(address + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def raw(address: str, text: bytes, most: int = 65536) -> bytes:
    """What the server says to these bytes until it closes or has said enough."""
    parts = urlsplit(address)
    said = b""
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)) as line:
        line.sendall(text)
        while len(said) < most and (part := line.recv(4096)):
            said += part
    return said


async def refused(uri: str, **options: object) -> bool:
    """Whether a WebSocket is not let in, or is sent away before anything is said."""
    try:
        async with websockets.connect(uri, open_timeout=PATIENCE_S, **options) as line:
            await asyncio.wait_for(line.recv(), PATIENCE_S)
    except (websockets.InvalidStatus, websockets.ConnectionClosed):
        return True
    return False


@pytest.mark.parametrize("path", ["/_stcore/stream", "/live/abcdefghijklmnop"])
@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1.evil.example", "null"])
def test_a_foreign_page_opens_no_socket(guarded, path, origin):
    address, _ = guarded
    assert run(refused(address.replace("http", "ws") + path, origin=origin))


def test_a_socket_for_live_views_without_origin_is_refused(guarded):
    address, _ = guarded
    assert run(refused(address.replace("http", "ws") + "/live/abcdefghijklmnop"))


def test_a_guessed_token_and_a_borrowed_one_show_nothing(guarded):
    address, _ = guarded

    async def look() -> list[tuple[int, str]]:
        async with Visitor(address) as mine, Visitor(address) as other:
            shown = await mine.open("moons")
            token = json.loads(shown.components["moons_network"])["token"]
            await other.open("")
            seen = [await mine.watch(token, PATIENCE_S, until_frames=2)]
            return [*seen, await other.watch(token, PATIENCE_S), await mine.watch("a" * 22, PATIENCE_S)]

    (n_mine, _state), *others = run(look())
    assert n_mine == 2
    assert others == [(0, "gone"), (0, "gone")]


def test_a_picture_is_given_to_its_own_browser_alone(guarded):
    address, _ = guarded

    async def look() -> list[int]:
        async with Visitor(address) as mine, Visitor(address) as other, Visitor(address) as nobody:
            await mine.open("colorization")
            await other.open("colorization")
            shown = await mine.give_photo("photo.jpg", "image/jpeg", marked_photo(1))
            picture = shown.pictures[0]
            return [(await visitor.fetch(picture))[0] for visitor in (mine, other, nobody)]

    assert run(look()) == [200, 404, 404]


def test_an_upload_needs_the_token_of_its_page_and_has_a_limit_a_minute(guarded):
    address, _ = guarded

    async def give() -> list[int]:
        async with Visitor(address) as visitor:
            await visitor.open("colorization")
            place = (await visitor.place_for("photo.jpg")).upload_url
            token = visitor.cookies.pop("_streamlit_xsrf")
            found = [(await visitor.put(place, "photo.jpg", "image/jpeg", b"x"))[0]]
            visitor.cookies["_streamlit_xsrf"] = token
            again = [await visitor.put(place, "photo.jpg", "image/jpeg", b"x") for _ in range(4)]
            return found + [status for status, _said in again]

    assert run(give()) == [403, 204, 204, 204, 429]


def test_a_file_for_another_session_is_not_taken(guarded):
    address, _ = guarded

    async def give() -> int:
        async with Visitor(address) as visitor:
            await visitor.open("colorization")
            place = (await visitor.place_for("photo.jpg")).upload_url
            foreign = place.replace(visitor.session, "00000000-0000-0000-0000-000000000000")
            assert foreign != place
            return (await visitor.put(foreign, "photo.jpg", "image/jpeg", b"x"))[0]

    assert run(give()) == 404


@pytest.mark.parametrize("framing", [b"Content-Length: 99999999999", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize(
    "line", [b"POST /", b"PUT /_stcore/health", b"DELETE /_stcore/upload_file/a/b", b"POST /ready"]
)
def test_a_body_that_nobody_asked_for_is_refused_unread(guarded, line, framing):
    address, _ = guarded
    said = raw(address, line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + framing + b"\r\n\r\n", most=12)
    assert said.split()[1] == b"413"


def test_an_upload_that_says_too_much_is_refused_unread(guarded):
    address, _ = guarded

    async def give() -> bytes:
        async with Visitor(address) as visitor:
            await visitor.open("colorization")
            place = (await visitor.place_for("photo.jpg")).upload_url
            head = request(place, visitor, b"Content-Length: 99999999999")
            return await asyncio.to_thread(raw, address, head, 12)

    assert run(give()).split()[1] == b"413"


def request(path: str, visitor: Visitor, framing: bytes) -> bytes:
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    return (
        (
            f"PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookies}\r\n"
            f"X-Xsrftoken: {visitor.cookies['_streamlit_xsrf']}\r\n"
            "Content-Type: multipart/form-data; boundary=edge\r\n"
        ).encode()
        + framing
        + b"\r\n\r\n"
    )


def test_an_upload_that_never_ends_is_ended(guarded):
    address, _ = guarded

    async def give() -> bytes:
        async with Visitor(address) as visitor:
            await visitor.open("colorization")
            place = (await visitor.place_for("photo.jpg")).upload_url
            head = request(place, visitor, b"Content-Length: 1000") + b"--edge\r\n"
            return await asyncio.to_thread(raw, address, head, 12)

    assert run(give()).split()[1] == b"408"


def test_so_many_sockets_of_one_address_and_no_more(guarded):
    address, _ = guarded
    most = int(LIMITS["CAMADAS_ADDRESS_SOCKETS"])
    uri = address.replace("http", "ws") + "/_stcore/stream"

    async def crowd() -> tuple[int, bool, bool]:
        found = await asyncio.gather(
            *(websockets.connect(uri, origin=address, open_timeout=PATIENCE_S) for _ in range(1000)),
            return_exceptions=True,
        )
        opened = [line for line in found if not isinstance(line, BaseException)]
        still_answers = await asyncio.to_thread(answers, address + "/_stcore/health")
        await asyncio.gather(*(line.close() for line in opened))
        async with Visitor(address) as visitor:  # there is room again
            shown = await visitor.open("")
        return len(opened), still_answers, bool(shown.kinds)

    assert run(crowd()) == (most, True, True)


def test_so_many_sockets_of_one_browser_and_no_more(guarded):
    address, _ = guarded
    most = int(LIMITS["CAMADAS_SOCKETS"])

    async def crowd() -> int:
        async with Visitor(address) as visitor:
            await visitor.open("")
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
            uri = address.replace("http", "ws") + "/_stcore/stream"
            asked = (
                websockets.connect(uri, origin=address, additional_headers=headers, open_timeout=PATIENCE_S)
                for _ in range(most)
            )
            found = await asyncio.gather(*asked, return_exceptions=True)
            opened = [line for line in found if not isinstance(line, BaseException)]
            await asyncio.gather(*(line.close() for line in opened))
            return len(opened)

    assert run(crowd()) == most - 1


@pytest.fixture(scope="module")
def narrow() -> Iterator[str]:
    with serving(environment=NARROW) as (address, _process):
        yield address


def test_a_session_holds_so_much_and_an_address_gives_so_many_files(narrow):
    async def give() -> list[tuple[int, bytes]]:
        found = []
        async with Visitor(narrow) as one, Visitor(narrow) as other:
            for visitor in (one, other):
                await visitor.open("colorization")
                place = (await visitor.place_for("photo.jpg")).upload_url
                found.append(await visitor.put(place, "photo.jpg", "image/jpeg", marked_photo(1)))
                untold = request(place, visitor, b"Transfer-Encoding: chunked")  # it may be as large as any
                said = await asyncio.to_thread(raw, narrow, untold)
                found.append((int(said.split()[1]), said))
            found.append(await other.put(place, "photo.jpg", "image/jpeg", marked_photo(2)))
        return found

    (first, _), (second, said), (third, _), (fourth, _), (last, why) = run(give())
    assert (first, second, third, fourth, last) == (204, 413, 204, 413, 429)
    assert b"Too many files at once" in said
    assert b"Too many files within a minute" in why


def test_so_many_visitors_of_one_address_and_no_more(narrow):
    async def come() -> list[list[str]]:
        async with Visitor(narrow) as first, Visitor(narrow) as second, Visitor(narrow) as third:
            return [(await visitor.open("moons")).titles for visitor in (first, second, third)]

    assert run(come()) == [["Two moons"], ["Two moons"], ["Every place is taken"]]


def test_a_site_that_may_show_the_app_in_a_frame_is_named_and_cookies_go_there_over_tls(narrow):
    _status, headers, _body = ask(narrow, "/", **{"X-Forwarded-Proto": "https"})
    assert headers["Content-Security-Policy"].endswith("frame-ancestors 'self' https://moodle.example.org")
    (ours,) = [cookie for cookie in headers.get_all("Set-Cookie") if cookie.startswith("camadas")]
    assert "Secure; SameSite=None; Partitioned" in ours
    _status, headers, _body = ask(narrow, "/")
    assert "SameSite=Lax" in next(cookie for cookie in headers.get_all("Set-Cookie") if cookie.startswith("camadas"))


@pytest.mark.parametrize("path", TRICKS)
def test_no_path_leads_out(guarded, path):
    address, _ = guarded
    said = raw(
        address, f"GET {path} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\nConnection: close\r\n\r\n".encode()
    )
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"root:" not in body
    assert (
        int(head.split()[1]) in (307, 400, 404) or b"<title>" in body
    )  # the page itself, which says that there is none


@pytest.mark.parametrize(
    "path", ["/", "/moons", "/_stcore/health", "/ready", "/nothing/here", "/media/none.jpg", "/metrics"]
)
def test_every_answer_has_its_headers_and_tells_no_version(guarded, path):
    address, _ = guarded
    _status, headers, body = ask(address, path)
    for name, value in SECURITY.items():
        assert value in headers[name], name
    assert "object-src 'none'" in headers["Content-Security-Policy"]
    assert len(headers["X-Request-Id"]) == 8
    assert headers.get("server", "uvicorn") == "uvicorn"  # no number
    assert "x-powered-by" not in {name.lower() for name in headers}
    if path not in ("/metrics",):
        assert b"Traceback" not in body


def test_a_session_is_told_no_version(guarded):
    address, _ = guarded

    async def come() -> bytes:
        async with Visitor(address) as visitor:
            await visitor.open("moons")
            assert visitor.told.initialize.session_id
            return visitor.told.SerializeToString()

    told = run(come())
    for known in (streamlit.__version__, platform.python_version(), platform.system()):
        assert known.encode() not in told


def test_the_meters_are_for_this_machine_alone(guarded):
    address, _ = guarded
    status, _headers, body = ask(address, "/metrics")
    assert status == 200
    assert b"camadas_sessions" in body
    for path in ("/metrics", "/_stcore/metrics"):
        assert ask(address, path, **{"X-Forwarded-For": "198.51.100.7"})[0] == 404


def test_nonsense_on_the_socket_is_closed_without_a_word_of_ours(guarded):
    address, _process = guarded

    async def talk(message: bytes | str) -> list[bytes]:
        said: list[bytes] = []
        uri = address.replace("http", "ws") + "/_stcore/stream"
        async with websockets.connect(uri, origin=address, open_timeout=PATIENCE_S) as line:
            try:
                await line.send(message)
                while True:
                    said.append(await asyncio.wait_for(line.recv(), PATIENCE_S))
            except websockets.ConnectionClosed:
                return said

    for message in (b"\xff" * 100, "text", b"\x00" * (40 * 2**20)):
        said = b"".join(run(talk(message)))
        assert b"Traceback" not in said
        assert b"site-packages" not in said
    assert answers(address + "/_stcore/health")


def test_the_log_is_json_and_knows_no_address_and_no_file(guarded):
    address, process = guarded

    async def give() -> str:
        async with Visitor(address) as visitor:
            await visitor.open("colorization")
            await visitor.give_photo("grandmother-1931.jpg", "image/jpeg", b"no picture")
            shown = await visitor.go("moons")
            token = json.loads(shown.components["moons_network"])["token"]
            await visitor.watch(token, PATIENCE_S, until_frames=1)
            return str(token)

    token = run(give())
    ask(address, "/moons?moons_noise=0.3", **{"X-Forwarded-For": "198.51.100.7"})
    lines = [json.loads(line) for line in logged(process).splitlines() if line.strip()]
    requests = [line for line in lines if line["message"] == "request"]
    assert {"time", "level", "logger", "reference", "method", "path", "status", "ms"} <= set(requests[-1])
    sockets = [line for line in lines if line["message"] == "socket"]
    assert {"time", "level", "logger", "reference", "path", "code", "ms"} <= set(sockets[-1])
    assert "/_stcore/stream" in {line["path"] for line in sockets}
    assert len({line["reference"] for line in (*requests, *sockets)}) == len(requests) + len(sockets)
    text = logged(process)
    for secret in (token, "grandmother", "198.51.100.7", "127.0.0.1", "moons_noise"):
        assert secret not in text, secret


def test_wrong_settings_reach_no_visitor():
    with (
        pytest.raises(AssertionError, match="CAMADAS_UPLOADS='0' is not allowed"),
        serving(environment={"CAMADAS_UPLOADS": "0"}),
    ):
        pass


def test_unexpected_is_what_a_visitor_would_not_forgive(guarded):
    address, _ = guarded

    async def lost() -> None:
        async with Visitor(address) as visitor:
            await visitor.open("no-such-page")

    with pytest.raises(Unexpected):
        run(lost())
