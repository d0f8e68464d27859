"""A haystack of articles → what each of them mentions: codes, and names after segmentation, dates and context.

Everything plain is settled by vector work over all matches at once; only matches that may mean something else are judged one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain

import numpy as np

from newslink.link.context import Context
from newslink.link.find import Code, CodeFinder
from newslink.link.found import Found, Sure
from newslink.link.lexicon import GUARD, LEGAL, MARKET, NAME, PRE_IPO, Lexicon
from newslink.link.listing import Listings
from newslink.link.names import Names
from newslink.link.segment import best_cut, groups_of
from newslink.link.settle import CODE_SURE, Settler
from newslink.link.text import LATIN, Haystack
from newslink.link.traits import WEAK

CODE_EVIDENCE = ("+ code",)
_INVALID = -0.9  # what a name outside its days loses in the segmentation


class Scanner:
    """Finds mentions; built once for a lexicon."""

    def __init__(self, lexicon: Lexicon, listings: Listings, context: Context) -> None:
        self.universe = lexicon.universe
        self._lexicon = lexicon
        self._codes = CodeFinder(lexicon.universe)
        self._settler = Settler(lexicon, listings, context)
        firsts = [p[0] if p else "" for p in lexicon.patterns]
        self._latin_start = np.array([f.isascii() and f.isalnum() for f in firsts], bool)
        self._latin_end = np.array([p[-1:].isascii() and p[-1:].isalnum() for p in lexicon.patterns], bool)
        doubtful = np.isin(lexicon.klass, [int(c) for c in WEAK])  # of cuts that explain as much the surer name wins
        self._gain = np.where(lexicon.kind == GUARD, 0.3, np.where(doubtful, -0.05, 0.0))

    def scan(self, hay: Haystack, days: list[int]) -> tuple[list[list[Found | Sure]], set[int]]:
        """(mentions of each article, articles in which something is in doubt). Two texts an article, title and body; a day an article."""
        found: list[list[Found | Sure]] = [[] for _ in days]
        doubtful: set[int] = set()
        codes = self._codes_of(hay, found, days, doubtful)
        names = self._names(hay, days)
        if names is not None:
            self._settler.settle(hay, names, found, codes, days, doubtful)
        return found, doubtful

    def _codes_of(self, hay: Haystack, found: list[list[Found | Sure]], days: list[int], doubtful: set[int]) -> dict[int, Code]:
        codes = self._codes.codes(hay)
        if not codes:
            return {}
        starts, entity_of = hay.starts.tolist(), self.universe.entity_of
        for code in codes:
            start, end = hay.span(code.start, code.end)
            place = bisect_right(starts, start) - 1
            offset, article = starts[place], place >> 1
            if code.rule == "code" and self._born(code.security) <= days[article]:
                found[article].append(
                    (
                        entity_of(code.security),
                        code.security,
                        place & 1,
                        start - offset,
                        end - offset,
                        CODE_SURE,
                        "code",
                        CODE_EVIDENCE,
                        False,
                        True,
                    )
                )
            else:
                found[article].append(Found.of_code(self.universe, code, place & 1, start - offset, end - offset, days[article]))
                doubtful.add(article)
        return {c.start: c for c in codes}

    def _born(self, security: str) -> int:
        known = self.universe.security(security)
        return known.listed.toordinal() - PRE_IPO if known is not None and known.listed else 0

    def _names(self, hay: Haystack, days: list[int]) -> Names | None:
        """The names in the haystack after segmentation; None without any."""
        matches = self._lexicon.machine.find_overlapping(hay.text)
        if not matches:
            return None
        lexicon, units, kinds = self._lexicon, hay.units, hay.kinds
        table = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches)).reshape(-1, 3)
        start, end, pattern = table[:, 0], table[:, 1], table[:, 2]
        size = len(units)
        left = kinds.take(np.maximum(start - 1, 0))
        right = kinds.take(np.minimum(end, size - 1))
        keep = ~(
            (self._latin_start.take(pattern) & ((left & LATIN) > 0) & (start > 0))
            | (self._latin_end.take(pattern) & ((right & LATIN) > 0) & (end < size))
        )
        start, end, pattern = start[keep], end[keep], pattern[keep]
        place = np.searchsorted(hay.starts, start if hay.origin is None else hay.origin[start], "right") - 1
        kind = lexicon.kind.take(pattern)
        foreign = np.zeros(len(days), bool)
        market = kind == MARKET
        if market.any():
            foreign[place[market] >> 1] = True
            rest = ~market
            start, end, pattern, place, kind = start[rest], end[rest], pattern[rest], place[rest], kind[rest]
        legal = kind == LEGAL
        legal_starts = start[legal], place[legal]
        if legal.any():
            order = np.argsort(start[legal])
            legal_starts = start[legal][order], place[legal][order]
            rest = ~legal
            start, end, pattern, place, kind = start[rest], end[rest], pattern[rest], place[rest], kind[rest]
        if not len(start):
            return None
        day = np.array(days, np.int32)[place >> 1]
        order = np.lexsort((-end, start))
        start, end, pattern, place, kind, day = (a.take(order) for a in (start, end, pattern, place, kind, day))
        valid = (lexicon.first.take(pattern) <= day) & (day <= lexicon.last.take(pattern))
        chosen = self._cut(hay, start, end, pattern, valid)
        chosen = chosen[kind[chosen] == NAME]
        if not len(chosen):
            return None
        return Names(*(column.take(chosen) for column in (start, end, pattern, place, valid)), foreign, *legal_starts)

    def _cut(self, hay: Haystack, start, end, pattern, valid) -> np.ndarray:
        first, sizes = groups_of(start, end)
        if (sizes == 1).all():
            return first
        # Sorted by start, longest first: where the first of a group reaches its end, it covers the others and no cut explains more.
        covered = (sizes == 1) | (
            (np.maximum.reduceat(end, first) == end[first]) & (valid[first] | (self._lexicon.kind[pattern[first]] == GUARD))
        )
        if covered.all():
            return first
        chosen = first[covered].tolist()
        first, sizes = first[~covered], sizes[~covered]
        text = hay.text
        gain = self._gain[pattern] + np.where(valid | (self._lexicon.kind.take(pattern) == GUARD), 0.0, _INVALID)
        for at, size in zip(first.tolist(), sizes.tolist(), strict=True):
            stop = at + size
            spans = list(zip(start[at:stop].tolist(), end[at:stop].tolist(), gain[at:stop].tolist(), strict=True))
            # A name with 股份 behind it explains those two characters as well: 金达威|股份, not 金|达威股份.
            spans = [(s, e + 2, g - 0.5) if text.startswith("股份", e) and spans[-1][1] >= e + 2 else (s, e, g) for s, e, g in spans]
            chosen += [at + i for i in best_cut(spans)]
        return np.array(sorted(chosen), np.int64)
