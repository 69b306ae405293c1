"""The gesture that the page exists for: a sound goes in and is heard in a room."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from core.sound import Sound, encode
from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_wav_goes_in_and_both_can_be_heard(browser, address, size):
    with visiting(browser, address, size=size) as page:
        open_page(page, "/sound")
        page.get_by_role("radio", name="my WAV").click()
        page.get_by_role("radio", name="room").click()
        page.wait_for_url(re.compile("sound_kernel=room"))
        settled(page)
        data = encode(Sound(np.sin(np.arange(8000) * 0.2).astype(np.float32), 16_000))
        page.locator('input[type="file"]').set_input_files({"name": "a.wav", "mimeType": "audio/wav", "buffer": data})
        expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text("0.50 s")
        expect(page.get_by_test_id("stMetricValue").nth(3)).to_have_text("1.70 s")
        players = page.locator("audio")
        expect(players).to_have_count(2)
        expect(players.nth(1)).to_have_js_property("error", None)
        assert players.nth(1).evaluate(
            "audio => new Promise(done => audio.readyState ? done(audio.duration) : "
            "audio.onloadedmetadata = () => done(audio.duration))"
        ) == pytest.approx(1.7, abs=0.05)
