"""Store + filter + spec → event study: a security, a watchlist, a tag, a keyword or any filtered set, against its market's index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from newslink.errors import StudyError
from newslink.events import group_events
from newslink.link import Universe
from newslink.model import Filter, market_of
from newslink.pipeline.bars import bars_of, benchmark_of
from newslink.pipeline.events import events_of
from newslink.pipeline.linking import universe_of
from newslink.sessions import CALENDARS, SessionClock
from newslink.store import Store
from newslink.study import Events, Panel, Reason, StudyResult, StudySpec, run_study

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

    Articles of one security on one session are one event, copies of one text count once. Only the calendar most events trade on is studied;
    events of others are listed as left out. Prices are those already in the store. Raises StudyError (see ``run_study``).
    """
    clock = clock or SessionClock()
    rows = events_of(store, filter, universe or universe_of(store), clock)
    timeless = int(rows["session"].isna().sum())
    events = group_events(rows)
    if not len(events):
        raise StudyError("The filtered set holds no event: no article with a time names a security in it.")
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


def panel_of(bars: Mapping[str, pd.DataFrame], benchmark: pd.DataFrame, clock: SessionClock, market: str, spec: StudySpec) -> Panel:
    """Bars → returns on the exchange's sessions, close over the exchange's reference price.

    A return counts only where the security traded on the session before: after a halt the reference is days old and the benchmark's one day
    does not match it. A bar fetched before its close counts for nothing.
    """
    frames = [frame for frame in (*bars.values(), benchmark) if len(frame)]
    if not frames:
        raise StudyError("No prices are known for these securities: run `newslink prices update` first.")
    if not len(benchmark):
        raise StudyError("No prices are known for the benchmark: run `newslink prices update` with the index first.")
    first = min(frame["session"].iloc[0] for frame in frames)
    last = max(frame["session"].iloc[-1] for frame in frames)
    dates = clock.sessions(market, first.to_datetime64(), last.to_datetime64())
    columns = np.column_stack([_returns(frame, dates, spec.returns) for frame in bars.values()])
    return Panel(dates, np.array(list(bars), dtype=object), columns, _returns(benchmark, dates, spec.returns))


def _returns(frame: pd.DataFrame, dates: np.ndarray, kind: str) -> np.ndarray:
    change = np.full(len(dates), np.nan)
    if not len(frame):
        return change
    session = frame["session"].to_numpy("datetime64[D]")
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = frame["close"].to_numpy(float) / frame["prev_close"].to_numpy(float)
        value = np.log(grown) if kind == "log" else grown - 1.0
    value[~np.isfinite(value) | frame["provisional"].to_numpy(bool)] = np.nan
    place = np.searchsorted(dates, session)
    known = place < len(dates)
    known[known] = dates[place[known]] == session[known]
    # The first bar's reference is the close of a session not fetched; every other must follow its neighbour.
    after = np.ones(len(session), bool)
    after[1:] = np.diff(place) == 1
    use = known & after
    change[place[use]] = value[use]
    return change


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


@dataclass(frozen=True, slots=True)
class Card:
    """One event on the K-line page. ar, car01, car11: abnormal returns of [0, 0], [0, 1], [−1, 1].

    None where the window is not over or a session is missing. band: half width of each window's band of ordinary days, 95 of 100.
    reason: why there is nothing, '' otherwise. flags: of the event.
    """

    ar: float | None = None
    car01: float | None = None
    car11: float | None = None
    band: tuple[float | None, float | None, float | None] = (None, None, None)
    reason: str = ""
    flags: tuple[str, ...] = ()


def card_of(
    bars: pd.DataFrame, benchmark: pd.DataFrame, security: str, session: date, clock: SessionClock, spec: StudySpec | None = None
) -> Card:
    """The small card for one event, from bars already at hand (130 sessions before the event and one after)."""
    spans = ((0, 0), (0, 1), (-1, 1))
    base = spec or StudySpec()
    one = Events(*(np.array([value], dtype=object) for value in (1, "all", security)), np.array([session], "datetime64[D]"))
    values: list[float | None] = []
    band: list[float | None] = []
    reason = ""
    for start, end in spans:
        # Each window for itself: the day of the event has an answer before the day after it is over.
        estimation = (base.estimation[0], min(base.estimation[1], -2))
        own = replace(base, estimation=estimation, window=(start, end), cars=((start, end),), max_missing=0)
        try:
            result = run_study(panel_of({security: bars}, benchmark, clock, market_of(security), own), one, own, strict=False)
        except StudyError as error:
            return Card(reason=str(error))
        if not len(result.kept):
            reason = reason or str(result.reason[0])
            values.append(None)
            band.append(None)
            continue
        values.append(float(result.cars[0].car[0]))
        band.append(float(1.959964 * result.cars[0].s_exact[0]))
    return Card(*values, band=tuple(band), reason="" if values[0] is not None else reason)
