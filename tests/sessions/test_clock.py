"""Where publication times stand, checked against the shared cases and against a plain search through the library's schedule."""

from __future__ import annotations

import csv
import gzip
import random
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pytest

from newslink.errors import SessionError
from newslink.model import Bucket, Precision
from newslink.sessions import SessionClock

CST = timezone(timedelta(hours=8))
ZONES = {"SH": "Asia/Shanghai", "HK": "Asia/Hong_Kong", "US": "America/New_York"}
CALENDARS = {"SH": "XSHG", "HK": "XHKG", "US": "XNYS"}


@pytest.fixture(scope="module")
def clock() -> SessionClock:
    return SessionClock()


def at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)


def test_every_shared_case_stands_on_its_expected_session(shared, clock) -> None:
    with (shared / "eventstudy/sessions/expected_sessions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 26
    for row in rows:
        local = datetime.fromisoformat(row["published_local"]).replace(tzinfo=ZoneInfo(row["tz"]))
        for published in (local, datetime.fromisoformat(row["published_utc"])):
            assert clock.standing(row["calendar"], published).session.isoformat() == row["event_session"], row["case"]


@pytest.mark.parametrize("market", ["SH", "HK", "US"])
def test_a_plain_search_through_the_library_schedule_gives_the_same_session_and_bucket(market: str, clock) -> None:
    schedule = exchange_calendars.get_calendar(CALENDARS[market], start="2005-01-03", end="2026-12-31").schedule
    rows = list(schedule.itertuples())
    by_day = {row.Index.date(): row for row in rows}
    wrong = {date(2023, 9, 1), date(2023, 9, 8)} if market == "HK" else set()
    zone, chance = ZoneInfo(ZONES[market]), random.Random(7)
    for _ in range(1500):
        published = datetime(2006, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(20 * 365 * 86400))
        if chance.random() < 0.3:  # exactly on a bound of some session
            row = rows[chance.randrange(300, len(rows) - 5)]
            bound = chance.choice([row.open, row.break_start, row.break_end, row.close])
            published = (row.close if bound != bound else bound).to_pydatetime()
        day = published.astimezone(zone).date()
        candidate = day - timedelta(days=1)
        while candidate not in by_day or candidate in wrong or by_day[candidate].close.to_pydatetime() <= published:
            candidate += timedelta(days=1)
        standing = clock.standing(market, published)
        assert standing.session == candidate, published
        if day not in by_day or day in wrong:
            expected = Bucket.CLOSED_DAY
        else:
            row = by_day[day]
            if published < row.open.to_pydatetime():
                expected = Bucket.PRE_OPEN
            elif published >= row.close.to_pydatetime():
                expected = Bucket.AFTER_CLOSE
            elif row.break_start == row.break_start:
                expected = (
                    Bucket.MORNING if published < row.break_start.to_pydatetime()
                    else Bucket.LUNCH if published < row.break_end.to_pydatetime() else Bucket.AFTERNOON
                )  # fmt: skip
            else:
                expected = Bucket.MORNING if published.astimezone(zone).hour < 12 else Bucket.AFTERNOON
        assert standing.bucket == expected, published
        assert not standing.provisional and not standing.date_only


# SECOND_DAY of the shared news items is the next session on which that stock traded. Where it is later than the exchange's own next session
# the stock was suspended; each such item with what its own text (or the plain record) says of the suspension.
SUSPENDED = {
    ("000410", "2019-11-12 19:00:00"): "restructuring: capital reserve converted into shares",
    ("601599", "2020-07-03 17:58:00"): "text: suspended from 6 July, change of control",
    ("001979", "2020-05-31 16:17:00"): "text: suspended from 1 June, purchase of assets",
    ("000800", "2019-04-04 03:28:00"): "text: suspension continues from 4 April, restructuring",
    ("603810", "2019-07-14 23:55:00"): "text: suspended 15 July for one day, risk warning",
    ("002333", "2020-04-13 12:13:00"): "change of control, published after a halt had begun",
    ("002074", "2020-05-24 16:17:00"): "text names the notice of suspension",
    ("000010", "2020-07-20 21:03:00"): "text: risk warning withdrawn from 22 July, one day halt before it",
    ("600095", "2019-06-19 05:09:00"): "text: suspended from 18 June, restructuring",
    ("603110", "2020-12-16 20:01:00"): "text: suspended 17 and 18 December",
    ("300146", "2019-04-16 02:36:00"): "text: suspended from 16 April, committee meeting",
    ("300313", "2020-08-27 20:47:00"): "halted for inspection after abnormal rises",
    ("002532", "2020-05-18 17:59:00"): "text: suspended from 19 May, committee meeting",
    ("300475", "2019-05-07 02:32:00"): "text: suspended from 6 May, change of control",
    ("601700", "2020-09-23 18:58:00"): "text: suspended from 24 September, committee meeting",
    ("000040", "2019-12-04 19:52:00"): "text: suspension continues, at most five sessions",
    ("600242", "2020-06-29 20:44:00"): "disclaimed audit: one day halt before the risk warning",
    ("601258", "2019-12-26 19:20:00"): "text: suspended 27 December for one day",
    ("000971", "2019-03-27 07:38:00"): "text: suspended 27 March for one day, risk warning",
    ("300284", "2020-08-17 09:06:00"): "text: suspended from 17 August",
    ("300645", "2020-10-22 21:33:00"): "text: suspended from 23 October",
    ("000785", "2019-01-11 08:36:00"): "text: suspended from 10 January",
    ("300374", "2019-05-20 22:00:00"): "change of control, halted since 20 May",
    ("002017", "2019-02-20 04:02:00"): "text: suspended for a rights issue until 28 February",
    ("000615", "2020-04-07 11:52:00"): "text: change of control, suspension announced",
    ("002510", "2020-11-23 20:04:00"): "text: suspended from 24 November",
    ("000953", "2019-12-10 16:07:00"): "text: suspended from 11 December, committee meeting",
    ("002343", "2019-02-23 06:13:00"): "change of control, halted since 20 February",
}


def test_every_shared_news_item_stands_on_the_next_session_unless_its_stock_was_suspended(shared, clock) -> None:
    with gzip.open(shared / "astock/val.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 1477
    markets = ["SH" if row["CODE"][0] in "69" else "SZ" for row in rows]
    standings = clock.standings(markets, [at(row["DATE"]) for row in rows], [Precision.SECOND] * len(rows))
    apart = {}
    for row, market, standing in zip(rows, markets, standings, strict=True):
        traded = date.fromisoformat(row["SECOND_DAY"])
        if standing.session != traded:
            apart[row["CODE"], row["DATE"]] = standing
            assert standing.session < traded and clock.is_session(market, traded), row
    assert set(apart) == set(SUSPENDED)


@pytest.mark.parametrize(
    ("market", "published", "session", "bucket"),
    [
        ("HK", "2024-12-24 11:59:59", "2024-12-24", "morning"),  # half day, closes at noon
        ("HK", "2024-12-24 12:00", "2024-12-27", "after_close"),
        ("HK", "2024-12-23 12:30", "2024-12-23", "lunch"),
        ("HK", "2023-08-31 16:00", "2023-09-04", "after_close"),  # typhoon Saola
        ("HK", "2023-09-08 10:00", "2023-09-11", "closed_day"),  # black rain
        ("US", "2024-03-12 03:59:59", "2024-03-11", "afternoon"),  # 15:59:59 New York on daylight time
        ("US", "2024-03-08 05:00", "2024-03-08", "after_close"),  # 16:00 New York the day before, on standard time
        ("US", "2025-01-09 23:00", "2025-01-10", "closed_day"),  # day of mourning
        ("BJ", "2024-02-09 10:00", "2024-02-19", "closed_day"),
        ("SZ", "1990-12-19 14:59", "1990-12-19", "afternoon"),
    ],
)
def test_half_days_storms_and_clock_changes_are_the_exchanges_own(market, published, session, bucket, clock) -> None:
    standing = clock.standing(market, at(published))
    assert (standing.session.isoformat(), str(standing.bucket)) == (session, bucket)


def test_a_date_without_a_time_stands_on_the_next_session_even_when_turned_into_utc(clock) -> None:
    for published in (at("2024-09-30"), at("2024-09-30").astimezone(UTC), datetime(2024, 9, 30, tzinfo=UTC)):
        standing = clock.standing("SH", published, Precision.DAY)
        assert standing.session == date(2024, 10, 8) and standing.date_only and standing.bucket == Bucket.AFTER_CLOSE
    tokyo = datetime(2024, 9, 30, tzinfo=timezone(timedelta(hours=9)))
    assert clock.standing("SH", tokyo, Precision.DAY).session == date(2024, 10, 8)
    assert clock.standing("SH", at("2024-10-05"), Precision.DAY).bucket == Bucket.CLOSED_DAY
    assert clock.standing("US", at("2024-07-03"), Precision.DAY).session == date(2024, 7, 5)


def test_beyond_the_last_known_day_weekdays_are_provisional(clock) -> None:
    assert clock.known_until("SH") == date(2026, 12, 31)
    assert not clock.standing("SH", at("2026-12-31 14:59")).provisional
    for published, session, bucket in (
        ("2026-12-31 15:00", "2027-01-01", "after_close"), ("2027-03-06 10:00", "2027-03-08", "closed_day"),
        ("2027-03-05 15:00", "2027-03-08", "after_close"), ("2027-03-05 11:30", "2027-03-05", "lunch"),
        ("2200-01-04 09:00", "2200-01-06", "closed_day"),
    ):  # fmt: skip
        standing = clock.standing("SZ", at(published))
        assert (standing.session.isoformat(), str(standing.bucket), standing.provisional) == (session, bucket, True)
    assert clock.next_session("SH", date(2026, 12, 31)) == date(2027, 1, 1)
    dated = clock.standing("SH", at("2026-12-31"), Precision.DAY)
    assert dated.session == date(2027, 1, 1) and dated.provisional and dated.date_only and dated.bucket == Bucket.AFTER_CLOSE


@pytest.mark.parametrize("market", ["SH", "HK", "US"])
def test_no_year_makes_it_crash(market: str, clock) -> None:
    moments = [
        datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=CST),
        datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=CST),
        datetime(1677, 9, 21, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2262, 4, 12, tzinfo=UTC), datetime(2200, 6, 1, tzinfo=CST),
    ]  # fmt: skip
    for precision in (Precision.SECOND, Precision.DAY):
        for moment, standing in zip(moments, clock.standings([market] * 8, moments, [precision] * 8), strict=True):
            assert standing.provisional, moment
            assert standing.session == date.max or standing.session > moment.date() or precision == Precision.SECOND
    assert clock.standing(market, moments[5]).session == clock.sessions(market, date(1900, 1, 1), date(1991, 1, 1))[0].item()


