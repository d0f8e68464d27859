"""A filtered set → its events: each link on the bar of its session, with returns, excess returns, flags and names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from newslink.events import HORIZONS, stand_on_bars
from newslink.link import Universe
from newslink.model import Filter
from newslink.pipeline.bars import bars_of, benchmarks_for, flags_of
from newslink.pipeline.clock import clock_of
from newslink.pipeline.linking import universe_of
from newslink.sessions import SessionClock
from newslink.store import Store

# Reach beyond the first and last session of the rows: the bar before, and five sessions of returns over the longest holiday. A security that
# was halted for longer is read whole, so that an event stands where it stands however narrow the question was.
_BEFORE = timedelta(days=30)
_AFTER = timedelta(days=60)
_SESSIONS_AFTER = max(HORIZONS)


def events_of(
    store: Store,
    filter: Filter,
    universe: Universe | None = None,
    clock: SessionClock | None = None,
    bars: dict[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """The events frame of the filtered set: one row a link, ascending by session and publication; the same rows as markers, list and CSV.

    bars: bars already read, by security; others are read here. Adds name (as of the session), provider and fetched_at of the bar.
    """
    return stand_events(store, store.rows(filter), universe or universe_of(store), clock or clock_of(store), bars)


def stand_events(
    store: Store,
    rows: pd.DataFrame,
    universe: Universe,
    clock: SessionClock,
    bars: dict[str, pd.DataFrame] | None = None,
    benchmarks: dict[str, pd.DataFrame] | None = None,
    flags: dict[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """The same for link rows already read (``Store.rows``). benchmarks: by market, flags: by security, where they are at hand as well."""
    securities = list(dict.fromkeys(rows["security"]))
    sessions = pd.to_datetime(rows["session"])
    days = sessions.dropna()
    start = (days.min().date() - _BEFORE) if len(days) else None
    end = (days.max().date() + _AFTER) if len(days) else None
    bars = dict(bars or {})
    missing = [security for security in securities if security not in bars]
    if missing:
        edges = sessions.groupby(rows["security"].to_numpy(object)).agg(["min", "max"])
        bars |= {security: _reaching(store, security, start, end, *edges.loc[security]) for security in missing}
    if flags is None:
        flags = {security: flags_of(universe, security, bars[security]) for security in securities if len(bars[security])}
    if benchmarks is None:
        held = [bars[security]["session"] for security in securities if len(bars[security])]
        reach = (min(one.iloc[0] for one in held).date(), max(one.iloc[-1] for one in held).date()) if held else (start, end)
        benchmarks = benchmarks_for(store, securities, *reach)
    events = stand_on_bars(rows, bars, clock, benchmarks, flags)
    codes, names = pd.factorize(events["security"].array)
    session = events["session"].to_numpy("datetime64[D]")
    called = np.full(len(events), None, dtype=object)
    provider, fetched = np.full(len(events), None, dtype=object), np.full(len(events), np.datetime64("NaT"), "datetime64[s]")
    for code, security in enumerate(map(str, names)):
        mine = np.flatnonzero(codes == code)
        called[mine] = _names(universe, security, session[mine])
        _put_provenance(bars[security], session[mine], mine, provider, fetched)
    added = {
        "name": pd.array(called, dtype="str"),
        "provider": pd.array(provider, dtype="str"),
        "fetched_at": pd.DatetimeIndex(fetched).tz_localize("UTC"),
    }
    return events.assign(**added)


def _reaching(
    store: Store, security: str, start: date | None, end: date | None, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """Bars in [start, end], and beyond where these do not hold a bar before the first event or enough bars after the last."""
    bars = bars_of(store, security, start, end)
    if start is None or pd.isna(first):
        return bars
    session = bars["session"]
    begun = len(bars) and session.iloc[0] < first
    ended = len(bars) and int((session > last).sum()) >= _SESSIONS_AFTER
    if begun and (ended or end >= datetime.now(UTC).date()):
        return bars
    return bars_of(store, security, start if begun else None, None)


def _names(universe: Universe, security: str, days: np.ndarray) -> np.ndarray:
    """What the security was called on each of the days (datetime64[D], NaT: what it is called now). Between two changes of its names one
    day stands for all.
    """
    changes = set()
    for name in universe.names_of(security):
        changes |= {name.valid_from} if name.valid_from else set()
        changes |= {name.valid_to + timedelta(days=1)} if name.valid_to and name.valid_to < date.max else set()
    span = np.searchsorted(np.array(sorted(changes), "datetime64[D]"), days, side="right")
    span[np.isnat(days)] = -1
    _, first, which = np.unique(span, return_index=True, return_inverse=True)
    called = [universe.name_on(security, None if np.isnat(day) else day.item()) for day in days[first]]
    return np.array(called, dtype=object)[which]


def _put_provenance(bars: pd.DataFrame, session: np.ndarray, mine: np.ndarray, provider: np.ndarray, fetched: np.ndarray) -> None:
    """Provider and time of fetching of each session's bar, into the rows ``mine``; nothing where there is no bar."""
    if not len(bars):
        return
    days = bars["session"].to_numpy("datetime64[D]")
    at = np.minimum(np.searchsorted(days, session), len(days) - 1)
    known = days[at] == session
    provider[mine[known]] = bars["provider"].to_numpy(object)[at[known]]
    fetched[mine[known]] = pd.DatetimeIndex(bars["fetched_at"]).tz_convert("UTC").to_numpy("datetime64[s]")[at[known]]
