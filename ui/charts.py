"""Plotly figures from plain arrays: one palette, which both themes can bear."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.answers import Bin
from ui.language import plain

BLUE, ORANGE, TEAL = "#3f86cf", "#d9752b", "#2a9d8c"
# Near Okabe and Ito.
CLASSES = ["#2f86c9", "#d9752b", "#1d9e77", "#c2679c", "#b58900", "#56b4e9", "#8a7a00", "#7d7870", "#9467bd", "#17a2b8"]
CLEAR = "rgba(0,0,0,0)"
LOUDNESS = [[0.0, CLEAR], [0.45, "rgba(63,134,207,0.55)"], [0.75, BLUE], [1.0, ORANGE]]
SIGNS = [[0.0, BLUE], [0.5, "rgba(140,135,125,0.12)"], [1.0, ORANGE]]
CONFIG = {"displayModeBar": False, "scrollZoom": False}


@dataclass(frozen=True)
class Axis:
    """One axis of parallel coordinates.

    Attributes:
        label: above it.
        values: of each line: numbers, or words out of `words`.
        words: the places of an axis of words, in their order; empty for numbers.
        is_log: whether numbers stand by their ratios.
        said: how a word is written.
    """

    label: str
    values: Sequence[object]
    words: Sequence[str] = ()
    is_log: bool = False
    said: Callable[[str], str] = str


def show(figure: go.Figure, alt: str, key: str) -> None:
    """Draw a figure in the column's width, with words for a screen reader."""
    figure.update_layout(dragmode=False, separators=",." if plain(0.5) == "0,5" else ".,")
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


def matrix(values: np.ndarray, names: list[str], window: tuple[int, int]) -> go.Figure:
    """Numbers (n, D) by their signs, a name a row, a frame round the rows of the window."""
    most = float(np.abs(values).max()) or 1.0
    rows = [f"{at + 1} {name}" for at, name in enumerate(names)]
    figure = go.Figure(
        go.Heatmap(
            z=values.round(3),
            y=rows,
            colorscale=SIGNS,
            zmin=-most,
            zmax=most,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="%{y}, %{x}: %{z:.2f}<extra></extra>",
        )
    )
    figure.add_shape(
        type="rect",
        x0=-0.5,
        x1=values.shape[1] - 0.5,
        y0=window[0] - 0.5,
        y1=window[1] - 0.5,
        line={"color": TEAL, "width": 3},
    )
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=6)
    figure.update_xaxes(showticklabels=False, showgrid=False)
    return _sized(figure, 22 * len(names) + 20)


def responses(filters: list[tuple[str, list[str], np.ndarray]]) -> go.Figure:
    """The answer of each filter (its name, the words at each place, the values) over the places."""
    figure = go.Figure(
        [
            go.Scatter(
                x=np.arange(1, len(values) + 1),
                y=values.round(3),
                text=words,
                name=name,
                mode="lines+markers",
                hovertemplate="%{text}: %{y:.2f}<extra>" + name + "</extra>",
            )
            for name, words, values in filters
        ]
    )
    figure.update_xaxes(dtick=1, zeroline=False)
    figure.update_layout(colorway=CLASSES, legend={"orientation": "h", "y": 1.15}, showlegend=True)
    return _sized(figure, 220)


