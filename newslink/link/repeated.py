"""A name met again and again in one article: what it surely meant once it means wherever nothing speaks against it.

Within one article a name hardly ever changes its meaning, so its mentions are weighed with all that stands around them only until one is sure,
and of the others those with something suspicious beside them. Words, places and trades are not taken so: 机器人 (300024) makes 机器人, too.
"""

from __future__ import annotations

import numpy as np

from newslink.link import cues
from newslink.link.classes import AFFILIATE, FOREIGN, FUND, NICKNAME, PERSON, PHRASE, PLAIN, SHORTENED
from newslink.link.found import ELSEWHERE, Batch
from newslink.link.glance import Glance
from newslink.link.judge import Judge
from newslink.link.lexicon import Lexicon
from newslink.link.listing import BEFORE_CODE, Listings
from newslink.link.names import OPENS_TITLE, Look, Names
from newslink.link.text import DIGIT, UPPER

# What a name surely means in one article: (entity, security, confidence, rule, evidence).
Meant = tuple[str, str, float, str, tuple[str, ...]]

FIRST_ONES = 2  # mentions of a name in an article that are weighed one after the other until one of them is sure
SURE, SURE_OF_WEAK = 2.0, 3.0  # log odds from which one of them speaks for the others; of a name that needs evidence
EVIDENCE = ("+ name", ELSEWHERE)
_STEADY = frozenset((PLAIN, AFFILIATE, NICKNAME, FOREIGN, PHRASE, SHORTENED, FUND, PERSON))
_BEFORE_CODE = np.zeros(65536, bool)
_BEFORE_CODE[list(BEFORE_CODE)] = True


def groups_of_names(names: Names) -> tuple[np.ndarray, np.ndarray]:
    """(number of the group, how many of the group stand before) for each name; a group is one surface in one article."""
    key = (names.place >> 1) * (int(names.pattern.max()) + 1) + names.pattern
    order = key.argsort(kind="stable")
    ordered = key[order]
    fresh = np.ones(len(key), bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    group, before = np.empty(len(key), np.int64), np.empty(len(key), np.int64)
    numbers = fresh.cumsum() - 1
    group[order] = numbers
    before[order] = np.arange(len(key)) - fresh.nonzero()[0][numbers]
    return group, before


class Repeated:
    """Settles further mentions of names whose first ones are settled. behind, ahead: glances at the cues of either side."""

    def __init__(self, lexicon: Lexicon, listings: Listings, judge: Judge, behind: Glance, ahead: Glance) -> None:
        self._judge = judge
        self._behind, self._ahead = behind, ahead
        self._open = np.array(listings.open, bool)
        size = len(lexicon.patterns)
        # By pattern, filled when it is first asked for. steady: of a kind that keeps its meaning; continued: words beside it may change it.
        self._known, self._steady, self._continued = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool)
        self._near_behind, self._near_ahead = np.zeros(size, np.uint64), np.zeros(size, np.uint64)

    def settle(self, batch: Batch, names: Names, look: Look, group: np.ndarray, meant: dict[int, Meant | None]) -> np.ndarray:
        """Put those of the names to the mentions found that mean what their group surely meant; says which."""
        pattern = names.pattern
        self._ask(pattern)
        known = np.zeros(int(group.max()) + 1, bool)
        known[[number for number, what in meant.items() if what is not None and number < len(known)]] = True
        fits = known[group] & self._steady[pattern] & ~(self._open[pattern] & names.foreign[names.place >> 1])
        if batch.codes:
            (before,) = (fits & _BEFORE_CODE[look.following]).nonzero()
            fits[[i for i, end in zip(before.tolist(), names.end[before].tolist(), strict=True) if end + 1 in batch.codes]] = False
        (closer,) = (fits & ~look.calm).nonzero()
        if len(closer):
            fits[closer] = self._stand(batch, names.take(closer), look.take(closer))
        columns = (group[fits], names.place[fits], look.first[fits], look.last[fits])
        for number, place, first, last in zip(*(column.tolist() for column in columns), strict=True):
            entity, security, confidence, rule, evidence = meant[number]
            batch.found[place >> 1].append((entity, security, place & 1, first, last, confidence, rule, evidence, False, False))
        return fits

    def _ask(self, pattern: np.ndarray) -> None:
        for one in set(pattern[~self._known[pattern]].tolist()):
            name = self._judge.traits(one)
            self._known[one] = True
            self._steady[one] = name.klass in _STEADY and not name.speaks
            self._continued[one] = name.goes_on or bool(name.trade_words)
            self._near_behind[one], self._near_ahead[one] = name.behind | cues.PARTY_AFTER.bit, name.ahead | cues.PARTY_BEFORE.bit

    def _stand(self, batch: Batch, names: Names, look: Look) -> np.ndarray:
        """Whether nothing beside the names speaks against them."""
        hay, pattern, last = batch.hay, names.pattern, np.maximum(names.start - 1, 0)
        stand = ~(look.begins | look.runs) & (hay.units[last] != OPENS_TITLE) & ((hay.kinds[last] & (DIGIT | UPPER)) == 0)
        if look.crossed is not None:
            stand &= ~look.crossed
        behind = self._behind.masks(hay.units, names.end, self._near_behind[pattern])
        ahead = self._ahead.masks(hay.units, names.start, self._near_ahead[pattern])
        (asked,) = (stand & (((behind | ahead) != 0) | self._continued[pattern])).nonzero()
        if len(asked):
            starts = hay.starts if hay.origin is None else np.searchsorted(hay.origin, hay.starts)
            place = names.place[asked]
            low = starts[place]
            columns = (asked, low, np.maximum(low, starts[place + 1] - 1), names.start[asked], names.end[asked], pattern[asked], place >> 1)
            for i, low, high, start, end, one, article, after, before in zip(
                *(column.tolist() for column in (*columns, behind[asked], ahead[asked])), strict=True
            ):
                stand[i] = self._judge.stands(hay.text, low, high, start, end, one, batch.days[article], after, before)
        return stand
