"""Security and dates → bars by way of akshare: three services behind one provider class. Says what to ask; the child asks.

Order of trust for mainland shares (``newslink.prices.chain``): Tencent and Sina answer more dependably than Eastmoney, whose history hosts
ban by address on modest volume. Tencent costs a request a year of history, so long histories go to Sina first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from newslink.errors import UnknownSecurity
from newslink.model import Kind, market_of
from newslink.prices import parse
from newslink.prices.base import Outcome, ProviderFailure, window
from newslink.prices.instrument import US_INDEX_NAMES, US_INDICES, Board, Instrument, instrument
from newslink.prices.worker import Worker

Plan = tuple[str, dict, date]  # request, arguments, first day asked for

DEFAULT_SECONDS = 30.0
LIST_SECONDS = {"us": 900.0, "hk": 240.0}  # pages of twenty and of sixty, one after the other
MINUTE_PERIODS = ("1", "5", "15", "30", "60")
PLENTY = "20500101"


def tencent_plan(thing: Instrument, start: date, end: date) -> Plan | None:
    """Shanghai and Shenzhen only. Dates are written with dashes: without, akshare asks for every year up to today."""
    if thing.market not in ("SH", "SZ") or thing.kind is Kind.FUND:
        return None
    asked = start - timedelta(days=20)
    if thing.kind is Kind.INDEX:
        return "tencent_index", {"symbol": thing.prefixed, "start": f"{asked:%Y%m%d}", "end": f"{end:%Y%m%d}"}, asked
    return "tencent_daily", {"symbol": thing.prefixed, "start": f"{asked:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}, asked


def sina_plan(thing: Instrument, start: date, end: date) -> Plan | None:
    """Whole histories, whatever the window. B shares are left out: akshare rounds Sina's prices to two decimals."""
    oldest = date(1990, 1, 1)
    if thing.market == "HK":
        return ("sina_hk_index" if thing.kind is Kind.INDEX else "sina_hk"), {"symbol": thing.code}, oldest
    if thing.market == "US":
        if thing.kind is Kind.INDEX:
            return "sina_us_index", {"symbol": US_INDICES[thing.id]}, oldest
        return "sina_us", {"symbol": thing.code}, oldest
    if thing.board is Board.B_SHARE:
        return None
    if thing.kind is Kind.INDEX:
        return None if thing.market == "BJ" else ("sina_index", {"symbol": thing.prefixed}, oldest)
    if thing.kind is Kind.FUND:
        return "sina_fund", {"symbol": thing.prefixed}, oldest
    return ("sina_cdr" if thing.code.startswith("689") else "sina_daily"), {"symbol": thing.prefixed}, oldest


def eastmoney_plan(thing: Instrument, start: date, end: date) -> Plan | None:
    asked = start - timedelta(days=40)
    dates = {"start": f"{asked:%Y%m%d}", "end": f"{end:%Y%m%d}"}
    if thing.market == "HK":
        if thing.kind is Kind.INDEX:
            return "eastmoney_hk_index", {"symbol": thing.code}, date(1990, 1, 1)
        return "eastmoney_hk", {"symbol": thing.code} | dates | {"end": PLENTY}, asked
    if thing.market == "US":
        if thing.kind is Kind.INDEX:
            name = US_INDEX_NAMES.get(thing.id)
            return name and ("eastmoney_us_index", {"symbol": name}, date(1990, 1, 1))
        return "eastmoney_us", {"symbol": thing.code.replace(".", "_").replace("-", "_")} | dates | {"end": PLENTY}, asked
    if thing.board is Board.B_SHARE and thing.market == "SH":
        return None  # akshare sends 900xxx to Shenzhen
    if thing.kind is Kind.INDEX:
        return "eastmoney_index", {"symbol": thing.prefixed} | dates, asked
    # To the end of time, because the adjusted series is told from the raw one by its newest, unadjusted stretch.
    dates["end"] = PLENTY
    if thing.kind is Kind.FUND:
        return "eastmoney_fund", {"symbol": thing.code} | dates, asked
    return "eastmoney_daily", {"symbol": thing.code, "prefixed": thing.prefixed} | dates, asked


def eastmoney_minutes(thing: Instrument, period: str) -> tuple[str, dict] | None:
    if thing.kind is Kind.INDEX or thing.board is Board.B_SHARE and thing.market == "SH":
        return None
    if thing.market == "US":
        return ("eastmoney_us_minute", {"symbol": thing.code.replace(".", "_").replace("-", "_")}) if period == "1" else None
    request = {"HK": "eastmoney_hk_minute"}.get(thing.market, "eastmoney_fund_minute" if thing.kind is Kind.FUND else "eastmoney_minute")
    return request, {"symbol": thing.code, "period": period}


