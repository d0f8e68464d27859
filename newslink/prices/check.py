"""A provider's bars → the same bars, or a ProviderFailure with the reason. Everything here runs before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from newslink.errors import FrameError
from newslink.frames import check_bars
from newslink.model import Kind
from newslink.prices.base import Outcome, ProviderFailure
from newslink.prices.instrument import instrument

# A day's average price (amount / volume) lies between low and high; one part in two hundred covers rounding of lots and ten thousands.
VWAP_SLACK = 0.005
# Rows that may break the rule before the unit is called wrong: block trades after the close are counted in amount by some providers.
UNIT_TOLERANCE = 0.1


def unit_of_volume(bars: pd.DataFrame) -> float | None:
    """What volume must be multiplied with to be shares, judged by amount / volume against low and high: 1, 100 or 0.01; None when nothing
    fits or amounts are missing. Only meaningful on raw prices of a stock or fund: an index's amount has nothing to do with its level.
    """
    use = bars["volume"].gt(0) & bars["amount"].gt(0)
    if not use.any():
        return None
    rows = bars[use]
    low, high = rows["low"].to_numpy("float64") * (1 - VWAP_SLACK) - 0.01, rows["high"].to_numpy("float64") * (1 + VWAP_SLACK) + 0.01
    average = rows["amount"].to_numpy("float64") / rows["volume"].to_numpy("float64")
    for scale in (1.0, 100.0, 0.01):
        inside = (average / scale >= low) & (average / scale <= high)
        if inside.mean() >= 1 - UNIT_TOLERANCE:
            return scale
    return None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How bars stand against the calendar. missing: sessions without a bar, in three parts; extra: bars on days that are no session."""

    leading: tuple[date, ...] = ()
    interior: tuple[date, ...] = ()
    trailing: tuple[date, ...] = ()
    extra: tuple[date, ...] = ()

    @property
    def missing(self) -> tuple[date, ...]:
        return self.leading + self.interior + self.trailing


def coverage(bars: pd.DataFrame, sessions: Sequence[date] | np.ndarray) -> Coverage:
    """Bars against the sessions on which the security could have traded (ascending, as datetime64[D] or dates). Neither holds a day twice."""
    expected = np.asarray(sessions, dtype="datetime64[D]")
    present = bars["session"].to_numpy("datetime64[D]")
    missing = np.setdiff1d(expected, present, assume_unique=True)
    extra = np.setdiff1d(present, expected, assume_unique=True)
    if not len(present):
        return Coverage(leading=tuple(missing.tolist()))
    first, last = present[0], present[-1]
    return Coverage(
        leading=tuple(missing[missing < first].tolist()),
        interior=tuple(missing[(missing > first) & (missing < last)].tolist()),
        trailing=tuple(missing[missing > last].tolist()),
        extra=tuple(extra.tolist()),
    )


def check_reply(
    bars: pd.DataFrame,
    security: str,
    start: date,
    end: date,
    provider: str,
    sessions: np.ndarray | None = None,
    stored: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The bars, when they may be stored. Raises ProviderFailure(SCHEMA) naming the first thing that is wrong, or EMPTY for no rows.

    start, end: what was asked for, inclusive. sessions: the calendar within it, or None where none is known.
    stored: final bars already held; where they overlap, a different company's prices show.
    """

    def fail(detail: str) -> None:
        raise ProviderFailure(provider, Outcome.SCHEMA, detail)

    if bars.empty:
        raise ProviderFailure(provider, Outcome.EMPTY, f"{start}..{end}")
    try:
        bars = check_bars(bars, contract=f"bars of {provider}")
    except FrameError as error:
        raise ProviderFailure(provider, Outcome.SCHEMA, str(error)) from error
    days = bars["session"].to_numpy("datetime64[D]")
    if days[0] < np.datetime64(start) or days[-1] > np.datetime64(end):
        fail(f"rows outside {start}..{end}: {days[0]}..{days[-1]}")
    if sessions is not None:
        extra = coverage(bars, sessions).extra
        if extra:
            fail(f"{len(extra)} rows on days that are no session, first {extra[0]}")
    thing = instrument(security)
    if thing.kind is not Kind.INDEX and bars["amount"].notna().any():
        unit = unit_of_volume(bars)
        if unit is None and (bars["volume"].gt(0) & bars["amount"].gt(0)).any():
            fail("amount / volume lies outside low..high, so volume or amount is in another unit or belongs to something else")
        if unit not in (None, 1.0):
            fail(f"volume is in another unit: it would have to be multiplied by {unit:g} to agree with amount and prices")
    moves = (bars["close"] / bars["prev_close"]).dropna()
    if ((moves > 20) | (moves < 0.05)).any():
        fail("a close is more than twenty times, or less than a twentieth of, its reference price")
    if stored is not None and len(stored):
        check_overlap(bars, stored, provider)
    return bars


def check_overlap(bars: pd.DataFrame, stored: pd.DataFrame, provider: str) -> None:
    """Raises ProviderFailure(SCHEMA) when most overlapping closes differ from the stored ones: another company's data, or adjusted prices.

    A few differing rows are a provider's correction and pass; the cache records them.
    """
    both = bars.merge(stored[["session", "close"]], on="session", suffixes=("", "_stored"))
    if both.empty:
        return
    different = (both["close"] / both["close_stored"] - 1).abs() > 0.002
    if different.mean() > 0.5:
        row = both[different].iloc[0]
        raise ProviderFailure(
            provider, Outcome.SCHEMA,
            f"{int(different.sum())} of {len(both)} overlapping closes differ from the stored ones, first {row['session']:%Y-%m-%d}: "
            f"{row['close']:g} against {row['close_stored']:g}; another security or adjusted prices",
        )  # fmt: skip
