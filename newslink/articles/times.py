"""A publication time as printed → (aware time, precision). A time without offset is Beijing's; what cannot be read is (None, NONE)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from newslink.model import Precision

BEIJING = ZoneInfo("Asia/Shanghai")
_SECOND, _MINUTE, _DAY = Precision.SECOND, Precision.MINUTE, Precision.DAY  # read once: a member looked up costs as much as a small call
_BEIJING_OFFSETS = frozenset(("", " +0800", "+0800", " +08:00", "+08:00"))
UNKNOWN: tuple[datetime | None, Precision] = (None, Precision.NONE)

_TIME = re.compile(
    r"(?P<year>(?:19|20)\d\d)\s?(?P<mark>[-/.年])\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})(?:\s?日)?(?!\d)"
    r"(?:[T\s,]*(?P<clock>(?P<hour>\d{1,2})[:：时](?P<minute>\d{2})分?(?:[:：]?(?P<second>\d{2})秒?(?:[.,]\d{1,9})?)?)"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}(?!\d))?)?",
    re.ASCII | re.IGNORECASE,
)
_COMPACT = re.compile(r"((?:19|20)\d{6})(?:[T ]?(\d{4})(\d{2})?(Z|[+-]\d{2}:?\d{2})?)?\Z", re.ASCII)
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?\Z|(\d{12,13})\Z", re.ASCII)
_RFC = re.compile(r"(?:[A-Za-z]{3},? )?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}", re.ASCII)


def parse_time(text: object) -> tuple[datetime | None, Precision]:
    """Reads ``2022-05-31 12:57:24 +0800``, ISO with ``T`` and ``Z``, ``2022/05/31``, ``2022年5月31日 12:57``, ``20220531125724``,
    RFC 822 dates, and Unix time in seconds or milliseconds (text or number). Returned times are in Asia/Shanghai.

    SECOND or MINUTE as printed; DAY (local midnight) for a date alone or with an unreadable clock; else (None, NONE). Years 1990 to 2100.
    """
    if isinstance(text, bool) or text is None:
        return UNKNOWN
    text = str(text).strip()[:64]
    try:
        if found := _of_usual_form(text):
            return found, _SECOND
        if m := _TIME.match(text):
            return _from_parts(m, text)
        if m := _EPOCH.match(text):
            seconds = int(m[1]) if m[1] else int(m[2]) / 1000
            return _bounded(datetime.fromtimestamp(seconds, UTC).astimezone(BEIJING), _SECOND)
        if m := _COMPACT.match(text):
            day = f"{m[1][:4]}-{m[1][4:6]}-{m[1][6:]}"
            clock = f" {m[2][:2]}:{m[2][2:]}" + (f":{m[3]}" if m[3] else "") if m[2] else ""
            return parse_time(f"{day}{clock} {m[4] or ''}")
        if _RFC.match(text):
            found = parsedate_to_datetime(text)
            found = found.replace(tzinfo=BEIJING) if found.tzinfo is None else found.astimezone(BEIJING)
            return _bounded(found, _SECOND)
    except (ValueError, OverflowError, OSError):
        pass
    return UNKNOWN


def _of_usual_form(text: str) -> datetime | None:
    """``2022-05-31 12:57:24`` with Beijing's offset or none, without the pattern; None for all that is written otherwise, is no time at all or
    lies in the years when Beijing kept summer time.
    """
    if len(text) > 18 and text[4] == text[7] == "-" and text[13] == text[16] == ":" and text[10] in " T" and text[19:] in _BEIJING_OFFSETS:
        try:
            return datetime.fromisoformat(text[:19]).replace(tzinfo=BEIJING) if "1992" <= text[:4] < "2100" else None
        except ValueError:
            return None
    return None


def _from_parts(m: re.Match[str], text: str) -> tuple[datetime | None, Precision]:
    year, month, day, clock, hour, minute, second, zone = m.group("year", "month", "day", "clock", "hour", "minute", "second", "zone")
    year, month, day = int(year), int(month), int(day)
    if clock is None:
        return _bounded(datetime(year, month, day, tzinfo=BEIJING), _DAY)
    try:
        found = datetime(year, month, day, int(hour), int(minute), int(second or 0), tzinfo=BEIJING)
        # Beijing kept summer time until 1991; since then +0800 is its own offset and nothing is to convert.
        if zone and not (year > 1991 and zone in ("+0800", "+08:00")):
            if zone[0] in "+-":
                digits = zone[1:].replace(":", "") + "00"
                offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
                found = found.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
            else:
                found = found.replace(tzinfo=UTC)
            found = found.astimezone(BEIJING)
    except (ValueError, OverflowError):
        return _bounded(datetime(year, month, day, tzinfo=BEIJING), _DAY)
    return _bounded(found, _SECOND if second else _MINUTE)


def _bounded(found: datetime, precision: Precision) -> tuple[datetime | None, Precision]:
    return (found, precision) if 1990 <= found.year <= 2100 else UNKNOWN


def day_of_digits(digits: str) -> tuple[datetime | None, Precision]:
    """``20220526…`` → midnight of that day, DAY; (None, NONE) when it is no date."""
    return parse_time(f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}") if len(digits) >= 8 else UNKNOWN
