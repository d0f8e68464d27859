"""Arrays of an event study → figures as plain dictionaries: the CAAR path, a strip of CARs, the heat map event × session, the distribution.

Returns go in as fractions (0.01 = 1 %) and are drawn in per cent. Names of events are escaped: they may come from headlines.
"""

from __future__ import annotations

from html import escape

import numpy as np

from newslink.chart.theme import Palette, base_layout, palette, rising_falling

_WORDS = {
    "zh": {
        "caar": "平均累计异常收益", "aar": "当日平均异常收益", "band": "平常日子的范围（95%）",
        "tau": "距事件日的交易日数", "event": "事件（按收益排列）",
        "car": "累计异常收益", "error": "平常波动（95%）", "abnormal": "异常收益", "count": "事件数", "mean": "平均", "median": "中位数",
    },
    "en": {
        "caar": "Mean cumulative abnormal return", "aar": "Mean abnormal return", "band": "Ordinary days (95 %)",
        "tau": "Sessions from the event", "event": "Events, by return", "car": "Cumulative abnormal return",
        "error": "Ordinary movement (95 %)",
        "abnormal": "Abnormal return", "count": "Events", "mean": "Mean", "median": "Median",
    },
}  # fmt: skip
HEAT_ROWS = 200  # more rows than pixels tell nothing; the table holds them all