def test_observed_bars_correct_single_days_but_a_hole_in_them_changes_nothing() -> None:
    plain = SessionClock()
    days = plain.sessions("HK", date(2021, 1, 4), date(2024, 12, 31))
    typhoon, gap = np.datetime64("2022-08-25"), (days >= np.datetime64("2024-03-01")) & (days < np.datetime64("2024-03-20"))
    extra = np.datetime64("2022-12-26")
    clock = SessionClock({"HK": np.sort(np.append(days[(days != typhoon) & ~gap], extra))})
    assert clock.standing("HK", at("2022-08-24 17:00")).session == date(2022, 8, 26)
    assert not clock.is_session("HK", date(2022, 8, 25)) and clock.is_session("HK", date(2024, 3, 5))
    lone = SessionClock({"XHKG": [date(2022, 12, 26)]})
    assert clock.standing("HK", at("2022-12-26 10:00")) == lone.standing("HK", at("2022-12-26 10:00"))
    assert clock.standing("HK", at("2022-12-26 10:00")).session == date(2022, 12, 26)
    thin = SessionClock({"HK": days[::2]})
    assert np.array_equal(thin.sessions("HK", date(2021, 1, 4), date(2024, 12, 31)), days)


def test_observed_bars_beyond_the_calendar_make_days_known() -> None:
    year = np.arange("2026-12-01", "2027-03-01", dtype="datetime64[D]")
    festival = (year >= np.datetime64("2027-02-05")) & (year <= np.datetime64("2027-02-12"))
    traded = year[np.is_busday(year) & (year != np.datetime64("2027-01-01")) & ~festival]
    clock = SessionClock({"SH": traded})
    assert clock.known_until("SH") == date(2027, 2, 26)
    standing = clock.standing("SH", at("2027-02-04 16:00"))
    assert standing.session == date(2027, 2, 15) and not standing.provisional
    assert clock.standing("SH", at("2026-12-31 15:00")).session == date(2027, 1, 4)


