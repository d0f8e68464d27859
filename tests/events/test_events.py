"""Rows on bars, checked by walking each row day by day in plain Python."""

from __future__ import annotations

import math
import random
from datetime import date

import numpy as np
import pandas as pd
import pytest

from newslink.errors import FrameError
from newslink.events import group_events, stand_on_bars


class Weekdays:
    """A hand-written clock: every weekday is a session."""

    def sessions(self, market: str, start, end) -> np.ndarray:
        days = np.arange(np.datetime64(start, "D"), np.datetime64(end, "D") + 1)
        return days[np.is_busday(days)]


def bars(days: list[str], closes: list[float], previous: list[float] | None = None) -> pd.DataFrame:
    previous = previous or [math.nan, *closes[:-1]]
    return pd.DataFrame({
        "session": np.array(days, "datetime64[s]"), "open": closes, "high": closes, "low": closes, "close": closes,
        "prev_close": previous, "volume": 100.0, "amount": 1.0, "provider": "hand", "provisional": False,
    })  # fmt: skip


def rows(*given: tuple, **more) -> pd.DataFrame:
    frame = pd.DataFrame(given, columns=["article", "security", "session", "bucket"])
    return frame.assign(**more)


WEEK = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"]


def test_returns_compound_the_exchanges_own_reference_price_across_an_ex_date() -> None:
    # 10-for-10 bonus on the third day: the reference is halved, the holder's return that day is +2 %.
    book = {"A.SH": bars(WEEK[:4], [10, 20, 10.2, 10.2], [10, 10, 10, 10.2])}
    out = stand_on_bars(rows(("a", "A.SH", "2024-01-02", "pre_open")), book, Weekdays()).iloc[0]
    assert out.return_0 == pytest.approx(1.0) and out.return_1 == pytest.approx(2 * 1.02 - 1) and math.isnan(out.return_5)
    assert (out.prev_close, out.close, out.volume) == (10, 20, 100)


def test_a_halted_securitys_news_stands_on_its_first_traded_session_with_the_benchmark_over_the_whole_halt() -> None:
    book = {"A.SH": bars([WEEK[0], WEEK[1], WEEK[5], WEEK[6]], [10, 10, 11, 11], [10, 10, 10, 11])}
    index = {"SH": bars(WEEK, [100, 101, 102, 103, 104, 110, 110, 111])}
    out = stand_on_bars(rows(("a", "A.SH", "2024-01-03", "morning"), ("b", "A.SH", "2024-01-08", "lunch")), book, Weekdays(), index)
    first, second = out.iloc[0], out.iloc[1]
    assert str(first.session.date()) == "2024-01-08" and str(first.standing.date()) == "2024-01-03"
    assert first.suspended and first.waited == 3 and not second.suspended and second.waited == 0
    assert first.return_0 == pytest.approx(0.1) and first.excess_0 == pytest.approx(0.1 - (110 / 101 - 1))
    assert second.intraday and not first.intraday


def test_a_day_that_was_no_session_is_no_halt() -> None:
    book = {"A.HK": bars([WEEK[3], WEEK[4], WEEK[5]], [10, 10, 11])}
    out = stand_on_bars(rows(("a", "A.HK", "2024-01-06", "closed_day")), book, Weekdays()).iloc[0]
    assert str(out.session.date()) == "2024-01-08" and not out.suspended and out.return_0 == pytest.approx(0.1)


def test_rows_that_bars_do_not_reach_are_kept_and_flagged() -> None:
    book = {"A.SH": bars(WEEK[2:4], [10, 10]), "B.SH": bars(WEEK[:1], [10]).iloc[:0]}
    given = rows(
        ("late", "A.SH", "2024-02-01", "morning"), ("early", "A.SH", "2024-01-02", "morning"), ("none", "B.SH", "2024-01-02", "morning"),
        ("unknown", "C.SH", "2024-01-02", "morning"), ("timeless", "A.SH", None, ""), ("here", "A.SH", "2024-01-03", "morning"),
    )  # fmt: skip
    given.index = [5, 5, 3, 2, 1, 0]
    out = stand_on_bars(given, book, Weekdays())
    assert out["article"].tolist() == given["article"].tolist() and out.index.tolist() == given.index.tolist()
    assert out["no_bar"].tolist() == [True] * 5 + [False]
    assert out["close"].isna().tolist() == [True] * 5 + [False] and out["session"].isna().tolist() == [False] * 4 + [True, False]
    assert math.isnan(out["return_0"].iloc[5])  # the first bar's reference price is unknown


def test_flags_of_the_bar_are_those_of_the_session_it_stands_on() -> None:
    book = {"A.SH": bars(WEEK[:3], [10, 11, 11])}
    days = np.array(WEEK[:3], "datetime64[s]")
    flags = {"A.SH": pd.DataFrame({"session": days, "limit_up": [False, True, False], "limit_down": False, "ex_date": [0, 0, 1]})}
    out = stand_on_bars(rows(("a", "A.SH", WEEK[1], "morning"), ("b", "A.SH", WEEK[2], "morning")), book, Weekdays(), flags=flags)
    assert out["limit_up"].tolist() == [True, False] and out["ex_date"].tolist() == [False, True] and not out["limit_down"].any()


