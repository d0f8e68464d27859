"""Minute bars and the news of those days → a figure as plain dictionaries."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from newslink.chart.kline import listed
from newslink.chart.markers import clock_texts, plain
from newslink.chart.theme import ROLE_STYLE, base_layout, palette, rising_falling
from newslink.chart.units import large_axis
from newslink.chart.words import words


def minute_figure(bars: pd.DataFrame, news: pd.DataFrame, dark: bool, red_up: bool, height: int, language: str) -> dict:
    """bars: time, open, high, low, close, volume. news: bar (number of the bar), title, published_at. At most 400 bars, the last ones."""
    cut = max(len(bars) - 400, 0)
    bars, news = bars.iloc[cut:], news[news["bar"] >= cut]
    colours, text = palette(dark), words(language)
    rising, falling = rising_falling(colours, red_up)
    labels = clock_texts(bars["time"])
    firsts = [at for at, label in enumerate(labels) if not at or label[:5] != labels[at - 1][:5]]
    firsts = firsts[:: max(1, -(-len(firsts) // 8))]  # days are told apart by a line; where there are many, by every second or third
    column = {name: bars[name].to_numpy("float64") for name in ("open", "high", "low", "close", "volume")}
    up = column["close"] >= column["open"]
    data = [
        {
            "type": "candlestick", "x": labels, "name": text["price"], "showlegend": False,
            "hoverlabel": {"namelength": 0},
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
        room = float(np.nanmax(column["high"]) - np.nanmin(column["low"])) * 0.03
        hover = ["<br>".join(escape(plain(title, 40)) for title in titles[:4]) for titles in grouped["title"].agg(list)]
        counts = grouped.size().tolist()
        colour, shape = ROLE_STYLE["subject"]
        data.append({
            "type": "scatter", "mode": "markers+text", "x": [labels[place] for place in places], "name": text["density"],
            "showlegend": False,
            "y": [round(float(column["high"][place]) + room, 4) for place in places], "text": [str(n) if n > 1 else "" for n in counts], "hovertext": hover,
            "hoverinfo": "text", "textfont": {"size": 9, "color": "#ffffff"},
            "marker": {"color": colour, "symbol": shape, "size": 14, "line": {"width": 1, "color": colours.paper}},
        })  # fmt: skip
    layout = base_layout(dark, height)
    axis = {"gridcolor": colours.grid, "zeroline": False, "side": "right", "fixedrange": True}
    layout |= {
        "xaxis": {
            "type": "category",
            "tickvals": [labels[at] for at in firsts],
            "ticktext": [labels[at][:5] for at in firsts],
            "rangeslider": {"visible": False},
            "gridcolor": colours.grid,
            "griddash": "dot",
            "showgrid": True,
            "tickangle": 0,
            "anchor": "y2",
            "range": [-1, len(labels)],
        },
        "yaxis": axis | {"domain": [0.24, 1], "tickformat": ".2f" if column["close"][-1:].max(initial=0) >= 2 else ".3f"},
        "yaxis2": axis | {"domain": [0, 0.2], "showgrid": False, **large_axis(float(np.nanmax(column["volume"], initial=0)), language)},
        "barmode": "overlay",
        "dragmode": "pan",
        "hovermode": "x",
    }
    return {"data": data, "layout": layout}
