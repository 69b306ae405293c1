"""The script that every visit runs: page configuration, language, sidebar and the page asked for."""

import streamlit as st

from ui import catalog, language, photo
from ui.device import badge
from ui.files import asset

st.set_page_config(page_title="Camadas", page_icon=str(asset("icon.svg")), layout="wide")
language.choose()
st.logo(str(asset(f"logo-{'dark' if st.context.theme.type == 'dark' else 'light'}.svg")), size="large")
page = st.navigation(catalog.navigation())
with st.sidebar:
    photo.sidebar()
    language.switch()
    badge()
page.run()