def test_an_empty_frame_gives_an_empty_frame_with_every_column_and_a_missing_column_is_named() -> None:
    empty = stand_on_bars(rows(), {}, Weekdays())
    assert len(empty) == 0 and {"return_5", "excess_5", "suspended", "no_bar", "waited"} <= set(empty.columns)
    assert len(group_events(empty)) == 0
    with pytest.raises(FrameError, match="bucket"):
        stand_on_bars(rows().drop(columns="bucket"), {}, Weekdays())


def walked(day: date, frame: pd.DataFrame, index: pd.DataFrame, horizon: int) -> tuple:
    """The plain way: (session, return, excess) found by looping."""
    days = [stamp.date() for stamp in frame["session"]]
    if day < days[0] or day > days[-1]:
        return day, None, None
    place = next(i for i, there in enumerate(days) if there >= day)
    if place + horizon >= len(days):
        return days[place], None, None
    grown = 1.0
    for i in range(place, place + horizon + 1):
        grown *= frame["close"].iloc[i] / frame["prev_close"].iloc[i]
    index_days = [stamp.date() for stamp in index["session"]]
    market = 1.0
    after = days[place - 1] if place else None
    for there, close, previous in zip(index_days, index["close"], index["prev_close"], strict=True):
        if (after is None and there >= days[place] or after is not None and there > after) and there <= days[place + horizon]:
            market *= close / previous
    return days[place], grown - 1, grown - market


def test_random_panels_agree_with_a_plain_walk() -> None:
    chance = random.Random(3)
    all_days = np.arange("2022-01-03", "2022-12-31", dtype="datetime64[D]")
    all_days = all_days[np.is_busday(all_days)]
    levels = np.cumprod([1 + chance.gauss(0, 0.01) for _ in all_days]) * 100
    index = bars([str(day) for day in all_days], levels.tolist(), [100.0, *levels[:-1].tolist()])
    book = {}
    for number in range(8):
        days = [str(day) for day in all_days if chance.random() > 0.1]
        closes = [round(10 + chance.random(), 2) for _ in days]
        book[f"{number:06d}.SZ"] = bars(days, closes, [round(close * (1 + chance.gauss(0, 0.02)), 2) for close in closes])
    given = rows(*((i, chance.choice(list(book)), str(chance.choice(all_days)), "morning") for i in range(400)))
    out = stand_on_bars(given, book, Weekdays(), {"SZ": index})
    for row in out.itertuples():
        for horizon in (0, 1, 5):
            session, plain, excess = walked(row.standing.date(), book[row.security], index, horizon)
            assert row.session.date() == session
            got, over = getattr(row, f"return_{horizon}"), getattr(row, f"excess_{horizon}")
            if plain is None:
                assert math.isnan(got) and math.isnan(over)
            else:
                assert got == pytest.approx(plain, abs=1e-12) and over == pytest.approx(excess, abs=1e-12)


def test_articles_of_one_security_on_one_session_are_one_event_and_copies_count_once() -> None:
    times = pd.to_datetime(["2024-01-02T00:30Z", "2024-01-02T02:00Z", "2024-01-02T03:00Z", "2024-01-02T03:10Z", "2024-01-02T05:00Z"])
    given = rows(
        ("c", "A.SH", WEEK[1], "morning"), ("b", "A.SH", WEEK[1], "morning"), ("a", "A.SH", WEEK[1], "pre_open"),
        ("d", "B.SH", WEEK[1], "lunch"), ("b", "B.SH", WEEK[1], "lunch"),
        published_at=times[[2, 1, 0, 3, 4]], cluster=["x", "x", "", None, "x"], relevance=[0.2, 0.9, 0.9, 1.0, 0.1],
        title=["third", "second", "first", "other", "late"], date_only=False, provisional=False,
    )  # fmt: skip
    book = {"A.SH": bars(WEEK[:3], [10, 11, 11]), "B.SH": bars(WEEK[:3], [10, 11, 11])}
    events = group_events(stand_on_bars(given, book, Weekdays()))
    assert events[["security", "n_articles", "n_clusters", "title"]].values.tolist() == [["A.SH", 3, 2, "first"], ["B.SH", 2, 2, "other"]]
    assert events["articles"].tolist() == [("a", "b", "c"), ("d", "b")]
    assert events["buckets"].tolist() == [("pre_open", "morning"), ("lunch",)]
    assert events["intraday"].tolist() == [False, True] and events["published_at"].iloc[0] == times[0]
    assert events["return_0"].tolist() == pytest.approx([0.1, 0.1])
