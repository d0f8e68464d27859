"""Publication time → the place of an article's key: day, then second of the day, then a free slot. Keys ascend with time.

A key is ``day << 22 | slot``: day counts from 1970-01-01 (1 is the first), 0 holds articles without a time. A day has 48 slots for each of its
seconds and some 47,000 spare ones; an article takes the first free slot at or after its second's first, so a crowded second (thousands of items
dated with the day alone) spills into later ones without leaving the day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from newslink.errors import StoreError
from newslink.model import Precision

BEIJING = timezone(timedelta(hours=8))
EPOCH = date(1970, 1, 1)
SLOT_BITS = 22
SLOTS = 1 << SLOT_BITS
PER_SECOND = 48
_EPOCH_ORDINAL = EPOCH.toordinal()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_of(number: int) -> date:
    return date.fromordinal(number + _EPOCH_ORDINAL)


def first_slot(published: datetime | None, precision: Precision) -> int:
    """The first key an article of that time may take. A date alone keeps its own day, wherever it was published."""
    if published is None:
        return 1  # 0 is no article: it stands for "in no cluster"
    local = published if precision is Precision.DAY else published.astimezone(BEIJING)
    day = max(day_number(local.date()), 1)
    second = 0 if precision is Precision.DAY else local.hour * 3600 + local.minute * 60 + local.second
    return day << SLOT_BITS | second * PER_SECOND


def days_to_keys(start: date | None, end: date | None) -> tuple[int, int] | None:
    """Inclusive range of keys of articles published on Beijing dates in [start, end]; None when neither restricts.

    A range of dates leaves out articles without a time.
    """
    if start is None and end is None:
        return None
    low = max(day_number(start), 1) if start else 1
    high = day_number(end) if end else (1 << 40) - 1
    return low << SLOT_BITS, (high + 1 << SLOT_BITS) - 1


def key_day(key: int) -> int:
    """Day number of a key; 0 for articles without a time."""
    return key >> SLOT_BITS


def stretch_of(key: int) -> int:
    """Number of the eight days the key lies in; articles without a time are in the first."""
    return key >> SLOT_BITS + 3


def next_in_day(key: int) -> int:
    """The slot after key, in the same day. Raises StoreError when the day is full (over four million articles)."""
    if (key + 1) >> SLOT_BITS != key >> SLOT_BITS:
        raise StoreError(f"{day_of(key >> SLOT_BITS)} already holds {SLOTS:,} articles, which is as many as one day can.")
    return key + 1
