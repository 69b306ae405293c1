"""The script that every visit runs: page configuration, language, sidebar and the page asked for."""

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from ui import catalog, language, photo, visitors
from ui.device import badge
from ui.files import asset
from ui.language import _
from ui.page import foot

SIDEBAR_PX = 256
HERE = Path(__file__).parent

st.set_page_config(
    page_title="Camadas", page_icon=str(asset("icon.svg")), layout="wide", initial_sidebar_state=SIDEBAR_PX
)
st.html(HERE / "style.html")  # before the page, so that nothing is ever seen without it
language.choose()
st.logo(str(asset(f"logo-{'dark' if st.context.theme.type == 'dark' else 'light'}.svg")), size="large")
page = st.navigation(catalog.navigation(), expanded=True)
st.set_page_config(page_title="Camadas" if page.title == _(catalog.PAGES[0].title) else f"{page.title} · Camadas")
with st.sidebar:
    if catalog.entry(page.url_path or "home").wants_photo:
        photo.sidebar()
    language.switch()
    badge()
base = str(st.get_option("server.baseUrlPath") or "").strip("/")
if visitors.let_in():
    asked = urlsplit(st.context.url or "").path.strip("/").removeprefix(base).strip("/")
    if not page.url_path and asked:  # Streamlit shows the home page instead, and a dialog in English
        st.info(_("There is no such page here, or it is closed. This is the home page."), icon=":material/info:")
    page.run()
    foot(is_about=page.url_path == catalog.ABOUT.slug)
else:
    visitors.full()
tag = language.LOCALES[language.current()].replace("_", "-")  # as in BCP 47
away = _("The app is back in a moment. This page goes on by itself, with its settings.")
document = (HERE / "document.html").read_text().replace("LANGUAGE", tag).replace("AWAY", away)
document = document.replace("SERVER", visitors.SERVER).replace("READY", f"/{base}/ready" if base else "/ready")
st.html(document, unsafe_allow_javascript=True)
