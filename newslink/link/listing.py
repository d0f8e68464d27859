"""A judged mention with what else its place says: a code beside it, blanks inside it, the listing meant there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from newslink.link import cues
from newslink.link.classes import PLAIN
from newslink.link.find import Code
from newslink.link.found import Found
from newslink.link.lexicon import Lexicon, Owner
from newslink.link.market import alive, choose, scene_market, side
from newslink.link.match import Match
from newslink.link.text import Haystack

_MOST_LISTINGS = 200_000
INFERRED = ("paragraph", "headline", "")  # not said in the sentence itself
_HEADLINE = 60  # characters of a body that stand for its headline


class Listings:
    """Chooses among the listings of companies of one lexicon; choices are remembered."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._universe = lexicon.universe
        self._others: dict[int, Callable[[str], tuple[str, ...]]] = {}
        self._chosen: dict[tuple[int, str, int, str | None], str] = {}
        # By pattern: whether it leaves open which listing is meant, having several owners, or a company with several listings.
        self.open = (
            lexicon.several | np.array([len(o) > 1 for o in lexicon.owners] + [False] * (len(lexicon.kind) - len(lexicon.owners)))
        ).tolist()

    def place(self, hay: Haystack, match: Match, one: Found, owner: Owner, day: int, codes: dict[int, Code], foreign: bool) -> None:
        """Change one as its place says. codes: by their start; foreign: the article speaks of another market than that at home."""
        start, end, pattern = match.start, match.end, match.pattern
        code = codes.get(end + 1) if match.following in BEFORE_CODE else None
        if code is not None and code.sure:
            if self._by_code(hay, one, pattern, code):
                return
        elif match.numbered and hay.text[start - 6 : start] == owner.security[:6] and start - 6 >= match.low:
            one.score, one.rule = one.score + 4.0, "name_code"
            one.evidence = [*one.evidence, "+ its code before it"]
        if match.crossed and not _is_spaced_name(hay, start, end, match.low, match.high):
            one.score -= 6.0
            one.evidence = [*one.evidence, "- blank inside"]
        if self.open[pattern]:
            market = None
            if foreign:
                market, where = self.market(hay.text, match)
                if market:
                    one.evidence = [*one.evidence, f"+ {market} {where}"]
                    one.listing_said = 0 if where in INFERRED else 1
                    owner = self._owner_in(pattern, owner, day, market)
                    one.entity = owner.entity
            one.security = self.listing(pattern, owner, day, market)

    def market(self, text: str, match: Match) -> tuple[str | None, str]:
        """The market that is spoken of where the match stands, and what says so."""
        low, high = match.low, match.high
        return scene_market(
            text, match.start, match.end, low, high, text[low : min(high, low + _HEADLINE)] if match.place & 1 else text[low:high]
        )

    def listing(self, pattern: int, owner: Owner, day: int, market: str | None) -> str:
        """As ``choose``, remembered."""
        key = (pattern, owner.security, day, market)
        known = self._chosen.get(key)
        if known is None:
            if len(self._chosen) > _MOST_LISTINGS:
                self._chosen.clear()
            known = self._chosen[key] = choose(self._lexicon, self._lexicon.owners[pattern], owner, day, market)
        return known

    def alternatives_on(self, day: int) -> Callable[[str], tuple[str, ...]]:
        """security → the company's other listings that were traded on the day."""
        known = self._others.get(day)
        if known is None:
            if len(self._others) > 500:
                self._others.clear()
            known = self._others[day] = _Others(self._lexicon, day).__getitem__
        return known

    def _by_code(self, hay: Haystack, one: Found, pattern: int, code: Code) -> bool:
        """The code behind a name decides, where it is that of an owner; another company's code speaks against the name."""
        owners = self._lexicon.owners[pattern]
        entity = self._universe.entity_of(code.security)
        if entity != one.entity and all(o.entity != entity for o in owners):
            one.score -= 8.0
            one.evidence = [*one.evidence, "- code of another company behind it"]
            return False
        tail = hay.text[code.end + 1 : code.end + 8]
        wrong = self._lexicon.classes[pattern] is not PLAIN and any(c.match(tail) for c in cues.AGAINST_AFTER[1:4])
        one.entity, one.security, one.rule, one.listing_said = entity, code.security, "name_code", 2
        one.score = max(one.score, 0.0) + (-1.0 if wrong else 6.0)
        one.evidence = [*one.evidence, "- goes on behind its code" if wrong else "+ its code behind it"]
        one.weak = one.opposed = one.party = False
        return True

    def _owner_in(self, pattern: int, owner: Owner, day: int, market: str) -> Owner:
        """Of companies with one name the one listed in that market on the day, where owner's company is not."""
        owners = self._lexicon.owners[pattern]
        if any(side(o.security) == market for o in owners if o.entity == owner.entity):
            return owner
        return next((o for o in owners if side(o.security) == market and o.entity != owner.entity and o.first <= day <= o.last), owner)


def _is_spaced_name(hay: Haystack, start: int, end: int, low: int, high: int) -> bool:
    """Every character set apart (五 粮 液), a mark set off (*ST 腾邦, 万 科A), or blanks inside and firm borders outside."""
    origin = hay.origin
    gaps = [int(origin[i + 1] - origin[i]) > 1 for i in range(start, end - 1)]
    text = hay.text[start:end]
    blanks = [hay.joined[int(origin[i]) + 1] not in " \u3000\xa0\t" for i in range(start, end - 1) if gaps[i - start]]
    if all(blanks):
        return True  # only zero-width characters
    if text.startswith(("ST", "*ST")) and sum(gaps) == 1:
        return True
    core = text.rstrip("AB")
    if all(gaps[: len(core) - 1]):
        return True
    left = hay.text[start - 1] if start > low else "\n"
    right = hay.text[end] if end < high else "\n"
    return not ("一" <= left <= "鿿") and (not ("一" <= right <= "鿿") or right in "涨跌公拟发")


class _Others(dict[str, tuple[str, ...]]):
    """security → the company's other listings that were traded on the day, found when first asked for."""

    def __init__(self, lexicon: Lexicon, day: int) -> None:
        super().__init__()
        self._lexicon, self._day = lexicon, day

    def __missing__(self, security: str) -> tuple[str, ...]:
        listings = self._lexicon.universe.listings_of(security)
        found = self[security] = tuple(s for s in listings if s != security and alive(self._lexicon, s, self._day))
        return found


BEFORE_CODE = frozenset(map(ord, "( :"))
