"""Securities and dated names → immutable look-ups: by id, by name on a day, by company, and the search box.

Names come out with the windows in which they count (``windows.settle``), companies joined (``entities.join``).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property

from newslink.link.codes import parse_security_id
from newslink.link.entities import BEIJING_CODE_CHANGE, is_old_beijing, join
from newslink.link.finder import Finder
from newslink.link.windows import QUOTE_MARK, SEEN, holds, settle, text_key
from newslink.model import Kind, Name, NameKind, Security, market_of

__all__ = ["Universe", "parse_security_id"]

_MAINLAND = frozenset(("SH", "SZ", "BJ"))
_WHOLE_LIST = 3_000  # securities seen on one day by one source: a list of all shares


class Universe:
    """Every security and every name it went by. Never changes; ``merged_with`` gives a new one.

    securities: of several rows with one id, later ones fill in or replace what earlier ones say. names: in any order; rows of unknown
    securities are left out. A security without a short name gets its ``name`` as an open one.
    """

    def __init__(self, securities: Sequence[Security], names: Sequence[Name]) -> None:
        self._given = (tuple(securities), tuple(names))
        known: dict[str, Security] = {}
        for security in securities:
            known[security.id] = _filled(known.get(security.id), security)
        rows = [n for n in names if n.security in known and n.text]
        named = {n.security for n in rows if n.kind is NameKind.SHORT}
        rows += [Name(s.id, s.name, source="security") for s in known.values() if s.id not in named and s.name]
        entities = join(known.values(), rows)
        known = _with_code_change({s.id: replace(s, entity=entities[s.id]) for s in known.values()})
        rows = _cut_at_code_change(settle(rows, entities.__getitem__), known)
        of: dict[str, list[Name]] = defaultdict(list)
        for name in rows:
            of[name.security].append(name)
        listings: dict[str, list[str]] = defaultdict(list)
        for security in known.values():
            listings[security.entity].append(security.id)
        self._names_of = {security: tuple(group) for security, group in of.items()}
        self._known = {s.id: replace(s, name=self._current(s)) for s in known.values()}
        self.securities: tuple[Security, ...] = tuple(sorted(self._known.values(), key=lambda s: s.id))
        self.names: tuple[Name, ...] = tuple(rows)
        self._listings = {entity: tuple(sorted(ids, key=lambda s: (s != entity, market_of(s), s))) for entity, ids in listings.items()}

    def security(self, id: str) -> Security | None:
        return self._known.get(id)

    def names_of(self, id: str) -> tuple[Name, ...]:
        """Every name of the security with the days on which it counts, oldest first; empty for an unknown security."""
        return self._names_of.get(id, ())

    def name_on(self, id: str, day: date | None = None) -> str:
        """The short name the security went by on the day (None: the latest). Never a quote list's XD or N form where another is known.

        Where the exact day of a change is unknown, the earlier name stands until the later one was seen.
        Unknown securities answer their id.
        """
        known = self._known.get(id)
        if known is None:
            return id
        return known.name if day is None else self._short_on(id, day) or known.name

    def entity_of(self, id: str) -> str:
        """The company: the id of its primary listing. An unknown security is its own company."""
        known = self._known.get(id)
        return known.entity if known else id

    def listings_of(self, entity: str) -> tuple[str, ...]:
        """Every security of the company, primary first. Takes the id of any of them."""
        return self._listings.get(self.entity_of(entity), ())

    def find(self, text: str, limit: int = 20) -> list[Security]:
        """Securities for what was typed: code with or without market, names of any time, pinyin or its initials, English. Best first."""
        return self._finder.find(text, limit)

    def merged_with(self, securities: Iterable[Security], names: Iterable[Name]) -> Universe:
        """A universe of both; where they differ on a security, the given one is right. Securities only named are added from their names."""
        securities, names = list(securities), list(names)
        mine, my_names = self._given
        return Universe((*mine, *securities), (*my_names, *names))

    @cached_property
    def listed_after(self) -> dict[str, date]:
        """Mainland security without a listing day, first seen after a dated list of all shares that lacks it → the day of that list."""
        on: dict[tuple[str, date], set[str]] = defaultdict(set)
        first: dict[str, date] = {}
        for name in self._given[1]:
            if name.source.startswith(SEEN) and name.valid_from is not None and market_of(name.security) in _MAINLAND:
                first[name.security] = min(first.get(name.security, name.valid_from), name.valid_from)
                if name.valid_from == name.valid_to:
                    on[name.source, name.valid_from].add(name.security)
        whole = max((day for (_, day), ids in on.items() if len(ids) >= _WHOLE_LIST), default=None)
        if whole is None:
            return {}
        return {id: whole for id, day in first.items() if day > whole and id in self._known and self._known[id].listed is None}

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of all securities and names: equal for equal content, whatever the order it came in."""
        digest = hashlib.sha256()
        for s in self.securities:
            digest.update(f"{s.id}\t{s.name}\t{s.kind}\t{s.entity}\t{s.listed}\t{s.delisted}\n".encode("utf-8", "surrogatepass"))
        for line in sorted(f"{n.security}\t{n.text}\t{n.kind}\t{n.valid_from}\t{n.valid_to}\n" for n in self.names):
            digest.update(line.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.securities, self.names)

    def _short_on(self, id: str, day: date) -> str:
        best: Name | None = None
        for name in self._names_of.get(id, ()):
            if name.kind in (NameKind.SHORT, NameKind.FORMER) and holds(name, day):
                # Names are ordered by first day; of two that hold, the earlier stands until the later was certain.
                plain = QUOTE_MARK.match(name.text) is None
                if best is None or (plain, *_closeness(name, day)) > (QUOTE_MARK.match(best.text) is None, *_closeness(best, day)):
                    best = name
        return best.text if best else ""

    def _current(self, security: Security) -> str:
        names = self._names_of.get(security.id, ())
        rows = [n for n in names if n.kind is NameKind.SHORT and len(text_key(n.text)) > 1]
        if not rows:
            return security.name or next((n.text for n in names if n.kind in (NameKind.ENGLISH, NameKind.FULL)), security.id)
        latest = max(rows, key=lambda n: (QUOTE_MARK.match(n.text) is None, n.valid_to or date.max, n.valid_from or date.min))
        # Lists pad short names to four characters: 万  科Ａ.
        return text_key(latest.text) if "  " in latest.text or "\u3000" in latest.text else latest.text


