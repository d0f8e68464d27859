"""Bars, events and options → the K-line figure as plain dictionaries, at most about 400 candles whatever the history.

Nothing of plotly is imported: building validated figure objects takes thirty times as long (docs/decisions). The tests validate the
dictionaries.
Traces leave ``x`` out where they cover every place, which keeps the figure small: place i of the category axis is implied. plotly takes the
0 it would begin with for one more category behind all others, except of candles, so lines and bars name the first place as ``x0``.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

from newslink.chart import indicators
from newslink.chart.markers import ROLES, Markers, badge, markers, plain, size_of, top_tags
from newslink.chart.options import ChartOptions
from newslink.chart.slots import Slots, slots
from newslink.chart.theme import OTHER_STYLE, ROLE_STYLE, TAG_COLOURS, TAG_SHAPES, base_layout, palette, rising_falling
from newslink.chart.units import large_axis
from newslink.chart.words import words

MA_WINDOWS = (5, 10, 20, 60)
EMA_WINDOWS = (12, 26)
RSI_WINDOWS = (6, 12, 24)
RUN_UP = 300  # candles before the window that feed the averages
_RISE = 0.045  # markers stand this share of the price range above the high


def kline_figure(
    bars: pd.DataFrame,
    events: pd.DataFrame,
    options: ChartOptions,
    benchmark: pd.DataFrame | None = None,
    tag_words: Mapping[str, str] | None = None,
) -> dict:
    """A figure: ``{"data": [...], "layout": {...}}``, JSON-ready.

    bars: daily bars, already adjusted as wanted, with as much before options.start as the averages need. events: one row a link with
    session,
    article, published_at, title, role, tags; all of one security. benchmark: bars of the index, drawn as a line starting at the first
    candle's close. tag_words: what an event tag is called in the language of the options, where that is not the tag itself.
    Marker customdata is the number of days since 1970-01-01 of the place's last session. ``layout.meta`` holds period, the last session
    of
    every place (days since 1970), drawn and undrawn: the numbers of distinct articles on and off the chart.
    """
    places = slots(bars, events, options)
    marks = markers(events, places, with_tags=options.colour_by == "tag")
    colours = palette(options.dark)
    text = words(options.language)
    first = max(places.skip - RUN_UP, 0)
    tail = {name: column[first:] for name, column in places.candle.items()}
    shift = places.at - first

    def taken(column: np.ndarray) -> np.ndarray:
        out = np.full(len(places), np.nan)
        out[places.has_bar] = column[shift[places.has_bar]]
        return out

    shown = {name: places.taken(places.candle[name]) for name in ("open", "high", "low", "close", "prev_close", "volume")}
    digits = _digits(shown["close"])
    data = [_candles(shown, digits, options, text)]
    data += _overlays(tail, taken, digits, options, colours, text)
    reach = shown["high"], shown["low"]
    if benchmark is not None and len(benchmark) and options.compare:
        index = _compared(benchmark, places, shown["close"])
        # Who draws it leaves room for it, as for no other line: what is compared must be seen to its end.
        reach = np.fmax(reach[0], index), np.fmin(reach[1], index)
        name = escape(plain(options.compare, 24))
        data.append(_line(listed(index, digits), name, colours.benchmark, dash="dash", width=1.4) | {"meta": "benchmark"})
    data += _volume(shown, options, text)
    axes = [("y", 0.60), ("y2", 0.15)]
    for number, panel in enumerate(options.panels):
        axis = f"y{number + 4}"
        axes.append((axis, 0.16))
        data += _panel(panel, tail, taken, axis, options, colours)
    axes.append(("y3", 0.07))
    data.append(_density(places, marks, colours, text))
    first_place = places.labels()[:1]
    data = [data[0], *(trace | {"x0": name} for trace in data[1:] for name in first_place)] if first_place else data
    data += _marker_traces(places, marks, shown, digits, options, colours, text, tag_words or {})
    return {"data": data, "layout": _layout(places, marks, shown, price_range(*reach, options.log), axes, options, colours)}


def _digits(close: np.ndarray) -> int:
    """Decimals that a price of this height needs: the currency's two, one more where a tick is a tenth of that."""
    known = close[np.isfinite(close)]
    return 3 if len(known) and float(known[-1]) < 2 else 2


