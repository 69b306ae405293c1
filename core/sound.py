"""Convolution in one dimension: a sound through an echo, a low-pass filter or a room."""

import threading
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import numpy as np
import scipy.io.wavfile
import scipy.signal
from pydantic import BaseModel, ConfigDict, Field

from core.errors import SoundRejected
from core.scripting import render

RATE = 22_050  # of the sounds that are made here, in Hz
TONE_S, CLAP_S = 1.5, 1.0
MAX_BYTES = 20 * 2**20
MAX_S = 30
RATES = (4_000, 96_000)
N_FREQUENCIES, N_TIMES = 96, 240  # of a spectrogram, as drawn
N_POINTS = 600  # of a waveform, as drawn
QUIET_DB = -90.0
WINDOW = 1024  # samples that one column of a spectrogram is made of
_turns = threading.Semaphore(2)  # half a minute of sound takes some hundred megabytes: the third visitor waits


class Settings(BaseModel):
    """What a visitor can turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["tone", "clap", "my WAV"] = Field(
        "clap", title="Sound", description="A tone and a clap are made here; a WAV file is yours, 30 seconds at most."
    )
    frequency_hz: int = Field(
        440,
        ge=50,
        le=4000,
        title="Frequency (Hz)",
        description="Of the tone; it has overtones, as a string has.",
        json_schema_extra={"step": 10, "when": {"source": ["tone"]}},
    )
    kernel: Literal["echo", "low-pass", "room"] = Field(
        "echo",
        title="Kernel",
        description="What the sound is convolved with: a few late copies, a smoothing, or the answer of a room.",
    )
    delay_s: float = Field(
        0.25,
        ge=0.02,
        le=1.0,
        title="Delay (s)",
        description="From one copy to the next.",
        json_schema_extra={"step": 0.01, "when": {"kernel": ["echo"]}},
    )
    decay: float = Field(
        0.5,
        ge=0.0,
        le=0.9,
        title="Decay",
        description="How loud each copy is, against the one before.",
        json_schema_extra={"step": 0.05, "when": {"kernel": ["echo"]}},
    )
    cutoff_hz: int = Field(
        800,
        ge=50,
        le=8000,
        title="Cut-off (Hz)",
        description="Slower waves pass, quicker ones do not.",
        json_schema_extra={"step": 50, "when": {"kernel": ["low-pass"]}},
    )
    taps: int = Field(
        101,
        ge=3,
        le=401,
        title="Taps",
        description="Length of the kernel: more make a steeper edge.",
        json_schema_extra={"step": 2, "when": {"kernel": ["low-pass"]}},
    )
    room_s: float = Field(
        1.2,
        ge=0.1,
        le=4.0,
        title="Reverberation (s)",
        description="Until the room is 60 dB quieter: 0.4 is a living room, 4 a cathedral.",
        json_schema_extra={"step": 0.1, "when": {"kernel": ["room"]}},
    )
    seed: int = Field(
        0,
        ge=0,
        le=99,
        title="Room",
        description="Which of a hundred: their reflections come at other moments.",
        json_schema_extra={"widget": "number", "when": {"kernel": ["room"]}},
    )


@dataclass(frozen=True)
class Sound:
    """A sound.

    Attributes:
        samples: (n,) float32 in [-1, 1].
        rate: samples a second.
    """

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


def decode(data: bytes) -> Sound:
    """Read a WAV file; several channels become their mean.

    Args:
        data: PCM of 8 to 32 bits or floats, 4 to 96 kHz, at most 20 MB and 30 seconds.

    Raises:
        SoundRejected: for anything else; `reason` says which rule was broken.
    """
    if not data:
        raise SoundRejected("empty")
    if len(data) > MAX_BYTES:
        raise SoundRejected("file_too_large", size_mb=len(data) / 2**20, limit_mb=MAX_BYTES // 2**20)
    if data[:4] not in (b"RIFF", b"RIFX", b"RF64") or data[8:12] != b"WAVE":
        raise SoundRejected("not_a_wav")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # chunks that are not sound
            rate, samples = scipy.io.wavfile.read(BytesIO(data))
    except Exception as error:  # the reader raises whatever it likes on hostile bytes
        raise SoundRejected("broken") from error
    if not RATES[0] <= rate <= RATES[1]:
        raise SoundRejected("rate", value=rate)
    if not samples.size:
        raise SoundRejected("empty")
    if len(samples) > MAX_S * rate:
        raise SoundRejected("too_long", seconds=len(samples) / rate, limit=MAX_S)
    if samples.dtype.kind == "f":
        values = np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -1, 1).astype(np.float32)
    else:
        middle, full = (128, 128) if samples.dtype == np.uint8 else (0, -float(np.iinfo(samples.dtype).min))
        values = (samples.astype(np.float32) - middle) / full
    mono = values if values.ndim == 1 else values.mean(axis=1)
    return Sound(np.clip(mono, -1, 1), int(rate))


def encode(sound: Sound) -> bytes:
    """Write a sound as a WAV file of 16 bits."""
    out = BytesIO()
    samples = np.round(np.clip(sound.samples, -1, 1) * 32767).astype(np.int16)
    scipy.io.wavfile.write(out, sound.rate, samples)
    return out.getvalue()


def source(settings: Settings, own: Sound | None = None) -> Sound:
    """The sound that goes in: the visitor's own where it is asked for and there, else one that is made."""
    if settings.source == "my WAV" and own is not None:
        return own
    return Sound(tone(settings.frequency_hz) if settings.source == "tone" else clap(), RATE)


