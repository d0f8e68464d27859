"""Small tables → the other pictures of the screen as plain dictionaries: minute candles, most mentioned, industries, news a day."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape

import numpy as np
import pandas as pd

from newslink.chart.kline import listed
from newslink.chart.markers import clock_texts, plain
from newslink.chart.theme import ROLE_STYLE, base_layout, palette, rising_falling
from newslink.chart.words import words


def minute_figure(bars: pd.DataFrame, news: pd.DataFrame, dark: bool, red_up: bool, height: int, language: str) -> dict:
    """bars: time, open, high, low, close, volume. news: bar (number of the bar), title, published_at. At most 400 bars, the last ones."""
    cut = max(len(bars) - 400, 0)
    bars, news = bars.iloc[cut:], news[news["bar"] >= cut]
    colours, text = palette(dark), words(language)
    rising, falling = rising_falling(colours, red_up)
    labels = clock_texts(bars["time"])
    column = {name: bars[name].to_numpy("float64") for name in ("open", "high", "low", "close", "volume")}
    up = column["close"] >= column["open"]
    data = [
        {
            "type": "candlestick", "x": labels, "name": text["price"], "showlegend": False,
            **{name: listed(column[name], 3) for name in ("open", "high", "low", "close")},
            "increasing": {"line": {"color": rising, "width": 1}, "fillcolor": colours.paper},
            "decreasing": {"line": {"color": falling, "width": 1}, "fillcolor": falling},
        },
        *(
            {"type": "bar", "x": labels, "y": listed(np.where(mask, column["volume"], np.nan), 0), "yaxis": "y2", "showlegend": False,
             "marker": {"color": colour, "opacity": 0.6}, "hoverinfo": "skip"}
            for mask, colour in ((up, rising), (~up, falling))
        ),
    ]  # fmt: skip
    if len(news):
        grouped = news.groupby("bar", sort=True)
        places = [int(place) - cut for place in grouped.groups]
        hover = ["<br>".join(escape(plain(title, 40)) for title in titles[:4]) for titles in grouped["title"].agg(list)]
        counts = grouped.size().tolist()
        colour, shape = ROLE_STYLE["subject"]
        data.append({
            "type": "scatter", "mode": "markers+text", "x": [labels[place] for place in places], "name": text["density"],
            "showlegend": False,
            "y": [float(column["high"][place]) for place in places], "text": [str(n) if n > 1 else "" for n in counts], "hovertext": hover,
            "hoverinfo": "text", "textfont": {"size": 9, "color": "#ffffff"},
            "marker": {"color": colour, "symbol": shape, "size": 14, "line": {"width": 1, "color": colours.paper}},
        })  # fmt: skip
    layout = base_layout(dark, height)
    axis = {"gridcolor": colours.grid, "zeroline": False, "side": "right", "fixedrange": True}
    layout |= {
        "xaxis": {"type": "category", "nticks": 8, "rangeslider": {"visible": False}, "gridcolor": colours.grid, "tickangle": 0},
        "yaxis": axis | {"domain": [0.24, 1]},
        "yaxis2": axis | {"domain": [0, 0.2], "nticks": 3},
        "barmode": "overlay",
        "dragmode": "pan",
    }
    return {"data": data, "layout": layout}


def mentioned_figure(names: list[str], counts: list[int], usual: list[float], dark: bool, language: str) -> dict:
    """Bars of how often each was named, the usual number beside it; most at the top."""
    colours, text = palette(dark), words(language)
    labels = [escape(plain(name, 16)) for name in names]
    data = [
        {"type": "bar", "orientation": "h", "y": labels, "x": counts, "name": text["articles"],
         "marker": {"color": ROLE_STYLE["subject"][0]},
         "text": [str(n) for n in counts], "textposition": "outside", "hoverinfo": "skip", "cliponaxis": False},
        {"type": "scatter", "mode": "markers", "y": labels, "x": listed(np.array(usual, "float64"), 1), "name": text["usual"],
         "marker": {"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": colours.text}}, "hovertemplate": "%{x}<extra></extra>"},
    ]  # fmt: skip
    layout = base_layout(dark, max(180, 26 * len(names) + 60))
    layout |= {
        "xaxis": {"gridcolor": colours.grid, "zeroline": False, "fixedrange": True},
        "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        "bargap": 0.35,
    }
    layout["margin"] |= {"t": 30, "r": 40}
    return {"data": data, "layout": layout}


def treemap_figure(table: pd.DataFrame, no_industry: str, dark: bool, red_up: bool, language: str) -> dict:
    """table: security, name, industry, articles, change (fraction, may be NaN). Area is articles, colour the return."""
    colours = palette(dark)
    rising, falling = rising_falling(colours, red_up)
    industries = table["industry"].fillna("").replace("", no_industry).astype(str)
    groups = table.assign(industry=industries).groupby("industry", sort=False)["articles"].sum()
    ids = [f"g:{name}" for name in groups.index] + table["security"].tolist()
    change = table["change"].to_numpy("float64")
    labels = [escape(plain(name, 12)) for name in groups.index] + [escape(plain(name, 12)) for name in table["name"]]
    # A few extremes must not leave the rest grey, nor quiet days look dramatic.
    known = np.abs(change[np.isfinite(change)])
    reach = float(np.clip(np.quantile(known, 0.9), 0.03, 0.3)) * 100 if len(known) else 10.0
    # What has no return is neutral, like the groups; only its label lacks a figure.
    shown = [0.0] * len(groups) + [0.0 if value != value else round(float(np.clip(value * 100, -reach, reach)), 2) for value in change]
    text = [""] * len(groups) + ["" if value != value else f"{value * 100:+.2f}%" for value in change]
    data = [{
        "type": "treemap", "ids": ids, "labels": labels, "parents": [""] * len(groups) + [f"g:{name}" for name in industries],
        "values": [int(n) for n in groups] + [int(n) for n in table["articles"]], "branchvalues": "total", "text": text,
        "textinfo": "label+text", "hovertemplate": "%{label}<br>%{value} " + words(language)["articles"] + "<br>%{text}<extra></extra>",
        "marker": {"colors": shown, "cmid": 0, "cmin": -reach, "cmax": reach,
                   "colorscale": [[0, falling], [0.5, colours.grid], [1, rising]],
                   "line": {"width": 1, "color": colours.paper}},
        "tiling": {"pad": 1}, "pathbar": {"visible": False},
        "root": {"color": colours.paper}, "textfont": {"color": colours.text, "size": 13},
    }]  # fmt: skip
    layout = base_layout(dark, 420)
    layout["margin"] = {"l": 4, "r": 4, "t": 4, "b": 4}
    return {"data": data, "layout": layout}


def calendar_figure(days: list[date], counts: list[int], dark: bool, language: str) -> dict:
    """News a day as a calendar: weeks across, weekdays down."""
    colours = palette(dark)
    layout = base_layout(dark, 190)
    if not days:
        return {"data": [], "layout": layout}
    first = min(days) - timedelta(days=min(days).weekday())
    weeks = (max(days) - first).days // 7 + 1
    table: list[list[int | None]] = [[None] * weeks for _ in range(7)]
    for day in (min(days) + timedelta(days=i) for i in range((max(days) - min(days)).days + 1)):
        table[day.weekday()][(day - first).days // 7] = 0
    for day, count in zip(days, counts, strict=True):
        table[day.weekday()][(day - first).days // 7] = int(count)
    starts = [first + timedelta(days=7 * week) for week in range(weeks)]
    texts = [[(start + timedelta(days=row)).isoformat() for start in starts] for row in range(7)]
    names = list("一二三四五六日") if language == "zh" else ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    data = [{
        "type": "heatmap", "z": table, "x": [start.isoformat() for start in starts], "y": names, "text": texts, "xgap": 2, "ygap": 2,
        "hovertemplate": "%{text}: %{z}<extra></extra>", "showscale": False,
        "colorscale": [[0, colours.grid], [1, ROLE_STYLE["subject"][0]]],
    }]  # fmt: skip
    layout |= {
        "xaxis": {"type": "category", "nticks": 12, "tickangle": 0, "showgrid": False, "fixedrange": True},
        "yaxis": {"autorange": "reversed", "showgrid": False, "fixedrange": True, "automargin": True},
    }
    return {"data": data, "layout": layout}
