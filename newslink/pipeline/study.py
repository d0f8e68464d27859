"""Store + filter + spec → event study: a security, a watchlist, a tag, a keyword or any filtered set, against its market's index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from newslink.errors import StudyError
from newslink.events import group_events
from newslink.link import Universe
from newslink.model import Filter, market_of
from newslink.pipeline.bars import bars_of, benchmark_of
from newslink.pipeline.clock import clock_of
from newslink.pipeline.events import events_of
from newslink.pipeline.linking import universe_of
from newslink.pipeline.study_panel import panel_of
from newslink.sessions import CALENDARS, SessionClock
from newslink.store import Store
from newslink.study import Events, Reason, StudyResult, StudySpec, run_study

_FLAGS = ("intraday", "date_only", "suspended", "limit_up", "limit_down", "ex_date", "provisional")


@dataclass(frozen=True, slots=True, eq=False)
class StoreStudy:
    """result: the study. events: one row an event in result.events' order (title, articles, session, flags, bar). benchmark: its index.

    timeless: link rows without a publication time, which stand on no session and are in no event. rows: link rows looked at.
    """

    result: StudyResult
    events: pd.DataFrame
    benchmark: str
    calendar: str
    rows: int
    timeless: int


def study_of(
    store: Store,
    filter: Filter,
    spec: StudySpec,
    universe: Universe | None = None,
    clock: SessionClock | None = None,
    benchmark: str | None = None,
    group_by: str | None = None,
    strict: bool = True,
) -> StoreStudy:
    """The study of a filtered set. benchmark: an index (a sector's, say) in place of the market's own. group_by: ``security`` or ``tag``.

    Articles of one security on one session are one event; a syndicated text counts once, by its head, also when a copy came days later.
    Only the calendar most events trade on is studied; events of others are listed as left out. Prices are those already in the store.
    Raises StudyError (see ``run_study``).
    """
    clock = clock or clock_of(store)
    rows = events_of(store, replace(filter, fold_copies=True), universe or universe_of(store), clock)
    timeless = int(rows["session"].isna().sum())
    events = group_events(rows)
    if not len(events):
        raise StudyError("The filtered set holds no event: no article with a time names a security in it.", "study_no_event")
    if group_by == "tag":
        events = _by_tag(rows, events)
    calendars = np.array([CALENDARS.get(market_of(security), "") for security in events["security"]], dtype=object)
    names, counts = np.unique(calendars.astype(str), return_counts=True)
    calendar = str(names[counts.argmax()])
    mine = calendars == calendar
    excluded = np.where(mine, "", Reason.OTHER_CALENDAR).astype(object)
    excluded[mine & events["no_bar"].to_numpy(bool)] = Reason.NO_BAR
    securities = list(dict.fromkeys(events["security"][mine]))
    market = market_of(securities[0])
    index = benchmark or benchmark_of(securities[0])
    start, end = _reach(events["session"][mine], spec)
    bars = {name: bars_of(store, name, start, end) for name in securities}
    panel = panel_of(bars, bars_of(store, index, start, end), clock, market, spec)
    group = events["security"] if group_by == "security" else events["tag"] if group_by == "tag" else pd.Series(["all"] * len(events))
    studied = Events(
        np.arange(1, len(events) + 1).astype(object), group.to_numpy(object), events["security"].to_numpy(object),
        events["session"].to_numpy("datetime64[D]"), {name: events[name].to_numpy(bool) for name in _FLAGS if name in events},
    )  # fmt: skip
    return StoreStudy(run_study(panel, studied, spec, strict, excluded), events, index, calendar, len(rows), timeless)


def _reach(sessions: pd.Series, spec: StudySpec) -> tuple[date, date]:
    """Calendar days that hold both windows of every event: 252 sessions a year, and a month for holidays."""
    before = timedelta(days=int(-spec.estimation[0] * 1.55) + 45)
    after = timedelta(days=int(spec.window[1] * 1.55) + 45)
    return sessions.min().date() - before, sessions.max().date() + after


def _by_tag(rows: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """One row an event and tag of its articles: an event with two tags belongs to two groups; one without belongs to ``-``."""
    tags: dict[tuple, set[str]] = {}
    for security, session, of_row in zip(rows["security"], rows["session"], rows["tags"], strict=True):
        words = of_row if isinstance(of_row, (tuple, list)) else str(of_row or "").split()
        tags.setdefault((security, session), set()).update(words)
    found = [sorted(tags.get(key, ())) or ["-"] for key in zip(events["security"], events["session"], strict=True)]
    out = events.loc[events.index.repeat([len(each) for each in found])].reset_index(drop=True)
    return out.assign(tag=[tag for each in found for tag in each])
