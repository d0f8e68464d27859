"""What people said about links → precision and recall of the machine, rule by rule, with how far the numbers can be trusted.

The machine is run again over the articles that people judged, knowing what they taught it about words but nothing they said of single
links: so the figures are those of the rules as they are today. A link counts under the rule of its first mention, as in the export.

- wrong: a link the machine makes and a person refused. right: a link it makes and a person confirmed or added.
- missing: a link that a person added and the machine does not make; it belongs to no rule.
- Of a muted word, one judgement: the machine without it, over articles that hold it, links by it under some rule; that rule was wrong once.

People look where something seems wrong, so the share of right ones among the judged is rather too low; and a link that nobody judged is not
known to be right. Both ends are given: among the judged (with Wilson's 95 % interval), and all links but those refused.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from newslink.link import RULES, Linker, Universe
from newslink.link.text import name_key
from newslink.model import Article, Link
from newslink.pipeline.corrected import as_published, corrected, times_of
from newslink.pipeline.corrections import articles_with, correction_counts, corrections
from newslink.pipeline.linking import linker_of, universe_of
from newslink.pipeline.statements import OF_LINKS, Kind, Statement
from newslink.settings import Settings
from newslink.store import Store, open_store

LINKED = 0.5
FEW = 30  # judgements below which a share says little
LOOKED = 50  # articles looked at for a muted word
NONE = "none"
_Z = 1.959964  # the normal's 97.5th percentile


@dataclass(frozen=True, slots=True)
class Share:
    """part of whole, with Wilson's 95 % interval (Wilson 1927); value, low and high are None where nothing was judged."""

    part: int
    whole: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class RuleScore:
    """links: held in the store now under the rule. judged = right + wrong. at_most: share of links not refused, None without links.

    share_of_right: of all links known to be right, missing ones included, those this rule found: what would be lost without it.
    """

    rule: str
    links: int
    right: int
    wrong: int
    precision: Share
    at_most: float | None
    share_of_right: Share
    words: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """rules: most links first, those never used left out. missing: under ``none``; candidates: of those, found with too little confidence.

    settled: refused links that the machine does not make any more. corrections: kind → holding and retracted.
    """

    rules: tuple[RuleScore, ...]
    judged: int
    right: int
    wrong: int
    missing: int
    candidates: int
    settled: int
    precision: Share
    recall: Share
    words: str
    corrections: dict[str, dict[str, int]]


def share(part: int, whole: int) -> Share:
    if not whole:
        return Share(part, whole)
    p, z2 = part / whole, _Z * _Z
    middle = (p + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _Z / (1 + z2 / whole) * math.sqrt(p * (1 - p) / whole + z2 / (4 * whole * whole))
    return Share(part, whole, p, max(middle - half, 0.0), min(middle + half, 1.0))


def evaluate(settings: Settings, store_url: str | None = None) -> Evaluation:
    """Of everything people have said that holds."""
    with open_store(store_url or settings.store_url) as store:
        said = corrections(store)
        universe = universe_of(store)
        links = store.rule_counts()
        right, wrong, met = Counter(), Counter(), Counter()
        machine = linker_of(store, settings.home, links=False)
        judged = verdicts(said)
        for (id, security), good in judged.items():
            article = _article(store, id, said)
            if article is None:
                continue
            link = _naming(machine.link(article), security, universe)
            made = link is not None and link.confidence >= LINKED
            if made:
                (right if good else wrong)[_rule(link)] += 1
            elif good:
                met["missing"] += 1
                met["candidates"] += link is not None
            else:
                met["settled"] += 1
        wrong.update(_muted(store, settings, said))
        return _evaluation(links, right, wrong, met, correction_counts(store))


def verdicts(said: Iterable[Statement]) -> dict[tuple[str, str], bool]:
    """(article, security) → whether the link is right, by the last word on it. said: in the order in which it was said."""
    out: dict[tuple[str, str], bool] = {}
    for one in said:
        if one.kind in OF_LINKS:
            out.pop((one.article, one.security), None)
            out[one.article, one.security] = one.kind is not Kind.NOT_THIS_LINK
            if one.security_to:
                out[one.article, one.security_to] = True
    return out


def _article(store: Store, id: str, said: list[Statement]) -> Article | None:
    entry = store.article(id)
    return corrected(as_published(entry.article), times_of(said)) if entry else None


def _naming(links: Iterable[Link], security: str, universe: Universe) -> Link | None:
    """The link to the security, else to another listing of its company."""
    entity = universe.entity_of(security)
    mine = [link for link in links if universe.entity_of(link.security) == entity]
    return next((link for link in mine if link.security == security), mine[0] if mine else None)


def _rule(link: Link) -> str:
    mention = link.strongest
    return mention.rule if mention is not None else NONE


def _muted(store: Store, settings: Settings, said: list[Statement]) -> Counter:
    """rule → muted words it had been wrong about."""
    words = [one for one in said if one.kind is Kind.MUTE_WORD]
    wrong: Counter[str] = Counter()
    if not words:
        return wrong
    untaught = Linker(universe_of(store), (), Path(settings.home) / "cache")
    for one in words:
        entries = store.articles_by_id(articles_with(store, one.surface)[:LOOKED]).values()
        entity = universe_of(store).entity_of(one.security) if one.security else ""
        rules: Counter[str] = Counter()
        for links in untaught.link_many([entry.article for entry in entries]):
            for link in links:
                if link.confidence >= LINKED and (not entity or universe_of(store).entity_of(link.security) == entity):
                    rules.update({m.rule for m in link.mentions if name_key(m.surface) == name_key(one.surface)})
        if rules:
            wrong[rules.most_common(1)[0][0]] += 1
    return wrong


def _evaluation(links: dict[str, int], right: Counter, wrong: Counter, met: Counter, said: dict[str, dict[str, int]]) -> Evaluation:
    good, bad, missing = sum(right.values()), sum(wrong.values()), met["missing"]
    rules = {*links, *right, *wrong} - {""}
    scores = []
    for rule in sorted(rules, key=lambda rule: (-links.get(rule, 0), rule)):
        n = links.get(rule, 0)
        precision = share(right[rule], right[rule] + wrong[rule])
        # Refused links are no links any more, so they are added to what the rule once made.
        at_most = n / (n + wrong[rule]) if n + wrong[rule] else None
        found = share(right[rule], good + missing)
        scores.append(RuleScore(rule, n, right[rule], wrong[rule], precision, at_most, found, _words(right[rule], wrong[rule])))
    words = _words(good, bad)
    if missing + good < FEW:
        words += f" Recall rests on {good + missing} links known to be right."
    return Evaluation(
        tuple(scores), good + bad + missing, good, bad, missing, met["candidates"], met["settled"],
        share(good, good + bad), share(good, good + missing), words, said,
    )  # fmt: skip


def _words(right: int, wrong: int) -> str:
    judged = right + wrong
    if not judged:
        return "Nobody has judged a link: nothing can be said."
    if judged < FEW:
        return f"Only {judged} judged: too few to trust the share; judge at least {FEW}, taken at random."
    if not right:
        return f"{judged} judged, all of them refused: confirm right links too, or the share says nothing."
    return f"{judged} judged. People look where something seems wrong, so the share is rather too low."


def described(rule: str) -> str:
    """A rule in words."""
    return RULES.get(rule, rule)
