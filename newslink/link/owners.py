"""A name on a day → the company it was the name of, and what the day does to the score (log odds)."""

from __future__ import annotations

from newslink.link.lexicon import AFTER_DELISTING, PRE_IPO, Lexicon, Owner

_SEEN_GRACE = 2000
_SEEN_SOON = 150
_FORMER_GRACE = 3 * 365
_MOST_KNOWN = 200_000

OnDay = tuple[Owner, float, tuple[str, ...]]  # owner, what the day does to the score, why


class Owners(dict[tuple[int, int], OnDay]):
    """(pattern, day) → whose name it was, found when first asked for and remembered."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon

    def __missing__(self, key: tuple[int, int]) -> OnDay:
        if len(self) > _MOST_KNOWN:
            self.clear()
        pattern, day = key
        why: list[str] = []
        found = self[key] = (*owner_on(self._lexicon, self._lexicon.owners[pattern], day, why), tuple(why))
        return found


def owner_on(lexicon: Lexicon, owners: tuple[Owner, ...], day: int, evidence: list[str]) -> tuple[Owner, float]:
    """The owner whose name it was on the day, and what the date does to the score."""
    valid = [o for o in owners if o.first <= day <= o.last]
    if valid:
        stated = [o for o in valid if o.stated]
        valid = stated or valid
        entities = {o.entity for o in valid}
        if len(entities) > 1:
            # One name, two companies at a time: the listing at home first; a mainland list and a Hong Kong list are told apart later.
            best = min(valid, key=lambda o: (o.security.endswith(".US"), o.security.endswith(".HK"), -o.first, o.security))
            evidence.append("- another company has this name too")
            return best, -0.4
        if any(o.last < day for o in owners):
            evidence.append("+ name of that day")
        return min(valid, key=_home), 0.0
    past = [o for o in owners if o.last < day]
    if past:
        best = max(past, key=lambda o: o.last)
        age = day - best.last
        died = lexicon.listed.get(best.entity, (0, 0))[1]
        if died < day - AFTER_DELISTING:
            evidence.append("- no longer listed on that day")
            return best, -4.5
        if any(o.first > day for o in owners):
            evidence.append("- not its name on that day")
            return best, -2.5
        evidence.append("- former name")
        return best, -0.7 if age <= _FORMER_GRACE else -3.2 if age <= 2 * _FORMER_GRACE else -4.4
    best = min(owners, key=lambda o: o.first)
    evidence.append("- not yet its name on that day")
    born = lexicon.listed.get(best.entity, (0, 0))[0] - PRE_IPO
    near = {o.entity for o in owners if o.first - day <= _SEEN_GRACE / 2 + (best.first - day)}
    if best.seen and best.first - day <= _SEEN_GRACE and born <= day and len(near) == 1:
        # The name was first seen later; when it began nobody wrote down.
        return best, -1.0 if best.first - day <= _SEEN_SOON else -2.3
    return best, -6.5


def _home(owner: Owner) -> tuple:
    return (owner.security.endswith(".US"), owner.security.endswith(".HK"), owner.security != owner.entity, owner.security)
