"""Column contracts of the few tables that cross borders, and the checks run where a table enters from outside.

Bars, ascending by session, one row a session on which the security traded:

    session     datetime64 midnight, no zone: the exchange's own date
    open high low close prev_close   float64, raw prices in the trading currency; prev_close is the exchange's reference
                (after an ex-date already adjusted), so ``close / prev_close - 1`` is the day's return
    volume      float64, shares (not lots)          amount      float64, currency (not ten thousands); NaN where the provider has none
    provider    str, who said so                    fetched_at  datetime64 UTC
    provisional bool, True while the session had not closed when fetched
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from newslink.errors import FrameError

BAR_PRICES = ("open", "high", "low", "close", "prev_close")
BAR_COLUMNS = ("session", *BAR_PRICES, "volume", "amount", "provider", "fetched_at", "provisional")


def empty_bars() -> pd.DataFrame:
    """A bars frame without rows, with the right column types."""
    return _no_bars().copy()


@lru_cache(maxsize=1)
def _no_bars() -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(dtype="float64") for name in BAR_COLUMNS})
    return frame.astype(
        {"session": "datetime64[s]", "provider": "str", "fetched_at": "datetime64[s, UTC]", "provisional": "bool"}
    )


def check_bars(bars: pd.DataFrame, contract: str = "bars") -> pd.DataFrame:
    """The same frame, columns in contract order. Raises FrameError naming the column, the problem and the first offending row.

    prev_close may be NaN only on the first row (nothing is known before it) and where the provider had none.
    """
    for name in BAR_COLUMNS:
        if name not in bars.columns:
            raise FrameError(contract, name, f"is missing; expected {', '.join(BAR_COLUMNS)}")
    bars = bars.loc[:, list(BAR_COLUMNS)]

    def fail(column: str, problem: str, wrong: np.ndarray) -> None:
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise FrameError(contract, column, problem, bars.iloc[first][["session", *BAR_PRICES, "volume", "amount"]].to_dict())

    sessions = bars["session"].to_numpy("datetime64[s]")
    if len(sessions) > 1:
        later = np.empty(len(sessions), bool)
        later[0] = False
        later[1:] = sessions[1:] <= sessions[:-1]
        fail("session", "must ascend without repeats", later)
    price = {name: bars[name].to_numpy("float64") for name in BAR_PRICES}
    for name in ("open", "high", "low", "close"):
        fail(name, "must be a positive raw price", ~(np.isfinite(price[name]) & (price[name] > 0)))
    previous = price["prev_close"]
    fail("prev_close", "must be positive where known", ~(np.isnan(previous) | (np.isfinite(previous) & (previous > 0))))
    # Providers round each price on its own; half a tick of slack is rounding, more is a swapped column.
    slack = 0.0051
    fail("high", "is below open, low or close", price["high"] + slack < np.maximum.reduce([price[n] for n in ("open", "low", "close")]))
    fail("low", "is above open or close", price["low"] - slack > np.minimum(price["open"], price["close"]))
    volume = bars["volume"].to_numpy("float64")
    fail("volume", "must not be negative", ~(np.isnan(volume) | (volume >= 0)))
    return bars
