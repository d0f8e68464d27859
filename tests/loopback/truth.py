"""What is true in the fake world: bars and names, from shared files where present, invented otherwise; the services derive from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from newslink.model import market_of
from newslink.sessions import SessionClock

SHARED = Path(__file__).resolve().parents[3] / "shared"
INDICES = ("000300.SH", "399006.SZ", "000001.SH", "399001.SZ", "899050.BJ", "HSI.HK", "SPX.US")
COLUMNS = ["session", "open", "high", "low", "close", "prev_close", "volume", "amount"]


@dataclass
class Truth:
    """bars: security id → frame of COLUMNS, ascending, prev_close as the exchange published it.

    bonus: (security, ISO date) → new shares a share on that ex-date (cash otherwise). words: (security, ISO date) → the dividend in words,
    where it is not the plain difference.
    """

    bars: dict[str, pd.DataFrame] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    bonus: dict[tuple[str, str], float] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class ExDate:
    row: int
    day: date
    last: float
    reference: float
    bonus: float

    @property
    def cash(self) -> float:
        """What was paid a share, given the new shares: reference = (last - cash) / (1 + bonus)."""
        return self.last - self.reference * (1 + self.bonus)


def ex_dates(truth: Truth, security: str) -> list[ExDate]:
    """Rows whose reference price is not the last close, ascending."""
    bars = truth.bars[security]
    last, reference = bars["close"].shift().to_numpy(), bars["prev_close"].to_numpy()
    rows = np.flatnonzero(np.abs(reference - last) > 1e-6)
    days = bars["session"].dt.date.tolist()
    return [
        ExDate(int(row), days[row], float(last[row]), float(reference[row]), truth.bonus.get((security, days[row].isoformat()), 0.0))
        for row in rows
        if row > 0 and np.isfinite(reference[row])
    ]


def baostock(security: str) -> pd.DataFrame | None:
    """Raw bars of one security from shared/prices, suspended days left out; None where the folder is absent."""
    path = SHARED / "prices" / f"{security}.baostock.raw.csv"
    if not path.exists():
        return None
    rows = pd.read_csv(path)
    rows = rows[rows["tradestatus"] == 1].rename(columns={"date": "session", "preclose": "prev_close"})
    rows["session"] = pd.to_datetime(rows["session"])
    return rows[COLUMNS].reset_index(drop=True)


def invented(
    security: str, start: str = "2021-06-01", end: str = "2022-07-29", decimals: int = 2, level: float = 20.0, sessions: object = None
) -> pd.DataFrame:
    """A plausible series with a dividend each mid-April; whole lots, so that every service can say it exactly.

    sessions: the days (default: the weekdays from start to end).
    """
    sessions = pd.bdate_range(start, end) if sessions is None else pd.DatetimeIndex(sessions)
    random = np.random.default_rng(sum(map(ord, security)))
    close = np.maximum(np.round(level * np.exp(np.cumsum(random.normal(0, 0.015, len(sessions)))), decimals), level / 10)
    prev_close = np.concatenate([[level], close[:-1]])
    due = np.flatnonzero((sessions.month == 4) & (sessions.day >= 12))
    paid = due[np.unique(sessions.year[due], return_index=True)[1]]
    prev_close[paid] = np.round(prev_close[paid] * 0.98, decimals)
    opened = np.round(prev_close * (1 + random.normal(0, 0.004, len(close))), decimals)
    tick = 10.0**-decimals
    high = np.round(np.maximum(opened, close) + tick * random.integers(1, 30, len(close)), decimals)
    low = np.round(np.minimum(opened, close) - tick * random.integers(1, 30, len(close)), decimals)
    volume = random.integers(10_000, 90_000, len(close)) * 100.0
    amount = np.round(volume * (opened + close) / 2 / 10000) * 10000
    return pd.DataFrame(dict(zip(COLUMNS, [sessions, opened, high, low, close, prev_close, volume, amount], strict=True)))


def default_truth() -> Truth:
    """Six shared mainland shares where present, and invented securities of every other market and kind."""
    truth, clock = Truth(), SessionClock()
    for security, name in (
        ("600519.SH", "贵州茅台"), ("688111.SH", "金山办公"), ("300750.SZ", "宁德时代"), ("600036.SH", "招商银行"),
        ("000001.SZ", "平安银行"),
    ):  # fmt: skip
        real = baostock(security)
        truth.bars[security] = invented(security, level=200.0) if real is None else real
        truth.names[security] = name
    if baostock("300750.SZ") is not None:
        truth.bonus["300750.SZ", "2023-04-26"] = 0.8
    for security, name, decimals, level in (
        ("920799.BJ", "艾融软件", 2, 20.0), ("00700.HK", "腾讯控股", 2, 400.0), ("NIO.US", "蔚来", 2, 30.0),
        ("510300.SH", "沪深300ETF", 3, 4.0), ("000300.SH", "沪深300", 2, 4800.0), ("399006.SZ", "创业板指", 2, 2500.0),
        ("689009.SH", "九号公司", 2, 50.0), ("159915.SZ", "创业板ETF", 3, 2.5), ("000001.SH", "上证指数", 2, 3300.0),
        ("399001.SZ", "深证成指", 2, 12000.0), ("899050.BJ", "北证50", 2, 900.0),
        ("HSI.HK", "恒生指数", 2, 21000.0), ("SPX.US", "标普500", 2, 4200.0),
    ):  # fmt: skip
        sessions = clock.sessions(market_of(security), date(2021, 6, 1), date(2022, 7, 29))
        bars = invented(security, decimals=decimals, level=level, sessions=sessions)
        if security in INDICES:
            bars["prev_close"] = bars["close"].shift().fillna(level)
            bars["low"] = np.minimum(bars["low"], bars["open"])
        truth.bars[security], truth.names[security] = bars, name
    return truth