def sina_minutes(thing: Instrument, period: str) -> tuple[str, dict] | None:
    """Mainland shares, funds and indices; B shares are left out as in `sina_plan`."""
    served = thing.mainland and thing.board is not Board.B_SHARE and not (thing.kind is Kind.INDEX and thing.market == "BJ")
    return ("sina_minute", {"symbol": thing.prefixed, "period": period}) if served else None


class AkshareProvider:
    """One service behind the provider border. plan: window → request, or None where the service has nothing."""

    def __init__(
        self,
        name: str,
        host: str,
        markets: frozenset[str],
        plan: Callable[[Instrument, date, date], Plan | None],
        minutes: Callable[[Instrument, str], tuple[str, dict] | None] | None,
        worker: Worker,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name, self.host, self.markets = name, host, markets
        self._plan, self._minutes, self._worker, self._clock = plan, minutes, worker, clock

    def serves(self, security: str) -> bool:
        if market_of(security) not in self.markets:
            return False
        today = date(2020, 1, 2)
        try:
            return self._plan(instrument(security), today, today) is not None
        except UnknownSecurity:
            return False

    def cost(self, security: str, start: date, end: date) -> int:
        """How many requests a window takes, roughly; one at Eastmoney counts four times, because its bans last for hours."""
        return {"tencent": 2 + end.year - start.year, "eastmoney": 12}.get(self.name, 3)

    def daily(self, security: str, start: date, end: date, seconds: float | None = None) -> pd.DataFrame:
        thing = instrument(security)
        plan = self._plan(thing, start, end)
        if plan is None:
            raise ProviderFailure(self.name, Outcome.SKIPPED, f"does not serve {security}")
        request, arguments, asked_from = plan
        tables = self._worker.call(self.name, request, arguments, seconds or DEFAULT_SECONDS)
        bars = parse.bars_of(self.name, request, thing, tables, start, end, asked_from, self._clock())
        if bars.empty:
            raise ProviderFailure(self.name, Outcome.EMPTY, f"{start}..{end}")
        return window(bars, start, end)

    def serves_minutes(self, security: str, period: str) -> bool:
        """Whether the service has minute bars of that period."""
        return self.serves(security) and self._minutes is not None and self._minutes(instrument(security), period) is not None

    def minute(self, security: str, period: str = "5", seconds: float | None = None) -> pd.DataFrame:
        """Minute bars of the last sessions (period 1, 5, 15, 30 or 60 minutes). Raises ProviderFailure."""
        thing = instrument(security)
        asked = self._minutes(thing, period) if self._minutes and period in MINUTE_PERIODS else None
        if asked is None:
            raise ProviderFailure(self.name, Outcome.SKIPPED, f"has no {period}-minute bars of {security}")
        return parse.minutes_of(self.name, asked[0], thing, self._worker.call(self.name, *asked, seconds or DEFAULT_SECONDS))

    def listing(self, name: str, seconds: float | None = None) -> pd.DataFrame:
        """One list of securities (``newslink.prices.lists``), all columns as text. Raises ProviderFailure."""
        rows = self._worker.call(self.name, "listing", {"name": name}, seconds or LIST_SECONDS.get(name, 120.0)).get("rows")
        if not isinstance(rows, dict):
            raise ProviderFailure(self.name, Outcome.SCHEMA, f"list {name} came without rows")
        return pd.DataFrame(dict(zip(rows["columns"], rows["data"], strict=False)))


MAINLAND = frozenset({"SH", "SZ"})
EVERYWHERE = frozenset({"SH", "SZ", "BJ", "HK", "US"})

# name → how to make it from a worker: the plug points of the chain
AKSHARE = {
    "tencent": lambda worker, **more: AkshareProvider("tencent", "qq.com", MAINLAND, tencent_plan, None, worker, **more),
    "sina": lambda worker, **more: AkshareProvider("sina", "sina.com.cn", EVERYWHERE, sina_plan, sina_minutes, worker, **more),
    "eastmoney": lambda worker, **more: AkshareProvider(
        "eastmoney", "push2his.eastmoney.com", EVERYWHERE, eastmoney_plan, eastmoney_minutes, worker, **more
    ),
}


def akshare_providers(worker: Worker | None = None, **more) -> list[AkshareProvider]:
    """Tencent, Sina and Eastmoney, in the order they are asked, sharing one child process."""
    worker = worker or Worker()
    return [make(worker, **more) for make in AKSHARE.values()]
