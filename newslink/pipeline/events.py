"""A filtered set → its events: each link on the bar of its session, with returns, excess returns, flags and names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

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
    store: Store, rows: pd.DataFrame, universe: Universe, clock: SessionClock, bars: dict[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """The same for link rows already read (``Store.rows``)."""
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
    flags = {security: flags_of(universe, security, bars[security]) for security in securities if len(bars[security])}
    held = [bars[security]["session"] for security in securities if len(bars[security])]
    reach = (min(one.iloc[0] for one in held).date(), max(one.iloc[-1] for one in held).date()) if held else (start, end)
    events = stand_on_bars(rows, bars, clock, benchmarks_for(store, securities, *reach), flags)
    events["name"] = [
        universe.name_on(security, None if pd.isna(day) else day.date())
        for security, day in zip(events["security"], pd.to_datetime(events["session"]), strict=True)
    ]
    return _with_provenance(events, bars)


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


def _with_provenance(events: pd.DataFrame, bars: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """provider and fetched_at of each row's bar; None and NaT where there is no bar."""
    wanted = [
        frame.loc[:, ["session", "provider", "fetched_at"]].assign(security=security) for security, frame in bars.items() if len(frame)
    ]
    if not wanted:
        return events.assign(provider=None, fetched_at=pd.NaT)
    known = pd.concat(wanted, ignore_index=True)
    known["session"] = known["session"].astype("datetime64[s]")
    return events.drop(columns=["provider", "fetched_at"], errors="ignore").merge(known, how="left", on=["security", "session"])
