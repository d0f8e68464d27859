"""Publication time → ``Standing``: the first session whose close is strictly later.

Rules beyond "first close strictly later":

- The bucket is read on the exchange's own clock and day. New York has no lunch break: its session is split at noon, morning and afternoon.
- A date without a time stands on the next session after that date: no hour of the day can then make it a look-ahead.
- Before the first session a calendar knows, and after its last one, the standing is flagged provisional: there the first known session
  (before), here the next weekday with the exchange's regular hours (after).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from newslink.errors import SessionError
from newslink.model import Bucket, Precision, Standing
from newslink.sessions.calendars import BEIJING, CALENDARS, DAY, EPOCH, HOURS, TICK, Calendar, calendar_named, corrected, micros

_BUCKETS = (Bucket.PRE_OPEN, Bucket.MORNING, Bucket.LUNCH, Bucket.AFTERNOON, Bucket.AFTER_CLOSE, Bucket.CLOSED_DAY)


class SessionClock:
    """Where publication times stand. observed: market → days a market-wide series (an index) really traded; corrects the library's days."""

    def __init__(self, observed: Mapping[str, Iterable] | None = None) -> None:
        self._observed: dict[str, np.ndarray] = {}
        for market, days in (observed or {}).items():
            name = self._name(market)
            days = np.asarray(days if isinstance(days, np.ndarray) else list(days), dtype="datetime64[D]")
            self._observed[name] = np.union1d(self._observed[name], days) if name in self._observed else days
        self._calendars: dict[str, Calendar] = {}
        self._standings: dict[tuple, Standing] = {}

    @staticmethod
    def _name(market: str) -> str:
        try:
            return CALENDARS[market]
        except (KeyError, TypeError):
            raise SessionError(f"No calendar for market {market!r}: expected one of {', '.join(sorted(CALENDARS))}.") from None

    def _of(self, market: str) -> Calendar:
        name = self._name(market)
        if name not in self._calendars:
            calendar = calendar_named(name)
            self._calendars[name] = corrected(calendar, self._observed[name]) if name in self._observed else calendar
        return self._calendars[name]

    def standing(self, market: str, published: datetime | None, precision: Precision = Precision.SECOND) -> Standing | None:
        """Where one time stands; None for precision NONE. Raises SessionError for an unknown market or a naive time."""
        return self.standings((market,), (published,), (precision,))[0]

    def standings(
        self, markets: Sequence[str], published: Sequence[datetime | None], precisions: Sequence[Precision]
    ) -> list[Standing | None]:
        """The same for many at once, in order. None where precision is NONE or there is no time."""
        result: list[Standing | None] = [None] * len(published)
        places: dict[str, list[int]] = {}
        for at, (market, moment, precision) in enumerate(zip(markets, published, precisions, strict=True)):
            if moment is None or precision == "none":
                self._name(market)
                continue
            if moment.tzinfo is None:
                raise SessionError(f"{moment.isoformat()} carries no time zone: publication times must be aware.")
            places.setdefault(self._name(market), []).append(at)
        for name, where in places.items():
            calendar, get = self._of(name), self._intern
            dated = [at for at in where if precisions[at] == "day"]
            if dated:
                for at in dated:
                    result[at] = self._dated(calendar, published[at])
                where = [at for at in where if precisions[at] != "day"]
            if not where:
                continue
            ticks = np.array([(published[at] - EPOCH) // TICK for at in where], dtype="int64")
            index = np.searchsorted(calendar.close, ticks, side="right")
            local = np.searchsorted(calendar.midnight, ticks, side="right") - 1
            at_local = np.maximum(local, 0)
            # 0 pre_open … 4 after_close by the clock of the local day, where that day is a session at all.
            phase = (
                (ticks >= calendar.open[at_local]).astype("int8") + (ticks >= calendar.lunch[at_local])
                + (ticks >= calendar.resume[at_local]) + (ticks >= calendar.close[at_local])
            )  # fmt: skip
            phase = np.where((local >= 0) & (ticks < calendar.tomorrow[at_local]), phase, 5)
            early = ticks < calendar.midnight[0]
            for at, session, bucket, before in zip(where, index.tolist(), phase.tolist(), early.tolist(), strict=True):
                if session == len(calendar.day):
                    result[at] = self._beyond(calendar, published[at], _BUCKETS[bucket])
                else:
                    result[at] = get(calendar, session, bucket, before)
        return result

    def _intern(self, calendar: Calendar, session: int, bucket: int, provisional: bool, date_only: bool = False) -> Standing:
        """Standings repeat by the thousand and are immutable, so each is made once."""
        key = (calendar.name, session, bucket, provisional, date_only)
        found = self._standings.get(key)
        if found is None:
            found = Standing(calendar.day[session].item(), _BUCKETS[bucket], provisional, date_only)
            self._standings[key] = found
        return found

    def _dated(self, calendar: Calendar, published: datetime) -> Standing:
        """A date without a time is local midnight by the model, perhaps since turned into UTC.

        Read in Beijing, at or east of every source we have, it is the same date again; only a clock further east slips a day.
        """
        day = published.date() if published.utcoffset() > timedelta(hours=8) else _in_zone(published, BEIJING).date()
        session = int(np.searchsorted(calendar.day, np.datetime64(day, "D"), side="right"))
        if session == len(calendar.day):
            known = calendar.day[-1].item() == day
            bucket = Bucket.AFTER_CLOSE if known or day.weekday() < 5 and day > calendar.day[-1].item() else Bucket.CLOSED_DAY
            return Standing(_next_weekday(day), bucket, provisional=True, date_only=True)
        is_session = session > 0 and calendar.day[session - 1].item() == day
        return self._intern(calendar, session, 4 if is_session else 5, day < calendar.day[0].item(), True)

    def _beyond(self, calendar: Calendar, published: datetime, bucket: Bucket) -> Standing:
        """After the last close known: weekdays with regular hours. bucket: what the known calendar says of the time (its last evening)."""
        hours = HOURS[calendar.name]
        local = _in_zone(published, hours.zone)
        day, last = local.date(), calendar.day[-1].item()
        if day <= last:
            return Standing(_next_weekday(last), bucket, provisional=True)
        if day.weekday() >= 5:
            return Standing(_next_weekday(day), Bucket.CLOSED_DAY, provisional=True)
        clock = local.time()
        phase = sum(clock >= bound for bound in (hours.open, hours.lunch, hours.resume, hours.close))
        return Standing(_next_weekday(day) if phase == 4 else day, _BUCKETS[phase], provisional=True)

    def sessions(self, market: str, start: date | np.datetime64, end: date | np.datetime64) -> np.ndarray:
        """Sessions from start to end, both inclusive, as datetime64[D], ascending; weekdays beyond ``known_until``."""
        days = self._of(market).day
        low, high = np.datetime64(start, "D"), np.datetime64(end, "D")
        known = days[np.searchsorted(days, low, "left") : np.searchsorted(days, high, "right")]
        if high <= days[-1]:
            return known
        weekdays = np.arange(max(low, days[-1] + DAY), high + DAY)
        return np.concatenate((known, weekdays[np.is_busday(weekdays)]))

    def is_session(self, market: str, day: date | np.datetime64) -> bool:
        """Whether the exchange trades on that day."""
        return len(self.sessions(market, day, day)) == 1

    def next_session(self, market: str, day: date | np.datetime64) -> date:
        """The first session strictly after the day."""
        days = self._of(market).day
        at = int(np.searchsorted(days, np.datetime64(day, "D"), side="right"))
        return days[at].item() if at < len(days) else _next_weekday(np.datetime64(day, "D").item())

    def _bound(self, market: str, session: date | np.datetime64, regular: str) -> datetime:
        calendar = self._of(market)
        day = np.datetime64(session, "D")
        at = int(np.searchsorted(calendar.day, day))
        hours = HOURS[calendar.name]
        if at < len(calendar.day) and calendar.day[at] == day:
            return (EPOCH + int(getattr(calendar, regular)[at]) * TICK).astimezone(hours.zone)
        if day > calendar.day[-1] and np.is_busday(day):
            return datetime.combine(day.item(), getattr(hours, regular), hours.zone)
        raise SessionError(f"{day} is no session of {calendar.name}.")

    def close_of(self, market: str, session: date | np.datetime64) -> datetime:
        """When the session closes, aware, on the exchange's clock. Raises SessionError when the day is no session."""
        return self._bound(market, session, "close")

    def open_of(self, market: str, session: date | np.datetime64) -> datetime:
        """When the session opens (continuous trading, not the call auction), aware, on the exchange's clock."""
        return self._bound(market, session, "open")

    def last_closed(self, market: str, now: datetime) -> date:
        """The latest session whose close is not later than now. Raises SessionError before the first."""
        calendar = self._of(market)
        at = int(np.searchsorted(calendar.close, micros(now), side="right")) - 1
        if at < 0:
            raise SessionError(f"{calendar.name} has no session closed by {now.isoformat()}.")
        day = calendar.day[at].item()
        if at == len(calendar.day) - 1:
            hours = HOURS[calendar.name]
            local = _in_zone(now, hours.zone)
            today = local.date() if local.time() >= hours.close else local.date() - timedelta(days=1)
            while today.weekday() >= 5:
                today -= timedelta(days=1)
            day = max(day, today)
        return day

    def known_until(self, market: str) -> date:
        """The last day the calendar knows; standings beyond it are provisional."""
        return self._of(market).day[-1].item()


def _in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment  # the first or last day of all time: no other clock can show it


def _next_weekday(day: date) -> date:
    while day < date.max:
        day += timedelta(days=1)
        if day.weekday() < 5:
            break
    return day