def plane(values: np.ndarray, points: np.ndarray, labels: np.ndarray, span: float, *, is_single: bool) -> go.Figure:
    """A network over the plane, (n, n) int8 from the top left, and points (m, 2) of classes (m,) on it.

    Args:
        values: of a single output -127 to 127, else classes.
        points: their coordinates.
        labels: their classes, from 0.
        span: the plane reaches from -span to span.
        is_single: whether `values` are of a single output.
    """
    n = len(values)
    at = (np.arange(n) + 0.5) / n * 2 * span - span
    stepped = [[(k + end) / len(CLASSES), colour] for k, colour in enumerate(CLASSES) for end in (0, 1)]
    scale = {"colorscale": SIGNS, "zmin": -127, "zmax": 127} if is_single else {"colorscale": stepped, "zmin": -0.5}
    heat = go.Heatmap(z=values.astype(int), x=at, y=-at, showscale=False, hoverinfo="skip", opacity=0.75, **scale)
    if not is_single:
        heat.update(zmax=len(CLASSES) - 0.5, opacity=0.5)
    colours = [BLUE, ORANGE] if is_single else CLASSES
    dots = go.Scatter(
        x=points[:, 0].round(3),
        y=points[:, 1].round(3),
        mode="markers",
        marker={"color": [colours[label] for label in labels], "size": 7, "line": {"color": "white", "width": 1}},
        hoverinfo="skip",
    )
    figure = go.Figure([heat, dots])
    figure.update_xaxes(range=[-span, span], visible=False, constrain="domain")
    figure.update_yaxes(range=[-span, span], visible=False, scaleanchor="x", constrain="domain")
    figure.update_layout(showlegend=False)
    return _sized(figure, 260)


def confusion(counts: np.ndarray, names: list[str], titles: tuple[str, str]) -> go.Figure:
    """A confusion matrix, (c, c) counts, a row a true class, as shares of their rows with the counts written in."""
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=shares.round(3),
            x=names,
            y=names,
            customdata=counts.tolist(),
            colorscale=[[0.0, CLEAR], [1.0, TEAL]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="%{y} → %{x}: %{customdata} (%{z:.0%})<extra></extra>",
        )
    )
    cells = [(x, y, int(counts[y, x]), bool(shares[y, x] > 0.5)) for y in range(len(names)) for x in range(len(names))]
    for is_strong in (False, True):  # counts in the theme's ink, on strong cells in white
        chosen = [cell for cell in cells if cell[3] == is_strong]
        written = go.Scatter(
            x=[names[x] for x, _y, _n, _strong in chosen],
            y=[names[y] for _x, y, _n, _strong in chosen],
            text=[str(n) for _x, _y, n, _strong in chosen],
            mode="text",
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_trace(written.update(textfont={"color": "white"}) if is_strong else written)
    figure.update_yaxes(autorange="reversed", title=titles[0], type="category", showgrid=False)
    figure.update_xaxes(title=titles[1], type="category", showgrid=False)
    return _sized(figure, 60 + max(26 * len(names), 90))


def progress(
    scores: Sequence[float], best: Sequence[float], words: tuple[str, str, str, str], *, is_log: bool
) -> go.Figure:
    """The score of each trial, and the best until then; words: trial, score, one trial, the best until then."""
    x = np.arange(1, len(scores) + 1)
    figure = go.Figure(
        [
            go.Scatter(x=x, y=np.round(scores, 4), mode="markers", name=words[2], marker={"color": TEAL, "size": 7}),
            go.Scatter(
                x=x, y=np.round(best, 4), mode="lines", name=words[3], line={"color": ORANGE, "shape": "hv", "width": 2}
            ),
        ]
    )
    figure.update_xaxes(title=words[0])
    figure.update_yaxes(title=words[1])
    if is_log and min(scores) > 0:
        steps = _steps(min(scores), max(scores))
        figure.update_yaxes(type="log", tickvals=steps, ticktext=[plain(step) for step in steps])
    figure.update_layout(legend={"orientation": "h", "y": 1.15}, showlegend=True)
    return _sized(figure, 280)


def shares(names: Sequence[str], values: Sequence[float], title: str) -> go.Figure:
    """Shares of a whole, 0 to 1, as bars, the greatest on top."""
    figure = go.Figure(
        go.Bar(
            x=np.round(values, 3),
            y=list(names),
            orientation="h",
            marker={"color": TEAL},
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title=title, range=[0, 1], tickformat=".0%")
    return _sized(figure, 280)


def probabilities(names: Sequence[str], series: Sequence[tuple[str, Sequence[float] | np.ndarray]]) -> go.Figure:
    """Probabilities of classes, 0 to 1, as bars: of several networks (a name and its values each) side by side."""
    figure = go.Figure(
        [
            go.Bar(
                x=np.round(values, 4),
                y=list(names),
                name=name,
                orientation="h",
                marker={"color": colour},
                hovertemplate="%{y}: %{x:.1%}<extra>" + name + "</extra>",
            )
            for (name, values), colour in zip(series, (TEAL, ORANGE, BLUE), strict=False)
        ]
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], tickangle=0)
    figure.update_layout(barmode="group", bargap=0.25, legend={"orientation": "h", "y": 1.12}, showlegend=True)
    return _sized(figure, 340)


def reliability(series: Sequence[tuple[str, Sequence[Bin]]], words: tuple[str, str, str]) -> go.Figure:
    """Confidence against accuracy, a line for each series; words: confidence, accuracy, the diagonal."""
    lines = [
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", name=words[2], line={"color": "#8a857c", "dash": "dot"}, hoverinfo="skip"
        )
    ]
    for (name, bins), colour in zip(series, (ORANGE, TEAL), strict=True):
        filled = [each for each in bins if each.n]
        most = max(each.n for each in filled)
        lines.append(
            go.Scatter(
                x=[round(each.confidence, 4) for each in filled],
                y=[round(each.accuracy, 4) for each in filled],
                customdata=[each.n for each in filled],
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 1.5},
                marker={"size": [6 + 14 * math.sqrt(each.n / most) for each in filled]},
                hovertemplate="%{x:.0%} → %{y:.0%} (%{customdata})<extra>" + name + "</extra>",
            )
        )
    figure = go.Figure(lines)
    figure.update_xaxes(title=words[0], range=[0, 1.04], tickformat=".0%")
    figure.update_yaxes(title=words[1], range=[0, 1.04], tickformat=".0%")
    figure.update_layout(legend={"orientation": "h", "y": 1.1}, showlegend=True)
    return _sized(figure, 360)


