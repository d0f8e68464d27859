"""Adjustment and resampling: hand-made numbers, real series, and what the additive way does to them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from newslink.errors import FrameError
from newslink.frames import check_bars
from newslink.prices import adjust, resample, sample_bars
from newslink.prices.adjust import factors, unknown_references
from newslink.prices.base import frame_of
from tests.loopback.truth import SHARED, baostock


def bars_of(rows: list[tuple]) -> pd.DataFrame:
    """rows: (session, close, prev_close); open, high and low at the close."""
    sessions, close, reference = zip(*rows, strict=True)
    prices = dict.fromkeys(("open", "high", "low", "close"), np.array(close, float))
    columns = {"session": list(sessions), **prices, "prev_close": np.array(reference, float), "volume": 100.0, "amount": 1000.0}
    return frame_of(columns, "hand", datetime(2026, 1, 1, tzinfo=UTC))


# One share becomes two (20 → reference 10), then a dividend of 1 (11 → reference 10).
HAND = bars_of([("2022-01-03", 18.0, np.nan), ("2022-01-04", 20.0, 18.0), ("2022-01-05", 11.0, 10.0), ("2022-01-06", 12.0, 10.0)])


def test_by_hand_the_newest_price_is_kept_forwards_and_the_oldest_backwards() -> None:
    forward = adjust(HAND, "qfq")["close"].tolist()
    np.testing.assert_allclose(forward, [18 / 2 / 1.1, 20 / 2 / 1.1, 11 / 1.1, 12.0])
    backward = adjust(HAND, "hfq")["close"].tolist()
    np.testing.assert_allclose(backward, [18.0, 20.0, 22.0, 12 * 2 * 1.1])


@pytest.mark.parametrize("way", ["qfq", "hfq"])
def test_every_return_survives_and_prices_join_up(way) -> None:
    adjusted = adjust(HAND, way)
    np.testing.assert_allclose(adjusted["close"] / adjusted["prev_close"], HAND["close"] / HAND["prev_close"])
    np.testing.assert_allclose(adjusted["prev_close"].iloc[1:], adjusted["close"].iloc[:-1])
    np.testing.assert_array_equal(adjusted["volume"], HAND["volume"])
    check_bars(adjusted)


def test_raw_is_a_copy_and_an_unknown_way_is_refused() -> None:
    raw = adjust(HAND, "raw")
    pd.testing.assert_frame_equal(raw, HAND)
    raw.loc[0, "close"] = 1.0
    assert HAND["close"].iloc[0] == 18.0
    with pytest.raises(FrameError):
        adjust(HAND, "vic")
    assert adjust(HAND.iloc[:0], "qfq").empty


def test_an_unknown_reference_price_adjusts_nothing_and_is_named() -> None:
    bars = HAND.copy()
    bars.loc[2, "prev_close"] = np.nan
    assert factors(bars)[2] == 1.0
    assert unknown_references(bars).dt.date.tolist() == [date(2022, 1, 5)]


def test_a_suspension_is_no_ex_date() -> None:
    bars = bars_of([("2022-01-04", 20.0, 18.0), ("2022-03-01", 22.0, 20.0)])
    np.testing.assert_array_equal(factors(bars), [1.0, 1.0])


@pytest.mark.parametrize("security", ["600519.SH", "600036.SH", "300750.SZ", "000001.SZ"])
def test_returns_of_the_real_series_are_the_exchanges_in_every_way_of_adjusting(security) -> None:
    raw = baostock(security)
    if raw is None:
        pytest.skip("../shared/prices is not here")
    bars = frame_of({name: raw[name].to_numpy() for name in raw.columns}, "baostock")
    exchange = (raw["close"] / raw["prev_close"] - 1).to_numpy()[1:]
    for way in ("qfq", "hfq"):
        close = adjust(bars, way)["close"].to_numpy()
        assert (close > 0).all()
        np.testing.assert_allclose(close[1:] / close[:-1] - 1, exchange, rtol=0, atol=1e-12)


@pytest.mark.parametrize("security", ["600519.SH", "600036.SH"])
def test_ours_agrees_with_the_ratio_file_and_the_additive_one_bends_returns(security) -> None:
    raw = baostock(security)
    ratio_file = SHARED / "prices" / f"{security}.vic.qfq-ratio.csv"
    additive_file = SHARED / "prices" / f"{security}.eastmoney_2023-08-20.qfq.csv"
    if raw is None or not ratio_file.exists():
        pytest.skip("../shared/prices is not here")
    bars = frame_of({name: raw[name].to_numpy() for name in raw.columns}, "baostock")
    ours = adjust(bars, "qfq").set_index("session")["close"]
    ratio = pd.read_csv(ratio_file, parse_dates=["date"]).set_index("date")["close"]
    additive = pd.read_csv(additive_file, parse_dates=["日期"]).set_index("日期")["收盘"]
    exchange = (bars["close"] / bars["prev_close"] - 1).set_axis(bars["session"])
    days = ours.index.intersection(additive.index).intersection(ratio.index)
    returns = pd.DataFrame(
        {name: series[days] / series[days].shift() - 1 for name, series in (("ours", ours), ("ratio", ratio), ("add", additive))}
    ).iloc[1:]
    wrong = returns.sub(exchange[returns.index], axis=0).abs()
    assert wrong["ours"].max() < 1e-9
    assert wrong["ratio"].max() < 1e-3, "prices of that file are rounded to the cent"
    assert wrong["add"].max() > 5e-4, "subtracting dividends bends every return before the ex-date"
    # Bent, not only rounded: before the last ex-date the additive returns are too large, by the same share every day.
    before = returns[returns.index < "2022-06-30"]
    slope = np.polyfit(exchange[before.index], before["add"], 1)[0]
    assert slope > 1.01
    assert abs(np.polyfit(exchange[before.index], before["ours"], 1)[0] - 1) < 1e-9


@pytest.mark.parametrize("security", ["600519.SH", "600036.SH"])
def test_the_real_additive_files_take_the_same_yuan_off_every_old_price_and_ours_the_same_share(security) -> None:
    """Two vintages, downloaded on 2023-06-18 and 2023-08-20, with one ex-date between them."""
    raw = baostock(security)
    files = [SHARED / "prices" / f"{security}.eastmoney_{day}.qfq.csv" for day in ("2023-06-18", "2023-08-20")]
    if raw is None or not files[0].exists():
        pytest.skip("../shared/prices is not here")
    older, newer = (pd.read_csv(file, parse_dates=["日期"]).set_index("日期")["收盘"] for file in files)
    days = older.index.intersection(newer.index)
    taken = (older[days] - newer[days]).round(2)
    assert taken.max() - taken.min() <= 0.011 and taken.min() > 1.7, "the dividend in yuan, whatever the price"
    bars = frame_of({name: raw[name].to_numpy() for name in raw.columns}, "baostock")
    ours = [adjust(bars[bars["session"] <= day], "qfq").set_index("session")["close"] for day in (older.index[-1], newer.index[-1])]
    share = ours[1][days] / ours[0][days]
    np.testing.assert_allclose(share, share.iloc[0], rtol=1e-12)
    returns = [series[days].pct_change().iloc[1:] for series in (*ours, older, newer)]
    assert (returns[0] - returns[1]).abs().max() < 1e-12, "what a return was does not depend on when one looks"
    assert (returns[2] - returns[3]).abs().max() > 5e-4


@pytest.mark.parametrize("security", ["600519.SH", "600036.SH"])
def test_over_the_real_history_since_2010_the_additive_way_goes_below_nought_and_ours_never_does(security) -> None:
    """The additive files begin in 2021, where nothing is negative yet; how they are made shows in them: raw minus additive is, to the cent,
    what was paid since. The same done to the whole history: the ratio-adjusted file up to 2019, at the level of the raw file's first day
    (which spares the additive way all dividends before 2020), and the raw file from there on."""
    raw = baostock(security)
    ratio_file = SHARED / "prices" / f"{security}.vic.qfq-ratio.csv"
    additive_file = SHARED / "prices" / f"{security}.eastmoney_2023-08-20.qfq.csv"
    if raw is None or not ratio_file.exists():
        pytest.skip("../shared/prices is not here")
    paid = (raw["close"].shift() - raw["prev_close"]).where(lambda value: value.abs() > 0.005, 0.0).fillna(0.0).set_axis(raw["session"])
    additive = pd.read_csv(additive_file, parse_dates=["日期"]).set_index("日期")["收盘"]
    until = paid[paid.index <= additive.index[-1]]
    since = (until.sum() - until.cumsum())[additive.index]
    assert (raw.set_index("session")["close"][additive.index] - additive - since).abs().max() < 0.011

    ratio = pd.read_csv(ratio_file, parse_dates=["date"]).set_index("date")
    level = raw["close"].iloc[0] / ratio.loc[raw["session"].iloc[0], "close"]
    early = ratio[ratio.index < raw["session"].iloc[0]][["open", "high", "low", "close"]] * level
    early = early.assign(prev_close=early["close"].shift()).reset_index(names="session")
    rows = pd.concat([early, raw[early.columns]], ignore_index=True)
    rows.loc[len(early), "prev_close"] = rows.loc[len(early) - 1, "close"]
    bars = frame_of({name: rows[name].to_numpy() for name in rows.columns}, "joined")
    subtracted = bars["close"].to_numpy() - (paid.sum() - paid.cumsum()).reindex(bars["session"]).fillna(paid.sum()).to_numpy()
    assert (subtracted < 0).sum() > 100, "months of prices below nought"
    ours = adjust(bars, "qfq").set_index("session")
    assert (ours[["open", "high", "low", "close", "prev_close"]].iloc[1:] > 0).all(axis=None)
    both = ours["close"].div(ratio["close"]).dropna()
    assert both.max() / both.min() - 1 < 0.003, "the ratio file is ours at another level, but for its rounding to the cent"
    exchange = (bars["close"] / bars["prev_close"] - 1).to_numpy()[1:]
    np.testing.assert_allclose(ours["close"].to_numpy()[1:] / ours["close"].to_numpy()[:-1] - 1, exchange, atol=1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        bent = subtracted[1:] / subtracted[:-1] - 1
    assert np.abs(bent - exchange).max() > 1, "a return of more than a hundred percent that nobody made"


def test_weeks_and_months_open_and_close_where_their_days_do() -> None:
    bars = sample_bars()["600519.SH"]
    for period, key in (("week", bars["session"].dt.isocalendar().week + 100 * bars["session"].dt.isocalendar().year),
                        ("month", bars["session"].dt.month + 100 * bars["session"].dt.year)):  # fmt: skip
        whole = resample(bars, period)
        days = bars.groupby(key.to_numpy())
        assert len(whole) == len(days)
        np.testing.assert_array_equal(np.sort(whole["close"]), np.sort(days["close"].last()))
        assert whole["volume"].sum() == bars["volume"].sum()
        for row in whole.itertuples():
            group = next(group for _, group in days if group["session"].iloc[-1] == row.session)
            assert (row.open, row.high, row.low) == (group["open"].iloc[0], group["high"].max(), group["low"].min())
        check_bars(whole)


def test_a_week_with_an_open_day_is_provisional_and_volumes_nobody_knows_stay_unknown() -> None:
    bars = sample_bars()["NIO.US"].copy()
    bars.loc[bars.index[-1], "provisional"] = True
    weeks = resample(bars, "week")
    assert weeks["provisional"].tolist() == [False] * (len(weeks) - 1) + [True]
    assert weeks["amount"].isna().all()
    with pytest.raises(FrameError):
        resample(bars, "year")
