"""Signatures → syndication clusters. Pure functions; the store keeps the signatures and looks candidates up.

A **copy** tells the same story in nearly the same words: the shorter text is contained in the longer, they name the same companies, and
every number of the shorter stands in the longer. Other numbers make it an **update**, which stays outside the cluster. A cluster is a
connected set of copies; its head is the first report by time. Clusters do not depend on the order in which articles arrive.

    mine = [signature(article, securities) for …]            # once an article
    known = every stored article that shares a key with mine, and all members of those articles' clusters
    for placement in place(mine, known): …                   # rows to write, old members that moved included
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from newslink.articles.signatures import NO_TIME, Number, Signature

WINDOW_HOURS = 48  # reposts of a full story
# Daily bulletins come back in the same words, the shorter the sooner: (up to so many grams, hours).
_SHORT_WINDOWS = ((45, 3), (120, 24))
TOLD_AGAIN_HOURS = 6  # the same company and numbers in other words
_TOLD_AGAIN = 0.3
_SAME_TITLE = 0.8
_RELATED_TITLE = 0.3
_WHOLE, _WHOLE_LATER = 0.72, 0.9  # share of both texts together
_MAX_NEIGHBOURS = 50  # compared with per key: a flood of one text costs no more than its length


class Relation(NamedTuple):
    """kind: "copy" or "update". similarity: share of the shorter text's runs of four characters found in the longer, 0 to 1."""

    kind: str
    similarity: float


class Placement(NamedTuple):
    """Where an article stands. cluster: the id of its head. kind: "head" (alone or first), "copy", or "update" (a head that tells an
    earlier story with other numbers). novelty: 1 minus the similarity to the most similar earlier copy or earlier story, 1 for news.
    earlier: the id of that earlier article, or "".
    """

    article: str
    cluster: str
    kind: str
    novelty: float
    earlier: str


def _same_number(one: Number, other: Number) -> bool:
    """Equal, or one is the other rounded (3.1 and 3.09, 45万 and 450,012) with enough digits to tell rounding from news (1 % and 1.4 %)."""
    if one.kind != other.kind:
        return False
    if one.value == other.value:
        return True
    fine, coarse = (one, other) if one.step <= other.step else (other, one)
    if coarse.digits < 3 and not (coarse.digits == 2 and fine.digits >= 4):
        return False
    return fine.step < coarse.step and abs(one.value - other.value) <= 0.5000001 * coarse.step


def _said_in(numbers: Sequence[Number], other: Sequence[Number]) -> int:
    """How many of numbers the other text says too."""
    exact = {(n.value, n.kind) for n in other}
    return sum((n.value, n.kind) in exact or any(_same_number(n, o) for o in other) for n in numbers)


def relate(one: Signature, other: Signature) -> Relation | None:
    """Copy, update, or nothing. The same whichever comes first."""
    ordered = (len(one.grams) * one.step, one.article) <= (len(other.grams) * other.step, other.article)
    short, long = (one, other) if ordered else (other, one)
    titles = _titles_alike(short, long)
    # Under one title the wires may name a company more or less, but not other companies altogether.
    if titles < _SAME_TITLE:
        strangers = not short.companies <= long.companies
    else:
        strangers = bool(short.companies and long.companies) and short.companies.isdisjoint(long.companies)
    if strangers:
        return None
    hours = abs(one.time - other.time) / 3600 if one.time != NO_TIME and other.time != NO_TIME else None
    if hours is not None and hours > WINDOW_HOURS:
        return None
    a, b = short.grams, long.grams
    if short.step != long.step:
        step = np.uint32(max(short.step, long.step))
        a, b = a[a % step == 0], b[b % step == 0]
    if not len(a) or not len(b):
        return None
    shared = len(np.intersect1d(a, b, assume_unique=True))
    contained = shared / len(a)
    if contained < _TOLD_AGAIN:
        return None
    said = _said_in(short.numbers, long.numbers)
    agree = said == len(short.numbers)
    same_companies = bool(short.companies) and short.companies == long.companies
    size = len(short.grams) * short.step
    if hours is None:
        needed = 0.9
    elif any(size < grams and hours > most for grams, most in _SHORT_WINDOWS):
        return None
    elif same_companies and agree and said >= 2 and hours <= TOLD_AGAIN_HOURS and len(short.companies) <= 3:
        # The same company and the same numbers within hours: told again in other words.
        needed = _TOLD_AGAIN if said >= 3 or max(n.digits for n in short.numbers) >= 4 else 0.5
    elif agree and titles >= _SAME_TITLE and hours <= TOLD_AGAIN_HOURS and size >= 45:
        needed = 0.5
    else:
        needed = 0.9 if size < 30 else 0.8 if size < 60 else 0.7
        if short.companies != long.companies:
            needed = max(needed, 0.85)
    if not agree and not same_companies and 2 * said < len(short.numbers):
        # Forms (IPO notices, exchange bulletins) differ in their numbers and in names no list knows: not one story.
        needed = max(needed, 0.85)
    if contained < needed:
        return None
    if titles < _SAME_TITLE:
        # A round-up holds many stories word for word; a longer version of one story begins with the same words.
        if len(b) > 3 * len(a) and short.opening != long.opening:
            return None
        # Excerpts of one document open with the same sentence. A shortened story keeps its subject in the title. What shares neither title nor
        # opening with another repeats it as background of its own news.
        least = 0.5 if short.opening == long.opening else _WHOLE if hours is None or hours <= TOLD_AGAIN_HOURS else _WHOLE_LATER
        if shared < least * (len(a) + len(b) - shared) and not same_companies and titles < _RELATED_TITLE:
            return None
    return Relation("copy" if agree else "update", contained)


