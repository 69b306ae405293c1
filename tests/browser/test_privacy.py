"""A visitor's photo is gone from memory when the session has ended; a full server says so and lets the next one in."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.guests import marked_photo
from tests.browser.browse import PATIENCE_S, serving
from tests.protocol import Visitor, run
from ui.files import ROOT

WATCHED = """
import gc, sys
import streamlit as st
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance
from core.jobs import jobs
from ui import server
from ui.server import MIDDLEWARE, ROUTES, apologize, lifespan
server.SWEEP_S = 0.2

async def held(request):
    photos = "ui.photo" in sys.modules and [
        found for found in gc.get_objects() if type(found).__name__ == "Photo" and not found.sample
    ]
    runtime = get_instance()
    return JSONResponse({{
        "photos": len(photos or []),
        "uploads": sum(map(len, runtime.uploaded_file_mgr.file_storage.values())),
        "media": len(runtime.media_file_mgr._file_metadata),
        "sessions": len(runtime._session_mgr._session_storage._cache._data),
        "owners": len(server.Gate.owners._owners),
        "runs": len(jobs()._jobs),
    }})

routes = [*ROUTES, Route("/held", held)]
app = st.App({script!r}, lifespan=lifespan, on_script_error=apologize, routes=routes, middleware=MIDDLEWARE)
"""


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[str]:
    app = tmp_path / "watched_app.py"
    app.write_text(WATCHED.format(script=str(ROOT / "ui" / "shell" / "main.py")))
    with serving(app, environment={"CAMADAS_SESSION_KEPT_S": "1", "CAMADAS_VISITORS": "2"}) as (address, _process):
        yield address


async def until(visitor: Visitor, condition) -> dict[str, int]:
    """Ask what the server holds until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            held = json.loads((await visitor.fetch("/held"))[1])
            if condition(held):
                return held
            await asyncio.sleep(0.1)


def test_a_photo_is_gone_soon_after_its_tab(watched):
    async def come_and_go() -> tuple[dict[str, int], dict[str, int]]:
        async with Visitor(watched) as visitor:
            for page in ("colorization", "style_transfer", "filters"):
                await visitor.open(page)
                await visitor.give_photo("photo.jpg", "image/jpeg", marked_photo(1))
                await visitor.run()
            shown = await visitor.go("style_optimization")
            token = json.loads(shown.components["style_optimization_live"])["token"]
            n_frames, _state = await visitor.watch(token, PATIENCE_S, until_frames=2)
            assert n_frames == 2
            with_it = await until(visitor, lambda held: held["photos"] >= 1)
            await visitor.leave()
            return with_it, await until(visitor, lambda held: not any(held.values()))

    with_it, without = run(come_and_go())
    assert with_it["media"] > 0
    assert with_it["owners"] > 0
    assert with_it["runs"] == 1
    assert without == {"photos": 0, "uploads": 0, "media": 0, "sessions": 0, "owners": 0, "runs": 0}


def test_a_full_server_says_so_and_lets_the_next_one_in(watched):
    async def crowd() -> tuple[list[str], list[str]]:
        async with Visitor(watched) as first, Visitor(watched) as second, Visitor(watched) as third:
            await first.open("")
            await second.open("")
            before = (await third.open("moons")).titles
            again = (await first.run()).titles  # whoever is in stays in
            await second.leave()
            after = (await third.run()).titles
            return [*before, *again], after

    before, after = run(crowd())
    assert before == ["Every place is taken", "Camadas"]
    assert after == ["Two moons"]
