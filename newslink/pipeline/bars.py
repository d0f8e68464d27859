"""Store first, bundled sample second → bars, benchmarks and trading flags for events, chart and study. Never fetches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from newslink.link import Universe
from newslink.model import market_of
from newslink.prices import sample_bars, trading_flags
from newslink.store import Store

# market → the index its securities are held against: CSI 300, Hang Seng, S&P 500
BENCHMARKS = {"SH": "000300.SH", "SZ": "000300.SH", "BJ": "000300.SH", "HK": "HSI.HK", "US": "SPX.US"}


def bars_of(store: Store, security: str, start: date | None = None, end: date | None = None) -> pd.DataFrame:
    """Raw bars in [start, end], both inclusive; where the store has none of the security, the bundled sample's (provider ``sample``)."""
    bars = store.read_bars(security, start, end)
    if len(bars) == 0 and security in sample_bars() and not store.coverage(security):
        bars = sample_bars()[security]
        day = bars["session"]
        inside = pd.Series(True, index=bars.index)
        if start is not None:
            inside &= day >= pd.Timestamp(start)
        if end is not None:
            inside &= day <= pd.Timestamp(end)
        bars = bars.loc[inside].reset_index(drop=True)
    return bars


def benchmark_of(security: str) -> str:
    """The index a security's returns are held against by default."""
    return BENCHMARKS[market_of(security)]


def benchmarks_for(store: Store, securities: Iterable[str], start: date | None = None, end: date | None = None) -> dict[str, pd.DataFrame]:
    """Market → bars of its index, for the markets of these securities."""
    index_bars: dict[str, pd.DataFrame] = {}
    by_market = {}
    for market in {market_of(security) for security in securities}:
        index = BENCHMARKS[market]
        if index not in index_bars:
            index_bars[index] = bars_of(store, index, start, end)
        by_market[market] = index_bars[index]
    return by_market


def flags_of(universe: Universe, security: str, bars: pd.DataFrame) -> pd.DataFrame:
    """Trading flags (limit_up, limit_down, ex_date …) of the bars, by board, date and the name of the day (ST)."""
    return trading_flags(security, bars, universe.names_of(security), universe.security(security))
