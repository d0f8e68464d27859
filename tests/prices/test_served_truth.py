"""The real akshare client against the loopback: whoever is asked, the figures are the truth that was served."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from newslink.prices.base import Outcome, ProviderFailure
from newslink.prices.check import check_reply
from tests.loopback.truth import SHARED, baostock
from tests.loopback.world import Fault

START, END = date(2021, 7, 1), date(2022, 7, 20)
# What a service rounds: Eastmoney counts whole lots, Tencent writes amounts in ten thousands with two decimals.
VOLUME_SLACK = {"eastmoney": 50.0, "tencent": 1e-6, "sina": 0.0}
AMOUNT_SLACK = {"eastmoney": 0.0051, "tencent": 50.0, "sina": 0.0051}

SERVED = {
    "600519.SH": ("tencent", "sina", "eastmoney"),
    "688111.SH": ("tencent", "sina", "eastmoney"),
    "300750.SZ": ("tencent", "sina", "eastmoney"),
    "000001.SZ": ("tencent", "sina", "eastmoney"),
    "920799.BJ": ("sina", "eastmoney"),
    "00700.HK": ("sina", "eastmoney"),
    "NIO.US": ("sina", "eastmoney"),
    "510300.SH": ("sina", "eastmoney"),
    "000300.SH": ("tencent", "sina", "eastmoney"),
    "399006.SZ": ("tencent", "sina", "eastmoney"),
    "689009.SH": ("tencent", "sina", "eastmoney"),
    "159915.SZ": ("sina", "eastmoney"),
    "000001.SH": ("tencent", "sina", "eastmoney"),
    "399001.SZ": ("tencent", "sina", "eastmoney"),
    "899050.BJ": ("eastmoney",),
    "HSI.HK": ("sina", "eastmoney"),
    "SPX.US": ("sina", "eastmoney"),
}


def truth_of(world, security: str, start: date = START, end: date = END) -> pd.DataFrame:
    bars = world.truth.bars[security]
    return bars[bars["session"].between(pd.Timestamp(start), pd.Timestamp(end))].reset_index(drop=True)


@pytest.mark.parametrize(("security", "name"), [(security, name) for security, names in SERVED.items() for name in names])
def test_every_service_gives_the_served_bars_in_shares_and_currency(world, providers, security, name) -> None:
    bars = check_reply(providers[name].daily(security, START, END, 30), security, START, END, name)
    truth = truth_of(world, security)
    assert bars["session"].tolist() == truth["session"].tolist()
    for column in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(bars[column], truth[column])
    np.testing.assert_allclose(bars["prev_close"], truth["prev_close"], rtol=0, atol=1e-9)
    if bars["volume"].notna().any():
        assert (bars["volume"] - truth["volume"]).abs().max() <= VOLUME_SLACK[name]
    if bars["amount"].notna().any():
        assert (bars["amount"] - truth["amount"]).abs().max() <= AMOUNT_SLACK[name]
    assert set(bars["provider"].str.partition("+")[0]) == {name}
    assert not bars["provisional"].any()


def test_a_service_that_does_not_serve_a_market_says_so_without_a_request(world, providers) -> None:
    assert not providers["tencent"].serves("920799.BJ")
    assert not providers["tencent"].serves("00700.HK")
    assert not providers["sina"].serves("900901.SH"), "akshare rounds Sina's prices to two decimals; B shares have three"
    assert not world.seen


RAW_FILES = sorted(path.name[:9] for path in (SHARED / "prices").glob("*.baostock.raw.csv"))


@pytest.mark.parametrize("name", ["tencent", "sina", "eastmoney"])
@pytest.mark.parametrize("security", RAW_FILES or ["none"])
def test_served_through_the_loopback_each_shared_raw_file_comes_back_row_by_row(world, providers, monkeypatch, security, name) -> None:
    raw = baostock(security)
    if raw is None:
        pytest.skip("../shared/prices is not here")
    monkeypatch.setitem(world.truth.bars, security, raw)
    start, end = raw["session"].iloc[0].date(), raw["session"].iloc[-1].date()
    bars = check_reply(providers[name].daily(security, start, end, 60), security, start, end, name)
    assert bars["session"].tolist() == raw["session"].tolist()
    for column in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(bars[column], raw[column], err_msg=column)
    assert (bars["volume"] - raw["volume"]).abs().max() <= VOLUME_SLACK[name]
    assert (bars["amount"] - raw["amount"]).abs().max() <= AMOUNT_SLACK[name]
    # The first row of all has nothing before it; every other reference price is the exchange's own.
    np.testing.assert_allclose(bars["prev_close"].iloc[1:], raw["prev_close"].iloc[1:], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["tencent", "sina", "eastmoney"])
@pytest.mark.parametrize("security", ["600519.SH", "688111.SH"])
def test_returns_across_ex_dates_are_the_exchanges_to_a_millionth(providers, security, name) -> None:
    raw = baostock(security)
    if raw is None:
        pytest.skip("../shared/prices is not here")
    bars = providers[name].daily(security, date(2020, 2, 3), date(2025, 4, 7), 60)
    both = bars.merge(raw, on="session", suffixes=("", "_raw"))
    assert len(both) == len(bars)
    last = raw.set_index("session")["close"].shift()
    ex_dates = both[(both["prev_close_raw"] - both["session"].map(last)).abs() > 0.005]
    assert len(ex_dates) >= 5
    ours = both["close"] / both["prev_close"] - 1
    exchange = both["close_raw"] / both["prev_close_raw"] - 1
    assert (ours - exchange).abs().max() < 1e-6
    # and the plain ratio of closes would have failed on every one of them
    naive = ex_dates["close"] / ex_dates["session"].map(last) - 1
    assert ((naive - exchange[ex_dates.index]).abs() > 1e-4).all()


def test_each_ex_date_says_how_its_reference_price_was_come_by(providers) -> None:
    bars = providers["tencent"].daily("600519.SH", date(2022, 6, 1), date(2022, 7, 20), 30)
    marked = bars[bars["provider"] != "tencent"]
    assert marked["session"].dt.date.tolist() == [date(2022, 6, 30)]
    assert marked["provider"].tolist() == ["tencent+factor"]


def test_without_sinas_factors_tencent_uses_the_words_of_the_dividend_and_marks_the_row(world, providers) -> None:
    world.faults.append(Fault("status", host="*sina*", status=456))
    bars = providers["tencent"].daily("600519.SH", date(2022, 6, 1), date(2022, 7, 20), 30)
    marked = bars[bars["provider"] != "tencent"]
    assert marked["provider"].tolist() == ["tencent+dividend"]
    assert marked["prev_close"].tolist() == [2008.33]


def test_dividend_words_nobody_can_read_leave_the_reference_unknown_rather_than_wrong(world, providers) -> None:
    world.faults.append(Fault("status", host="*sina*", status=456))
    world.truth.words["600519.SH", "2022-06-30"] = "10配3股，配股价5元"
    try:
        bars = providers["tencent"].daily("600519.SH", date(2022, 6, 1), date(2022, 7, 20), 30)
    finally:
        world.truth.words.clear()
    row = bars[bars["session"] == "2022-06-30"].iloc[0]
    assert np.isnan(row["prev_close"])
    assert bars["prev_close"].notna().sum() == len(bars) - 1


def test_rows_without_a_place_for_dividends_say_nothing_so_no_reference_price_is_assumed(world, providers) -> None:
    """Were Tencent to drop the field, every ex-date would vanish in silence."""

    def emptied(text: str) -> str:
        head, brace, rest = text.partition("{")
        value = json.loads(brace + rest)
        for symbol in value["data"]:
            value["data"][symbol]["day"] = [[*row[:6], "", *row[7:]] for row in value["data"][symbol]["day"]]
        return head + json.dumps(value)

    world.faults.append(Fault("mutate", host="proxy.finance.qq.com", change=emptied))
    bars = providers["tencent"].daily("600519.SH", date(2022, 6, 1), date(2022, 7, 20), 30)
    assert bars["provider"].tolist().count("tencent+factor") == 1, "the factor table is asked instead"
    world.faults.append(Fault("status", host="*sina*", status=456))
    bars = providers["tencent"].daily("600519.SH", date(2022, 6, 1), date(2022, 7, 20), 30)
    assert bars["prev_close"].isna().all()


def test_a_fall_no_price_limit_allows_is_rather_an_ex_date_nobody_told(world, providers) -> None:
    world.faults.append(Fault("status", host="*sina*", status=456))
    world.truth.words["300750.SZ", "2023-04-26"] = ""  # 1.8 shares for one and 2.5 yuan, and not a word about it
    try:
        bars = providers["tencent"].daily("300750.SZ", date(2023, 4, 3), date(2023, 5, 31), 30)
    finally:
        world.truth.words.clear()
    if baostock("300750.SZ") is None:
        pytest.skip("../shared/prices is not here")
    assert bars["session"][bars["prev_close"].isna()].dt.strftime("%Y-%m-%d").tolist() == ["2023-04-26"]


def test_without_sinas_factors_eastmoney_finds_the_ex_date_in_its_adjusted_series(world, providers) -> None:
    world.faults.append(Fault("status", host="*sina*", status=456))
    bars = providers["eastmoney"].daily("600519.SH", date(2022, 6, 1), date(2022, 7, 20), 30)
    row = bars[bars["session"] == "2022-06-30"].iloc[0]
    assert row["provider"] == "eastmoney+qfq"
    assert abs(row["prev_close"] - 2008.33) < 0.011


def test_when_eastmoney_cannot_show_its_adjusted_series_no_reference_price_is_guessed(world, providers) -> None:
    world.faults.append(Fault("status", host="*sina*", status=456))
    world.faults.append(Fault("status", host="push2his*", status=500, skip=1))
    bars = providers["eastmoney"].daily("600519.SH", date(2022, 6, 1), date(2022, 7, 20), 30)
    assert bars["prev_close"].isna().all()
    assert bars["close"].notna().all()


def test_tencents_shenzhen_lots_are_told_from_shares_by_amount_and_volume(world, providers) -> None:
    truth = truth_of(world, "000001.SZ")
    for lots in (True, False):
        world.services.tencent_sz000_lots = lots
        bars = providers["tencent"].daily("000001.SZ", START, END, 30)
        assert (bars["volume"] - truth["volume"]).abs().max() < 1e-3
    world.services.tencent_sz000_lots = True


@pytest.mark.parametrize(("name", "security"), [
    ("tencent", "600999.SH"), ("sina", "600999.SH"), ("eastmoney", "600999.SH"), ("sina", "09999.HK"), ("eastmoney", "09999.HK"),
    ("sina", "ZZZZ.US"), ("eastmoney", "ZZZZ.US"), ("eastmoney", "000999.SH"), ("sina", "510999.SH"),
])  # fmt: skip
def test_a_code_nobody_lists_is_unknown_and_not_a_breakdown(providers, name, security) -> None:
    with pytest.raises(ProviderFailure) as failure:
        providers[name].daily(security, START, END, 20)
    assert failure.value.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", ["tencent", "sina", "eastmoney"])
def test_a_window_without_trading_is_empty_and_not_unknown(providers, name) -> None:
    with pytest.raises(ProviderFailure) as failure:
        providers[name].daily("600519.SH", date(2022, 7, 2), date(2022, 7, 3), 20)
    assert failure.value.outcome is Outcome.EMPTY


def test_sinas_reference_comes_from_its_factors_whether_or_not_the_stream_carries_one(world, providers) -> None:
    truth = truth_of(world, "688111.SH")
    for carried in (True, False):
        world.services.stream_prevclose = carried
        bars = providers["sina"].daily("688111.SH", START, END, 20)
        np.testing.assert_allclose(bars["prev_close"], truth["prev_close"], rtol=0, atol=1e-9)
    world.services.stream_prevclose = True


EVERY_PERIOD = ("1", "5", "15", "30", "60")
MINUTES = {
    ("sina", "600519.SH"): EVERY_PERIOD,
    ("sina", "300750.SZ"): EVERY_PERIOD,
    ("sina", "920799.BJ"): EVERY_PERIOD,
    ("sina", "510300.SH"): EVERY_PERIOD,
    ("sina", "000300.SH"): EVERY_PERIOD,
    ("sina", "399006.SZ"): EVERY_PERIOD,
    ("eastmoney", "600519.SH"): EVERY_PERIOD,
    ("eastmoney", "300750.SZ"): EVERY_PERIOD,
    ("eastmoney", "920799.BJ"): EVERY_PERIOD,
    ("eastmoney", "510300.SH"): EVERY_PERIOD,
    ("eastmoney", "00700.HK"): EVERY_PERIOD,
    ("eastmoney", "NIO.US"): ("1",),
}


@pytest.mark.parametrize(
    ("name", "security", "period"), [(*who, period) for who, periods in MINUTES.items() for period in periods]
)
def test_minute_bars_of_five_sessions_add_up_to_the_days(world, providers, name, security, period) -> None:
    assert providers[name].serves_minutes(security, period)
    minutes = providers[name].minute(security, period, 20)
    assert len(minutes) == 5 * 240 // int(period)
    days = world.truth.bars[security].tail(5)
    by_day = minutes.groupby(minutes["time"].dt.normalize())
    np.testing.assert_allclose(by_day["high"].max(), days["high"], atol=0.011)
    np.testing.assert_allclose(by_day["low"].min(), days["low"], atol=0.011)
    np.testing.assert_allclose(by_day["close"].last(), days["close"], atol=0.011)
    np.testing.assert_allclose(by_day["volume"].sum(), days["volume"], rtol=0.01)
    assert (minutes["open"] > 0).all(), "opens of nought are filled from the minute before"


@pytest.mark.parametrize(("name", "security", "period"), [
    ("tencent", "600519.SH", "5"), ("sina", "00700.HK", "5"), ("sina", "900901.SH", "5"), ("sina", "NIO.US", "1"),
    ("eastmoney", "NIO.US", "5"), ("eastmoney", "000300.SH", "5"), ("eastmoney", "HSI.HK", "1"), ("sina", "600519.SH", "7"),
])  # fmt: skip
def test_minutes_a_service_has_not_cost_no_request(world, providers, name, security, period) -> None:
    with pytest.raises(ProviderFailure) as failure:
        providers[name].minute(security, period, 5)
    assert failure.value.outcome is Outcome.SKIPPED
    assert not world.seen
