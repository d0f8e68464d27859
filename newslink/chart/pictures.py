"""Small tables → the other pictures of the screen as plain dictionaries: industries, news a day. ``minutes`` has the minute candles."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape

import numpy as np
import pandas as pd

from newslink.chart.markers import plain
from newslink.chart.theme import ROLE_STYLE, base_layout, palette, rising_falling
from newslink.chart.words import words

CALENDAR_DAYS = 364
LABELLED, NAMED = 0.012, 0.0065  # share of the picture that a name with its return needs, and a name alone


def treemap_figure(table: pd.DataFrame, dark: bool, red_up: bool, language: str) -> dict:
    """table: security, name, group (its words), articles, change (fraction, may be NaN). Area is articles, colour the return.

    Rising and falling are told apart by arrow and sign as well as by colour.
    """
    colours = palette(dark)
    rising, falling = rising_falling(colours, red_up)
    groups = table.groupby("group", sort=False)["articles"].sum()
    change = table["change"].to_numpy("float64")
    # A few extremes must not leave the rest grey, nor quiet days look dramatic.
    known = np.abs(change[np.isfinite(change)])
    reach = float(np.clip(np.quantile(known, 0.9), 0.03, 0.3)) if len(known) else 0.1
    share = np.clip(np.nan_to_num(change) / reach, -1, 1)
    # What has no return is neutral, like the groups; only its label lacks a figure.
    painted = [_mixed(colours.grid, rising if one > 0 else falling, abs(one)) for one in share]
    # On a full colour what stands out most: white in the light theme, whose colours are dark, and the ground in the dark one.
    inked = [("#ffffff" if not dark else colours.paper) if abs(one) > 0.7 else colours.text for one in share]
    moved = ["" if value != value else f"{'▲' if value > 0 else '▼' if value < 0 else ''}{abs(value) * 100:.2f}%" for value in change]
    names = [f"g:{name}" for name in groups.index]
    group_names = [escape(plain(str(name), 16)) for name in groups.index]
    own_names = [escape(plain(name, 12)) for name in table["name"]]
    # What is too small to be read in its place is left to the hover.
    sizes = table["articles"].to_numpy(float) / max(float(groups.sum()), 1.0)
    printed = [
        f"{name}<br>{change}" if size >= LABELLED and change else name if size >= NAMED else ""
        for name, change, size in zip(own_names, moved, sizes, strict=True)
    ]
    data = [{
        "type": "treemap", "ids": ["all", *names, *table["security"].tolist()],
        "labels": ["", *group_names, *own_names],
        "parents": ["", *["all"] * len(groups), *(f"g:{name}" for name in table["group"])],
        "values": [int(groups.sum()), *map(int, groups), *map(int, table["articles"])], "branchvalues": "total",
        "text": ["", *group_names, *printed], "textinfo": "text", "customdata": ["", *[""] * len(groups), *moved],
        "hovertemplate": "%{label}<br>%{value} " + words(language)["articles"] + "<br>%{customdata}<extra></extra>",
        "marker": {"colors": [colours.paper, *[colours.paper] * len(groups), *painted], "line": {"width": 1, "color": colours.paper},
                   "pad": {"t": 20, "l": 2, "r": 2, "b": 2}},
        "tiling": {"pad": 1}, "pathbar": {"visible": False}, "root": {"color": colours.paper},
        "textfont": {"color": [colours.text, *[colours.text] * len(groups), *inked], "size": 13},
    }]  # fmt: skip
    layout = base_layout(dark, 520)
    layout["margin"] = {"l": 0, "r": 0, "t": 0, "b": 4}
    return {"data": data, "layout": layout}


def _mixed(ground: str, colour: str, share: float) -> str:
    """The colour on the ground, at a share in 0 … 1; both ``#rrggbb``."""
    parts = [(int(ground[i : i + 2], 16), int(colour[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def calendar_figure(days: list[date], counts: list[int], dark: bool, language: str) -> dict:
    """News a day as a calendar of a year and more: weeks across, weekdays down. days: with news; the last is the end of the calendar."""
    colours = palette(dark)
    layout = base_layout(dark, 190)
    if not days:
        return {"data": [], "layout": layout}
    start, end = min(min(days), max(days) - timedelta(days=CALENDAR_DAYS)), max(days)
    first = start - timedelta(days=start.weekday())
    weeks = (end - first).days // 7 + 1
    table: list[list[int | None]] = [[None] * weeks for _ in range(7)]
    for day in (start + timedelta(days=i) for i in range((end - start).days + 1)):
        table[day.weekday()][(day - first).days // 7] = 0
    for day, count in zip(days, counts, strict=True):
        table[day.weekday()][(day - first).days // 7] = int(count)
    starts = [first + timedelta(days=7 * week) for week in range(weeks)]
    texts = [[(start + timedelta(days=row)).isoformat() for start in starts] for row in range(7)]
    months = [start for before, start in zip(starts, starts[1:], strict=False) if start.month != before.month]
    names = list("一二三四五六日") if language == "zh" else ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    # One day full of news must not leave all others pale.
    top = float(max(np.quantile(counts, 0.95), 1))
    data = [{
        "type": "heatmap", "z": table, "zmin": 0, "zmax": top, "x": [start.isoformat() for start in starts], "y": names, "text": texts, "xgap": 2, "ygap": 2,
        "hovertemplate": "%{text}: %{z}<extra></extra>", "showscale": False,
        "colorscale": [[0, colours.grid], [0.001, _mixed(colours.grid, colours.density, 0.5)], [1, ROLE_STYLE["subject"][0]]],
    }]  # fmt: skip
    layout |= {
        "xaxis": {"type": "category", "tickvals": [start.isoformat() for start in months], "ticktext": [_month(start, language) for start in months],
                  "tickangle": 0, "showgrid": False, "fixedrange": True},
        "yaxis": {"autorange": "reversed", "showgrid": False, "fixedrange": True, "automargin": True},
    }
    return {"data": data, "layout": layout}


def _month(day: date, language: str) -> str:
    """The name of a month; the year in place of January."""
    if day.month == 1:
        return str(day.year)
    return f"{day.month}月" if language == "zh" else day.strftime("%b")