def tone(frequency_hz: float) -> np.ndarray:
    """A plucked string: a wave and its overtones, each softer and shorter-lived; (n,) float32."""
    t = np.arange(int(TONE_S * RATE)) / RATE
    partials = [
        np.sin(2 * np.pi * n * frequency_hz * t) * np.exp(-1.5 * n * t) / n
        for n in range(1, 9)
        if n * frequency_hz < RATE / 2
    ]
    wave = np.sum(partials, axis=0)
    return (0.8 * wave / np.abs(wave).max()).astype(np.float32)


def clap() -> np.ndarray:
    """Two hands: noise that bursts and is gone in a few hundredths of a second; (n,) float32."""
    t = np.arange(int(CLAP_S * RATE)) / RATE
    noise = np.random.default_rng(7).standard_normal(len(t))
    wave = noise * np.exp(-t / 0.012)
    return (0.8 * wave / np.abs(wave).max()).astype(np.float32)


def echo(delay_s: float, decay: float, rate: int) -> np.ndarray:
    """A 1, and its copies at each delay, each `decay` of the one before, until they are 60 dB down; (n,)."""
    n_copies = 1 if decay <= 0.001 else min(24, int(np.log(1e-3) / np.log(decay)) + 1)
    kernel = np.zeros(int(delay_s * rate) * (n_copies - 1) + 1)
    kernel[:: max(1, int(delay_s * rate))] = decay ** np.arange(n_copies)
    return kernel


def low_pass(cutoff_hz: float, taps: int, rate: int) -> np.ndarray:
    """A sinc under a Hamming window, with sum 1; (n,) (Oppenheim, Schafer, Discrete-time signal processing, 7.5)."""
    cutoff = min(cutoff_hz, 0.499 * rate)
    return scipy.signal.firwin(taps, cutoff, fs=rate)


def room(seconds: float, seed: int, rate: int) -> np.ndarray:
    """Noise that fades by 60 dB in `seconds` after the sound itself (Moorer 1979); (n,)."""
    t = np.arange(int(seconds * rate)) / rate
    tail = np.random.default_rng(seed).standard_normal(len(t)) * 10 ** (-3 * t / seconds)
    kernel = 0.5 * tail / np.sqrt((tail**2).sum())
    kernel[0] = 1.0
    return kernel


def kernel_of(settings: Settings, rate: int) -> np.ndarray:
    """The kernel that the settings ask for; (n,) float64."""
    if settings.kernel == "echo":
        return echo(settings.delay_s, settings.decay, rate)
    if settings.kernel == "low-pass":
        return low_pass(settings.cutoff_hz, settings.taps, rate)
    return room(settings.room_s, settings.seed, rate)


def convolve(sound: Sound, kernel: np.ndarray) -> Sound:
    """A sound through a kernel, whole: as long as both together; quieter as a whole where it would be too loud."""
    with _turns:
        full = scipy.signal.oaconvolve(sound.samples, kernel.astype(np.float32))
    return Sound((full / max(1.0, float(np.abs(full).max()))).astype(np.float32), sound.rate)


def envelope(samples: np.ndarray, n: int = N_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and greatest value in each of at most n stretches of a sound."""
    edges = np.linspace(0, len(samples), min(n, len(samples)) + 1).astype(int)[:-1]
    return np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)


def spectrogram(sound: Sound) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loudness by frequency and time.

    Returns:
        (F, T) dB, 0 for a full wave and at least -90; (F,) Hz on a scale of octaves; (T,) seconds.
    """
    window = scipy.signal.get_window("hann", WINDOW)
    padded = np.pad(sound.samples, (0, max(0, WINDOW - len(sound.samples))))
    hop = max(128, min(WINDOW // 2, len(padded) // N_TIMES))
    transform = scipy.signal.ShortTimeFFT(window, hop, sound.rate, scale_to="magnitude")
    with _turns:
        power = 2 * np.abs(transform.stft(padded))
    edges = np.geomspace(max(40.0, transform.f[1]), sound.rate / 2, N_FREQUENCIES + 1)
    first = np.minimum(np.searchsorted(transform.f, edges[:-1]), len(power) - 1)
    last = np.maximum(np.searchsorted(transform.f, edges[1:]), first + 1)
    bands = np.array([power[low:high].max(axis=0) for low, high in zip(first, last, strict=True)])
    times = transform.t(len(padded))
    if len(times) > 2 * N_TIMES:  # of a long sound each column shows the loudest of its moments
        starts = np.linspace(0, len(times), N_TIMES + 1).astype(int)[:-1]
        bands, times = np.maximum.reduceat(bands, starts, axis=1), times[starts]
    loudness = np.maximum(20 * np.log10(np.maximum(bands, 1e-9)), QUIET_DB)
    return loudness, np.sqrt(edges[:-1] * edges[1:]), times


def script(settings: Settings) -> str:
    """The stand-alone Python script that makes the page's sound with these settings."""
    return render("sound", settings=settings)
