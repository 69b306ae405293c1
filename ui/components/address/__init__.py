"""Parameters of the address, written by the browser itself."""

from collections.abc import Mapping, Sequence

import streamlit as st

from ui.components.register import component


def address(values: Mapping[str, str | list[str]], defaults: Sequence[str]) -> None:
    """Put parameters into the visitor's address and take those at their default out; all others stay as they are."""
    n = st.session_state["address_runs"] = st.session_state.get("address_runs", 0) + 1  # so that it writes in each run
    lists = {name: [value] if isinstance(value, str) else value for name, value in values.items()}
    component("address")(data={"values": lists, "defaults": list(defaults), "run": n}, key="address")
