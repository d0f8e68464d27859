"""What names an article → its id: the publisher's where there is one, else one made of the content."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

_EASTMONEY = re.compile(r"(20(?<!\d20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{10})(?!\d)", re.ASCII)
_EASTMONEY_GIVEN = re.compile(r"(?:(?:em|eastmoney):)?(?:NW)?(20\d{16})\Z", re.ASCII | re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f#]+")
MAX_ID_CHARACTERS = 120


def eastmoney_digits(text: str) -> str | None:
    """The 18-digit id of Eastmoney (8-digit date and 10 more) in a file name or address, with or without ``NW``; None if there is none."""
    m = _EASTMONEY.search(text)
    return m[1] if m else None


def given_id(given: str, space: str) -> str:
    """An id a row brings along. ``cls:123`` stays; ``123`` becomes ``<space>:123``, since another feed may count from 1 too.

    Eastmoney's digits in any dress become ``em:<digits>``, so that twins meet. Longer than 120 characters: cut and hashed.
    """
    if (m := _EASTMONEY_GIVEN.match(given)) and eastmoney_digits(m[1]):
        return f"em:{m[1]}"
    full = _UNPRINTABLE.sub("_", given if ":" in given[1:] else f"{space}:{given}")
    if len(full) <= MAX_ID_CHARACTERS:
        return full
    return f"{full[:80]}~{hashlib.blake2b(full.encode(errors='replace'), digest_size=8).hexdigest()}"


def content_id(title: str, body: str, published: datetime | None) -> str:
    """For articles nobody numbered: same words on the same Beijing day, same id. White space does not count."""
    words = "".join(title.split()) + "\0" + "".join(body.split()) + "\0" + (f"{published:%Y%m%d}" if published else "")
    return f"text:{hashlib.blake2b(words.encode(errors='replace'), digest_size=12).hexdigest()}"
