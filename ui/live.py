"""The WebSocket on which a job's frames go to the page that watches it, and the page's wishes to the job.

The page asks for each frame after it has drawn the one before, so a slow browser gets fewer and the job never waits.
"""

import asyncio
import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect

from core.errors import JobError
from core.jobs import OVER, Job, Watcher, jobs
from ui.visitors import visitor_of

HOUSE = ThreadPoolExecutor(16, "house")  # what a server itself waits for; downloads have another
LOOK_S = 0.25  # between two looks at a job's state and its place in the queue
MAX_MESSAGE = 1000  # characters
FORBIDDEN, TOO_LONG = 4403, 4413


async def live(websocket: WebSocket) -> None:
    """Show the job of the token in the address until either side leaves.

    To the page go texts {"state", "place", "problem"} when they change, and frames as bytes. From it come texts:
    {"want": true} for the next frame, {"do": name, "value": ...} for the job.
    """
    origin = urlsplit(websocket.headers.get("origin", "")).netloc
    if origin != websocket.headers.get("host"):
        await websocket.close(FORBIDDEN)
        return
    await websocket.accept()
    try:
        token, owner = websocket.path_params["token"], visitor_of(websocket.cookies)
        job = await asyncio.get_running_loop().run_in_executor(HOUSE, _found, token, owner)
        state = "gone"
    except JobError:
        job, state = None, "away"
    if job is None:
        await websocket.send_text(json.dumps({"state": state, "place": 0, "problem": ""}))
        await websocket.close()
        return
    loop, frames = asyncio.get_running_loop(), asyncio.Queue[bytes](maxsize=1)

    def put(frame: bytes) -> None:
        if frames.full():  # whoever asks without reading gets the newest one alone
            frames.get_nowait()
        frames.put_nowait(frame)

    def deliver(frame: bytes) -> None:
        loop.call_soon_threadsafe(put, frame)

    watcher = Watcher(deliver)
    job.watch(watcher)
    showing = asyncio.create_task(_show(websocket, job, frames))
    try:
        await _listen(websocket, job, watcher)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the page is gone
    finally:
        job.leave(watcher)
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await showing


def _found(token: str, owner: str) -> Job | None:
    return jobs().find(token, owner)


async def _listen(websocket: WebSocket, job: Job, watcher: Watcher) -> None:
    while True:
        received = await websocket.receive()
        if received["type"] == "websocket.disconnect":
            return
        text = received.get("text")
        if text is None or len(text) > MAX_MESSAGE:
            await websocket.close(TOO_LONG)
            return
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if not isinstance(message, dict):
            continue
        if message.get("want"):
            job.ask(watcher)
        elif isinstance(message.get("do"), str):
            job.send(message["do"], message.get("value"))


async def _show(websocket: WebSocket, job: Job, frames: asyncio.Queue[bytes]) -> None:
    said = None
    while True:
        state, place = job.state, job.place
        if (state, place) != said:
            said = (state, place)
            await websocket.send_text(json.dumps({"state": state, "place": place, "problem": job.problem}))
            if state in OVER and job.last:
                await websocket.send_bytes(job.last)
        try:
            await websocket.send_bytes(await asyncio.wait_for(frames.get(), LOOK_S))
        except TimeoutError:
            continue
