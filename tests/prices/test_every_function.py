"""Every function of akshare that is used × everything that goes wrong: on the wire, and in the rows."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from newslink.frames import BAR_PRICES
from newslink.prices.base import WORDS, FakeProvider, Outcome, ProviderFailure, frame_of
from newslink.prices.cache import BarCache, MemoryArchive
from newslink.prices.chain import Chain
from newslink.prices.child.fetch import LISTS, REQUESTS
from newslink.prices.throttle import Throttle
from tests.loopback.world import Fault
from tests.prices.test_faults import ON_THE_WIRE, fresh, named
from tests.prices.test_served_truth import truth_of

START, END = date(2022, 6, 1), date(2022, 7, 20)
DAILY = {
    "tencent_daily": "600519.SH", "tencent_index": "000300.SH", "sina_daily": "600519.SH", "sina_cdr": "689009.SH", "sina_index": "000300.SH",
    "sina_fund": "510300.SH", "sina_hk": "00700.HK", "sina_hk_index": "HSI.HK", "sina_us": "NIO.US", "sina_us_index": "SPX.US",
    "eastmoney_daily": "920799.BJ", "eastmoney_fund": "510300.SH", "eastmoney_index": "000300.SH", "eastmoney_hk": "00700.HK",
    "eastmoney_hk_index": "HSI.HK", "eastmoney_us": "NIO.US", "eastmoney_us_index": "SPX.US",
}  # fmt: skip
MINUTE = {
    "sina_minute": ("600519.SH", "5"), "eastmoney_minute": ("600519.SH", "5"), "eastmoney_fund_minute": ("510300.SH", "1"),
    "eastmoney_hk_minute": ("00700.HK", "1"), "eastmoney_us_minute": ("NIO.US", "1"),
}  # fmt: skip
# Functions whose replies carry both amount and volume, so that a wrong unit shows.
WITH_AMOUNT = ("tencent_daily", "sina_daily", "sina_cdr", "sina_fund", "sina_hk", "eastmoney_daily", "eastmoney_fund", "eastmoney_hk", "eastmoney_us")


def provider_of(providers, request: str):
    return providers[request.partition("_")[0]]


def test_no_function_is_left_out() -> None:
    assert set(DAILY) | set(MINUTE) | {"listing"} == set(REQUESTS)


@pytest.mark.parametrize("request_name", DAILY)
def test_each_stands_for_the_function_it_is_listed_under(providers, request_name) -> None:
    from newslink.prices.instrument import instrument

    plan = provider_of(providers, request_name)._plan(instrument(DAILY[request_name]), START, END)
    assert plan[0] == request_name


def stored_after(world, security: str, *providers):
    """(archive, attempts) of a refresh through these providers and, last, one that knows the truth."""
    truth = truth_of(world, security, START, END)
    sessions = truth["session"].to_numpy("datetime64[D]")
    knows = FakeProvider("truth", {security: frame_of({name: truth[name] for name in truth.columns}, "truth")}, host="truth")
    archive = MemoryArchive()
    cache = BarCache(
        archive, Chain([*providers, knows], Throttle({}), seconds=60, attempt_seconds=20),
        lambda security, start, end: sessions[(sessions >= np.datetime64(start)) & (sessions <= np.datetime64(end))],
        lambda: datetime(2022, 8, 20, tzinfo=UTC), lambda security, now: date(2022, 8, 19),
    )  # fmt: skip
    return archive, cache.refresh(security, START, END).attempts


def only_the_truth(world, archive, security: str) -> None:
    stored, truth = archive.read_bars(security), truth_of(world, security, START, END)
    assert set(stored["provider"]) == {"truth"}
    for name in (*BAR_PRICES, "volume"):
        np.testing.assert_array_equal(stored[name], truth[name])


@pytest.mark.parametrize("request_name", DAILY)
@pytest.mark.parametrize(("fault", "outcome"), ON_THE_WIRE, ids=[named(fault) for fault, _ in ON_THE_WIRE])
def test_a_fault_on_the_wire_is_classed_told_and_passed_on(world, providers, request_name, fault, outcome) -> None:
    security = DAILY[request_name]
    world.faults.append(fresh(fault, "*"))
    archive, attempts = stored_after(world, security, provider_of(providers, request_name))
    assert [attempt.outcome for attempt in attempts] == [outcome, Outcome.OK], attempts
    assert WORDS[outcome][0] in attempts[0].words("zh") and WORDS[outcome][1] in attempts[0].words("en")
    only_the_truth(world, archive, security)


@pytest.mark.parametrize("request_name", MINUTE)
@pytest.mark.parametrize(("fault", "outcome"), ON_THE_WIRE, ids=[named(fault) for fault, _ in ON_THE_WIRE])
def test_a_fault_on_the_wire_of_minutes_is_classed(world, providers, request_name, fault, outcome) -> None:
    world.faults.append(fresh(fault, "*"))
    with pytest.raises(ProviderFailure) as failure:
        provider_of(providers, request_name).minute(*MINUTE[request_name], 20)
    assert failure.value.outcome is outcome


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(("fault", "outcome"), ON_THE_WIRE, ids=[named(fault) for fault, _ in ON_THE_WIRE])
def test_a_fault_on_the_wire_of_lists_is_classed(world, providers, name, fault, outcome) -> None:
    world.faults.append(fresh(fault, "*"))
    with pytest.raises(ProviderFailure) as failure:
        providers["sina"].listing(name, 20)
    assert failure.value.outcome is outcome


def fields_changed(change):
    """A fault body: the rows of minutes, whoever sends them, as lists of text: time, open, close, high, low, volume."""
    names = ("day", "open", "close", "high", "low", "volume")

    def apply(text: str) -> str:
        if '"day"' in text:
            begin, end = text.index("["), text.rindex("]") + 1
            rows = [row | dict(zip(names, change([row[name] for name in names]), strict=True)) for row in json.loads(text[begin:end])]
            return text[:begin] + json.dumps(rows) + text[end:]
        value = json.loads(text)
        for key in {"klines", "trends"} & set(value["data"] or ()):
            rows = [line.split(",") for line in value["data"][key]]
            value["data"][key] = [",".join([*change(row[:6]), *row[6:]]) for row in rows]
        return json.dumps(value)

    return apply


@pytest.mark.parametrize("request_name", MINUTE)
@pytest.mark.parametrize(("what", "change"), [
    ("high and low swapped", lambda row: [*row[:3], row[4], row[3], row[5]]),
    ("a negative price", lambda row: [*row[:2], f"-{row[2]}", *row[3:]]),
    ("no price", lambda row: [*row[:2], "-", *row[3:]]),
    ("lots for shares", lambda row: [*row[:5], f"{float(row[5]) * 100:.0f}"]),
    ("the same minute twice", lambda row: ["2022-06-15 10:00", *row[1:]]),
    ("a time that is none", lambda row: ["soon", *row[1:]]),
])  # fmt: skip
def test_minutes_that_cannot_be_are_refused(world, providers, request_name, what, change) -> None:
    world.faults.append(Fault("mutate", path="*kline/get", change=fields_changed(change)))
    world.faults.append(Fault("mutate", path="*trends2/get", change=fields_changed(change)))
    world.faults.append(Fault("mutate", path="*getKLineData", change=fields_changed(change)))
    with pytest.raises(ProviderFailure) as failure:
        provider_of(providers, request_name).minute(*MINUTE[request_name], 20)
    assert failure.value.outcome is Outcome.SCHEMA, what


@pytest.mark.parametrize("request_name", [name for name in MINUTE if name.startswith("eastmoney")])
def test_minutes_of_another_company_are_known_by_the_code_in_the_answer(world, providers, request_name) -> None:
    security = MINUTE[request_name][0]
    code = security.partition(".")[0]
    world.faults.append(Fault("mutate", host="*eastmoney.com", change=lambda text: text.replace(f'"code": "{code}"', '"code": "600036"')))
    with pytest.raises(ProviderFailure) as failure:
        provider_of(providers, request_name).minute(*MINUTE[request_name], 20)
    assert failure.value.outcome is Outcome.SCHEMA and "600036" in failure.value.detail


def price(bars: pd.DataFrame, name: str, change) -> pd.DataFrame:
    """bars with the column of the tenth row of the window changed."""
    bars = bars.copy()
    row = bars.index[bars["session"].between(pd.Timestamp(START), pd.Timestamp(END))][9]
    bars.loc[row, name] = change(bars.loc[row])
    return bars


IN_THE_ROWS = {
    "high below close": lambda bars: price(price(bars, "close", lambda row: row["high"] + 1), "high", lambda row: row["open"]),
    "low above close": lambda bars: price(price(bars, "close", lambda row: row["low"] - 0.1), "low", lambda row: row["open"]),
    "a negative close": lambda bars: price(bars, "close", lambda row: -row["close"]),
    "a price of nought": lambda bars: price(bars, "close", lambda row: 0.0),
}


@pytest.mark.parametrize("request_name", DAILY)
@pytest.mark.parametrize("what", IN_THE_ROWS)
def test_prices_that_cannot_be_are_never_stored(world, providers, request_name, what) -> None:
    security = DAILY[request_name]
    kept = world.truth.bars
    archive, attempts = spoiled(world, security, IN_THE_ROWS[what](kept[security]), provider_of(providers, request_name))
    assert [attempt.outcome for attempt in attempts] == [Outcome.SCHEMA, Outcome.OK], attempts
    only_the_truth(world, archive, security)


def spoiled(world, security: str, bars: pd.DataFrame, provider):
    """`stored_after`, while the service says these bars of the security and the last provider knows the truth."""
    kept = world.truth.bars

    class Spoiled:
        """The service, whose world is another while it is being asked."""

        name, host, markets, serves = provider.name, provider.host, provider.markets, provider.serves

        def daily(self, *asked):
            world.truth.bars = kept | {security: bars}
            try:
                return provider.daily(*asked)
            finally:
                world.truth.bars = kept

    return stored_after(world, security, Spoiled())


@pytest.mark.parametrize("request_name", WITH_AMOUNT)
@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_lots_in_the_place_of_shares_are_seen_by_the_amount(world, providers, request_name, scale) -> None:
    security = DAILY[request_name]
    truth = world.truth.bars[security]
    lots = truth.assign(volume=np.maximum(1.0, np.round(truth["volume"] * scale)), amount=truth["amount"])
    archive, attempts = spoiled(world, security, lots, provider_of(providers, request_name))
    assert [attempt.outcome for attempt in attempts] == [Outcome.SCHEMA, Outcome.OK], attempts
    assert "amount" in attempts[0].detail
    only_the_truth(world, archive, security)


@pytest.mark.parametrize("request_name", DAILY)
def test_another_companys_bars_are_seen_against_the_stored_ones(world, providers, request_name) -> None:
    """Whether or not the answer names whom it is about: here it names the one that was asked for."""
    security = DAILY[request_name]
    truth = truth_of(world, security, START, END)
    stored = frame_of({name: truth[name] for name in truth.columns}, "truth")
    kept = world.truth.bars
    other = kept[security].copy()
    other[[*BAR_PRICES]] = (other[[*BAR_PRICES]] * 1.7).round(2)
    other["amount"] = other["amount"] * 1.7
    world.truth.bars = kept | {security: other}
    try:
        chain = Chain([provider_of(providers, request_name)], Throttle({}))
        with pytest.raises(Exception, match="another security or adjusted prices"):
            chain.fetch(security, START, END, stored=stored)
    finally:
        world.truth.bars = kept


@pytest.mark.parametrize("request_name", DAILY)
def test_an_answer_of_another_shape_is_a_changed_service(world, providers, request_name) -> None:
    """A column gone, or rows of another kind: whatever the service's format, half of each row's fields are taken away."""

    def changed(text: str) -> str:
        if '"klines"' in text:
            return text.replace(",0.45", "").replace('"klines"', '"lines"')
        if '"day"' in text or "newfqkline" in text:
            return text.replace('"day"', '"tag"')
        return text.split("=")[0] + '="AAAAAAAAAAAA";' if "=" in text else "{}"

    security = DAILY[request_name]
    world.faults.append(Fault("mutate", change=changed))
    archive, attempts = stored_after(world, security, provider_of(providers, request_name))
    assert attempts[-1].outcome is Outcome.OK
    assert attempts[0].outcome is Outcome.SCHEMA, attempts
    only_the_truth(world, archive, security)


def asked(providers, request_name: str, seconds: float) -> object:
    """One call of the function, whichever kind it is."""
    if request_name == "listing":
        return providers["sina"].listing("sse", seconds)
    provider = provider_of(providers, request_name)
    if request_name in MINUTE:
        return provider.minute(*MINUTE[request_name], seconds)
    return provider.daily(DAILY[request_name], START, END, seconds)


@pytest.mark.parametrize(("kind", "request_name"), [
    ("hang", "sina_daily"), ("hang", "eastmoney_hk"), ("hang", "sina_minute"), ("hang", "listing"), ("drip", "sina_us"),
    ("drip", "eastmoney_daily"),
])  # fmt: skip
def test_a_hang_of_any_kind_costs_its_time_and_the_next_call_is_answered(world, providers, kind, request_name) -> None:
    world.faults.append(Fault(kind))
    began = time.monotonic()
    with pytest.raises(ProviderFailure) as failure:
        asked(providers, request_name, 2.0)
    assert failure.value.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 4.0, "two seconds, and the killing"
    world.faults.clear()
    assert len(asked(providers, request_name, 20.0))


@pytest.mark.parametrize("request_name", ["sina_daily", "sina_hk", "eastmoney_us", "eastmoney_minute", "listing"])
def test_a_hundred_megabytes_are_cut_off(world, providers, request_name) -> None:
    world.faults.append(Fault("huge"))
    with pytest.raises(ProviderFailure) as failure:
        asked(providers, request_name, 20.0)
    assert failure.value.outcome is Outcome.SCHEMA