def test_last_closed_opens_and_closes_are_aware_and_local(clock) -> None:
    assert clock.last_closed("SH", at("2024-10-08 14:59:59")) == date(2024, 9, 30)
    assert clock.last_closed("SH", at("2024-10-08 15:00")) == date(2024, 10, 8)
    assert clock.last_closed("SH", at("2027-03-08 10:00")) == date(2027, 3, 5)
    assert clock.close_of("US", date(2024, 11, 29)) == datetime(2024, 11, 29, 18, tzinfo=UTC)
    assert clock.close_of("HK", date(2024, 12, 24)).isoformat() == "2024-12-24T12:00:00+08:00"
    assert clock.open_of("SH", date(2024, 9, 24)).isoformat() == "2024-09-24T09:30:00+08:00"
    with pytest.raises(SessionError, match="no session"):
        clock.close_of("SH", date(2024, 10, 1))


def test_unknown_markets_and_naive_times_are_refused_and_no_time_is_no_standing(clock) -> None:
    with pytest.raises(SessionError, match="XTKS"):
        clock.standing("XTKS", at("2024-09-24"))
    with pytest.raises(SessionError, match="aware"):
        clock.standing("SH", datetime(2024, 9, 24))
    assert clock.standing("SH", None, Precision.NONE) is None
    assert clock.standings(["SH", "HK"], [None, at("2024-09-24 10:00")], [Precision.NONE, Precision.MINUTE])[1].session == date(2024, 9, 24)