Line = tuple[str, Sequence[float], Sequence[float]]


def curves(losses: Sequence[Line], accuracies: Sequence[Line], words: tuple[str, str, str]) -> go.Figure:
    """Losses (left) and accuracies (right) over epochs: name, epochs, values; words: epoch, loss, accuracy."""
    drawn = [(line, "y", colour) for line, colour in zip(losses, (ORANGE, TEAL), strict=False)]
    drawn += [(line, "y2", colour) for line, colour in zip(accuracies, (BLUE,), strict=False)]
    figure = go.Figure(
        [
            go.Scatter(
                x=list(epochs),
                y=np.round(values, 4),
                name=name,
                yaxis=axis,
                mode="lines" if len(values) > 1 else "markers",
                line={"color": colour, "width": 2},
                hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
            )
            for (name, epochs, values), axis, colour in drawn
        ]
    )
    figure.update_xaxes(title=words[0])
    figure.update_layout(
        yaxis={"title": words[1], "rangemode": "tozero"},
        yaxis2={"title": words[2], "overlaying": "y", "side": "right", "tickformat": ".0%", "showgrid": False},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        showlegend=True,
    )
    return _sized(figure, 320)


def points(named: Sequence[tuple[float, float, str]], x_title: str, y_title: str) -> go.Figure:
    """Points with a name each."""
    x, y, names = zip(*named, strict=True)
    figure = go.Figure(
        go.Scatter(
            x=x, y=y, text=names, mode="markers+text", textposition="top center", marker={"size": 10, "color": TEAL}
        )
    )
    figure.update_traces(hovertemplate="%{text}: %{x:.1f}, %{y:.1f}<extra></extra>", cliponaxis=False)
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title)
    return _sized(figure, 320)


def below(quantiles: np.ndarray, value: float, words: tuple[str, str, str]) -> go.Figure:
    """How many of some values lie below each, and where one value is.

    Args:
        quantiles: (n,) at evenly rising shares from 0 to 1.
        value: the one that is marked.
        words: titles of both axes, and what the mark is called.
    """
    shares = np.linspace(0, 1, len(quantiles))
    figure = go.Figure(go.Scatter(x=quantiles, y=shares, line={"color": TEAL, "width": 2}, hoverinfo="skip"))
    figure.add_vline(value, line={"color": ORANGE, "width": 2}, annotation_text=words[2])
    figure.update_xaxes(title=words[0], rangemode="tozero")
    figure.update_yaxes(title=words[1], tickformat=".0%", range=[0, 1.02])
    return _sized(figure, 260)