def caar_figure(
    taus: np.ndarray, aar: np.ndarray, mean: np.ndarray, low: np.ndarray, high: np.ndarray, language: str = "zh", dark: bool = False,
    red_up: bool = True,
) -> dict:  # fmt: skip
    """The CAAR path from the first session of the window, the band where ordinary days would lie, and each session's mean as a bar."""
    colours, text = palette(dark), _text(language)
    rising, falling = rising_falling(colours, red_up)
    x = [int(tau) for tau in taus]
    bars = _percent(aar)
    data = [
        {"type": "bar", "x": x, "y": bars, "name": text["aar"], "opacity": 0.45,
         "marker": {"color": [rising if value is not None and value >= 0 else falling for value in bars]},
         "hovertemplate": f"{text['aar']} %{{y:.2f}}%<extra></extra>"},
        {"type": "scatter", "mode": "lines", "x": x, "y": _percent(high), "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False},
        {"type": "scatter", "mode": "lines", "x": x, "y": _percent(low), "line": {"width": 0}, "fill": "tonexty",
         "fillcolor": colours.selected, "hoverinfo": "skip", "name": text["band"]},
        {"type": "scatter", "mode": "lines+markers", "x": x, "y": _percent(mean), "name": text["caar"],
         "line": {"color": colours.lines[1], "width": 2}, "marker": {"size": 5},
         "hovertemplate": f"{text['caar']} %{{y:.2f}}%<extra>%{{x}}</extra>"},
    ]  # fmt: skip
    layout = _layout(colours, dark, 340, text["tau"], "%")
    layout["shapes"] = [_upright(0, colours.faint, "dot")]
    layout["xaxis"] |= {"zeroline": False, "dtick": 1 if len(x) <= 25 else 5}
    return {"data": data, "layout": layout}


def car_strip_figure(
    labels: list[str], car: np.ndarray, error: np.ndarray, title: str = "", language: str = "zh", dark: bool = False, red_up: bool = True
) -> dict:
    """One dot an event, largest first, each with the range its own ordinary days would give. labels: what the hover says."""
    colours, text = palette(dark), _text(language)
    rising, falling = rising_falling(colours, red_up)
    there = np.flatnonzero(np.isfinite(car))
    order = there[np.argsort(-car[there], kind="stable")]
    values, half = _percent(car[order]), _percent(1.96 * error[order])
    x = list(range(1, len(order) + 1))
    data = [
        {"type": "bar", "x": x, "y": [None if h is None else 2 * h for h in half], "base": [None if h is None else -h for h in half],
         "marker": {"color": colours.selected}, "hoverinfo": "skip", "name": text["error"]},
        {"type": "scatter", "mode": "markers", "x": x, "y": values, "name": f"{text['car']} {escape(title)}".strip(),
         "marker": {"size": 7, "color": [rising if value >= 0 else falling for value in values],
                    "symbol": ["circle" if value >= 0 else "circle-open" for value in values]},
         "text": [escape(str(labels[at])) for at in order], "customdata": [int(at) for at in order],
         "hovertemplate": "%{text}<br>%{y:.2f}%<extra></extra>"},
    ]  # fmt: skip
    return {"data": data, "layout": _layout(colours, dark, 300, text["event"], "%")}


def heat_figure(
    labels: list[str], taus: np.ndarray, abnormal: np.ndarray, language: str = "zh", dark: bool = False, red_up: bool = True
) -> dict:
    """Event × session. Colour is cut at the 98th percentile, so that one limit move does not bleach the rest; the hover has the number."""
    colours, text = palette(dark), _text(language)
    rising, falling = rising_falling(colours, red_up)
    shown = abnormal[:HEAT_ROWS]
    known = np.abs(shown[np.isfinite(shown)])
    top = float(np.quantile(known, 0.98) * 100) if len(known) else 1.0
    names = [f"{at + 1}. {escape(str(label))}" for at, label in enumerate(labels[:HEAT_ROWS])]
    data = [{
        "type": "heatmap", "x": [int(tau) for tau in taus], "y": names, "z": [_percent(row) for row in shown],
        "zmin": -max(top, 1e-9), "zmax": max(top, 1e-9), "zmid": 0, "colorscale": [[0, falling], [0.5, colours.paper], [1, rising]],
        "colorbar": {"ticksuffix": "%", "thickness": 10}, "hoverongaps": False,
        "hovertemplate": f"%{{y}}<br>%{{x}}: {text['abnormal']} %{{z:.2f}}%<extra></extra>",
    }]  # fmt: skip
    layout = _layout(colours, dark, int(min(160 + 16 * len(names), 1200)), text["tau"], "")
    layout["yaxis"] |= {"autorange": "reversed", "automargin": True, "showticklabels": len(names) <= 60, "type": "category"}
    return {"data": data, "layout": layout}


def distribution_figure(car: np.ndarray, title: str = "", language: str = "zh", dark: bool = False) -> dict:
    """Histogram of CARs with mean and median: an average may come from three events of fifty."""
    colours, text = palette(dark), _text(language)
    values = 100 * car[np.isfinite(car)]
    layout = _layout(colours, dark, 280, f"{text['car']} {escape(title)}".strip(), "")
    layout["xaxis"] |= {"ticksuffix": "%"}
    layout["yaxis"] |= {"title": {"text": text["count"]}}
    if not len(values):
        return {"data": [], "layout": layout}
    counts, edges = np.histogram(values, bins=min(max(int(np.sqrt(len(values)) * 1.5), 5), 60))
    data = [{
        "type": "bar", "x": ((edges[1:] + edges[:-1]) / 2).tolist(), "y": counts.tolist(), "width": np.diff(edges).tolist(),
        "marker": {"color": colours.density, "line": {"color": colours.paper, "width": 1}}, "name": text["count"],
        "customdata": np.column_stack([edges[:-1], edges[1:]]).tolist(),
        "hovertemplate": "%{customdata[0]:.2f}% – %{customdata[1]:.2f}%: %{y}<extra></extra>",
    }]  # fmt: skip
    lines = (("mean", float(values.mean()), "solid"), ("median", float(np.median(values)), "dash"))
    layout["shapes"] = [_upright(at, colours.lines[1], dash) for _, at, dash in lines]
    # Each label on its own side of the two lines.
    sides = ("right", "left") if lines[0][1] < lines[1][1] else ("left", "right")
    layout["annotations"] = [
        {"x": at, "y": 1 - 0.09 * place, "yref": "paper", "text": f"{text[name]} {at:+.2f}%", "showarrow": False,
         "xanchor": side, "xshift": 4 if side == "left" else -4}
        for place, ((name, at, _), side) in enumerate(zip(lines, sides, strict=True))
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _text(language: str) -> dict[str, str]:
    return _WORDS.get(language, _WORDS["en"])


def _upright(x: float, colour: str, dash: str) -> dict:
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": colour, "dash": dash}}


def _percent(values: np.ndarray) -> list[float | None]:
    """Per cent as plain floats; what is not known is None, which JSON can carry and plotly leaves out."""
    return [round(100 * float(value), 6) if np.isfinite(value) else None for value in values]


def _layout(colours: Palette, dark: bool, height: int, x: str, suffix: str) -> dict:
    layout = base_layout(dark, height)
    layout["margin"] = {"l": 48, "r": 16, "t": 28, "b": 40}
    layout["legend"] = {"orientation": "h", "y": 1.12, "x": 0}
    layout["xaxis"] = {"title": {"text": x}, "gridcolor": colours.grid, "linecolor": colours.grid}
    layout["yaxis"] = {"gridcolor": colours.grid, "zerolinecolor": colours.faint, "ticksuffix": suffix}
    layout["barmode"] = "overlay"
    return layout
