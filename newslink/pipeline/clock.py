"""Index bars in the store → the clock whose days they have put right: a typhoon closure is known as soon as the index shows it."""

from __future__ import annotations

from newslink.pipeline.bars import BENCHMARKS, bars_of
from newslink.sessions import SessionClock
from newslink.store import Store


def clock_of(store: Store) -> SessionClock:
    """A SessionClock corrected by the settled bars of each market's index. Markets without index bars keep the library's days."""
    observed = {}
    for market, index in BENCHMARKS.items():
        bars = bars_of(store, index)
        if len(bars):
            observed[market] = bars.loc[~bars["provisional"].to_numpy(bool), "session"].to_numpy("datetime64[D]")
    return SessionClock(observed)


def calendar_mark(store: Store) -> tuple:
    """Equal as long as the index bars, and so the clock of ``clock_of``, are the same; a few small queries."""
    return tuple(tuple(store.coverage(index)) for index in dict.fromkeys(BENCHMARKS.values()))
