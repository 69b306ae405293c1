"""The script of sound writes the page's sound."""

import numpy as np
import pytest
import scipy.io.wavfile

from core.sound import Settings, Sound, convolve, decode, encode, kernel_of, source
from tests.scripts.test_scripts import run_script


@pytest.mark.parametrize("kernel", ["echo", "low-pass", "room"])
@pytest.mark.parametrize("sound", ["tone", "clap", "my WAV"])
def test_the_script_writes_the_pages_sound(kernel, sound, tmp_path):
    chosen = {"source": sound, "kernel": kernel, "room_s": 0.3}
    own = Sound(np.sin(np.arange(8000) * 0.2).astype(np.float32) * 0.7, 16_000)
    (tmp_path / "sound.wav").write_bytes(encode(own))
    printed = run_script("sound", tmp_path, b"", **chosen)
    made = Settings(**chosen)
    before = source(made, decode(encode(own)))
    ours = convolve(before, kernel_of(made, before.rate))
    theirs = decode((tmp_path / "filtered.wav").read_bytes())
    assert np.abs(theirs.samples - ours.samples).max() < 2e-4
    assert printed == f"filtered.wav: {ours.seconds:.2f} s at {ours.rate} Hz"


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32])
def test_the_script_reads_every_kind_of_wav(kind, tmp_path):
    wave = np.sin(np.arange(8000) * 0.2) * 0.7
    scaled = {np.uint8: wave * 127 + 128, np.int32: wave * 2**31, np.float32: wave}[kind].astype(kind)
    scipy.io.wavfile.write(tmp_path / "sound.wav", 16_000, scaled)
    run_script("sound", tmp_path, b"", source="my WAV", kernel="low-pass")
    made = Settings(source="my WAV", kernel="low-pass")
    before = decode((tmp_path / "sound.wav").read_bytes())
    theirs = decode((tmp_path / "filtered.wav").read_bytes())
    assert np.abs(theirs.samples - convolve(before, kernel_of(made, 16_000)).samples).max() < 2e-4