def listed(values: np.ndarray, digits: int) -> list[float | None]:
    """Floats rounded, NaN as None: what JSON can carry."""
    return [None if value != value else value for value in np.round(values, digits).tolist()]


def _candles(shown: dict, digits: int, options: ChartOptions, text: dict) -> dict:
    rising, falling = rising_falling(palette(options.dark), options.red_up)
    return {
        "type": "candlestick",
        "name": text["price"],
        "yaxis": "y",
        "xaxis": "x",
        "showlegend": False,
        "hoverinfo": "x+y",
        **{name: listed(shown[name], digits) for name in ("open", "high", "low", "close")},
        # Rising hollow, falling solid: the second cue beside the colour.
        "increasing": {"line": {"color": rising, "width": 1}, "fillcolor": palette(options.dark).paper},
        "decreasing": {"line": {"color": falling, "width": 1}, "fillcolor": falling},
    }


def _line(y: list, name: str, colour: str, axis: str = "y", dash: str = "solid", width: float = 1.1) -> dict:
    line = {"color": colour, "width": width} | ({"dash": dash} if dash != "solid" else {})
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "y": y,
        "xaxis": "x",
        "yaxis": axis,
        "line": line,
        "hoverinfo": "skip",
        "showlegend": True,  # on screen the names stand beside the values; in what is exported the legend is all there is
    }


def _overlays(tail: dict, taken, digits: int, options: ChartOptions, colours, text: dict) -> list[dict]:
    close, out = tail["close"], []
    for overlay in options.overlays:
        if overlay == "ma":
            for window, colour in zip(MA_WINDOWS, colours.lines, strict=True):
                out.append(_line(listed(taken(indicators.ma(close, window)), digits), f"MA{window}", colour))
        elif overlay == "ema":
            for window, colour in zip(EMA_WINDOWS, colours.lines[1:], strict=False):
                out.append(_line(listed(taken(indicators.ema(close, window)), digits), f"EMA{window}", colour, dash="dash"))
        elif overlay == "boll":
            for name, curve in zip(("middle", "upper", "lower"), indicators.boll(close), strict=True):
                out.append(_line(listed(taken(curve), digits), text[name], colours.lines[3], dash="dot"))
    return out


def _compared(benchmark: pd.DataFrame, places: Slots, close: np.ndarray) -> np.ndarray:
    """The index at every place, at the same height as the first candle it shares with the security; NaN where it has no value."""
    days = benchmark["session"].to_numpy("datetime64[D]")
    level = benchmark["close"].to_numpy("float64")
    at = np.searchsorted(days, places.last, side="right") - 1
    known = (at >= 0) & places.has_bar
    # An old value must not stand in for a missing day.
    known &= np.where(at >= 0, days[np.maximum(at, 0)] >= places.first, False)
    values = np.where(known, level[np.maximum(at, 0)], np.nan)
    both = np.flatnonzero(np.isfinite(values) & np.isfinite(close))
    return values * (close[both[0]] / values[both[0]]) if len(both) else values


