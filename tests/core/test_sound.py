"""Sounds through kernels, against numpy and closed forms."""

import io
import wave

import numpy as np
import pytest
import scipy.io.wavfile
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SoundRejected
from core.sound import (
    RATE,
    Settings,
    Sound,
    convolve,
    decode,
    echo,
    encode,
    envelope,
    kernel_of,
    low_pass,
    room,
    source,
    spectrogram,
)


def wav(samples: np.ndarray, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    scipy.io.wavfile.write(out, rate, samples)
    return out.getvalue()


SINE = np.sin(np.arange(4000) * 0.1).astype(np.float32)


@pytest.mark.parametrize("kind", ["echo", "low-pass", "room"])
@pytest.mark.parametrize("sound", ["tone", "clap"])
def test_it_is_a_convolution(kind, sound):
    chosen = Settings(source=sound, kernel=kind, room_s=0.3)
    before = source(chosen)
    kernel = kernel_of(chosen, before.rate)
    truth = np.convolve(before.samples.astype(np.float64), kernel)
    after = convolve(before, kernel)
    assert np.abs(after.samples - truth / max(1.0, np.abs(truth).max())).max() < 1e-5
    assert len(after.samples) == len(before.samples) + len(kernel) - 1
    assert np.abs(before.samples).max() <= 1


def test_kernels_do_what_they_say():
    copies = echo(0.1, 0.5, 1000)
    assert np.flatnonzero(copies).tolist() == [100 * n for n in range(len(np.flatnonzero(copies)))]
    assert copies[100] == 0.5
    assert copies[-1] < 0.002
    assert echo(0.5, 0.0, 1000).tolist() == [1.0]
    smooth = low_pass(500, 201, 8000)
    assert smooth.sum() == pytest.approx(1)
    gain = np.abs(np.fft.rfft(smooth, 8000))
    assert gain[100] == pytest.approx(1, abs=0.01)
    assert gain[500] == pytest.approx(0.5, abs=0.02)
    assert gain[1000:].max() < 0.01
    tail = room(1.0, 3, RATE)
    half = len(tail) // 2
    early, late = (np.sqrt((tail[a : a + 2000] ** 2).mean()) for a in (2000, half + 2000))
    assert 20 * np.log10(early / late) == pytest.approx(30, abs=1.5)
    assert not np.array_equal(room(1.0, 3, RATE), room(1.0, 4, RATE))


def test_a_spectrogram_finds_the_tone():
    t = np.arange(RATE) / RATE
    loudness, frequencies, times = spectrogram(Sound((0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32), RATE))
    assert loudness.shape == (len(frequencies), len(times))
    middle = loudness[:, len(times) // 2]
    assert frequencies[middle.argmax()] == pytest.approx(1000, rel=0.06)
    assert middle.max() == pytest.approx(20 * np.log10(0.5), abs=1.5)
    assert spectrogram(Sound(np.zeros(5, np.float32), RATE))[0].max() == -90


def test_an_envelope_holds_the_sound():
    low, high = envelope(SINE, 100)
    assert len(low) == len(high) == 100
    assert low.min() == SINE.min()
    assert high.max() == SINE.max()
    assert [x.tolist() for x in envelope(np.array([0.5]), 100)] == [[0.5], [0.5]]


@pytest.mark.parametrize(
    "samples",
    [
        (SINE * 32767).astype(np.int16),
        (SINE * 127 + 128).astype(np.uint8),
        (SINE.astype(np.float64) * (2**31 - 1)).astype(np.int32),
        SINE,
        SINE.astype(np.float64),
        np.stack([SINE, SINE], axis=1),
    ],
    ids=["16", "8", "32", "float", "double", "stereo"],
)
def test_every_kind_of_wav_is_read(samples):
    sound = decode(wav(samples))
    assert sound.rate == 8000
    assert sound.samples.dtype == np.float32
    assert np.abs(sound.samples - SINE).max() < 0.02


def test_24_bits_are_read_and_what_is_written_comes_back():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(16000)
        file.writeframes(b"".join(int(x * (2**23 - 1)).to_bytes(3, "little", signed=True) for x in SINE))
    sound = decode(out.getvalue())
    assert np.abs(sound.samples - SINE).max() < 1e-3
    assert np.abs(decode(encode(sound)).samples - sound.samples).max() < 1e-4


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("empty", b""),
        ("empty", wav(np.zeros(0, np.int16))),
        ("not_a_wav", b"ID3\x04 this is an mp3 and no wav"),
        ("not_a_wav", b"RIFF\0\0\0\0AVI "),
        ("broken", wav((SINE * 32767).astype(np.int16))[:30]),
        ("broken", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0"),
        ("too_long", wav(np.zeros(31 * 4000, np.uint8), 4000)),
        ("rate", wav(np.zeros(10, np.int16), 1000)),
        ("rate", wav(np.zeros(10, np.int16), 400_000)),
        ("rate", wav(np.zeros(10, np.int16), 192_000)),
        ("file_too_large", bytes(20 * 2**20 + 1)),
    ],
)
def test_what_is_no_sound_has_a_reason(reason, data):
    with pytest.raises(SoundRejected) as raised:
        decode(data)
    assert raised.value.reason == reason


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_hostile_bytes_give_a_sound_or_a_reason(data):
    good = wav((SINE[:300] * 32767).astype(np.int16))
    broken = bytearray(good)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    try:
        sound = decode(bytes(broken[: data.draw(st.integers(0, len(broken)))]))
    except SoundRejected:
        return
    assert np.isfinite(sound.samples).all()
    assert np.abs(sound.samples).max() <= 1


def test_numbers_that_are_none_become_silence():
    samples = SINE.copy()
    samples[5:8] = np.nan, np.inf, -np.inf
    assert decode(wav(samples)).samples[5:8].tolist() == [0, 0, 0]


def test_huge_numbers_in_two_channels_stay_numbers():
    samples = np.stack([np.full(50, 1e300), np.full(50, -1e300)], axis=1)
    assert np.isfinite(decode(wav(samples)).samples).all()


def test_a_spectrogram_of_a_long_sound_misses_nothing():
    samples = np.zeros(30 * 44_100, np.float32)
    clicks = np.arange(60) * 22_000 + 5_000
    for at in clicks:
        samples[at : at + 441] = 1
    loudness, _frequencies, times = spectrogram(Sound(samples, 44_100))
    assert loudness.shape[1] <= 480
    for at in clicks:
        column = np.searchsorted(times, at / 44_100, side="right") - 1
        assert loudness[:, max(0, column - 1) : column + 2].max() > -20
