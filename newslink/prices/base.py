"""The border every price provider keeps: security id and dates in, a bars frame (``newslink.frames``) out, or one ProviderFailure.

A provider never returns something it is unsure of: a reference price it cannot know is NaN, and a row whose reference price was worked out
rather than told carries the way in its provider name (``tencent+dividend``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from newslink.errors import PriceError
from newslink.frames import BAR_COLUMNS, empty_bars
from newslink.model import market_of

MARKETS = frozenset({"SH", "SZ", "BJ", "HK", "US"})


class Outcome(StrEnum):
    """What became of one attempt at one provider."""

    OK = "ok"
    TRANSPORT = "transport"  # refused, dropped, reset, bad certificate, cut off: no answer arrived whole
    TIMEOUT = "timeout"  # the deadline passed; the request was killed
    BLOCKED = "blocked"  # an answer, but not the data service's: an error status, a web page, an empty body
    SCHEMA = "schema"  # the data service's answer, but changed, damaged or contradicting itself
    EMPTY = "empty"  # well formed, and without a bar in the window
    UNKNOWN = "unknown"  # well formed, and says that it knows no such security
    INCOMPLETE = "incomplete"  # bars, but sessions are missing that nobody has confirmed to be suspensions
    SKIPPED = "skipped"  # not asked: resting after failures, or no time left


# outcome → what the person reads, in Chinese and English
WORDS = {
    Outcome.OK: ("取得", "answered"),
    Outcome.TRANSPORT: ("连接失败", "could not be reached"),
    Outcome.TIMEOUT: ("超时，已终止", "did not finish in time and was stopped"),
    Outcome.BLOCKED: ("被限制访问或接口已变更", "refused the request or has moved"),
    Outcome.SCHEMA: ("返回的数据不可用", "answered with unusable data"),
    Outcome.EMPTY: ("该区间无数据", "has no bars in this range"),
    Outcome.UNKNOWN: ("没有这只证券", "does not know this security"),
    Outcome.INCOMPLETE: ("缺少部分交易日", "lacks some sessions"),
    Outcome.SKIPPED: ("暂停使用，稍后再试", "was not asked; resting after failures"),
}


# provider → what Chinese readers call it
NAMES = {"tencent": "腾讯财经", "sina": "新浪财经", "eastmoney": "东方财富", "files": "本地文件", "sample": "示例数据"}


class ProviderFailure(PriceError):
    """One provider did not give usable bars. outcome: the class of failure; detail: the fact behind it, in English, for the log."""

    def __init__(self, provider: str, outcome: Outcome, detail: str = "") -> None:
        super().__init__(f"{provider} {WORDS[outcome][1]}{f' ({detail})' if detail else ''}.")
        self.provider, self.outcome, self.detail = provider, outcome, detail


@runtime_checkable
class PriceProvider(Protocol):
    """name: in the ``provider`` column. markets: subset of SH SZ BJ HK US.

    host: whose patience is being spent; providers of one host share a throttle. Empty: nobody's, never throttled.
    """

    name: str
    markets: frozenset[str]
    host: str

    def serves(self, security: str) -> bool:
        """Whether it is worth asking this provider about the security."""
        ...

    def daily(self, security: str, start: date, end: date, seconds: float | None = None) -> pd.DataFrame:
        """Raw daily bars of the sessions in [start, end], both inclusive. seconds: time allowed. Raises ProviderFailure, nothing else."""
        ...


def frame_of(columns: dict, provider: str | list[str], fetched_at: datetime | None = None, today: date | None = None) -> pd.DataFrame:
    """A bars frame from arrays by name (session, open … amount).

    A bar of today (UTC date unless given) or later is provisional until someone who knows the close says otherwise.
    """
    fetched_at = fetched_at or datetime.now(UTC)
    today = today or fetched_at.date()
    frame = pd.DataFrame(columns)
    if frame.empty:
        return empty_bars()
    frame["session"] = pd.to_datetime(frame["session"]).astype("datetime64[s]")
    for name in ("open", "high", "low", "close", "prev_close", "volume", "amount"):
        if name not in frame:
            frame[name] = np.nan
        frame[name] = frame[name].astype("float64")
    frame["provider"] = provider
    frame["provider"] = frame["provider"].astype("str")
    frame["fetched_at"] = pd.Series(pd.Timestamp(fetched_at).tz_convert("UTC").floor("s"), index=frame.index).astype("datetime64[s, UTC]")
    frame["provisional"] = frame["session"] >= pd.Timestamp(today)
    return frame.loc[:, list(BAR_COLUMNS)]


def window(bars: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
    """The rows of the sessions in [start, end], both inclusive, index renewed."""
    sessions = bars["session"].to_numpy("datetime64[D]")
    inside = (sessions >= np.datetime64(start)) & (sessions <= np.datetime64(end))
    return bars.loc[inside].reset_index(drop=True)


@dataclass
class FakeProvider:
    """A provider for tests: serves the frames it was given, or a seeded random walk on weekdays, and fails as it is told.

    failure: Outcome to raise on every call, or a function of the call's number (from 0) giving an Outcome or None. calls: requests seen.
    """

    name: str = "fake"
    truth: dict[str, pd.DataFrame] | None = None
    failure: Outcome | Callable[[int], Outcome | None] | None = None
    markets: frozenset[str] = MARKETS
    host: str = "fake"
    calls: list[tuple[str, date, date]] = field(default_factory=list)

    def serves(self, security: str) -> bool:
        return market_of(security) in self.markets

    def daily(self, security: str, start: date, end: date, seconds: float | None = None) -> pd.DataFrame:
        failure = self.failure(len(self.calls)) if callable(self.failure) else self.failure
        self.calls.append((security, start, end))
        if failure is not None:
            raise ProviderFailure(self.name, failure, "told to fail")
        if self.truth is not None:
            if security not in self.truth:
                raise ProviderFailure(self.name, Outcome.UNKNOWN, security)
            bars = window(self.truth[security], start, end)
            if bars.empty:
                raise ProviderFailure(self.name, Outcome.EMPTY, f"{start}..{end}")
            return bars.assign(provider=pd.Series(self.name, index=bars.index, dtype="str"))
        return random_walk(security, start, end, self.name)


def random_walk(security: str, start: date, end: date, provider: str = "fake") -> pd.DataFrame:
    """A plausible raw series on weekdays, the same for the same security and start. Invented: for tests and benchmarks only."""
    sessions = np.arange(np.datetime64(start), np.datetime64(end) + 1)
    sessions = sessions[np.is_busday(sessions)]
    random = np.random.default_rng(sum(map(ord, security)) * 7919 + start.toordinal())
    steps = random.normal(0.0003, 0.018, len(sessions)).clip(-0.09, 0.09)
    close = np.maximum(np.round(20 * np.exp(np.cumsum(steps)), 2), 0.5)
    prev_close = np.concatenate([[20.0], close[:-1]]) if len(close) else close
    open_ = np.round(prev_close * (1 + random.normal(0, 0.004, len(close))), 2)
    high = np.round(np.maximum(open_, close) * (1 + random.random(len(close)) * 0.01), 2)
    low = np.round(np.minimum(open_, close) * (1 - random.random(len(close)) * 0.01), 2)
    volume = np.round(random.lognormal(14, 0.6, len(close))) * 100
    columns = {
        "session": sessions, "open": open_, "high": high, "low": low, "close": close, "prev_close": prev_close, "volume": volume,
        "amount": np.round(volume * (high + low) / 2, 2),
    }  # fmt: skip
    return frame_of(columns, provider)
