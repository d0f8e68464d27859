"""Name of a market → its calendar as sorted arrays, put right where facts or bars say otherwise. The only importer of exchange_calendars.

Days known to be wrong in the library are listed in ``CLOSED_AFTER_ALL``, each with its reason; ``corrected`` finds others from bars.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

BEIJING = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = np.timedelta64(1, "D")

# Every name by which a market may be called → its calendar.
CALENDARS = {
    "SH": "XSHG", "SZ": "XSHG", "BJ": "XSHG", "XSHG": "XSHG", "XSHE": "XSHG", "XBEJ": "XSHG", "BJSE": "XSHG",
    "HK": "XHKG", "XHKG": "XHKG",
    "US": "XNYS", "XNYS": "XNYS", "XNAS": "XNYS", "XASE": "XNYS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hours:
    """Regular hours of an exchange, local; first and last day asked of the library. lunch == resume splits a session without a break."""

    zone: ZoneInfo
    open: time
    lunch: time
    resume: time
    close: time
    first: str
    last: str


HOURS = {
    # exchange_calendars knows Shanghai's holidays until the end of the last year announced; it says so itself.
    "XSHG": Hours(BEIJING, time(9, 30), time(11, 30), time(13), time(15), "1990-12-19", ""),
    "XHKG": Hours(ZoneInfo("Asia/Hong_Kong"), time(9, 30), time(12), time(13), time(16), "1986-01-02", "2049-12-31"),
    "XNYS": Hours(ZoneInfo("America/New_York"), time(9, 30), time(12), time(12), time(16), "1970-01-01", "2049-12-31"),
}

# Days exchange_calendars 4.13.2 takes for sessions on which the exchange did not trade: calendar → {day: reason}.
CLOSED_AFTER_ALL = {
    "XHKG": {
        date(2023, 9, 1): "typhoon Saola: no trading all day",
        date(2023, 9, 8): "black rainstorm warning: no trading all day",
    },
}


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Sorted arrays, one element a session. day: datetime64[D]; the rest: microseconds UTC. midnight and tomorrow bound the local day."""

    name: str
    day: np.ndarray
    open: np.ndarray
    lunch: np.ndarray
    resume: np.ndarray
    close: np.ndarray
    midnight: np.ndarray
    tomorrow: np.ndarray


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // TICK


def _local_micros(days: np.ndarray, at: time, zone: ZoneInfo) -> np.ndarray:
    return np.array([micros(datetime.combine(day, at, zone)) for day in days.astype(object)], dtype="int64")


def _with_regular_hours(name: str, days: np.ndarray) -> Calendar:
    hours = HOURS[name]
    clocks = (hours.open, hours.lunch, hours.resume, hours.close)
    columns = [_local_micros(days, at, hours.zone) for at in (*clocks, time(0))]
    return Calendar(name, days, *columns, _local_micros(days + DAY, time(0), hours.zone))


@cache
def calendar_named(name: str) -> Calendar:
    """The library's calendar as arrays, less the days known to be wrong. A quarter of a second at most, once per process."""
    import exchange_calendars  # late: only who asks for a session pays for it

    hours = HOURS[name]
    # The default window moves with today's date (twenty years back, one ahead); both ends are named, so no answer depends on the day asked.
    last = hours.last or type(exchange_calendars.get_calendar(name)).bound_max()
    built = exchange_calendars.get_calendar(name, start=hours.first, end=last)
    schedule = built.schedule
    day = schedule.index.to_numpy("datetime64[D]")
    columns = {key: schedule[key].dt.tz_localize(None).to_numpy("datetime64[us]") for key in ("open", "break_start", "break_end", "close")}
    opens, lunch, resume, close = (columns[key].astype("int64") for key in ("open", "break_start", "break_end", "close"))
    midnight, tomorrow = (
        (schedule.index + np.timedelta64(shift, "D")).tz_localize(hours.zone).tz_convert(None).to_numpy("datetime64[us]").astype("int64")
        for shift in (0, 1)
    )
    # A half day in Hong Kong has no break (NaT): all of it is morning. New York never has one: split at local noon.
    no_break = np.isnat(columns["break_start"])
    # Noon is twelve hours after midnight except on clock-change days, which are Sundays and never sessions.
    split = np.minimum(midnight + 12 * 3_600_000_000, close) if name == "XNYS" else close
    lunch, resume = np.where(no_break, split, lunch), np.where(no_break, split, resume)
    wrong = np.array(sorted(CLOSED_AFTER_ALL.get(name, ())), dtype="datetime64[D]")
    return _chosen(Calendar(name, day, opens, lunch, resume, close, midnight, tomorrow), ~np.isin(day, wrong))


def _chosen(calendar: Calendar, keep: np.ndarray) -> Calendar:
    columns = (calendar.day, calendar.open, calendar.lunch, calendar.resume, calendar.close, calendar.midnight, calendar.tomorrow)
    return Calendar(calendar.name, *(column[keep] for column in columns))


def _long_runs(missing: np.ndarray, limit: int) -> np.ndarray:
    """True for every element of a run of True longer than limit."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], missing.view(np.int8), [0]))))
    result = np.zeros(len(missing), bool)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start > limit:
            result[start:stop] = True
    return result


def corrected(calendar: Calendar, observed: np.ndarray) -> Calendar:
    """The calendar with the days of a market-wide series of bars put right, between its first and last bar.

    A session without a bar is dropped when it stands alone or in a run of at most three (a typhoon, a funeral); a longer run, or more than
    2 % missing altogether, is a hole in the data and changes nothing. A bar on a weekday the calendar closes becomes a session with regular
    hours. Weekdays beyond the last known day are candidates up to the last bar, and there runs of ten may drop out (Spring Festival).
    """
    observed = np.unique(observed[~np.isnat(observed)])
    observed = observed[np.is_busday(observed) & (observed >= calendar.day[0])]
    if len(observed) == 0:
        return calendar
    known_until = calendar.day[-1]
    extra = np.setdiff1d(observed, calendar.day)
    if observed[-1] > known_until:
        weekdays = np.arange(known_until + DAY, observed[-1] + DAY)
        extra = np.union1d(extra, weekdays[np.is_busday(weekdays)])
    if len(extra):
        more = _with_regular_hours(calendar.name, extra)
        order = np.argsort(np.concatenate((calendar.day, more.day)), kind="stable")
        names = ("day", "open", "lunch", "resume", "close", "midnight", "tomorrow")
        calendar = Calendar(calendar.name, *(np.concatenate((getattr(calendar, n), getattr(more, n)))[order] for n in names))
    inside = (calendar.day >= observed[0]) & (calendar.day <= observed[-1])
    missing = inside & ~np.isin(calendar.day, observed)
    for part, limit in ((calendar.day <= known_until, 3), (calendar.day > known_until, 10)):
        held = missing & part
        held &= ~_long_runs(held, limit)
        if limit == 3 and held.sum() > max(3, 0.02 * (inside & part).sum()):
            held[:] = False
        missing = np.where(part, held, missing)
    return _chosen(calendar, ~missing)