def _volume(shown: dict, options: ChartOptions, text: dict) -> list[dict]:
    """Two traces instead of one with a colour a bar, which costs ten times the drawing time."""
    rising, falling = rising_falling(palette(options.dark), options.red_up)
    up = shown["close"] >= shown["open"]
    out = []
    for name, mask, colour in (("volume_up", up, rising), ("volume_down", ~up, falling)):
        values = np.where(mask, shown["volume"], np.nan)
        marker = {"color": colour, "opacity": 0.55 if name == "volume_up" else 0.9, "line": {"width": 0}}
        out.append(
            {
                "type": "bar",
                "name": text[name],
                "y": [None if v != v else int(v) for v in values.tolist()],
                "xaxis": "x",
                "yaxis": "y2",
                "marker": marker,
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    return out


def _panel(panel: str, tail: dict, taken, axis: str, options: ChartOptions, colours) -> list[dict]:
    if panel == "rsi":
        return [
            _line(listed(taken(indicators.rsi(tail["close"], window)), 1), f"RSI{window}", colour, axis)
            for window, colour in zip(RSI_WINDOWS, colours.lines, strict=False)
        ]
    rising, falling = rising_falling(colours, options.red_up)
    dif, dea, bar = (taken(curve) for curve in indicators.macd(tail["close"]))
    sign = [_sign_bars(np.where(mask, bar, np.nan), colour, axis) for mask, colour in ((bar >= 0, rising), (bar < 0, falling))]
    return [*sign, _line(listed(dif, 3), "DIF", colours.lines[0], axis), _line(listed(dea, 3), "DEA", colours.lines[1], axis)]


def _sign_bars(values: np.ndarray, colour: str, axis: str) -> dict:
    return {
        "type": "bar",
        "name": "MACD",
        "y": listed(values, 3),
        "xaxis": "x",
        "yaxis": axis,
        "marker": {"color": colour, "line": {"width": 0}},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _density(places: Slots, marks: Markers, colours, text: dict) -> dict:
    counts = np.zeros(len(places), np.int64)
    counts[marks.place] = marks.count
    return {
        "type": "bar",
        "name": text["density"],
        "y": counts.tolist(),
        "xaxis": "x",
        "yaxis": "y3",
        "marker": {"color": colours.density, "line": {"width": 0}},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _marker_traces(
    places: Slots, marks: Markers, shown: dict, digits: int, options: ChartOptions, colours, text: dict, tag_words: Mapping[str, str]
) -> list[dict]:
    """One trace a role or tag, so that colours, shapes and the legend come for nothing."""
    labels = np.array(places.labels(), object)
    height = marker_heights(shown["high"], shown["low"], options.log)
    days = places.last.astype("int64")
    if options.colour_by == "tag":
        numbers = top_tags(marks.tag, len(TAG_SHAPES))
        kind = np.array([numbers.get(tag, len(numbers)) for tag in marks.tag], np.int64)
        styles = [(escape(plain(tag_words.get(tag, tag), 24)), TAG_COLOURS[i], TAG_SHAPES[i]) for tag, i in numbers.items()]
        styles.append((text["other"] if styles else text["none"], *OTHER_STYLE))
    else:
        kind = marks.role
        styles = [(text[role], *ROLE_STYLE[role]) for role in ROLES]
    out = []
    for number, (name, colour, shape) in enumerate(styles):
        mine = np.flatnonzero(kind == number)
        if not len(mine):
            continue
        at, counts = marks.place[mine], marks.count[mine]
        out.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": name,
                "xaxis": "x",
                "yaxis": "y",
                "cliponaxis": False,
                "x": labels[at].tolist(),
                "y": listed(height[at], digits),
                "customdata": days[at].tolist(),
                "text": [badge(n) for n in counts.tolist()],
                "textposition": "middle center",
                "textfont": {"size": 9, "color": "#ffffff"},
                "hovertext": [marks.hover[i] for i in mine.tolist()],
                "hoverinfo": "text",
                "marker": {
                    "color": colour,
                    "symbol": shape,
                    "size": size_of(counts).tolist(),
                    "opacity": 0.92,
                    "line": {"width": 1, "color": colours.paper},
                },
                "unselected": {"marker": {"opacity": 0.92}},
            }
        )
    return out


def marker_heights(high: np.ndarray, low: np.ndarray, log: bool) -> np.ndarray:
    """Where markers stand: a share of the visible range above the high; on the last known candle's height where there is none."""
    known = np.isfinite(high)
    if not known.any():
        return np.ones(len(high))
    # Places without a candle (sessions still to come) borrow the height of the candle before, or the first.
    index = np.maximum.accumulate(np.where(known, np.arange(len(high)), -1))
    filled = high[np.where(index < 0, int(np.argmax(known)), index)]
    top, bottom = float(np.nanmax(high)), float(np.nanmin(low))
    if log:
        return filled * (top / bottom) ** _RISE if bottom > 0 else filled
    return filled + (top - bottom or top * 0.02) * _RISE


def price_range(high: np.ndarray, low: np.ndarray, log: bool) -> list[float]:
    """The y range that shows the candles with room for markers above; in powers of ten when log."""
    if not np.isfinite(high).any():
        return [0.0, 0.3] if log else [0.0, 2.0]
    top, bottom = float(np.nanmax(high)), float(np.nanmin(low))
    if log and bottom > 0:
        low_end, high_end = float(np.log10(bottom)), float(np.log10(top))
        room = high_end - low_end or 0.02
        return [round(low_end - room * 0.04, 6), round(high_end + room * 0.11, 6)]
    room = top - bottom or top * 0.02
    return [round(bottom - room * 0.04, 4), round(top + room * 0.11, 4)]


def _layout(
    places: Slots, marks: Markers, shown: dict, prices: list[float], axes: list[tuple[str, float]], options: ChartOptions, colours
) -> dict:
    labels = places.labels()
    layout = base_layout(options.dark)
    line = {"gridcolor": colours.grid, "zeroline": False, "tickfont": {"color": colours.faint, "size": 11}}
    layout["xaxis"] = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": labels,
        "range": [-0.8, max(len(labels), 1) - 0.2],
        "nticks": 9,
        "tickangle": 0,
        "showgrid": True,
        "anchor": axes[-1][0],
        "rangeslider": {"visible": False},
        **line,
    }
    total = sum(share for _, share in axes) + 0.02 * (len(axes) - 1)
    top = 1.0
    for name, share in axes:
        bottom = max(top - share / total, 0.0)
        axis = "yaxis" + name[1:]
        layout[axis] = {"domain": [round(bottom, 4), round(top, 4)], "side": "right", "anchor": "x", "fixedrange": True, **line}
        top = bottom - 0.02 / total
    layout["yaxis"] |= {"type": "log" if options.log else "linear", "range": prices}
    if options.log:
        layout["yaxis"]["dtick"] = "D2"
    biggest = float(np.nanmax(shown["volume"])) if np.isfinite(shown["volume"]).any() else 1.0
    layout["yaxis2"] |= {"range": [0, biggest * 1.05 or 1], "showgrid": False, **large_axis(biggest, options.language)}
    layout["yaxis3"] |= {"range": [0, int(marks.count.max()) if len(marks.count) else 1], "showticklabels": False, "showgrid": False}
    for number, panel in enumerate(options.panels):
        layout[f"yaxis{number + 4}"] |= {
            "nticks": 3,
            "title": {"text": panel.upper(), "font": {"size": 10, "color": colours.faint}, "standoff": 2},
        }
    layout |= {
        "bargap": 0.25,
        "barmode": "overlay",
        "hovermode": "closest",
        "dragmode": "pan",
        "showlegend": True,
        "uirevision": "kline",
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 11}, "itemsizing": "constant"},
        "meta": {"period": places.period, "last": places.last.astype("int64").tolist(), "drawn": marks.drawn, "undrawn": marks.undrawn},
    }
    layout["margin"] |= {"t": 26, "l": 40}  # the first day is written as far to the left of its candle as to the right
    if options.title:
        layout["title"] = {"text": escape(plain(options.title, 80)), "font": {"size": 14}, "x": 0.01}
        layout["margin"]["t"] = 56
    if options.selected is not None:
        place = int(places.place_of(np.array([options.selected], "datetime64[D]"))[0])
        if place >= 0:
            layout["shapes"] = [
                {
                    "type": "rect",
                    "xref": "x",
                    "yref": "paper",
                    "x0": place - 0.5,
                    "x1": place + 0.5,
                    "y0": 0,
                    "y1": 1,
                    "fillcolor": colours.selected,
                    "line": {"width": 0},
                    "layer": "below",
                }
            ]
    return layout
