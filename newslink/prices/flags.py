"""Raw bars and dated names → what the exchange's rules made of each session: suspended, closed at the price limit, ex-date, first session.

Rules (SSE, SZSE and BSE trading rules; docs/decisions/0022-price-limits.md says how each was verified): limits since 1996-12-16; 10 % on
the main boards; 20 % on STAR from its start and on ChiNext since 2020-08-24 (10 % before); 30 % in Beijing; 5 % for risk-warned shares (ST,
*ST) of the main boards until 2026-07-05 and of ChiNext until 2020-08-23, and for unreformed ones (S) since 2007-01-08. Shares listed under
registration trade five sessions without a limit (STAR; ChiNext since 2020-08-24; main boards since 2023-04-10), others the first one. A
limit price is the reference times one plus or minus the limit, rounded half up to the tick.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from newslink.model import Name, NameKind, Security
from newslink.prices.instrument import Board, instrument

LIMITS_BEGAN = np.datetime64("1996-12-16")
CHINEXT_REFORM = np.datetime64("2020-08-24")
MAIN_REGISTRATION = np.datetime64("2023-04-10")
UNREFORMED_NARROWED = np.datetime64("2007-01-08")
MAIN_WARNED_WIDENED = np.datetime64("2026-07-06")
# ST and *ST (and their S forms) before the name itself; a name that merely begins with these letters goes on in Latin.
RISK_WARNED = re.compile(r"(?:S?\*ST|S?ST(?=[一-鿿 ]|\Z))")
UNREFORMED = re.compile(r"S(?=[一-鿿])")
COLUMNS = ("session", "suspended", "limit_up", "limit_down", "ex_date", "first_session")


def risk_warned(sessions: np.ndarray, names: Iterable[Name]) -> np.ndarray:
    """Whether the security bore ST or *ST in its short name on each session (datetime64[D]), or S since that meant 5 %. Names without
    dates hold always."""
    marked = np.zeros(len(sessions), bool)
    for name in names:
        text = unicodedata.normalize("NFKC", name.text).strip().upper()
        warned, unreformed = RISK_WARNED.match(text), UNREFORMED.match(text)
        if name.kind in (NameKind.SHORT, NameKind.FORMER) and (warned or unreformed):
            if name.kind is NameKind.FORMER and name.valid_from is None and name.valid_to is None:
                continue  # a former name without dates says nothing about any day
            begin = np.datetime64(name.valid_from) if name.valid_from else sessions.min(initial=np.datetime64("1990-01-01"))
            end = np.datetime64(name.valid_to) if name.valid_to else sessions.max(initial=np.datetime64("2100-01-01"))
            begin = begin if warned else max(begin, UNREFORMED_NARROWED)
            marked |= (sessions >= begin) & (sessions <= end)
    return marked


def limit_percent(security: str, sessions: np.ndarray, names: Iterable[Name] = (), listed: date | None = None) -> np.ndarray:
    """The daily limit of each session in whole percent; 0 where there is none. listed: first day of trading, when known."""
    board = instrument(security).board
    percent = np.zeros(len(sessions), "int64")
    if board in (Board.NONE, Board.FUND):  # funds on 20 % indices cannot be told from the others by code
        return percent
    percent[:] = {Board.STAR: 20, Board.BSE: 30}.get(board, 10)
    if board is Board.CHINEXT:
        percent[sessions >= CHINEXT_REFORM] = 20
    if board in (Board.MAIN, Board.B_SHARE, Board.CHINEXT):
        warned = risk_warned(sessions, names)
        percent[warned & (sessions < (CHINEXT_REFORM if board is Board.CHINEXT else MAIN_WARNED_WIDENED))] = 5
    percent[sessions < LIMITS_BEGAN] = 0
    free = free_sessions(board, listed)
    if free:
        since = np.flatnonzero(sessions >= np.datetime64(listed))
        # Counting rows is counting sessions only when the rows begin at the listing; a fortnight is more than any five sessions.
        if len(since) and sessions[since[0]] <= np.datetime64(listed) + 14:
            percent[since[:free]] = 0
    return percent


def free_sessions(board: Board, listed: date | None) -> int:
    """How many sessions from the listing on have no daily limit; 0 where the listing is not known."""
    if listed is None:
        return 0
    day = np.datetime64(listed)
    began = {Board.STAR: day, Board.CHINEXT: CHINEXT_REFORM, Board.MAIN: MAIN_REGISTRATION}.get(board)
    return 5 if began is not None and day >= began else 1


def limit_prices(prev_close: np.ndarray, percent: np.ndarray, tick: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """(up, down) in the currency, at least one tick away from the reference; NaN where there is no limit or no reference.

    In whole ticks, so that a half is a half: 10 % of 2.35 is 0.235, and the exchange rounds 2.585 up.
    """
    whole = round(1 / tick)
    known = np.isfinite(prev_close) & (percent > 0)
    ticks = np.where(known, np.round(np.nan_to_num(prev_close) * whole), 0).astype("int64")
    up = np.maximum((ticks * (100 + percent) + 50) // 100, ticks + 1)
    down = np.minimum((ticks * (100 - percent) + 50) // 100, ticks - 1)
    return np.where(known, up / whole, np.nan), np.where(known & (down > 0), down / whole, np.nan)


def trading_flags(
    security: str,
    bars: pd.DataFrame,
    names: Iterable[Name] = (),
    listing: Security | None = None,
    sessions: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row a bar: session and five booleans. bars: raw. listing: for the first session and the sessions without a limit.

    sessions: the calendar, when suspended days are wanted too: days between the first and the last bar without one get a row with
    suspended True and everything else False. limit_up and limit_down: closed at the limit.
    """
    days = bars["session"].to_numpy("datetime64[D]")
    close, reference = bars["close"].to_numpy("float64"), bars["prev_close"].to_numpy("float64")
    listed = listing.listed if listing is not None else None
    tick = instrument(security).tick or 0.01
    up, down = limit_prices(reference, limit_percent(security, days, names, listed), tick)
    last = np.concatenate([[np.nan], close[:-1]]) if len(close) else close
    flags = pd.DataFrame({
        "session": bars["session"].to_numpy("datetime64[s]"),
        "suspended": np.zeros(len(days), bool),
        "limit_up": np.abs(close - up) < tick / 10,
        "limit_down": np.abs(close - down) < tick / 10,
        "ex_date": np.abs(reference - last) > 1e-4,
        "first_session": days == np.datetime64(listed) if listed else np.zeros(len(days), bool),
    })  # fmt: skip
    if sessions is not None and len(days):
        absent = np.setdiff1d(np.asarray(sessions, "datetime64[D]"), days)
        absent = absent[(absent > days[0]) & (absent < days[-1])]
        gone = pd.DataFrame({"session": absent.astype("datetime64[s]"), "suspended": True} | dict.fromkeys(COLUMNS[2:], False))
        if len(gone):
            flags = pd.concat([flags, gone.astype(flags.dtypes.to_dict())]).sort_values("session").reset_index(drop=True)
    return flags[list(COLUMNS)]
