"""Raw bars → adjusted or resampled bars. A view, never stored: the store holds raw prices only.

Adjustment is multiplicative. On an ex-date the exchange publishes a reference price (``prev_close``) below the last close; the ratio of the
two is that day's factor, and every return ``close / prev_close - 1`` is preserved exactly. The additive way of some providers subtracts the
dividend instead, which turns old prices negative and bends every return before it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from newslink.errors import FrameError
from newslink.frames import BAR_PRICES

WAYS = ("raw", "qfq", "hfq")
PERIODS = ("day", "week", "month")


def factors(bars: pd.DataFrame) -> np.ndarray:
    """One factor a row: last close / prev_close, 1 where nothing happened, 1 on the first row.

    A reference price that is not known (NaN) counts as no adjustment: the row's return is missing, and `unknown_references` tells where.
    """
    close = bars["close"].to_numpy("float64")
    reference = bars["prev_close"].to_numpy("float64")
    step = np.ones(len(close))
    if len(close) > 1:
        step[1:] = close[:-1] / reference[1:]
        step[1:][~np.isfinite(step[1:])] = 1.0
    # Prices are printed with at most four decimals, so a difference below that is a rounding of the provider, not a distribution.
    step[np.abs(step * reference - reference) < 5e-5] = 1.0
    return step


def unknown_references(bars: pd.DataFrame) -> pd.Series:
    """The sessions (first row aside) whose reference price no provider could tell; adjustment across them is not to be trusted."""
    return bars["session"].iloc[1:][bars["prev_close"].iloc[1:].isna()]


def adjust(bars: pd.DataFrame, way: str = "raw") -> pd.DataFrame:
    """Bars with open, high, low, close and prev_close adjusted: ``raw`` as traded, ``qfq`` newest price kept, ``hfq`` oldest price kept.

    Unrounded, so that ``close / prev_close - 1`` is the raw return to the last bit of rounding error. In the result prev_close equals the
    last row's close wherever the reference is known. volume and amount stay as traded. Bars must be gapless but for suspensions: a hole
    would look like an ex-date. Raises FrameError for an unknown way.
    """
    if way not in WAYS:
        raise FrameError("bars", "adjust", f"cannot be {way!r}; expected one of {', '.join(WAYS)}")
    if way == "raw" or bars.empty:
        return bars.copy()
    growth = np.cumprod(factors(bars))
    scale = growth if way == "hfq" else growth / growth[-1]
    adjusted = bars.copy()
    for name in BAR_PRICES:
        adjusted[name] = adjusted[name].to_numpy("float64") * scale
    return adjusted


def resample(bars: pd.DataFrame, period: str) -> pd.DataFrame:
    """Weekly (Monday to Sunday) or monthly bars from daily ones of one adjustment; ``day`` gives the bars back.

    session: the last session traded in the period. prev_close: the reference of the first one, so ``close / prev_close - 1`` is the
    period's return for adjusted bars; for raw bars it is so unless an ex-date lies inside the period. volume and amount are sums.
    provisional: any day of it was. Raises FrameError for another period.
    """
    if period not in PERIODS:
        raise FrameError("bars", "period", f"cannot be {period!r}; expected one of {', '.join(PERIODS)}")
    if period == "day" or bars.empty:
        return bars.copy()
    key = bars["session"].dt.to_period("W-SUN" if period == "week" else "M")
    grouped = bars.groupby(key.to_numpy(), sort=True)
    whole = grouped.agg(
        session=("session", "last"), open=("open", "first"), high=("high", "max"), low=("low", "min"), close=("close", "last"),
        prev_close=("prev_close", lambda values: values.iloc[0]), volume=("volume", lambda values: values.sum(min_count=1)),
        amount=("amount", lambda values: values.sum(min_count=1)), provider=("provider", "last"), fetched_at=("fetched_at", "max"),
        provisional=("provisional", "any"),
    )  # fmt: skip
    return whole.reset_index(drop=True)[list(bars.columns)]