def _titles_alike(one: Signature, other: Signature) -> float:
    """Share of runs of two characters of both titles that stand in both; a title too short to tell counts as related, not as the same."""
    least = min(len(one.title), len(other.title))
    if least < 4:
        return _RELATED_TITLE
    shared = len(np.intersect1d(one.title, other.title, assume_unique=True))
    both = shared / (len(one.title) + len(other.title) - shared)
    if least >= 8 and both >= _SAME_TITLE:
        return both
    return _RELATED_TITLE if shared >= _RELATED_TITLE * least else 0.0


def place(new: Iterable[Signature], known: Iterable[tuple[Signature, Placement]] = ()) -> list[Placement]:
    """Placements of the new articles and of every known one that moves because of them. The result is that of placing all at once.

    known must hold every stored article that shares a key with a new one within WINDOW_HOURS, and every member of their clusters (for an
    article that is signed anew after an edit: of its old cluster too). A store that does not keep ``earlier`` may give "".
    """
    fresh = {signature.article: signature for signature in new}
    before = {signature.article: placement for signature, placement in known}
    signatures = {signature.article: signature for signature, _ in known} | fresh
    edited = {before[article].cluster for article in fresh if article in before}
    loose = set(fresh) | {article for article, placement in before.items() if placement.cluster in edited}

    parent = {article: article for article in signatures}

    def root(article: str) -> str:
        while parent[article] != article:
            parent[article] = parent[parent[article]]
            article = parent[article]
        return article

    for article, placement in before.items():
        if article not in loose and placement.cluster in parent and placement.cluster not in loose:
            parent[root(article)] = root(placement.cluster)

    nearest: dict[str, tuple[float, str, str]] = {}  # article → similarity, earlier article, kind
    for article, placement in before.items():
        if article not in loose and placement.novelty < 1:
            nearest[article] = (1 - placement.novelty, placement.earlier, "update" if placement.kind == "update" else "copy")
    for one, other in _pairs(signatures, loose):
        relation = relate(signatures[one], signatures[other])
        if relation is None:
            continue
        if relation.kind == "copy":
            parent[root(one)] = root(other)
        earlier, later = sorted((one, other), key=lambda article: _order(signatures[article]))
        found = (round(relation.similarity, 6), earlier, relation.kind)
        if later not in nearest or _closer(found, nearest[later], signatures):
            nearest[later] = found

    members: dict[str, list[str]] = defaultdict(list)
    for article in signatures:
        members[root(article)].append(article)
    placed = []
    for group in members.values():
        head = group[0] if len(group) == 1 else min(group, key=lambda article: _order(signatures[article]))
        for article in group:
            similarity, earlier, kind = nearest.get(article, (0.0, "", ""))
            kind = "copy" if article != head else "update" if kind == "update" else "head"
            placement = Placement(article, head, kind, round(1 - similarity, 6), earlier)
            if before.get(article) != placement:
                placed.append(placement)
    return sorted(placed)


def _order(signature: Signature) -> tuple[bool, int, str]:
    """First report first; what has no time comes last."""
    return signature.time == NO_TIME, signature.time, signature.article


def _closer(found: tuple[float, str, str], kept: tuple[float, str, str], signatures: dict[str, Signature]) -> bool:
    """Whether found is more similar, or as similar and earlier. An article not given again counts as late."""
    orders = [_order(signatures[article]) if article in signatures else (True, 0, article) for article in (found[1], kept[1])]
    return (-found[0], orders[0]) < (-kept[0], orders[1])


def _pairs(signatures: dict[str, Signature], loose: set[str]) -> set[tuple[str, str]]:
    """Pairs that share a key, at least one of each loose; per key only neighbours in time."""
    # Nearly every key is of one article alone, and counted out at a third of what a list of its own costs.
    times = Counter(chain.from_iterable(signature.keys for signature in signatures.values()))
    several = {key for key, count in times.items() if count > 1}
    sharing: dict[int, list[tuple[tuple[bool, int, str], str]]] = defaultdict(list)
    for article, signature in signatures.items():
        for key in several.intersection(signature.keys):
            sharing[key].append((_order(signature), article))
    pairs = set()
    for group in sharing.values():
        group.sort()
        for i, (when, one) in enumerate(group):
            for earlier, other in group[max(0, i - _MAX_NEIGHBOURS) : i]:
                if (one in loose or other in loose) and (when[0] or when[1] - earlier[1] <= WINDOW_HOURS * 3600):
                    pairs.add((other, one) if other < one else (one, other))
    return pairs
