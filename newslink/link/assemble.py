"""What was found in one article → its links: mentions put together by company, listing chosen, role and relevance, corrections applied."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter, itemgetter

from newslink.link.classes import PLAIN, WORD, SurfaceClass, surface_lists
from newslink.link.corrections import Rulings
from newslink.link.found import ELSEWHERE, Found, log_odds
from newslink.link.judge import probability
from newslink.link.lexicon import Lexicon
from newslink.link.listing import Listings
from newslink.link.market import scene_market, side
from newslink.link.quick import (
    Sure,
    capped,
    credit_start,
    head_end,
    make_link,
    make_mention,
    quick_link,
    role_and_relevance,
    sort_links,
    step_of,
    voted,
)
from newslink.link.role import LEAD
from newslink.link.ruled import corrected
from newslink.link.text import name_key
from newslink.model import Annotation, Article, Kind, Link, Role

_FIELDS = ("title", "body")
_WORDLESS = frozenset(("board", "index", "glossary", "related"))
_INDEX = Kind.INDEX
_SUBJECT, _MENTION = Role.SUBJECT, Role.MENTION


class Assembler:
    """Puts mentions of an article together."""

    def __init__(self, lexicon: Lexicon, rulings: Rulings, listings: Listings) -> None:
        self._listings = listings
        self._universe = lexicon.universe
        self._rulings = rulings

    def links(self, article: Article, mentions: list[Found | Sure], day: int) -> tuple[Link, ...]:
        """mentions may be changed."""
        rulings = self._rulings
        if article.annotations:
            self._annotations(article, mentions, day)
        body = article.body
        credit = credit_start(body)
        head = head_end(body)
        groups: dict[str, list] = {}
        mixed: set[str] = set()
        heads: set[str] = set()  # companies of which a settled mention stands in the title
        for one in mentions:
            if type(one) is tuple:
                entity = one[0]
                if one[2] == 1:
                    if one[3] >= credit:
                        continue
                    if one[3] < head:
                        heads.add(entity)
                else:
                    heads.add(entity)
            else:
                if one.field == 1 and one.start >= credit:
                    continue
                entity = one.entity
                mixed.add(entity)
            group = groups.get(entity)
            if group is None:
                groups[entity] = [one]
            else:
                group.append(one)
        drafts = []
        companies = titled = 0
        for entity, group in groups.items():
            if entity in mixed:
                confidence, kept, in_title = _draft(group, head)
                company = confidence >= 0.5
            else:
                confidence, kept, company, in_title = -1.0, group, True, entity in heads
            if company:
                companies += 1
                titled += in_title
            drafts.append((confidence, kept, in_title))
        alternatives = self._listings.alternatives_on(day)
        links = [
            quick_link(article, kept, in_title, companies, titled, alternatives)
            if confidence < 0.0  # nothing but settled mentions
            else _link(article, confidence, kept, in_title, companies or 1, titled, alternatives)
            for confidence, kept, in_title in drafts
        ]
        if rulings.refused or article.id in rulings.added:
            links = corrected(article, links, rulings, self._universe)
        if len(links) > 1:
            sort_links(links)
        return tuple(links)

    def _annotations(self, article: Article, found: list[Found | Sure], day: int) -> None:
        """Put what the markup says to the mentions found."""
        related = [(a.field, a.start, a.end) for a in article.annotations if a.kind == "related"]
        for field, start, end in related:
            number = _FIELDS.index(field)
            for i, one in enumerate(found):
                if min(_field_of(one), 1) == number and start <= _start_of(one) < end:
                    one = found[i] = Found.of(one)
                    one.score -= 6.0
                    one.evidence = [*one.evidence, "- in a block of related articles"]
        at: dict[tuple[int, int], list[int]] | None = None  # where a mention begins → which it is
        for note in article.annotations:
            if note.security is None or note.kind in _WORDLESS:
                continue
            known = self._universe.security(note.security)
            if known is not None and known.kind is _INDEX:
                continue
            entity = known.entity if known is not None else note.security
            if note.kind == "tag":  # a feed's own tag is made by a dictionary: it helps where the words are there, and makes no link
                for one in found:
                    if type(one) is Found and one.entity == entity and one.weak:
                        one.score += 1.0
                        one.evidence = [*one.evidence, "+ the feed's tag"]
                continue
            if note.kind == "chart" or note.start == note.end:
                found.append(Found(entity, note.security, 2, note.start, note.end, 4.5, "chart", ["+ its chart"], listing_said=0))
                continue
            field = 1 if note.field == "body" else _FIELDS.index(note.field)
            if related and any(field == _FIELDS.index(f) and s <= note.start < e for f, s, e in related):
                continue
            if at is None:
                at = {}
                for i, one in enumerate(found):
                    at.setdefault((_field_of(one), _start_of(one)), []).append(i)
            self._inline(article, note, field, entity, at.get((field, note.start), ()), found)

    def _is_chance(self, article: Article, field: int, note: Annotation, home: str) -> bool:
        """Whether the publisher's Hong Kong code is its dictionary's chance: a share listed at home, and no word of Hong Kong beside it."""
        if side(home) != "A" or side(note.security or home) != "HK":
            return False
        text = article.body if field else article.title
        return scene_market(text, note.start, note.end, 0, len(text), "")[0] != "HK"

    def _inline(self, article: Article, note: Annotation, field: int, entity: str, here: Sequence[int], found: list[Found | Sure]) -> None:
        """here: the mentions that begin where the note does."""
        for i in here:
            one = found[i]
            if (one[0] if type(one) is tuple else one.entity) == entity:
                one = found[i] = Found.of(one)
                one.score += 3.0 if not one.weak else 1.6 if self._class_of(note.surface) is WORD else 2.2
                one.evidence = [*one.evidence, "+ publisher's markup"]
                if one.rule == "name_in_context":
                    one.rule = "annotation"  # the markup says more than the words around
                if not one.listing_said and one.security != note.security and not self._is_chance(article, field, note, one.security):
                    one.security = note.security
                return
        klass = self._class_of(note.surface)
        score = 3.2 if klass is PLAIN else -0.6 if klass is WORD else 1.5
        others = [Found.of(found[i]) for i in here]
        if any(o.entity != entity and o.score > 3 and o.end - o.start >= note.end - note.start for o in others):
            score -= 3.0
        found.append(Found(entity, note.security or "", field, note.start, note.end, score, "annotation", ["+ publisher's markup"]))

    def _class_of(self, surface: str) -> SurfaceClass:
        return surface_lists().classes.get(name_key(surface), PLAIN)


def _draft(group: list[Found | Sure], head: int) -> tuple[float, list[Found | Sure], bool]:
    """(confidence, mentions that count, whether one of them stands in the title)."""
    if len(group) == 1:
        one = group[0]
        return probability(one.score), group, one.field == 0 or (one.field == 1 and one.start < head)
    firm = best_weak = -9.0
    chart = False
    judged = []
    for one in group:
        if type(one) is tuple:
            firm = max(firm, log_odds(one[5]))
            continue
        judged.append(one)
        if one.weak:
            best_weak = max(best_weak, one.score)
        elif one.rule == "chart":
            chart = True
        else:
            firm = max(firm, one.score)
    if best_weak > -9.0 and (firm > 2.0 or best_weak > 3.0 or chart):
        for one in judged:
            if one.weak and not one.opposed:
                one.score += 2.4
                one.evidence = [*one.evidence, ELSEWHERE]
    group = _in_order(group)
    top = max(firm if len(judged) < len(group) else -9.0, *map(_score, judged)) if judged else firm
    kept = [one for one in group if type(one) is tuple or one.score >= 0.0] if top >= 0.0 else group
    first = kept[0]  # the title comes first, then the body from its beginning
    field = _field_of(first)
    return probability(top), kept, field == 0 or (field == 1 and _start_of(first) < head)


def _link(article: Article, confidence: float, kept: list[Found | Sure], in_title: bool, companies: int, titled: int, alternatives) -> Link:
    quoted = acting = party = wordless = 0
    first = None
    body = article.body
    mentions = []
    for one in kept:
        if type(one) is tuple:
            _, _, field, start, end, _, rule, evidence, is_quoted, _ = one
        else:
            field, start, end, rule, evidence, is_quoted = one.field, one.start, one.end, one.rule, tuple(one.evidence), one.quoted
            if field == 2:
                wordless += 1
                mentions.append(make_mention("markup", start, end, _chart_surface(article, one), rule, evidence))
                continue
            if one.acts or is_quoted is False:
                acting += 1
            if one.party:
                party += 1
        if is_quoted:
            quoted += 1
        if field:
            if first is None:  # they stand in the order of the text
                first = start
            mentions.append(make_mention("body", start, end, body[start:end], rule, evidence))
        else:
            mentions.append(make_mention("title", start, end, article.title[start:end], rule, evidence))
    count = len(mentions) - wordless
    step = step_of(first, len(body), in_title)
    lead = first is not None and first <= LEAD
    role, relevance = role_and_relevance(in_title, step, lead, count, companies, titled, quoted, acting)
    if role is _SUBJECT and not acting and 2 * party >= count > 0:
        role, relevance = _MENTION, min(relevance, 0.3)
    security = _listing_of(kept)
    return make_link(security, role, round(confidence, 4), relevance, capped(mentions), alternatives(security))


def _listing_of(kept: list[Found | Sure]) -> str:
    listings = [one[1] if type(one) is tuple else one.security for one in kept]
    if listings.count(listings[0]) == len(listings):
        return listings[0]
    found = map(Found.of, kept)
    return voted((f.security, 0.5 if f.field == 2 else 8.0 if f.listing_said == 2 else 2.0 if f.listing_said else 1.0) for f in found)


_score, _first = attrgetter("score"), itemgetter(0)


def _field_of(one: Found | Sure) -> int:
    return one[2] if type(one) is tuple else one.field


def _start_of(one: Found | Sure) -> int:
    return one[3] if type(one) is tuple else one.start


def _in_order(group: list[Found | Sure]) -> list[Found | Sure]:
    """Title, body, markup; there from left to right, of those that begin together the longer first."""
    keys = [(one[2], one[3], -one[4]) if type(one) is tuple else (one.field, one.start, -one.end) for one in group]
    ordered = sorted(keys)
    if ordered == keys:
        return group
    return [one for _, one in sorted(zip(keys, group, strict=True), key=_first)]


def _chart_surface(article: Article, one: Found) -> str:
    for note in article.annotations:
        if note.start == one.start and note.security == one.security:
            return note.surface
    return ""
