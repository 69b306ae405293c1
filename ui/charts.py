"""Plotly figures from plain arrays: one palette, which both themes can bear."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

BLUE, ORANGE, TEAL = "#3f86cf", "#d9752b", "#2a9d8c"
CLEAR = "rgba(0,0,0,0)"
LOUDNESS = [[0.0, CLEAR], [0.45, "rgba(63,134,207,0.55)"], [0.75, BLUE], [1.0, ORANGE]]
CONFIG = {"displayModeBar": False, "scrollZoom": False}


def show(figure: go.Figure, alt: str, key: str) -> None:
    """Draw a figure in the column's width, with words for a screen reader."""
    figure.update_layout(dragmode=False)
    st.plotly_chart(figure, width="stretch", config=CONFIG, alt=alt, key=key)


def waveform(low: np.ndarray, high: np.ndarray, seconds: float, span: float, title: str) -> go.Figure:
    """The envelope of a sound over time, 0 to span: (n,) smallest and greatest values."""
    t = np.linspace(0, seconds, len(low)).round(4)
    line = {"color": TEAL, "width": 1}
    figure = go.Figure(
        [
            go.Scatter(x=t, y=high.round(3), line=line, hoverinfo="skip", showlegend=False),
            go.Scatter(x=t, y=low.round(3), line=line, fill="tonexty", hoverinfo="skip", showlegend=False),
        ]
    )
    figure.update_yaxes(range=[-1.05, 1.05], showticklabels=False, zeroline=True)
    figure.update_xaxes(title=title, range=[0, span])
    return _sized(figure, 130)


def spectrogram(values: np.ndarray, x: np.ndarray, y: np.ndarray, span: float, titles: tuple[str, str]) -> go.Figure:
    """Loudness (F, T) in dB over time (0 to span) and, on a scale of octaves, frequency."""
    figure = go.Figure(
        go.Heatmap(
            z=values.round().astype(int).tolist(),
            x=np.round(x, 3),
            y=np.round(y),
            colorscale=LOUDNESS,
            zmin=-80,
            zmax=-10,
            showscale=False,
            hovertemplate="%{x:.2f} s, %{y} Hz: %{z} dB<extra></extra>",
        )
    )
    figure.update_yaxes(type="log", title=titles[1], tickvals=[100, 200, 500, 1000, 2000, 5000, 10000])
    figure.update_xaxes(title=titles[0], range=[0, span])
    return _sized(figure, 220)


def _sized(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure
