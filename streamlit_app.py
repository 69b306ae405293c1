"""Assembles the app; `streamlit run streamlit_app.py` starts it."""

import streamlit as st

from ui.server import MIDDLEWARE, ROUTES, apologize, lifespan

app = st.App("ui/shell/main.py", lifespan=lifespan, on_script_error=apologize, routes=ROUTES, middleware=MIDDLEWARE)
