"""A name met again and again in one article: what it surely meant the first times it means wherever nothing speaks against it.

Within one article a name hardly ever changes its meaning, so only its first mentions are weighed with all that stands around them, and of the
others those with something suspicious beside them. Words, places and trades are not taken so: 机器人 (300024) makes 机器人, too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from newslink.link import cues
from newslink.link.classes import AFFILIATE, FOREIGN, FUND, NICKNAME, PERSON, PHRASE, PLAIN, SHORTENED
from newslink.link.names import Names
from newslink.link.traits import Traits

FIRST_ONES = 2  # mentions of a name in an article that are weighed in any case
SURE, SURE_OF_WEAK = 2.0, 3.0  # log odds from which one of them speaks for the others; of a name that needs evidence
EVIDENCE = ("+ name", "+ named for sure elsewhere in the article")
_STEADY = frozenset((PLAIN, AFFILIATE, NICKNAME, FOREIGN, PHRASE, SHORTENED, FUND, PERSON))
_BEHIND, _AHEAD = cues.PARTY_AFTER.bit, cues.PARTY_BEFORE.bit
_NO_LIFE = np.uint64(~cues.LIFE & (1 << 64) - 1)


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


class Suspects:
    """What beside a name speaks against it, by vector work: columns by pattern, filled when a pattern is first asked for."""

    def __init__(self, size: int, traits: Callable[[int], Traits]) -> None:
        self._traits = traits
        self._known, self._steady, self._continued = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool)
        self._behind, self._ahead = np.zeros(size, np.uint64), np.zeros(size, np.uint64)

    def steady(self, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(whether the name is of a kind that keeps its meaning, whether words straight beside it may change it)."""
        for one in set(pattern[~self._known[pattern]].tolist()):
            name = self._traits(one)
            self._known[one] = True
            self._steady[one] = name.klass in _STEADY and not name.speaks
            self._continued[one] = name.goes_on or bool(name.trade_words)
            self._behind[one], self._ahead[one] = name.behind | _BEHIND, name.ahead | _AHEAD
        return self._steady[pattern], self._continued[pattern]

    def quiet(self, pattern: np.ndarray, behind: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Whether nothing that speaks against the name may be found beside it. behind, ahead: masks. Patterns have been asked for before."""
        return ((behind & self._behind[pattern]) | (ahead & self._ahead[pattern])) & _NO_LIFE == 0
