"""The tables of one fetch (``newslink.prices.child.fetch``) → a bars frame. Pure; tested on recorded and on served replies.

Units are normalised by rule: lots to shares, ten thousands to currency; `check.unit_of_volume` then holds amount / volume against low and
high, so a rule that no longer applies is a failure and not a wrong volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from newslink.model import Kind
from newslink.prices import references
from newslink.prices.base import Outcome, ProviderFailure, frame_of, window
from newslink.prices.check import unit_of_volume
from newslink.prices.instrument import Board, Instrument

# A day's move that the price limit forbids: without a factor table it is rather an ex-date the words did not tell.
UNUSUAL = {Board.STAR: 0.21, Board.CHINEXT: 0.21, Board.BSE: 0.31}
ZONES = {"HK": ZoneInfo("Asia/Hong_Kong"), "US": ZoneInfo("America/New_York")}
CHINA = ZoneInfo("Asia/Shanghai")

CHINESE = {"session": "日期", "open": "开盘", "high": "最高", "low": "最低", "close": "收盘", "volume": "成交量", "amount": "成交额"}
ENGLISH = {"session": "date", "open": "open", "high": "high", "low": "low", "close": "close", "volume": "volume", "amount": "amount"}


def without(names: dict[str, str], *gone: str, **other: str) -> dict[str, str]:
    return {ours: theirs for ours, theirs in (names | other).items() if ours not in gone}


@dataclass(frozen=True, slots=True)
class Shape:
    """Our column → akshare's. lots: volume counts hundreds. optional: columns of ours that may be absent.

    maps: how the factor table adjusts, as in `references.from_maps`: "divide" (adjusted = raw / f), "multiply", "affine" (raw * f + c).
    """

    columns: dict[str, str]
    lots: bool = False
    maps: str = "divide"
    optional: tuple[str, ...] = ()


SHAPES = {
    "tencent_daily": Shape(ENGLISH),
    "tencent_index": Shape(without(ENGLISH, "amount", volume="amount"), lots=True),
    "sina_daily": Shape(ENGLISH),
    "sina_cdr": Shape(ENGLISH),
    "sina_index": Shape(without(ENGLISH, "amount")),
    "sina_fund": Shape(ENGLISH),
    "sina_hk": Shape(ENGLISH, maps="multiply", optional=("amount",)),
    "sina_hk_index": Shape(without(ENGLISH, "amount")),
    "sina_us": Shape(without(ENGLISH, "amount"), maps="affine"),
    "sina_us_index": Shape(without(ENGLISH, "amount")),
    "eastmoney_daily": Shape(CHINESE, lots=True),
    "eastmoney_fund": Shape(CHINESE, lots=True),
    "eastmoney_index": Shape(ENGLISH, lots=True),
    "eastmoney_hk": Shape(CHINESE),
    "eastmoney_hk_index": Shape(without(ENGLISH, "amount", "volume", close="latest")),
    "eastmoney_us": Shape(CHINESE),
    "eastmoney_us_index": Shape(without(CHINESE, "amount", "volume", open="今开", close="最新价")),
}
MINUTE_SHAPES = {
    "eastmoney_minute": Shape(without(CHINESE, session="时间"), lots=True),
    "eastmoney_fund_minute": Shape(without(CHINESE, session="时间"), lots=True),
    "eastmoney_hk_minute": Shape(without(CHINESE, session="时间")),
    "eastmoney_us_minute": Shape(without(CHINESE, session="时间")),
    "sina_minute": Shape(without(ENGLISH, session="day")),
}


def table(provider: str, value: object, columns: dict[str, str]) -> pd.DataFrame:
    """Our columns of one table of the child's: session as datetime64[s], the rest float64. Raises ProviderFailure(SCHEMA)."""
    if not isinstance(value, dict) or not isinstance(value.get("columns"), list) or not isinstance(value.get("data"), list):
        raise ProviderFailure(provider, Outcome.SCHEMA, "no table in the reply")
    named = dict(zip(value["columns"], value["data"], strict=False))
    lacking = [theirs for theirs in columns.values() if theirs not in named]
    if lacking:
        raise ProviderFailure(provider, Outcome.SCHEMA, f"column {lacking[0]!r} is missing; columns are {', '.join(map(str, named))[:150]}")
    try:
        frame = pd.DataFrame({ours: named[theirs] for ours, theirs in columns.items()})
    except ValueError as error:
        raise ProviderFailure(provider, Outcome.SCHEMA, "columns of different lengths") from error
    frame["session"] = pd.to_datetime(frame["session"].astype("str"), errors="coerce").astype("datetime64[s]")
    if frame["session"].isna().any():
        raise ProviderFailure(provider, Outcome.SCHEMA, "a date that cannot be read")
    for name in frame.columns.drop("session"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    return frame


def bars_of(
    provider: str, request: str, thing: Instrument, tables: dict, start: date, end: date, asked_from: date, now: datetime
) -> pd.DataFrame:
    """The bars of [start, end] from a daily reply that was asked for from asked_from on. now: aware; decides what is provisional."""
    shape = SHAPES[request]
    about_the_right_company(provider, thing, tables)
    present = tables["bars"].get("columns", ()) if isinstance(tables.get("bars"), dict) else ()
    wanted = {ours: theirs for ours, theirs in shape.columns.items() if ours not in shape.optional or theirs in present}
    rows = table(provider, tables.get("bars"), wanted)
    if "amount" in rows and not rows["amount"].gt(0).any():
        rows["amount"] = np.nan  # a column of noughts says nothing
    if thing.kind is not Kind.INDEX and "volume" in rows:
        rows = rows[~(rows["volume"] == 0)]  # filler of a suspended day: bars are of sessions traded
    if rows.empty:
        raise ProviderFailure(provider, Outcome.EMPTY, f"{start}..{end}")
    rows = rows.reset_index(drop=True)
    if not rows["session"].is_monotonic_increasing or rows["session"].duplicated().any():
        raise ProviderFailure(provider, Outcome.SCHEMA, "sessions do not ascend")
    if request == "tencent_daily":
        rows["volume"] = tencent_shares(provider, thing, rows)
    elif shape.lots:
        rows["volume"] = rows["volume"] * 100
    told = reference_prices(shape, thing, tables, rows, asked_from)
    label = np.where(told.events, f"{provider}{references.HOW.get(told.how, '')}", provider)
    today = now.astimezone(ZONES.get(thing.market, CHINA)).date()
    bars = frame_of(dict(rows.items()) | {"prev_close": told.prev_close}, label.tolist(), now, today)
    return window(bars, start, end)


def about_the_right_company(provider: str, thing: Instrument, tables: dict) -> None:
    """Raises ProviderFailure(SCHEMA) when the reply names another code than was asked for."""
    echo = tables.get("echo")
    told = echo.get("code") if isinstance(echo, dict) else echo
    if not told or thing.market == "US" and thing.kind is Kind.INDEX:
        return
    expected = thing.code if isinstance(echo, dict) else thing.prefixed
    if str(told).upper().replace("_", ".") != expected.upper().replace("_", "."):
        raise ProviderFailure(provider, Outcome.SCHEMA, f"the answer is about {told}, not about {expected}")


def tencent_shares(provider: str, thing: Instrument, rows: pd.DataFrame) -> pd.Series:
    """Tencent counts some boards in lots and akshare converts by code prefix, leaving sz000 out: there amount / volume decides."""
    if thing.prefixed.startswith("sz000") and unit_of_volume(rows) == 100.0:
        return rows["volume"] * 100
    return rows["volume"]


def reference_prices(shape: Shape, thing: Instrument, tables: dict, rows: pd.DataFrame, asked_from: date) -> references.References:
    """prev_close of every row, by the best of what the reply holds."""
    sessions, close = rows["session"].to_numpy("datetime64[D]"), rows["close"].to_numpy("float64")
    echo = tables.get("echo")
    before = echo.get("preKPrice") if isinstance(echo, dict) else None
    before = float(before) if isinstance(before, int | float) and before > 0 else np.nan
    if thing.kind is Kind.INDEX:
        return references.untouched(close, before)
    maps = factor_maps(shape, tables.get("factors"))
    if maps is not None:
        # The close before the first row stood under the map of the day before the request began.
        eve = np.datetime64(asked_from) - 1
        told = references.from_maps(np.append([eve], sessions), np.append([before], close), *maps, thing.tick)
        return references.References(told.prev_close[1:], told.events[1:], told.how)
    if isinstance(tables.get("dividends"), list):
        told = references.from_dividends(sessions, close, tables["dividends"], thing.tick, before)
        return references.doubted(told, close, UNUSUAL.get(thing.board, 0.11))
    if isinstance(tables.get("dividends"), dict):
        return fund_references(tables["dividends"], sessions, close, thing, before)
    if isinstance(tables.get("adjusted"), dict):
        adjusted = table("", tables["adjusted"], shape.columns)
        both = rows.merge(adjusted, on="session", suffixes=("", "_adjusted"))
        if len(both) == len(rows):
            prices = ["open", "high", "low", "close"]
            raw, moved = both[prices].to_numpy("float64"), both[[f"{name}_adjusted" for name in prices]].to_numpy("float64")
            return references.from_additive(raw, moved, thing.tick, before)
    # Nothing was said about dividends: every row might be an ex-date.
    return references.References(np.full(len(close), np.nan), np.zeros(len(close), bool))


def factor_maps(shape: Shape, factors: object) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(dates, slopes, shifts) of a factor table, or None when there is none that can be used."""
    if isinstance(factors, list):  # the US file, as JSON objects
        rows = pd.DataFrame(factors, columns=["d", "f", "c"])
    elif isinstance(factors, dict) and len(factors.get("columns", ())) >= 2:
        rows = pd.DataFrame(dict(zip(["d", "f"], factors["data"][:2], strict=False))).assign(c=0.0)
    else:
        return None
    dates = pd.to_datetime(rows["d"].astype("str"), errors="coerce")
    factor, shift = pd.to_numeric(rows["f"], errors="coerce"), pd.to_numeric(rows["c"], errors="coerce").fillna(0.0)
    if rows.empty or dates.isna().any() or not (np.isfinite(factor) & (factor > 0)).all():
        return None
    slope = 1 / factor if shape.maps == "divide" else factor
    return dates.to_numpy("datetime64[D]"), slope.to_numpy("float64"), shift.to_numpy("float64")


def fund_references(dividends: dict, sessions: np.ndarray, close: np.ndarray, thing: Instrument, before: float) -> references.References:
    """From a fund's cumulative distributions a unit, dated by ex-date."""
    rows = table("", dividends, {"session": "日期", "total": "累计分红"}).sort_values("session")
    dates, total = rows["session"].to_numpy("datetime64[D]"), rows["total"].to_numpy("float64")
    told = references.from_maps(
        sessions, close, np.append([np.datetime64("1900-01-01")], dates), np.ones(len(dates) + 1), np.append([0.0], total), thing.tick,
        before,
    )  # fmt: skip
    return references.References(told.prev_close, told.events, "dividend")


def minutes_of(provider: str, request: str, thing: Instrument, tables: dict) -> pd.DataFrame:
    """Minute bars: time (exchange's wall clock, end of the minute), open high low close volume amount. Raises ProviderFailure."""
    shape = MINUTE_SHAPES[request]
    about_the_right_company(provider, thing, tables)
    rows = table(provider, tables.get("bars"), shape.columns).rename(columns={"session": "time"})
    if rows["time"].duplicated().any() or not rows["time"].is_monotonic_increasing:
        raise ProviderFailure(provider, Outcome.SCHEMA, "minutes do not ascend")
    # One-minute bars of past days come with an open of nought: a bar opened where the last one closed, or as near to it as its own range
    # allows, so that the night between two sessions widens nobody's high or low.
    before = rows["close"].shift().fillna(rows["close"]).clip(rows["low"], rows["high"])
    rows["open"] = rows["open"].where(rows["open"] > 0, before)
    prices = rows[["open", "high", "low", "close"]]
    ordered = (rows["high"] + 0.0051 >= prices.max(axis=1)) & (rows["low"] - 0.0051 <= prices.min(axis=1))
    if not ((prices > 0).all(axis=None) and ordered.all()):
        raise ProviderFailure(provider, Outcome.SCHEMA, "minute prices out of order")
    if shape.lots:
        rows["volume"] = rows["volume"] * 100
    if thing.kind is not Kind.INDEX:
        # By day: a minute of three lots says too little about what a lot is.
        days = rows.groupby(rows["time"].dt.normalize()).agg({"low": "min", "high": "max", "volume": "sum", "amount": "sum"})
        if unit_of_volume(days) != 1.0 and (days["volume"].gt(0) & days["amount"].gt(0)).any():
            raise ProviderFailure(provider, Outcome.SCHEMA, "amount / volume of the minutes lies outside low..high: another unit")
    return rows.assign(provider=pd.Series(provider, index=rows.index, dtype="str"))

