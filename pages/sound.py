"""Convolution in one dimension: a sound before and after an echo, a low-pass filter or a room."""

from functools import partial

import streamlit as st

from core.errors import CamadasError
from core.sound import Settings, Sound, convolve, decode, encode, envelope, kernel_of, script, source, spectrogram
from ui import charts, code, controls, errors, page
from ui.components.upload_words import upload_words
from ui.language import N_, _, formula, number

SLUG = "sound"
OWN, PROBLEM = f"{SLUG}_own", f"{SLUG}_problem"
REFERENCES = [
    "Oppenheim, Schafer (2010), Discrete-time signal processing, chapters 2 and 7",
    "Moorer (1979), [About this reverberation business](https://doi.org/10.2307/3680280)",
    "Smith (2007), [Introduction to digital filters](https://ccrma.stanford.edu/~jos/filters/)",
]
ROWS = [
    ["source"],
    ["kernel"],
    ["frequency_hz", "delay_s", "decay", "cutoff_hz", "taps", "room_s", "seed"],
]


def show() -> None:
    """The whole page."""
    page.header(SLUG)
    settings = controls.settings(SLUG, Settings, ROWS)
    if settings.source == "my WAV":
        upload()
    own: Sound | None = st.session_state.get(OWN)
    before = source(settings, own)
    if settings.source == "my WAV" and own is None:
        st.caption(_("Until you give one, a clap is heard."))
    kernel = kernel_of(settings, before.rate)
    after = convolve(before, kernel)
    for column, sound, title, name in zip(
        st.columns(2, gap="medium"), (before, after), (_("Before"), _("After")), ("before", "after"), strict=True
    ):
        with column:
            st.subheader(title, anchor=False)
            player(sound, title, name, after.seconds)
    page.numbers(
        [
            page.Number(_("Kernel"), number(len(kernel)), help=_("Numbers in it, zeros included.")),
            page.Number(_("Length of the kernel"), f"{number(len(kernel) / before.rate, 3)} s"),
            page.Number(_("Before"), f"{number(before.seconds, 2)} s"),
            page.Number(_("After"), f"{number(after.seconds, 2)} s", help=_("Sound and kernel together.")),
        ]
    )
    page.tabs(
        SLUG,
        {
            N_("How it works"): partial(explain, settings, before, len(kernel)),
            N_("The kernel"): partial(draw_kernel, Sound(kernel / abs(kernel).max(), before.rate)),
            N_("Code"): partial(code.tab, SLUG, script(settings)),
            N_("References"): partial(page.references, REFERENCES),
        },
    )
    page.try_next(SLUG)


def upload() -> None:
    """The visitor's own sound; one that cannot be read gets a sentence, and the one before it stays."""
    with st.container():
        label, key = _("A WAV file of yours"), f"{SLUG}_upload"
        given = st.file_uploader(label, ["wav"], key=key, on_change=take, max_upload_size=20)
        upload_words(_("This file is not taken: only WAV, of at most 20 MB."))
    problem = st.session_state.get(PROBLEM)
    if problem is not None and given is not None:
        errors.show(errors.sentence(problem))


def take() -> None:
    """A file was given."""
    file = st.session_state[f"{SLUG}_upload"]
    st.session_state.pop(PROBLEM, None)
    if file is None:
        st.session_state.pop(OWN, None)
        return
    try:
        st.session_state[OWN] = decode(file.getvalue())
    except CamadasError as error:
        st.session_state[PROBLEM] = error.alone()


def player(sound: Sound, title: str, name: str, span: float) -> None:
    """Waveform, spectrogram and player of one sound, on a scale of `span` seconds."""
    time = _("seconds")
    low, high = envelope(sound.samples)
    alt = _("{title}: loudness over {n} seconds.").format(title=title, n=number(sound.seconds, 1))
    charts.show(charts.waveform(low, high, sound.seconds, span, time), alt, f"{SLUG}_{name}_wave")
    loudness, frequencies, times = spectrogram(sound)
    alt = _("{title}: which frequencies are heard when.").format(title=title)
    charts.show(charts.spectrogram(loudness, times, frequencies, span, (time, "Hz")), alt, f"{SLUG}_{name}_spectrogram")
    st.audio(encode(sound), alt=title)


def explain(settings: Settings, before: Sound, n_kernel: int) -> None:
    """The sum, and what each kernel does with it."""
    st.latex(rf"y_t = \sum_{{u=0}}^{{{n_kernel - 1}}} k_u\; x_{{t-u}}")
    if settings.kernel == "echo":
        step = formula(settings.delay_s, 2)
        st.latex(rf"y(t) = x(t) + {formula(settings.decay, 2)}\, x(t - {step}\,\text{{s}}) + \dots")
        said = _("Each number of the kernel that is not 0 is a copy of the sound, so much later and so much softer.")
    elif settings.kernel == "low-pass":
        said = _(
            "The kernel is a mean with weights over {ms} ms. What swings up and down within that time cancels; what "
            "moves slowly stays. It is the blur of the page of filters, in one dimension."
        ).format(ms=number(1000 * n_kernel / before.rate, 1))
    else:
        said = _(
            "A room answers a clap with thousands of reflections. That answer is the kernel: any sound convolved with "
            "it is heard as if in that room. Here the reflections are drawn at random and fade by 60 dB in {n} s."
        ).format(n=number(settings.room_s, 1))
    st.markdown(said)
    st.markdown(
        _(
            "Here the kernel runs backwards in time, $t - u$: a convolution as mathematics has it, because a sound "
            "answers to what was, never to what will be."
        )
    )


def draw_kernel(kernel: Sound) -> None:
    """The kernel as a sound of its own."""
    low, high = envelope(kernel.samples)
    alt = _("The numbers of the kernel, one after the other.")
    charts.show(charts.waveform(low, high, kernel.seconds, kernel.seconds, _("seconds")), alt, f"{SLUG}_kernel_wave")
    st.markdown(_("The answer to a single 1, scaled to be seen: what engineers call an impulse response."))


show()
