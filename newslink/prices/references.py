"""What a provider says about dividends and splits → the exchange's reference price (prev_close) of every row. Pure.

The exchange publishes a reference below the last close on an ex-date, rounded to the tick. No provider behind akshare hands it out:
Sina and Tencent have factors or the words of the dividend, and Eastmoney's raw change is measured from the raw last close even on ex-dates.
So it is worked out here, and each row says how (`HOW`). A way that cannot be sure of a row gives NaN: a missing return, never a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

# A row's way, appended to the provider's name on the rows where something happened.
HOW = {"factor": "+factor", "dividend": "+dividend", "qfq": "+qfq"}


@dataclass(frozen=True, slots=True)
class References:
    """prev_close: one price a row, NaN where unknown. events: True on ex-dates. how: key of HOW."""

    prev_close: np.ndarray
    events: np.ndarray
    how: str = ""


def to_tick(price: np.ndarray | float, tick: float | None) -> np.ndarray:
    """Rounded half up to the tick, as exchanges do; four decimals where there is none.

    The added millionth of a tick stands for the rounding error of the division: 2008.325 must not become 2008.32.
    """
    step = tick or 1e-4
    return np.round(np.floor(np.asarray(price, "float64") / step + 0.5 + 1e-6) * step, 6)


def last_closes(close: np.ndarray, before: float = np.nan) -> np.ndarray:
    """The close of the row before; before: the close before the first row, where known."""
    return np.concatenate([[before], close[:-1]]) if len(close) else close


def untouched(close: np.ndarray, before: float = np.nan) -> References:
    """Nothing ever happens: indices."""
    return References(last_closes(close, before), np.zeros(len(close), bool))


def from_maps(
    sessions: np.ndarray,
    close: np.ndarray,
    dates: np.ndarray,
    slope: np.ndarray,
    shift: np.ndarray,
    tick: float | None,
    before: float = np.nan,
) -> References:
    """From a table of maps, adjusted = raw * slope + shift, each valid from its date until the next.

    On the first row at or after a date the maps meet: ``last * old_slope + old_shift = reference * new_slope + new_shift``.
    """
    order = np.argsort(dates, kind="stable")
    dates, slope, shift = dates[order], slope[order], shift[order]
    # Rows before the first date keep the first map: the table's oldest entry stands for everything before.
    at = np.maximum(np.searchsorted(dates, sessions, side="right") - 1, 0)
    was = np.concatenate([at[:1], at[:-1]]) if len(at) else at
    last = last_closes(close, before)
    moved = (slope[at] != slope[was]) | (shift[at] != shift[was])
    reference = (last * slope[was] + shift[was] - shift[at]) / slope[at]
    rounded = to_tick(reference, tick)
    events = moved & (np.abs(rounded - last) > (tick or 1e-4) / 2)
    return References(np.where(events, rounded, last), events, "factor")


DIVIDEND = re.compile(r"(\d+(?:\.\d+)?)(?:股)?(?=[送转增派])")
PARTS = {
    "bonus": re.compile(r"(?:送|转增|转|增)(?:股)?(\d+(?:\.\d+)?)"),
    "cash": re.compile(r"派(?:息|现)?(?:人民币)?(\d+(?:\.\d+)?)"),
}


def dividend_of(words: str) -> tuple[float, float] | None:
    """``10送3转5派1.5元`` → (cash a share, new shares a share), or None when the words say more or other than that (rights issues)."""
    words = words.replace(" ", "").replace("每", "").split("(")[0].split("（")[0]
    base = DIVIDEND.match(words)
    if base is None or "配" in words:
        return None
    rest = words[base.end() :]
    cash = [float(number) for number in PARTS["cash"].findall(rest)]
    bonus = [float(number) for number in PARTS["bonus"].findall(rest)]
    left = PARTS["bonus"].sub("", PARTS["cash"].sub("", rest))
    if len(cash) > 1 or not (cash or bonus) or re.search(r"\d", left):
        return None
    return sum(cash) / float(base[1]), sum(bonus) / float(base[1])


def from_dividends(
    sessions: np.ndarray, close: np.ndarray, dividends: list[tuple[str, str]], tick: float | None, before: float = np.nan
) -> References:
    """From the words of each ex-date, by the exchanges' formula (last close - cash) / (1 + new shares).

    A company holding its own shares pays nothing on them, and the exchange then spreads the cash over all shares: its reference is a few
    ticks higher than the words say. Such a row is right to about a part in a thousand, which is why it is marked. Words that
    cannot be read give NaN.
    """
    last = last_closes(close, before)
    prev_close, events = last.copy(), np.zeros(len(close), bool)
    for day, words in dividends:
        row = int(np.searchsorted(sessions, np.datetime64(day)))
        if row >= len(sessions) or sessions[row] != np.datetime64(day):
            continue
        said = dividend_of(words)
        events[row] = True
        prev_close[row] = np.nan if said is None else float(to_tick((last[row] - said[0]) / (1 + said[1]), tick))
    return References(prev_close, events, "dividend")


def doubted(told: References, close: np.ndarray, unusual: float) -> References:
    """The same, without the references of rows that moved by more than unusual (a fraction) though nothing was said to happen there."""
    move = np.abs(close / told.prev_close - 1)
    return References(np.where((move > unusual) & ~told.events, np.nan, told.prev_close), told.events, told.how)


def from_additive(raw: np.ndarray, adjusted: np.ndarray, tick: float | None, before: float = np.nan) -> References:
    """From raw and additively adjusted prices (two arrays, rows by open high low close), newest row unadjusted in the newest segment.

    Within a segment raw = slope * adjusted + shift. Going back in time, the first row off the line ends the segment: the row after it is
    an ex-date, and its reference is the line at the older row's adjusted close. The next segment's line is fitted to its newest rows.
    Marked like dividends, and for the same reason. A segment too short or too flat to fit gives NaN at the ex-date before it, and on.
    """
    rows = len(raw)
    last = last_closes(raw[:, 3], before)
    prev_close, events = last.copy(), np.zeros(rows, bool)
    segment = fit(raw, adjusted, rows, 1.0)
    row = rows - 1
    while row > 0:
        if segment is None:
            # Lost: nothing older can be told apart from an ex-date, so only an unchanged pair of lines would do, and there is none.
            prev_close[1 : row + 1] = np.nan
            break
        slope, shift = segment
        off = np.abs(raw[:row] - (slope * adjusted[:row] + shift)).max(axis=1) > 0.006 * (1 + slope)
        outside = np.flatnonzero(off)
        if not len(outside):
            break
        older = int(outside[-1])
        reference = float(to_tick(slope * adjusted[older, 3] + shift, tick))
        # A line fitted to rounded prices drifts off over a year: a step no larger than the rounding only renews the line.
        if abs(reference - raw[older, 3]) > 0.012 * (1 + slope):
            events[older + 1], prev_close[older + 1] = True, reference
        segment, row = fit(raw, adjusted, older + 1, slope), older
    return References(prev_close, events, "qfq")


def fit(raw: np.ndarray, adjusted: np.ndarray, end: int, slope: float) -> tuple[float, float] | None:
    """The line through the newest rows before end: with the given slope when that fits (cash only), else by least squares; or None."""
    newest = slice(max(0, end - 8), end)
    x, y = adjusted[newest], raw[newest]
    for rows in range(len(x), 0, -1):
        x, y = x[-rows:], y[-rows:]
        shift = float(np.median(y - slope * x))
        if np.abs(y - slope * x - shift).max() <= 0.006 * (1 + slope):
            return slope, shift
        if rows >= 3 and np.ptp(x) > 0.3:
            steep, constant = np.polyfit(x.ravel(), y.ravel(), 1)
            if steep > 0.5 and np.abs(y - steep * x - constant).max() <= 0.006 * (1 + steep):
                return float(steep), float(constant)
    return None
