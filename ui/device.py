"""The badge that says what computes; it asks no torch, so that it stands on the home page too."""

import streamlit as st

from core.devices import cpu_has_bf16, gpu_name, n_cores
from ui.language import _, plural


def badge() -> None:
    """The GPU's name, or the CPU with its cores and whether it multiplies bf16."""
    said = gpu_name()
    if said is None:
        cores = plural("CPU, {n} core", "CPU, {n} cores", n_cores())
        said = f"{cores}, bf16" if cpu_has_bf16() else cores
    meaning = _("Where the networks run; bf16: this processor multiplies numbers of 16 bits faster.")
    st.caption(f":material/memory: {said}", help=meaning)
