"""Frames → the tables of the pages: readable cells, one row chosen at a time. Cells are data to Streamlit, never markup."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from pandas.io.formats.style import Styler

from newslink.pipeline.view_types import ChartView
from newslink.ui import numbers
from newslink.ui.context import Context

FLAGS = ("date_only", "provisional", "suspended", "no_bar", "limit_up", "limit_down", "ex_date", "unsettled")
PERCENTS = ("t0", "t1", "t5", "x0", "x1", "x5")
SHOWN = 2_000
WORDED = 10_000  # events of a window that are put into words at once, for all its filters
STYLED = 40  # rows that are coloured: it costs Streamlit a second copy of the cells as text
_TITLE = 160
ROW = 31  # pixels of a row at the font size of the configuration


def clean(value: object, limit: int = _TITLE) -> str:
    """One line of plain text for a cell."""
    raw = "" if numbers.missing(value) else str(value)[: limit * 2]
    kept = (raw if raw.isprintable() else "".join(c if c.isprintable() else " " for c in raw)).strip()
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def beijing(times: pd.Series, date_only: pd.Series | None = None) -> list[str]:
    """Beijing time to the minute; the day alone where no time is known."""
    local = pd.DatetimeIndex(times)
    local = (local.tz_localize("UTC") if local.tz is None else local).tz_convert(numbers.BEIJING)
    full = ["" if value is None or value != value else value for value in local.strftime("%Y-%m-%d %H:%M").tolist()]
    if date_only is None:
        return full
    return [value[:10] if day else value for value, day in zip(full, date_only.tolist(), strict=True)]


def flags(found: Context, events: pd.DataFrame) -> list[str]:
    out = [[] for _ in range(len(events))]
    for name in FLAGS:
        if name in events.columns:
            for position in events[name].to_numpy(bool).nonzero()[0]:
                out[position].append(found.words[f"flag_{name}"])
    return [found.words["comma"].join(one) for one in out]


def events_frame(found: Context, events: pd.DataFrame) -> pd.DataFrame:
    """The events frame in the words and numbers of the screen, row by row."""
    words = found.words
    role = {"source": words["role_source"]}
    sessions = np.datetime_as_string(events["session"].to_numpy("datetime64[D]"))
    out = {
        words["session"]: np.where(sessions == "NaT", "", sessions),
        words["published"]: beijing(events["published_at"], events.get("date_only")),
        words["title"]: [clean(title) or words["untitled"] for title in events["title"].tolist()],
        **{words[f"t{horizon}"]: events[f"return_{horizon}"].to_numpy() * 100 for horizon in (0, 1, 5)},
        **{words[f"x{horizon}"]: events[f"excess_{horizon}"].to_numpy() * 100 for horizon in (0, 1, 5)},
        words["source"]: [clean(found.source(source), 24) for source in events["source"].tolist()],
        words["role"]: [role.get(one, words.get(one, one)) for one in map(str, events["role"].tolist())],
    }
    if "tags" in events:
        out[words["tag"]] = [clean(found.tags(tags)) for tags in events["tags"].tolist()]
    out[words["bucket"]] = [words.get(bucket, "") for bucket in map(str, events["bucket"].tolist())]
    out[words["flags"]] = flags(found, events)
    return pd.DataFrame(out)


# Streamlit aligns cells, never headers, and draws these from the left edge unless a header's first letter is of a script written from the right.
# This mark counts as one, and shows nothing: with it the header stands over its numbers. Where it is not heeded, headers are as they were.
_FROM_RIGHT = "\u061c"


def number_column(label: str, format: str, width: int | None = None) -> dict:
    """A column of numbers, its header over them. The name of the column in the frame stays label."""
    return st.column_config.NumberColumn(_FROM_RIGHT + label, format=format, width=width)


def events_columns(found: Context) -> dict:
    """Widths with which all returns are seen beside the chart on a screen of 1440 pixels; what is behind them is scrolled to."""
    words, wide = found.words, found.language != "zh"
    percent = {words[key]: number_column(words[key], "%+.2f%%", 72 if wide else 68) for key in PERCENTS}
    return percent | {
        words["session"]: st.column_config.TextColumn(width=86),
        words["published"]: st.column_config.TextColumn(width=122),
        words["title"]: st.column_config.TextColumn(width=236 if wide else 260),
    }


@dataclass(frozen=True, slots=True)
class Table:
    """cells: what is handed to Streamlit. rows: the place of each row in the frame it was made from."""

    cells: pa.Table | Styler
    rows: np.ndarray

    @property
    def nbytes(self) -> int:
        cells = self.cells
        return cells.nbytes if isinstance(cells, pa.Table) else int(cells.data.memory_usage().sum())


def events_table(found: Context, view: ChartView) -> Table:
    """The events of a view as they are shown, newest first, at most SHOWN rows; ``rows`` are places in ``view.whole``.

    The cells of a window are put into words once; a filter only says which of them stay.
    """
    if len(view.whole) > WORDED:
        order = newest_first(view.events)[:SHOWN]
        cells, rows = _cells(found, view.events.iloc[order]), view.rows[order]
    else:
        kept = found.desk.answer(
            lambda: _whole_table(found, view.whole), "words", found.language, view.security.id, view.first_day, view.last_day
        )
        stays = np.zeros(len(view.whole), bool)
        stays[view.rows] = True
        at = np.flatnonzero(stays[kept.rows])[:SHOWN]
        cells, rows = kept.cells.take(at), kept.rows[at]
    if len(rows) > STYLED:
        return Table(cells, rows)
    percents = [found.words[key] for key in PERCENTS]
    return Table(direction_style(cells.to_pandas(), percents, found.dark, found.view.green_up), rows)


def _whole_table(found: Context, events: pd.DataFrame) -> Table:
    order = newest_first(events)
    return Table(_cells(found, events.iloc[order]), order)


def _cells(found: Context, events: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(events_frame(found, events), preserve_index=False)


def newest_first(events: pd.DataFrame) -> np.ndarray:
    """Rows by time of publication, those without one last, equal ones as they stand."""
    moments = events["published_at"].to_numpy("datetime64[us]")
    return np.argsort(np.where(np.isnat(moments), np.iinfo("int64").max, -moments.astype("int64")), kind="stable")


class _Cells(pd.DataFrame):
    """Of a styled frame Streamlit makes a second one of what its cells show, every cell turned into text. Text shows itself, and where there
    is nothing the browser formats the number as it does without a style.
    """

    def astype(self, *how: object, **more: object) -> pd.DataFrame:
        nothing = np.full(len(self), np.nan)
        cells = {name: self[name].array for name in self.columns}
        return pd.DataFrame({name: one if one.dtype.kind == "O" else nothing for name, one in cells.items()}, copy=False)


def direction_style(frame: pd.DataFrame, columns: Sequence[str], dark: bool, green_up: bool) -> Styler:
    """Rising and falling coloured, the sign being the other cue.

    pandas works a style out by the cell, and Streamlit asks for it anew in every run: a third of the time a page took. The two things it asks
    for, a style for each cell that has one and what other cells are to show instead of their value, are known here.
    """
    red, green = ("#ff6b70", "#2ec08b") if dark else ("#c9262e", "#0b7a53")
    up, down = (green, red) if green_up else (red, green)
    places = [frame.columns.get_loc(column) for column in columns]
    values = np.column_stack([frame[column].to_numpy("float64") for column in columns])
    rules = []
    for colour, moved in ((up, values > 0), (down, values < 0)):
        cells = [f"row{row}_col{places[column]}" for row, column in np.argwhere(moved).tolist()]
        rules += [{"props": [("color", colour)], "selectors": cells}] if cells else []
    style = _Cells({name: frame[name].array for name in frame.columns}, copy=False).style.set_uuid("events")
    style._compute = lambda: style
    style._translate = lambda *how: {"cellstyle": rules, "body": []}
    return style


def height_of(rows: Sized, most: int) -> int:
    """Pixels that show the header and every row, at most so many."""
    return min(ROW * (1 + len(rows)) + 3, most)


def chosen_row(event: object) -> int | None:
    """Position of the row that is selected, None when none is."""
    rows = getattr(getattr(event, "selection", None), "rows", None)
    return rows[0] if rows else None


def news_frame(found: Context, news: pd.DataFrame) -> pd.DataFrame:
    """A list of articles as shown: time, title, how else it was reported, who it is about, source, tags."""
    words = found.words
    out = pd.DataFrame(index=range(len(news)))
    day_only = news["precision"].astype(str).eq("day") if "precision" in news else None
    out[words["published"]] = beijing(news["published_at"], day_only)
    out[words["title"]] = [clean(title) or words["untitled"] for title in news["title"]]
    told = [_told(found, bool(update), int(copies)) for update, copies in zip(news["update"], news["copies"], strict=True)]
    if any(told):
        out[words["reported"]] = told
    if "securities" in news and news["securities"].map(len).any():
        out[words["securities"]] = [found.words["comma"].join(clean(one[1], 12) for one in tuple(each)[:4]) for each in news["securities"]]
    out[words["source"]] = [clean(found.source(source), 24) for source in news["source"]]
    if "tags" in news:
        out[words["tag"]] = [clean(found.tags(tags)) for tags in news["tags"]]
    return out


def _told(found: Context, update: bool, copies: int) -> str:
    """How a story was told before and elsewhere: ``更新 · 2 篇转载``."""
    return " · ".join([found.words["update"]] * update + ([found.say("reposts", n=copies)] if copies else []))


def plain_frame(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Columns picked and renamed, text cleaned, times in Beijing time: for the tables of the data page."""
    out = pd.DataFrame(index=range(len(frame)))
    for column, label in names.items():
        if column not in frame.columns:
            continue
        values = frame[column]
        if values.dtype.kind == "M" or isinstance(values.dtype, pd.DatetimeTZDtype):
            out[label] = beijing(values)
        elif values.dtype.kind in "fiub":
            out[label] = values.to_numpy()
        else:
            out[label] = [clean(value, 300) for value in values]
    return out
