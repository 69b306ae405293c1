"""Home: what Camadas is, and a card for each page."""

import streamlit as st

from ui import catalog, page, photo
from ui.files import asset
from ui.language import _

st.title("Camadas", anchor=False)
st.markdown(_(catalog.entry("home").promise))
st.markdown(
    _(
        "Camadas means layers. Each page has real knobs: turn them, see at once what changes, and "
        "take away the link, the picture or the code. Everything is computed here, with networks that we trained."
    )
)
page.greeting()
photo.problem("home")
for section, title in catalog.SECTIONS.items():
    entries = catalog.entries(section)
    if not entries:
        continue
    st.subheader(_(title), anchor=False)
    with st.container(key=f"home_{section}"):  # a grid: ui/shell/style.html
        for entry in entries:
            with st.container(border=True):
                st.image(str(asset(f"pictures/{entry.picture}")), width="stretch", alt=_(entry.picture_alt))
                st.page_link(catalog.page_of(entry), label=f"**{_(entry.title)}**")
                st.markdown(_(entry.promise))