def rates(lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], x_title: str, y_title: str) -> go.Figure:
    """Quality over bytes, these by their ratios: a line for each way."""
    figure = go.Figure()
    for (name, points_), colour in zip(lines, CLASSES, strict=False):
        x, y = zip(*points_, strict=True) if points_ else ((), ())
        figure.add_scatter(x=x, y=y, name=name, mode="lines+markers", line={"color": colour, "width": 2})
    figure.update_traces(hovertemplate="%{x}, %{y:.1f}")
    figure.update_xaxes(title=x_title, type="log", tickvals=[4 * 2**power for power in range(9)])
    figure.update_yaxes(title=y_title)
    figure.update_layout(legend={"orientation": "h", "y": 1.15})
    return _sized(figure, 300)


def histogram(shares: np.ndarray, words: tuple[str, str]) -> go.Figure:
    """How often each range of brightness occurs, (3, n) shares for red, green and blue; words: brightness, share."""
    x = ((np.arange(shares.shape[1]) + 0.5) * 256 / shares.shape[1]).round(1)
    figure = go.Figure(
        [
            go.Scatter(x=x, y=row.round(4), mode="lines", line={"color": colour, "width": 1.5}, hoverinfo="skip")
            for row, colour in zip(shares, ("#c8453b", "#3d9a5a", BLUE), strict=True)
        ]
    )
    figure.update_xaxes(title=words[0], range=[0, 256])
    figure.update_yaxes(title=words[1], tickformat=".0%", rangemode="tozero")
    figure.update_layout(showlegend=False)
    return _sized(figure, 220)


def parallel(axes: Sequence[Axis], scores: Sequence[float], *, less_is_better: bool) -> go.Figure:
    """Trials as lines through parallel axes (Inselberg 1985), the good ones in the stronger colour."""
    dimensions = []
    for axis in axes:
        if axis.words:
            values: Sequence[float] = [axis.words.index(str(value)) for value in axis.values]
            ticks = {"tickvals": list(range(len(axis.words))), "ticktext": [axis.said(w) for w in axis.words]}
        elif axis.is_log:
            values = np.log10(np.array(axis.values, float)).round(4).tolist()
            steps = _steps(10 ** min(values), 10 ** max(values))
            ticks = {"tickvals": np.log10(steps).tolist(), "ticktext": [plain(step) for step in steps]}
        else:
            values = [float(str(value)) for value in axis.values]
            whole = sorted(set(values)) if all(value == round(value) for value in values) else []
            ticks = {"tickvals": whole, "ticktext": [plain(value) for value in whole]} if whole else {}
        dimensions.append({"label": axis.label, "values": values, **ticks})
    low, high = float(min(scores)), float(np.quantile(scores, 0.75 if less_is_better else 1.0))
    if not less_is_better:
        low = float(np.quantile(scores, 0.25))
    colours = [[0.0, ORANGE], [1.0, "rgba(140,135,125,0.25)"]]
    figure = go.Figure(
        go.Parcoords(
            dimensions=dimensions,
            line={
                "color": list(scores),
                "colorscale": colours if less_is_better else [[0.0, colours[1][1]], [1.0, ORANGE]],
                "cmin": low,
                "cmax": max(high, low + 1e-9),
            },
        )
    )
    _sized(figure, 340)
    figure.update_traces(rangefont={"size": 1, "color": CLEAR})
    figure.update_layout(margin={"l": 56, "r": 40, "t": 48, "b": 24})
    return figure


def _steps(low: float, high: float) -> list[float]:
    """Round numbers, 1, 2 and 5 of each power of ten, from low to high; the ends themselves where there are too few."""
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    found = [m * 10.0**power for power in powers for m in (1, 2, 5) if low <= m * 10.0**power <= high]
    return found if len(found) > 1 else [float(f"{low:.2g}"), float(f"{high:.2g}")]


def _sized(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure
