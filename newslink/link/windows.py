"""Dated names as known → dated names as they are used: gaps closed, reused names kept apart, code changes cut at their day.

Lists of names are mostly sightings: a name was seen from this day to that. Between the last day of one name and the first day
of the next the change happened on a day nobody wrote down, so on those days both names count. Beyond the first and the last
sighting (names whose source starts with ``seen``) the name is taken to have held on, but never into a time in which another
company was seen with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

from newslink.model import Name, NameKind

SEEN = "seen"
DAY = timedelta(days=1)
_CHAINED = {NameKind.SHORT, NameKind.FORMER}
# Marks that quote lists print before a name for a day or a few: ex-dividend, ex-rights, first days of trading.
QUOTE_MARK = re.compile(r"(?:XD|XR|DR|N|C)(?=[*一-鿿])")


def text_key(text: str) -> str:
    """What two spellings of one name share: NFKC, no blanks, upper case (万 科Ａ → 万科A)."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def settle(names: Iterable[Name], entity_of: Callable[[str], str]) -> list[Name]:
    """Names with the windows in which they count. Order: security, first day, text."""
    chains: dict[str, list[Name]] = defaultdict(list)
    others: list[Name] = []
    for name in names:
        (chains[name.security] if name.kind in _CHAINED else others).append(name)
    settled: list[tuple[Name, Name]] = []
    for chain in chains.values():
        settled += zip(*_close(_merged(chain)), strict=True)
    out = _keep_apart(settled, entity_of) + sorted(set(others), key=_order)
    out.sort(key=_order)
    return out


def _order(name: Name) -> tuple:
    return (name.security, name.valid_from or date.min, name.valid_to or date.max, name.text, name.kind)


def _merged(chain: list[Name]) -> list[Name]:
    """One row for each text: sightings of the same name, from several lists, are one stay. Rows with official dates stay as they are."""
    rows: dict[tuple, Name] = {}
    for name in sorted(chain, key=lambda n: (n.kind is not NameKind.SHORT, n.text, n.source)):  # so that the order given does not matter
        if not name.source.startswith(SEEN):
            rows.setdefault((name.text, name.valid_from, name.valid_to), name)
            continue
        key = (SEEN, text_key(name.text))
        old = rows.get(key)
        if old is None:
            rows[key] = name
        else:
            rows[key] = replace(
                old,
                valid_from=None if old.valid_from is None or name.valid_from is None else min(old.valid_from, name.valid_from),
                valid_to=None if old.valid_to is None or name.valid_to is None else max(old.valid_to, name.valid_to),
                kind=NameKind.SHORT if NameKind.SHORT in (old.kind, name.kind) else old.kind,
            )
    dated: dict[str, list[Name]] = defaultdict(list)
    for name in rows.values():
        if not name.source.startswith(SEEN):
            dated[text_key(name.text)].append(name)
    # A sighting within an official window adds nothing.
    return sorted((n for k, n in rows.items() if k[0] is not SEEN or not any(_within(n, o) for o in dated[k[1]])), key=_order)


def _within(name: Name, other: Name) -> bool:
    return (other.valid_from or date.min) <= (name.valid_from or date.min) and (name.valid_to or date.max) <= (other.valid_to or date.max)


def _close(chain: list[Name]) -> tuple[list[Name], list[Name]]:
    """(as known, with gaps between neighbours closed and the outer ends of sightings opened), in parallel."""
    wide = list(chain)
    main = [i for i, n in enumerate(chain) if not QUOTE_MARK.match(n.text)] or list(range(len(chain)))
    last = main[0]  # the row that reaches furthest so far
    if chain[last].source.startswith(SEEN):
        wide[last] = replace(wide[last], valid_from=None)
    for i in main[1:]:
        end, start = chain[last].valid_to, chain[i].valid_from
        if end is not None and start is not None and start - end > DAY:
            wide[last] = replace(wide[last], valid_to=start - DAY)
            wide[i] = replace(wide[i], valid_from=end + DAY)
        if end is not None and (chain[i].valid_to is None or chain[i].valid_to > end):
            last = i
    if chain[last].source.startswith(SEEN) and chain[last].kind is NameKind.SHORT:
        wide[last] = replace(wide[last], valid_to=None)
    return chain, wide


def _keep_apart(pairs: list[tuple[Name, Name]], entity_of: Callable[[str], str]) -> list[Name]:
    """Take back every extension into or across days on which another company was known by the same name."""
    holders: dict[str, list[Name]] = defaultdict(list)
    for known, _ in pairs:
        holders[text_key(known.text)].append(known)
    out = []
    for known, wide in pairs:
        rivals = holders[text_key(known.text)]
        if known is not wide and len(rivals) > 1:
            mine = entity_of(known.security)
            start, end = wide.valid_from, wide.valid_to
            for rival in rivals:
                if entity_of(rival.security) == mine:
                    continue
                if known.valid_from and rival.valid_to and rival.valid_to < known.valid_from and (start is None or start <= rival.valid_to):
                    start = rival.valid_to + DAY
                if known.valid_to and rival.valid_from and rival.valid_from > known.valid_to and (end is None or end >= rival.valid_from):
                    end = rival.valid_from - DAY
            wide = replace(wide, valid_from=start, valid_to=end)
        out.append(wide)
    return out


def holds(name: Name, day: date | None) -> bool:
    """Whether the name counts on the day; without a day every name does."""
    return day is None or ((name.valid_from is None or name.valid_from <= day) and (name.valid_to is None or day <= name.valid_to))
