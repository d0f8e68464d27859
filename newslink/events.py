"""Link rows and daily bars → the events frame: each row on the bar of the session it could first move, and what the price did from there.

Every row that goes in comes out, in order: a row whose bar is missing is flagged, never dropped. Returns are the exchange's own:
``close / prev_close - 1``, raw close over the reference price (after an ex-date already adjusted), compounded over traded sessions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from newslink.errors import FrameError
from newslink.model import Bucket, market_of

HORIZONS = (0, 1, 5)
BAR_FIELDS = ("prev_close", "open", "high", "low", "close", "volume")
BAR_FLAGS = ("limit_up", "limit_down", "ex_date")
INTRADAY = (Bucket.MORNING.value, Bucket.LUNCH.value, Bucket.AFTERNOON.value)
_NEEDED = ("article", "security", "session", "bucket")
_WIDE = np.int64(10_000_000)  # days; wider than any span of sessions, so that security and day make one sorted key


class Sessions(Protocol):
    """What is asked of the clock."""

    def sessions(self, market: str, start: object, end: object) -> np.ndarray:
        """Sessions of a market from start to end, both inclusive, datetime64[D]."""
        ...


def stand_on_bars(
    rows: pd.DataFrame,
    bars: Mapping[str, pd.DataFrame],
    clock: Sessions,
    benchmarks: Mapping[str, pd.DataFrame] | None = None,
    flags: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Rows of links → the same rows with bars, returns and flags; same order, same index, all other columns kept.

    rows: at least article, security, session, bucket; session is what the clock said, NaT where the article has no time.
    bars: security → bars frame. benchmarks: market (``SH``) or security → bars frame of its index. flags: security → frame with session and
    bool columns limit_up, limit_down, ex_date.

    Added: session (moved where suspended; what the clock said stays in ``standing``), prev_close, open, high, low, close, volume,
    return_0, return_1, return_5 (from prev_close to the close of that many traded sessions later), excess_0 … excess_5 (less the benchmark
    compounded over the same days: for a stock that was halted, over the whole halt), and the flags intraday, suspended, no_bar, limit_up,
    limit_down, ex_date, unsettled (the bar was fetched before its close). waited: exchange sessions between standing and session.
    Where bars do not reach, numbers are NaN. Raises FrameError when a needed column is missing.
    """
    for name in _NEEDED:
        if name not in rows.columns:
            raise FrameError("link rows", name, f"is missing; expected at least {', '.join(_NEEDED)}")
    size = len(rows)
    standing = _days(rows["session"])
    codes, securities = pd.factorize(rows["security"].array, use_na_sentinel=False)
    securities = np.array([str(name) for name in securities], dtype=object)
    tape = _tape(securities, bars)
    at = np.searchsorted(tape["key"], codes * _WIDE + _ordinal(standing), side="left") if size else np.zeros(0, np.int64)
    first, last = tape["first"][codes], tape["last"][codes]
    has_bar = ~np.isnat(standing) & (at < last)
    at = np.where(has_bar, at, 0)
    day = tape["day"][at] if len(tape["day"]) else standing
    # Before its first bar nothing says whether the security was halted, unlisted or not fetched, so nothing is moved.
    has_bar &= (at > first) | (day == standing)
    session = np.where(has_bar, day, standing)
    waited = _waited(codes, securities, standing, session, clock)

    added: dict[str, np.ndarray] = {"standing": standing.astype("datetime64[s]"), "session": session.astype("datetime64[s]")}
    for name in BAR_FIELDS:
        added[name] = _taken(tape[name], at, has_bar)
    for horizon in HORIZONS:
        reach = has_bar & (at + horizon < last)
        end = np.where(reach, at + horizon, 0)
        grown = _growth(tape["log"], tape["broken"], at, end, reach)
        added[f"return_{horizon}"] = grown - 1.0
        market = _benchmark_growth(codes, securities, benchmarks or {}, tape, at, end, reach, first)
        added[f"excess_{horizon}"] = grown - market
    added["waited"] = waited
    # News of a halted day was out long before the session it stands on opened.
    added["intraday"] = rows["bucket"].astype(str).isin(INTRADAY).to_numpy() & (waited == 0)
    added["suspended"] = has_bar & (waited > 0)
    added["no_bar"] = ~has_bar
    added |= {name: np.zeros(size, bool) for name in BAR_FLAGS}
    for code, security in enumerate(securities):
        frame = (flags or {}).get(security)
        if frame is not None and len(frame):
            _put_flags(added, frame, np.flatnonzero((codes == code) & has_bar))
    added["unsettled"] = has_bar & _taken(tape["provisional"], at, has_bar).astype(bool) if size else np.zeros(0, bool)
    # One frame of all columns: putting them in one after the other takes five times as long.
    columns = {name: added.pop(name) if name in added else rows[name] for name in rows.columns}
    return pd.DataFrame(columns | added, index=rows.index)


