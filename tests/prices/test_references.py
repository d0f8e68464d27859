"""Reference prices worked out from factors, words and adjusted series, against the exchange's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from newslink.prices import references
from tests.loopback.truth import SHARED, baostock


def test_half_a_tick_goes_up_whatever_binary_fractions_say() -> None:
    halves = np.array([2008.325, 2048.757, 12.785, 0.125, 1.005, 1.115, 8.165, 64.285])
    np.testing.assert_array_equal(references.to_tick(halves, 0.01), [2008.33, 2048.76, 12.79, 0.13, 1.01, 1.12, 8.17, 64.29])
    np.testing.assert_array_equal(references.to_tick(np.array([4.1235, 1.0005]), 0.001), [4.124, 1.001])


@pytest.mark.parametrize(("words", "expected"), [
    ("10派192.93元", (19.293, 0.0)),
    ("10派1元", (0.1, 0.0)),
    ("10送3转5派1.5元", (0.15, 0.8)),
    ("10转8股派25.2元", (2.52, 0.8)),
    ("10转增8股派25.2元(含税)", (2.52, 0.8)),
    ("每10股派息6.8元", (0.68, 0.0)),
    ("10送10股", (0.0, 1.0)),
    ("10配3股，配股价5元", None),
    ("10派1元 10配3股", None),
    ("特别股息每股2.5元", None),
    ("", None),
])  # fmt: skip
def test_words_of_a_dividend_are_read_or_left_alone(words, expected) -> None:
    said = references.dividend_of(words)
    assert said == pytest.approx(expected) if expected else said is None


def sessions_of(count: int) -> np.ndarray:
    return np.arange(np.datetime64("2022-01-03"), np.datetime64("2022-01-03") + count)


def test_a_factor_on_a_day_without_trading_counts_on_the_next_session() -> None:
    sessions = np.array(["2022-01-03", "2022-01-10"], "datetime64[D]")
    told = references.from_maps(
        sessions, np.array([10.0, 9.5]), np.array(["1900-01-01", "2022-01-06"], "datetime64[D]"), np.array([0.9, 1.0]), np.zeros(2), 0.01
    )
    np.testing.assert_allclose(told.prev_close[1], 9.0)
    assert told.events.tolist() == [False, True]


def test_a_factor_that_moves_the_reference_by_less_than_half_a_tick_is_no_ex_date() -> None:
    dates = np.array(["1900-01-01", "2022-01-04"], "datetime64[D]")
    told = references.from_maps(sessions_of(3), np.array([10.0, 10.1, 10.2]), dates, np.array([0.9999, 1.0]), np.zeros(2), 0.01)
    assert not told.events.any()
    np.testing.assert_array_equal(told.prev_close[1:], [10.0, 10.1])


def test_two_dividends_in_one_suspension_add_up() -> None:
    sessions = np.array(["2022-01-03", "2022-06-01"], "datetime64[D]")
    dates = np.array(["1900-01-01", "2022-02-01", "2022-04-01"], "datetime64[D]")
    told = references.from_maps(sessions, np.array([10.0, 8.0]), dates, np.array([0.72, 0.8, 1.0]), np.zeros(3), 0.01)
    assert told.prev_close[1] == pytest.approx(7.2)


EX_DATES = {
    # security, ex-date: the exchange's reference price (baostock's preclose), by the raw files of shared/prices
    "600519.SH": 3, "600036.SH": 2, "000858.SZ": 2, "688111.SH": 2, "000001.SZ": 2, "600160.SH": 2,
}  # fmt: skip


@pytest.mark.parametrize("security", EX_DATES)
@pytest.mark.parametrize("vintage", ["2023-06-18", "2023-08-20"])
def test_eastmoneys_real_adjusted_series_shows_its_ex_dates_and_their_cash(security, vintage) -> None:
    raw, path = baostock(security), SHARED / "prices" / f"{security}.eastmoney_{vintage}.qfq.csv"
    if raw is None or not path.exists():
        pytest.skip("../shared/prices is not here")
    adjusted = pd.read_csv(path)
    adjusted["session"] = pd.to_datetime(adjusted["日期"])
    both = raw.merge(adjusted[["session", "开盘", "最高", "最低", "收盘"]], on="session")
    told = references.from_additive(
        both[["open", "high", "low", "close"]].to_numpy(), both[["开盘", "最高", "最低", "收盘"]].to_numpy(), 0.01
    )
    last = both["close"].shift()
    exchange = (both["prev_close"] - last).abs() > 0.005
    assert exchange.sum() >= EX_DATES[security] - 1
    assert told.events.tolist() == exchange.tolist(), "the same days, and no other"
    wrong = np.abs(told.prev_close[1:] - both["prev_close"].to_numpy()[1:])
    assert np.nanmax(wrong) < 0.021, "within rounding of two series of cents"
    assert np.isfinite(told.prev_close[1:]).all()


def test_new_shares_bend_the_line_and_are_followed() -> None:
    """300750 gave 0.8 new shares in April 2023: older rows stand on a line of slope 1.8."""
    raw, path = baostock("300750.SZ"), SHARED / "prices" / "300750.SZ.eastmoney_2023-08-20.qfq.csv"
    if raw is None or not path.exists():
        pytest.skip("../shared/prices is not here")
    adjusted = pd.read_csv(path)
    adjusted["session"] = pd.to_datetime(adjusted["日期"])
    both = raw.merge(adjusted[["session", "开盘", "最高", "最低", "收盘"]], on="session")
    told = references.from_additive(
        both[["open", "high", "low", "close"]].to_numpy(), both[["开盘", "最高", "最低", "收盘"]].to_numpy(), 0.01
    )
    split = both.index[both["session"] == "2023-04-26"][0]
    assert told.prev_close[split] == pytest.approx(212.99, abs=0.011)
    exchange = (both["prev_close"] - both["close"].shift()).abs() > 0.005
    assert told.events.tolist() == exchange.tolist(), "the same days, and no other"
    wrong = np.abs(told.prev_close[1:] - both["prev_close"].to_numpy()[1:])
    assert wrong.max() < 0.021