def _closeness(name: Name, day: date) -> tuple:
    return (name.kind is NameKind.SHORT, name.valid_from or date.min)


def _filled(old: Security | None, new: Security) -> Security:
    if old is None:
        return new
    return Security(
        id=new.id,
        name=new.name or old.name,
        kind=new.kind if old.kind is Kind.STOCK else old.kind,  # a list of names cannot know that a ticker is a fund
        entity=new.entity if new.entity and new.entity != new.id else old.entity,
        listed=new.listed or old.listed,
        delisted=new.delisted or old.delisted,
    )


def _with_code_change(known: dict[str, Security]) -> dict[str, Security]:
    """Beijing shares known by an old code and a 920 code: one ends where the other begins."""
    new_of = {s.entity: s for s in known.values() if s.id.startswith("920") and s.id.endswith(".BJ")}
    for old in [s for s in known.values() if is_old_beijing(s.id)]:
        new = new_of.get(old.entity)
        if new is not None:
            known[old.id] = replace(old, delisted=old.delisted or BEIJING_CODE_CHANGE)
            if new.listed is None or new.listed < BEIJING_CODE_CHANGE:
                known[new.id] = replace(new, listed=BEIJING_CODE_CHANGE)
    return known


def _cut_at_code_change(rows: list[Name], known: dict[str, Security]) -> list[Name]:
    old_entities = {s.entity for s in known.values() if is_old_beijing(s.id)}
    last = BEIJING_CODE_CHANGE - timedelta(days=1)
    out = []
    for name in rows:
        security = known[name.security]
        if security.id.endswith(".BJ") and security.entity in old_entities:
            if is_old_beijing(security.id) and security.delisted == BEIJING_CODE_CHANGE:
                if name.valid_from is not None and name.valid_from > last:
                    continue
                name = replace(name, valid_to=min(name.valid_to or last, last))
            elif security.listed == BEIJING_CODE_CHANGE:
                if name.valid_to is not None and name.valid_to < BEIJING_CODE_CHANGE:
                    continue
                name = replace(name, valid_from=max(name.valid_from or BEIJING_CODE_CHANGE, BEIJING_CODE_CHANGE))
        out.append(name)
    return out
