"""What may be stored and what may not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from newslink.prices import sample_bars
from newslink.prices.base import Outcome, ProviderFailure, random_walk
from newslink.prices.check import check_reply, coverage, unit_of_volume

START, END = date(2021, 11, 1), date(2022, 6, 30)


def good() -> pd.DataFrame:
    return sample_bars()["600519.SH"].copy()


def refused(bars: pd.DataFrame, security: str = "600519.SH", **more) -> ProviderFailure:
    with pytest.raises(ProviderFailure) as failure:
        check_reply(bars, security, more.pop("start", START), more.pop("end", END), "x", **more)
    return failure.value


@pytest.mark.parametrize("security", ["600519.SH", "688111.SH", "300750.SZ", "600160.SH", "000300.SH", "NIO.US"])
def test_the_sample_passes(security) -> None:
    bars = sample_bars()[security]
    assert len(check_reply(bars, security, START, END, "sample")) == len(bars)


@pytest.mark.parametrize(("column", "value"), [
    ("open", -1.0), ("close", 0.0), ("close", np.nan), ("high", 1.0), ("low", 1e6), ("high", np.inf), ("prev_close", -5.0),
    ("volume", -1.0), ("close", 1e6),
])  # fmt: skip
def test_one_wrong_value_refuses_the_reply_and_names_the_row(column, value) -> None:
    bars = good()
    bars.loc[7, column] = value
    failure = refused(bars)
    assert failure.outcome is Outcome.SCHEMA
    assert "2021-11-10" in failure.detail


def test_sessions_must_ascend_without_repeats_inside_the_window() -> None:
    bars = good()
    assert refused(bars.iloc[::-1]).outcome is Outcome.SCHEMA
    assert refused(pd.concat([bars, bars.tail(1)])).outcome is Outcome.SCHEMA
    assert "outside" in refused(bars, start=date(2022, 1, 1)).detail
    assert "outside" in refused(bars, end=date(2022, 1, 1)).detail
    assert refused(bars.iloc[:0]).outcome is Outcome.EMPTY


@pytest.mark.parametrize(("scale", "unit"), [(1, 1.0), (0.01, 100.0), (100, 0.01)])
def test_the_unit_of_volume_is_told_by_amount(scale, unit) -> None:
    bars = good()
    bars["volume"] *= scale
    assert unit_of_volume(bars) == unit
    if unit != 1.0:
        assert "another unit" in refused(bars).detail


def test_amounts_in_ten_thousands_are_refused_too() -> None:
    bars = good()
    bars["amount"] /= 10_000
    assert unit_of_volume(bars) is None
    assert "another unit" in refused(bars).detail


def test_rounding_to_lots_and_ten_thousands_passes() -> None:
    bars = good()
    bars["volume"] = (bars["volume"] / 100).round() * 100
    bars["amount"] = (bars["amount"] / 10_000).round(2) * 10_000
    assert unit_of_volume(bars) == 1.0


def test_an_indexs_amount_says_nothing_about_its_volume() -> None:
    bars = sample_bars()["000300.SH"]
    assert unit_of_volume(bars) is None
    check_reply(bars, "000300.SH", START, END, "x")


def test_adjusted_prices_are_known_by_amount_over_volume() -> None:
    bars = good()
    for name in ("open", "high", "low", "close", "prev_close"):
        bars[name] *= 0.9
    assert "amount / volume" in refused(bars).detail


def test_coverage_tells_leading_interior_trailing_and_extra_days_apart() -> None:
    bars = good()
    sessions = bars["session"].to_numpy("datetime64[D]")
    told = coverage(bars.drop(index=[0, 1, 5, len(bars) - 1]), sessions)
    assert [len(part) for part in (told.leading, told.interior, told.trailing, told.extra)] == [2, 1, 1, 0]
    told = coverage(bars, np.delete(sessions, 5))
    assert told.extra == (sessions[5].item(),) and not told.missing
    assert coverage(bars.iloc[:0], sessions).leading == tuple(sessions.tolist())


def test_days_that_are_no_session_refuse_the_reply() -> None:
    bars = good()
    sessions = np.delete(bars["session"].to_numpy("datetime64[D]"), 3)
    assert "no session" in refused(bars, sessions=sessions).detail


def test_overlap_with_stored_closes_shows_another_company_and_forgives_a_correction() -> None:
    bars = good()
    assert "another security" in refused(bars, stored=sample_bars()["600160.SH"]).detail
    stored = bars.copy()
    stored.loc[3, "close"] *= 1.02
    assert len(check_reply(bars, "600519.SH", START, END, "x", stored=stored)) == len(bars)


def test_a_fresh_listing_may_rise_manifold_but_not_by_a_hundred() -> None:
    bars = random_walk("301000.SZ", START, END)
    bars.loc[0, "prev_close"] = bars.loc[0, "close"] / 8
    check_reply(bars, "301000.SZ", START, END, "x")
    bars.loc[0, "prev_close"] = bars.loc[0, "close"] / 100
    assert refused(bars, "301000.SZ").outcome is Outcome.SCHEMA


def test_a_row_fetched_before_its_session_closed_is_provisional() -> None:
    from newslink.prices.base import frame_of

    columns = {
        "session": ["2022-06-29", "2022-06-30"],
        "open": 1.0,
        "high": 1.0,
        "low": 1.0,
        "close": 1.0,
        "prev_close": 1.0,
        "volume": 1.0,
    }
    bars = frame_of(columns, "x", datetime(2022, 6, 30, 3, tzinfo=UTC))
    assert bars["provisional"].tolist() == [False, True]
    assert bars["amount"].isna().all()
