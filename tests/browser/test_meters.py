"""What is counted for whoever runs the server."""

import json

from benchmarks.guests import marked_photo
from tests.browser.browse import counted, serving
from tests.protocol import Visitor, run


def test_the_meters_say_what_has_happened():
    async def play(address: str) -> dict[tuple[str, ...], float]:
        async with Visitor(address) as visitor:
            await visitor.open("colorization")
            await visitor.give_photo("photo.jpg", "image/jpeg", marked_photo(1))
            await visitor.run()
            await visitor.give_photo("bad.jpg", "image/jpeg", b"no picture")
            shown = await visitor.go("moons")
            token = json.loads(shown.components["moons_network"])["token"]
            await visitor.watch(token, 60.0, until_frames=2)
            return counted(address)

    with serving(environment={"CAMADAS_UPLOADS": "2"}) as (address, _process):
        before, during = counted(address), run(play(address))
    assert before.get(("camadas_sessions", "active"), 0) == 0
    assert during["camadas_sessions", "active"] == 1
    assert during["camadas_jobs", "running"] + during["camadas_jobs", "paused"] == 1
    assert during["camadas_waiting",] == 0
    assert during["camadas_waited_seconds_count",] > before["camadas_waited_seconds_count",]
    assert during["camadas_computed_seconds_count", "colorization"] >= 2  # the sample, and the visitor's photo
    assert during["camadas_computed_seconds_sum", "colorization"] > 0
    assert during["camadas_model_loads_total", "colorization"] == 1
    assert during["camadas_rejected_uploads_total", "ImageRejected.not_a_picture"] == 1
    assert during["process_resident_memory_bytes",] > 10**8