def _days(column: pd.Series) -> np.ndarray:
    if column.dtype.kind == "M":
        return column.to_numpy("datetime64[D]")
    return np.array(["NaT" if value is None or value != value else np.datetime64(value, "D") for value in column], "datetime64[D]")


def _ordinal(days: np.ndarray) -> np.ndarray:
    """Days as positive integers below _WIDE; NaT becomes 0."""
    return np.where(np.isnat(days), 0, days.astype("int64") + 1_000_000)


def _tape(securities: np.ndarray, bars: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """All bars behind one another, in the order of securities; first and last bound each security's part (last exclusive)."""
    columns: dict[str, list[np.ndarray]] = {name: [] for name in (*BAR_FIELDS, "day", "key", "provisional")}
    lengths = np.zeros(len(securities), np.int64)
    for code, security in enumerate(securities):
        frame = bars.get(security)
        if frame is None or not len(frame):
            continue
        lengths[code] = len(frame)
        day = frame["session"].to_numpy("datetime64[D]")
        columns["day"].append(day)
        columns["key"].append(code * _WIDE + _ordinal(day))
        for name in BAR_FIELDS:
            columns[name].append(frame[name].to_numpy("float64"))
        columns["provisional"].append(
            frame["provisional"].to_numpy("float64") if "provisional" in frame else np.zeros(len(frame))
        )
    kinds = {"day": "datetime64[D]", "key": "int64"}
    tape = {name: np.concatenate(parts) if parts else np.zeros(0, kinds.get(name, "float64")) for name, parts in columns.items()}
    tape["last"] = np.cumsum(lengths)
    tape["first"] = tape["last"] - lengths
    tape["log"], tape["broken"] = _cumulated(tape["close"] / tape["prev_close"])
    return tape


def _cumulated(growth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Running log growth and running count of days without one, each with a leading zero: a span is broken when its count grows."""
    usable = np.isfinite(growth) & (growth > 0)
    logs = np.log(np.where(usable, growth, 1.0))
    return np.concatenate(([0.0], np.cumsum(logs))), np.concatenate(([0], np.cumsum(~usable)))


def _growth(log: np.ndarray, broken: np.ndarray, start: np.ndarray, end: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Compounded growth over bars start … end, both inclusive; NaN where not valid or a day in between has no return."""
    start, end = np.where(valid, start, 0), np.where(valid, end, -1)
    whole = valid & (broken[end + 1] == broken[start])
    return np.where(whole, np.exp(log[end + 1] - log[start]), np.nan)


def _taken(values: np.ndarray, at: np.ndarray, valid: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.where(valid, 0.0, np.nan)
    return np.where(valid, values[at], np.nan)


def _waited(codes: np.ndarray, securities: np.ndarray, standing: np.ndarray, session: np.ndarray, clock: Sessions) -> np.ndarray:
    """Exchange sessions from standing (inclusive) to session (exclusive): 0 unless the security did not trade on them."""
    waited = np.zeros(len(codes), np.int64)
    moved = np.flatnonzero(session > standing)
    markets = np.array([market_of(securities[code]) for code in codes[moved]], dtype=object)
    for market in set(markets.tolist()):
        mine = moved[markets == market]
        days = clock.sessions(market, standing[mine].min(), session[mine].max())
        waited[mine] = np.searchsorted(days, session[mine]) - np.searchsorted(days, standing[mine])
    return waited


def _benchmark_growth(codes, securities, benchmarks, tape, at, end, reach, first) -> np.ndarray:
    """The benchmark's growth from the close before the security's bar ``at`` to its bar ``end``; NaN where either day is missing."""
    grown = np.full(len(codes), np.nan)
    if not benchmarks or not len(tape["day"]):
        return grown
    places: dict[int, tuple[pd.DataFrame, list[int]]] = {}
    for code, security in enumerate(securities):
        frame = benchmarks.get(security, benchmarks.get(market_of(security)))
        if frame is not None and len(frame):
            places.setdefault(id(frame), (frame, []))[1].append(code)
    for frame, mine in places.values():
        day = frame["session"].to_numpy("datetime64[D]")
        log, broken = _cumulated(frame["close"].to_numpy("float64") / frame["prev_close"].to_numpy("float64"))
        rows = np.flatnonzero(np.isin(codes, mine) & reach)
        event, final = tape["day"][at[rows]], tape["day"][end[rows]]
        stop = np.searchsorted(day, final, side="right") - 1
        # From the day after the security's previous bar; with no previous bar at hand, from the event's own day.
        before = at[rows] > first[rows]
        previous = tape["day"][np.maximum(at[rows] - 1, 0)]
        start = np.where(before, np.searchsorted(day, previous, side="right"), np.searchsorted(day, event, side="left"))
        known = (stop >= 0) & (day[np.maximum(stop, 0)] == final)
        known &= np.where(before, (start > 0) & (day[np.maximum(start - 1, 0)] == previous), start < len(day))
        grown[rows] = _growth(log, broken, start, stop, known & (start <= stop))
    return grown


def _put_flags(added: dict[str, np.ndarray], frame: pd.DataFrame, rows: np.ndarray) -> None:
    """The flags of each of the rows' session, into the columns of the same names."""
    day, session = frame["session"].to_numpy("datetime64[D]"), added["session"][rows].astype("datetime64[D]")
    at = np.minimum(np.searchsorted(day, session), len(day) - 1)
    hit = day[at] == session
    for name in BAR_FLAGS:
        if name in frame.columns:
            added[name][rows] = hit & frame[name].to_numpy(bool)[at]


def group_events(frame: pd.DataFrame) -> pd.DataFrame:
    """The events frame → one row an event: all articles of one security on one session, ordered by security and session.

    articles: tuple of distinct ids by time. n_articles counts them, n_clusters counts copies of one text once. published_at: the earliest;
    title, source and url are those of the most relevant article (the earliest of equals). buckets: in order of first appearance.
    intraday and date_only hold when every article is so: news already out before the open makes the whole day's return lie behind it.
    suspended, limit_up, limit_down, ex_date, provisional, no_bar hold when any row says so. Bar columns and returns are the event's.
    Rows without a session are left out: they stand nowhere.
    """
    frame = frame.loc[frame["session"].notna().to_numpy()]
    if "published_at" in frame:
        frame = frame.sort_values("published_at", kind="stable")
    names, day = frame["security"].astype(str).to_numpy(object), _days(frame["session"])
    ordered, securities = pd.factorize(names, sort=True)
    key = ordered * _WIDE + _ordinal(day)
    # Within an event by time: a stable sort keeps the order above.
    order = np.argsort(key, kind="stable")
    frame, key = frame.iloc[order].reset_index(drop=True), key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1)) if len(key) else np.zeros(0, np.int64)
    stops = np.append(starts[1:], len(key)) if len(key) else starts
    spans = list(zip(starts.tolist(), stops.tolist(), strict=True))
    head = starts
    if "relevance" in frame:
        relevance = np.nan_to_num(frame["relevance"].to_numpy("float64"), nan=-1.0)
        head = np.array([start + int(np.argmax(relevance[start:stop])) if stop - start > 1 else start for start, stop in spans], np.int64)
    kept = ("security", "session", "title", "source", "url", *BAR_FIELDS, "waited",
            *(f"{kind}_{h}" for kind in ("return", "excess") for h in HORIZONS))  # fmt: skip
    out = frame.iloc[head][[name for name in kept if name in frame.columns]].reset_index(drop=True)
    ids, buckets = frame["article"].tolist(), frame["bucket"].astype(str).tolist()
    articles = [tuple(dict.fromkeys(ids[start:stop])) for start, stop in spans]
    clusters = [str(article) for article in ids]
    if "cluster" in frame:
        clusters = [own if given is None or given != given or given == "" else str(given)
                    for own, given in zip(clusters, frame["cluster"].tolist(), strict=True)]  # fmt: skip
    out["articles"] = pd.Series(articles, dtype=object)
    out["n_articles"] = [len(article) for article in articles]
    out["n_clusters"] = [len(set(clusters[start:stop])) for start, stop in spans]
    if "published_at" in frame:
        out["published_at"] = frame["published_at"].iloc[starts].array
    out["buckets"] = pd.Series([tuple(dict.fromkeys(buckets[start:stop])) for start, stop in spans], dtype=object)
    for name in ("intraday", "date_only", "provisional", "suspended", "no_bar", *BAR_FLAGS):
        if name in frame:
            rule = np.logical_and if name in {"intraday", "date_only"} else np.logical_or
            flag = frame[name].to_numpy(bool)
            out[name] = rule.reduceat(flag, starts) if len(starts) else np.zeros(0, bool)
    return out
