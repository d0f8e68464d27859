"""What the page K 线与新闻 shows of its session's view, and which parts of it a choice changes.

The page is a fragment and so is each of its PARTS: a choice draws again the parts that it changes, and nothing else. Every element costs
the server its share, whether it changed or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from newslink.chart import ChartOptions
from newslink.chart.slots import slots
from newslink.errors import NewslinkError
from newslink.model import market_of
from newslink.pipeline import view as pipeline
from newslink.pipeline.view_types import ChartView
from newslink.ui.context import Context, latest, redraw
from newslink.ui.state import MINUTES

PAGE = "chart"
DAYS, FILTERS, FACTS, KLINE, READER, TABLE, EXPORTS = PARTS = tuple(
    f"{PAGE}-{part}" for part in ("days", "filters", "facts", "kline", "reader", "table", "exports")
)
OF_EVENTS = (FACTS, KLINE, TABLE)  # parts that show the events themselves: every filter and every window draws them again
_SHOWN = "newslink-shown"


@dataclass(slots=True)
class Shown:
    """What a session's page shows now. One a session: also what is asked for later, a download, is answered from here.

    No view is kept: one of a much mentioned security over all years is fifteen megabytes, which many an open page would hold. It is asked for
    again, and mostly still at hand. found: of the newest run. figure: makes the figure on screen, None where there is none. drawn: part →
    what it drew last, of the parts that are drawn again only when that changes. ready: part → context and view for its next run, found once
    for all parts of it.
    """

    found: Context | None = None
    figure: Callable[[], dict] | None = None
    drawn: dict[str, object] = field(default_factory=dict)
    ready: dict[str, tuple[Context, ChartView]] = field(default_factory=dict)

    def prepare(self, found: Context, view: ChartView, parts: tuple[str, ...]) -> None:
        self.found = found
        self.ready = dict.fromkeys(parts, (found, view))

    @property
    def view(self) -> ChartView:
        return load(self.found)


def shown() -> Shown:
    return st.session_state.setdefault(_SHOWN, Shown())


def look(found: Context, part: str) -> tuple[Context, ChartView]:
    """Context and view for a part: those found for this run, or, where the part alone is drawn again, as they are now."""
    now = shown()
    if ready := now.ready.pop(part, None):
        return ready
    now.found = found = latest(found)
    return found, load(found)


def refresh(found: Context, *parts: str) -> None:
    """In a callback, after a choice: draws these parts again, and the others where they would not show what they showed."""
    found = latest(found)
    try:
        view = load(found)
    except NewslinkError:
        redraw()  # the page says what is wrong
        return
    now = shown()
    others = tuple(part for part, shows in _SHOWS.items() if part not in parts and now.drawn.get(part) != shows(found, view))
    now.prepare(found, view, (*parts, *others))
    redraw(*parts, *others)


def window_of(found: Context) -> tuple[date, date]:
    """The days shown, inclusive."""
    first, last = found.desk.bounds(found.view.security)
    start, end = found.view.window(last)
    return (first if found.view.range == "all" and not found.view.start and first <= end else start, end)


def load(found: Context) -> ChartView:
    """The one call into the pipeline."""
    view, desk = found.view, found.desk
    now = datetime.now(UTC)
    # What counts as stale depends on the time, but only by way of the session that ought to be there.
    expected = desk.clock.last_closed(market_of(view.security), now)
    return desk.answer(
        lambda: pipeline.chart_view(
            desk.store, desk.universe, desk.clock, view.security, *window_of(found), view.filter(), view.adjust, now, desk.answer
        ),
        "chart", *question(found), expected,
    )  # fmt: skip


def question(found: Context) -> tuple:
    """What the events on the chart depend on, beside the store."""
    return found.view.security, *window_of(found), found.view.filter(), found.view.adjust


def options_of(found: Context, view: ChartView) -> ChartOptions:
    """What is drawn: the window, or the days that were zoomed to, where those need finer candles than the whole."""
    chosen = found.view
    zoomed = _zoomed(view) if chosen.period == "auto" else None
    first, last = zoomed or (view.first_day, view.last_day)
    return ChartOptions(
        start=first,
        end=last,
        period="auto" if chosen.period in MINUTES else chosen.period,
        overlays=chosen.overlays,
        panels=chosen.panels,
        log=chosen.log,
        red_up=not chosen.green_up,
        dark=found.dark,
        language=found.language,
        colour_by=chosen.colour_by,
        compare=view.benchmark_name if chosen.compare else "",
    )


def scope(view: ChartView) -> str:
    """Changes when the days looked at no longer make sense."""
    return f"{view.security.id} {view.first_day} {view.last_day}"


def zoom_to(where: str, window: tuple[date, date], days: tuple[date, date]) -> None:
    """Keep the days looked at and as many on both sides, so that a small pan finds them loaded. where: the scope they belong to."""
    room = (days[1] - days[0]) * 1.2
    st.session_state["zoom"] = (where, (max(days[0] - room, window[0]), min(days[1] + room, window[1])))


def _zoomed(view: ChartView) -> tuple[date, date] | None:
    """The days that were zoomed to on this chart, if any."""
    where, days = st.session_state.get("zoom", ("", None))
    return days if where == scope(view) else None


def of_day(found: Context, view: ChartView) -> pd.DataFrame:
    """article, title, relevance, session of the events of the candle that ends on the chosen day, in the period now drawn."""
    day, events = found.view.day, view.columns("article", "title", "relevance", "session")
    if day is None or not len(events):
        return events.iloc[:0]
    places = slots(view.bars, events, options_of(found, view))
    session = events["session"].to_numpy("datetime64[D]")
    place = int(places.place_of(np.array([day], "datetime64[D]"))[0])
    if place < 0:
        return events[session == np.datetime64(day, "D")]
    return events[(session >= places.first[place]) & (session <= places.last[place])]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader shows. articles: those of the chosen day, the one that is open, or the newest. keyword: is lit up in the text."""

    articles: tuple[str, ...] = ()
    current: str = ""
    keyword: str = ""


def reading(found: Context, view: ChartView) -> Reading:
    """The articles of the chosen session, one of them open; the newest article when nothing is chosen."""
    open_one, day = found.view.article, found.view.day
    ids = list(dict.fromkeys(of_day(found, view).sort_values("relevance", ascending=False, kind="stable")["article"])) if day else []
    if open_one and open_one not in ids:
        ids = [open_one]
    if not ids and day is None and len(view.rows):
        ids = [view.whole["article"].iloc[view.rows[-1]]]
    return Reading(tuple(ids), open_one or (ids[0] if ids else ""), found.view.keyword)


# Parts that most choices leave as they are → what they show.
_SHOWS: dict[str, Callable[[Context, ChartView], object]] = {
    DAYS: lambda found, view: (found.view.range, found.view.start, found.view.end, window_of(found)),
    READER: reading,
    EXPORTS: lambda found, view: (bool(len(view.rows)), view.first_day, view.last_day),
}


def note_drawn(part: str, found: Context, view: ChartView) -> Any:
    """What the part shows of this view; kept as what it drew last."""
    shows = shown().drawn[part] = _SHOWS[part](found, view)
    return shows
