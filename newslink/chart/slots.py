"""Bars and event sessions → the places on the x axis: one a day, week or month, never more than asked for, and every event has one.

A place is made of trading days only, so there is no gap for nights, weekends and holidays. Sessions that carry events but no bar
(prices not
fetched yet, the session still to come) get a place of their own without a candle: an event is never left out for want of a price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from newslink.chart.options import ChartOptions

_COARSER = {"day": "week", "week": "month", "month": "quarter", "quarter": "year", "year": "decade"}


@dataclass(frozen=True, slots=True)
class Slots:
    """The visible places, ascending. first, last: the first and last session of each, datetime64[D].

    candle: columns open, high, low, close, prev_close, volume, amount of all periods from the first bar on (averages need the run-up);
    skip: how many of them lie before the first place; has_bar: which places carry a candle, at: its row in candle.
    """

    period: str
    first: np.ndarray
    last: np.ndarray
    candle: dict[str, np.ndarray]
    skip: int
    has_bar: np.ndarray
    at: np.ndarray

    def __len__(self) -> int:
        return len(self.last)

    def labels(self) -> list[str]:
        """What the axis prints: the last session of each place, the month for months."""
        return np.datetime_as_string(self.last, unit="M" if self.period == "month" else "D").tolist()

    def place_of(self, sessions: np.ndarray) -> np.ndarray:
        """Place of each session (datetime64[D]); -1 where it lies outside the window."""
        place = np.searchsorted(self.last, sessions, side="left")
        inside = place < len(self.last)
        place = np.where(inside, place, 0)
        if len(self.last):
            inside &= sessions >= self.first[place]
        inside &= ~np.isnat(sessions)
        return np.where(inside, place, -1)

    def taken(self, column: np.ndarray) -> np.ndarray:
        """A column over all candles → one value a place, NaN where there is no candle."""
        out = np.full(len(self), np.nan)
        out[self.has_bar] = column[self.at[self.has_bar]]
        return out


def period_key(days: np.ndarray, period: str) -> np.ndarray:
    """An integer that is equal for days of one period, ascending with time. Weeks begin on Monday."""
    if period == "day":
        return days.astype("int64")
    if period == "week":
        return (days.astype("int64") + 3) // 7  # 1970-01-01 was a Thursday
    months = days.astype("datetime64[M]").astype("int64")
    return months // {"month": 1, "quarter": 3, "year": 12, "decade": 120}[period]


def slots(bars: pd.DataFrame, events: pd.DataFrame, options: ChartOptions) -> Slots:
    """Places for the window of the options. bars: ascending daily bars; events: at least ``session``."""
    bar_days = bars["session"].to_numpy("datetime64[D]")
    event_days = events["session"].to_numpy("datetime64[D]")
    event_days = event_days[~np.isnat(event_days)]
    start = None if options.start is None else np.datetime64(options.start, "D")
    end = None if options.end is None else np.datetime64(options.end, "D")
    days = _joined(bar_days, event_days)
    if start is not None:
        days = days[days >= start]
    if end is not None:
        days = days[days <= end]
    period = "day" if options.period == "auto" else options.period
    key = period_key(days, period)
    while period in _COARSER and len(key) and _distinct(key) > options.most:
        period = _COARSER[period]
        key = period_key(days, period)
    opens = np.flatnonzero(np.diff(key, prepend=key[0] - 1)) if len(key) else np.zeros(0, np.int64)
    closes = np.append(opens[1:], len(key)) - 1 if len(key) else opens
    # The window may cut its first period: the candle is then made of the days inside, so that what is drawn is what was asked for.
    candle, candle_key, skip_days = _candles(bars, bar_days, period, start, end)
    place_key = key[opens]
    at = np.searchsorted(candle_key[skip_days:], place_key) + skip_days
    inside = at < len(candle_key)
    at = np.where(inside, at, 0)
    has_bar = inside & (candle_key[at] == place_key) if len(candle_key) else np.zeros(len(place_key), bool)
    return Slots(period, days[opens], days[closes], candle, skip_days, has_bar, at)


def _joined(ascending: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Ascending days of both, once each. Most of the others are in the first already, which a general union does not profit from."""
    if not len(ascending):
        return np.unique(others)
    at = np.minimum(np.searchsorted(ascending, others), len(ascending) - 1)
    missing = others[ascending[at] != others]
    return np.union1d(ascending, missing) if len(missing) else ascending


def _distinct(sorted_key: np.ndarray) -> int:
    return int(np.count_nonzero(np.diff(sorted_key))) + 1


def _candles(bars, days, period, start, end) -> tuple[dict[str, np.ndarray], np.ndarray, int]:
    """(columns, key of each candle, number of candles wholly before the window)."""
    stop = len(days) if end is None else int(np.searchsorted(days, end, side="right"))
    days = days[:stop]
    cut = 0 if start is None else int(np.searchsorted(days, start, side="left"))
    column = {name: bars[name].to_numpy("float64")[:stop] for name in ("open", "high", "low", "close", "prev_close", "volume", "amount")}
    key = period_key(days, period)
    if not len(key):
        return column, key, 0
    breaks = np.diff(key, prepend=key[0] - 1) != 0
    if 0 < cut < len(key):
        breaks[cut] = True
    opens = np.flatnonzero(breaks)
    skip = int(np.searchsorted(opens, cut, side="left"))
    if period == "day":
        return column, key, skip
    closes = np.append(opens[1:], len(key)) - 1
    out = {
        "open": column["open"][opens],
        "high": np.fmax.reduceat(column["high"], opens),
        "low": np.fmin.reduceat(column["low"], opens),
        "close": column["close"][closes],
        "prev_close": column["prev_close"][opens],
        "volume": np.add.reduceat(np.nan_to_num(column["volume"]), opens),
        "amount": np.add.reduceat(np.nan_to_num(column["amount"]), opens),
    }
    return out, key[opens], skip
