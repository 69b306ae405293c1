"""The script that every visit runs: page configuration, language, sidebar and the page asked for."""

import streamlit as st

from ui import catalog, language, photo
from ui.components.document_language import document_language
from ui.device import badge
from ui.files import asset
from ui.language import _

SIDEBAR_PX = 256

st.set_page_config(
    page_title="Camadas", page_icon=str(asset("icon.svg")), layout="wide", initial_sidebar_state=SIDEBAR_PX
)
language.choose()
st.logo(str(asset(f"logo-{'dark' if st.context.theme.type == 'dark' else 'light'}.svg")), size="large")
page = st.navigation(catalog.navigation())
st.set_page_config(page_title="Camadas" if page.title == _(catalog.PAGES[0].title) else f"{page.title} · Camadas")
with st.sidebar:
    photo.sidebar()
    language.switch()
    badge()
page.run()
document_language(language.LOCALES[language.current()].replace("_", "-"))  # last: it loads much and shows nothing
