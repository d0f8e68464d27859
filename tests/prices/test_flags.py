"""Trading flags against limit prices worked out by hand and against real days."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newslink.model import Name, NameKind, Security
from newslink.prices import sample_bars, trading_flags
from newslink.prices.base import frame_of
from newslink.prices.flags import limit_percent, limit_prices


def day(text: str) -> np.ndarray:
    return np.array([text], "datetime64[D]")


ST = (Name("600001.SH", "*ST样本", NameKind.SHORT, date(2020, 5, 6), date(2021, 5, 5)),)


@pytest.mark.parametrize(("security", "session", "names", "percent"), [
    ("600519.SH", "2022-01-04", (), 10),
    ("600519.SH", "1996-12-13", (), 0),
    ("600519.SH", "1996-12-16", (), 10),
    ("000001.SZ", "2022-01-04", (), 10),
    ("300750.SZ", "2020-08-21", (), 10),
    ("300750.SZ", "2020-08-24", (), 20),
    ("301000.SZ", "2022-01-04", (), 20),
    ("688111.SH", "2019-12-02", (), 20),
    ("689009.SH", "2022-01-04", (), 20),
    ("920799.BJ", "2022-01-04", (), 30),
    ("830799.BJ", "2022-01-04", (), 30),
    ("600001.SH", "2020-05-05", ST, 10),
    ("600001.SH", "2020-05-06", ST, 5),
    ("600001.SH", "2021-05-05", ST, 5),
    ("600001.SH", "2021-05-06", ST, 10),
    ("600001.SH", "2021-05-06", (Name("600001.SH", "S样本"),), 5),
    ("600001.SH", "2021-05-06", (Name("600001.SH", "ＳＴ 样本"),), 5),
    ("600001.SH", "2021-05-06", (Name("600001.SH", "STAR科技"),), 10),
    ("600001.SH", "2021-05-06", (Name("600001.SH", "*ST TCL"),), 5),
    ("600001.SH", "2021-05-06", (Name("600001.SH", "SST样本"),), 5),
    ("600001.SH", "2021-05-06", (Name("600001.SH", "ST样本", NameKind.FORMER),), 10),
    ("600001.SH", "2026-07-03", (Name("600001.SH", "*ST样本"),), 5),
    ("600001.SH", "2026-07-06", (Name("600001.SH", "*ST样本"),), 10),
    ("000001.SZ", "2026-07-03", (Name("000001.SZ", "ST样本"),), 5),
    ("000001.SZ", "2026-07-06", (Name("000001.SZ", "ST样本"),), 10),
    ("900901.SH", "2026-07-03", (Name("900901.SH", "*ST样B"),), 5),
    ("600001.SH", "2007-01-05", (Name("600001.SH", "S样本"),), 10),
    ("600001.SH", "2007-01-08", (Name("600001.SH", "S样本"),), 5),
    ("600001.SH", "2007-01-05", (Name("600001.SH", "S*ST样本"),), 5),
    ("600001.SH", "2021-05-06", (Name("600001.SH", "退市样本"),), 10),
    ("300001.SZ", "2020-08-21", (Name("300001.SZ", "*ST样本"),), 5),
    ("300001.SZ", "2026-07-06", (Name("300001.SZ", "*ST样本"),), 20),
    ("300001.SZ", "2020-08-24", (Name("300001.SZ", "*ST样本"),), 20),
    ("688001.SH", "2022-01-04", (Name("688001.SH", "*ST样本"),), 20),
    ("00700.HK", "2022-01-04", (), 0),
    ("NIO.US", "2022-01-04", (), 0),
    ("000300.SH", "2022-01-04", (), 0),
    ("510300.SH", "2022-01-04", (), 0),
])  # fmt: skip
def test_the_limit_follows_board_date_and_name(security, session, names, percent) -> None:
    assert limit_percent(security, day(session), names).tolist() == [percent]


@pytest.mark.parametrize(("security", "listed", "free"), [
    ("688111.SH", "2019-11-18", 5), ("301000.SZ", "2021-05-28", 5), ("300400.SZ", "2014-11-03", 1), ("600905.SH", "2021-06-10", 1),
    ("601065.SH", "2023-04-10", 5), ("920799.BJ", "2022-03-10", 1),
])  # fmt: skip
def test_the_first_sessions_have_no_limit(security, listed, free) -> None:
    sessions = pd.bdate_range(listed, periods=8).to_numpy("datetime64[D]")
    percent = limit_percent(security, sessions, (), date.fromisoformat(listed))
    assert (percent == 0).tolist() == [True] * free + [False] * (8 - free)


def test_rows_that_begin_long_after_the_listing_are_all_limited() -> None:
    sessions = pd.bdate_range("2022-01-04", periods=8).to_numpy("datetime64[D]")
    assert (limit_percent("688111.SH", sessions, (), date(2019, 11, 18)) == 20).all()


@given(st.integers(2, 300_000), st.sampled_from([5, 10, 20, 30]))
def test_limit_prices_are_rounded_half_up_in_decimals(cents, percent) -> None:
    reference = Decimal(cents) / 100
    up = (reference * (100 + percent) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    down = (reference * (100 - percent) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    ours = limit_prices(np.array([cents / 100]), np.array([percent]))
    assert Decimal(str(ours[0][0])) == max(up, reference + Decimal("0.01"))
    if min(down, reference - Decimal("0.01")) > 0:
        assert Decimal(str(ours[1][0])) == min(down, reference - Decimal("0.01"))


def test_real_days_at_the_limit() -> None:
    """巨化股份 closed at its limit on three days of the sample: 12.65 from 14.06, 13.33 from 12.12, 10.90 from 12.11."""
    flags = trading_flags("600160.SH", sample_bars()["600160.SH"]).set_index("session")
    assert flags.index[flags["limit_up"]].strftime("%Y-%m-%d").tolist() == ["2022-01-26"]
    assert flags.index[flags["limit_down"]].strftime("%Y-%m-%d").tolist() == ["2021-11-05", "2022-04-25"]
    assert flags.index[flags["ex_date"]].strftime("%Y-%m-%d").tolist() == ["2022-06-09"]


def bars_of(sessions: list[str], close: list[float], reference: list[float]) -> pd.DataFrame:
    prices = dict.fromkeys(("open", "high", "low", "close"), np.array(close))
    return frame_of({"session": sessions, **prices, "prev_close": np.array(reference), "volume": 100.0}, "hand")


def test_a_risk_warned_share_on_either_side_of_the_day_its_limit_was_widened() -> None:
    names = (Name("600001.SH", "*ST样本"),)
    bars = bars_of(["2026-07-02", "2026-07-03", "2026-07-06", "2026-07-07"], [2.10, 2.31, 2.43, 2.67], [2.00, 2.10, 2.31, 2.43])
    assert trading_flags("600001.SH", bars, names)["limit_up"].tolist() == [True, False, False, True]


def test_half_cents_at_the_limit_go_the_exchanges_way() -> None:
    flags = trading_flags("600001.SH", bars_of(["2022-01-04", "2022-01-05", "2022-01-06"], [2.59, 2.58, 2.12], [2.35, 2.35, 2.35]))
    assert flags["limit_up"].tolist() == [True, False, False]
    assert flags["limit_down"].tolist() == [False, False, True]


def test_shanghais_dollar_shares_count_in_tenths_of_a_cent() -> None:
    flags = trading_flags("900901.SH", bars_of(["2022-01-04", "2022-01-05"], [0.466, 0.470], [0.424, 0.427]))
    assert flags["limit_up"].tolist() == [True, True], "0.4664 and 0.4697, rounded to 0.466 and 0.470"
    flags = trading_flags("900901.SH", bars_of(["2022-01-04", "2022-01-05"], [0.470, 0.469], [0.424, 0.427]))
    assert not flags["limit_up"].any()


def test_an_unknown_reference_price_flags_nothing() -> None:
    flags = trading_flags("600001.SH", bars_of(["2022-01-04", "2022-01-05"], [2.0, 2.2], [np.nan, np.nan]))
    assert not flags.drop(columns="session").any(axis=None)


def test_suspended_days_between_bars_are_rows_of_their_own_when_the_calendar_is_given() -> None:
    bars = bars_of(["2022-01-04", "2022-01-07"], [2.0, 2.0], [2.0, 2.0])
    sessions = np.array(["2022-01-03", "2022-01-04", "2022-01-05", "2022-01-06", "2022-01-07", "2022-01-10"], "datetime64[D]")
    flags = trading_flags("600001.SH", bars, sessions=sessions)
    assert flags["session"].dt.day.tolist() == [4, 5, 6, 7]
    assert flags["suspended"].tolist() == [False, True, True, False]
    assert not flags["limit_up"].any() and flags["suspended"].dtype == bool


def test_the_first_session_is_known_from_the_listing() -> None:
    bars = bars_of(["2022-01-04", "2022-01-05"], [2.0, 2.2], [1.0, 2.0])
    listing = Security("600001.SH", "样本", listed=date(2022, 1, 4))
    flags = trading_flags("600001.SH", bars, (), listing)
    assert flags["first_session"].tolist() == [True, False]
    assert flags["limit_up"].tolist() == [False, True]
    assert trading_flags("600001.SH", bars.iloc[:0]).empty
