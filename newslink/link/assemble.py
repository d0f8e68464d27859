"""What was found in one article → its links: mentions put together by company, listing chosen, role and relevance, corrections applied."""

from __future__ import annotations

from dataclasses import dataclass

from newslink.link import cues
from newslink.link.classes import SurfaceClass
from newslink.link.corrections import Rulings
from newslink.link.find import Code
from newslink.link.judge import _WEAK, Verdict, probability
from newslink.link.lexicon import LAST, PRE_IPO, Lexicon
from newslink.link.market import alive, choose, scene_market, side
from newslink.link.role import LEAD, relevance_of, role_of
from newslink.link.text import Haystack
from newslink.link.universe import Universe
from newslink.model import Annotation, Article, Kind, Link, Mention, Role

MOST_MENTIONS = 200
_INLINE = frozenset(("inline", "repeat"))
_FIELDS = ("title", "body")
_CREDITS = ("文章来源", "(来源:", "（来源：")


@dataclass(slots=True)
class Found:
    """One mention on its way: field 0 title, 1 body, 2 markup; start, end in that field's original text; score in log odds.

    listing_said: the words or markup say which listing is meant. weak: the surface needs evidence, so other mentions of the company may help it.
    """

    entity: str
    security: str
    field: int
    start: int
    end: int
    score: float
    rule: str
    evidence: tuple[str, ...] | list[str]
    quoted: bool | None = None
    acts: bool = False
    listing_said: int = 0
    weak: bool = False
    opposed: bool = False

    @classmethod
    def of_code(cls, universe: Universe, code: Code, place: int, start: int, end: int, day: int) -> Found:
        score, evidence = (5.0, ["+ code"]) if code.sure else (1.6 if code.rule == "ticker_in_brackets" else 1.0, ["+ ticker"])
        known = universe.security(code.security)
        if known is not None and known.listed and known.listed.toordinal() - PRE_IPO > day:
            score, evidence = -3.0, [*evidence, "- not listed on that day"]
        security = code.security
        entity = universe.entity_of(security)
        offset = 0
        return cls(entity, security, place & 1, start - offset, end - offset, score, code.rule, evidence, listing_said=2 if code.sure else 1)


class Assembler:
    """Puts mentions of an article together."""

    def __init__(self, lexicon: Lexicon, rulings: Rulings) -> None:
        self._lexicon = lexicon
        self._universe = lexicon.universe
        self._rulings = rulings

    def found(
        self, hay: Haystack, verdict: Verdict, pattern: int, start: int, end: int, field: int, first: int, last: int, day: int,
        codes: dict[int, Code], spaced: bool, foreign: bool, low: int, high: int,
    ) -> Found:  # fmt: skip
        """A judged match as a mention: code beside it, blanks inside it, listing in this place."""
        lexicon, owner = self._lexicon, verdict.owner
        score, evidence = verdict.score, verdict.evidence
        owners = lexicon.owners[pattern]
        klass = SurfaceClass(int(lexicon.klass[pattern]))
        rule = "name" if klass is SurfaceClass.PLAIN and score > 2.5 else "name_in_context"
        opposed = any(e.startswith("- ") for e in evidence[-2:])
        security, said = None, 0
        code = codes.get(end + 1) if hay.text[end : end + 1] in "( :" else None
        if code is not None and code.sure:
            entity = self._universe.entity_of(code.security)
            if entity == owner.entity or any(o.entity == entity for o in owners):
                tail = hay.text[code.end + 1 : code.end + 8]
                wrong = klass is not SurfaceClass.PLAIN and any(c.pattern.match(tail) for c in cues.AGAINST_AFTER[1:4])
                score, rule = (max(score, 0) - 1.0 if wrong else max(score, 0.0) + 6.0), "name_code"
                evidence.append("- goes on behind its code" if wrong else "+ its code behind it")
                return Found(entity, code.security, field, first, last, score, rule, evidence, verdict.quoted, verdict.acts, 2)
            score -= 8.0
            evidence.append("- code of another company behind it")
        elif hay.text[start - 6 : start] == owner.security[:6] and start - 6 >= low:
            score, rule = score + 4.0, "name_code"
            evidence.append("+ its code before it")
        if spaced and not self._is_spaced_name(hay, start, end, low, high):
            score -= 6.0
            evidence.append("- blank inside")
        if len(self._universe.listings_of(owner.entity)) > 1 or len(owners) > 1:
            market = None
            if foreign:
                head = hay.text[low : low + 60] if field else hay.text[low:high]
                market, where = scene_market(hay.text, start, end, low, high, head)
                if market:
                    evidence.append(f"+ {market} {where}")
                    said = 1 if where == "sentence" else 0
            if market and not any(side(o.security) == market for o in owners if o.entity == owner.entity):
                other = [o for o in owners if side(o.security) == market and o.entity != owner.entity and o.first <= day <= o.last]
                if other:
                    owner = other[0]
            security = choose(lexicon, owners, owner, day, market)
        if security is None:
            security = owner.security
        return Found(owner.entity, security, field, first, last, score, rule, evidence, verdict.quoted, verdict.acts, said, klass in _WEAK, opposed)

    def _is_spaced_name(self, hay: Haystack, start: int, end: int, low: int, high: int) -> bool:
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

    def links(self, article: Article, hay: Haystack, index: int, found: list[Found], day: int) -> tuple[Link, ...]:
        added = self._rulings.added.get(article.id)
        if not found and not article.annotations and not added:
            return ()
        base = (int(hay.starts[2 * index]), int(hay.starts[2 * index + 1]))
        for one in found:
            if one.rule in _CODE_RULES:
                one.start -= base[one.field]
                one.end -= base[one.field]
        if article.annotations:
            self._annotations(article, found, day)
        credit = max((article.body.rfind(w) for w in _CREDITS), default=-1) if found else -1
        if credit >= 0 and len(article.body) - credit < 120:
            found = [f for f in found if not (f.field == 1 and f.start >= credit)]
        groups: dict[str, list[Found]] = {}
        for one in found:
            groups.setdefault(one.entity, []).append(one)
        head = _head_end(article)
        drafts = [self._draft(article, entity, group, head) for entity, group in groups.items()]
        companies = sum(1 for d in drafts if d[1] >= 0.5)
        titled = sum(1 for d in drafts if d[1] >= 0.5 and d[3])
        links = [self._link(article, draft, companies, titled, day) for draft in drafts]
        if added or self._rulings.refused:
            links = self._corrected(article, links, added or ())
        if len(links) > 1:
            links.sort(key=lambda k: (k.confidence < 0.5, -k.relevance, -k.confidence, k.security))
        return tuple(links)

    def _annotations(self, article: Article, found: list[Found], day: int) -> None:
        related = [(a.field, a.start, a.end) for a in article.annotations if a.kind == "related"]
        for field, start, end in related:
            for one in found:
                if _FIELDS[min(one.field, 1)] == field and start <= one.start < end:
                    one.score -= 6.0
                    one.evidence = [*one.evidence, "- in a block of related articles"]
        at: dict[tuple[int, int], list[Found]] = {}
        for one in found:
            at.setdefault((one.field, one.start), []).append(one)
        for note in article.annotations:
            if note.security is None or note.kind in ("board", "index", "glossary", "related"):
                continue
            known = self._universe.security(note.security)
            if known is not None and known.kind is Kind.INDEX:
                continue
            entity = self._universe.entity_of(note.security)
            if note.kind == "chart" or note.start == note.end:
                found.append(Found(entity, note.security, 2, note.start, note.end, 4.5, "chart", ["+ its chart"], listing_said=0))
                continue
            field = _FIELDS.index(note.field)
            if any(field == _FIELDS.index(f) and s <= note.start < e for f, s, e in related):
                continue
            self._inline(note, field, entity, at.get((field, note.start), ()), found)

    def _inline(self, note: Annotation, field: int, entity: str, here, found: list[Found]) -> None:
        for one in here:
            if one.entity == entity:
                one.score += 2.0 if one.weak else 3.0
                one.evidence = [*one.evidence, "+ publisher's markup"]
                if not one.listing_said and one.security != note.security:
                    one.security = note.security
                return
        klass = self._class_of(note.surface)
        score = 3.2 if klass is SurfaceClass.PLAIN else -0.6 if klass is SurfaceClass.WORD else 1.5
        if any(o.entity != entity and o.score > 3 and o.end - o.start >= note.end - note.start for o in here):
            score -= 3.0
        found.append(Found(entity, note.security or "", field, note.start, note.end, score, "annotation", ["+ publisher's markup"]))

    def _class_of(self, surface: str) -> SurfaceClass:
        from newslink.link.classes import surface_lists
        from newslink.link.text import name_key

        return surface_lists().classes.get(name_key(surface), SurfaceClass.PLAIN)

    def _draft(self, article: Article, entity: str, group: list[Found], head: int) -> tuple:
        """(mentions, confidence, group, in title, first position, quoted, acting)."""
        if len(group) > 1:
            firm = max((f.score for f in group if not f.weak and f.rule != "chart"), default=-9.0)
            chart = any(f.rule == "chart" for f in group)
            best_weak = max((f.score for f in group if f.weak), default=-9.0)
            for one in group:
                if one.weak and not one.opposed:
                    if firm > 2.0 or best_weak > 3.0 or chart:
                        one.score += 2.4
                        one.evidence = [*one.evidence, "+ named for sure elsewhere in the article"]
            group.sort(key=lambda f: (f.field == 2, f.field, f.start, -f.end))
        top = max(f.score for f in group)
        confidence = probability(top)
        kept = [f for f in group if f.score >= 0.0] if top >= 0.0 else group
        title = any(f.field == 0 or (f.field == 1 and f.start < head) for f in kept)
        return entity, confidence, kept, title

    def _link(self, article: Article, draft: tuple, companies: int, titled: int, day: int) -> Link:
        entity, confidence, kept, in_title = draft
        worded = [f for f in kept if f.field != 2]
        count = len(worded)
        quoted = sum(1 for f in worded if f.quoted)
        acting = sum(1 for f in worded if f.acts or f.quoted is False)
        body = [f.start for f in worded if f.field == 1]
        first = 0.0 if in_title and not body else (min(body) / max(1, len(article.body)) if body else 0.6)
        lead = bool(body) and min(body) <= LEAD
        role = role_of(in_title, lead, count, max(companies, 1), quoted, acting, count)
        security = self._listing(kept, day)
        alternatives = tuple(s for s in self._universe.listings_of(entity) if s != security and alive(self._lexicon, s, day))
        mentions = []
        for one in kept[:MOST_MENTIONS]:
            if one.field == 2:
                mentions.append(Mention("markup", one.start, one.end, _chart_surface(article, one), one.rule, tuple(one.evidence)))
            else:
                text = article.title if one.field == 0 else article.body
                mentions.append(Mention(_FIELDS[one.field], one.start, one.end, text[one.start : one.end], one.rule, tuple(one.evidence)))
        if len(kept) > MOST_MENTIONS:
            last = mentions[-1]
            more = f"+ {len(kept) - MOST_MENTIONS} more mentions"
            mentions[-1] = Mention(last.field, last.start, last.end, last.surface, last.rule, (*last.evidence, more))
        relevance = relevance_of(role, in_title, first, count, max(companies, 1), titled)
        return Link(security, role, round(confidence, 4), relevance, tuple(mentions), alternatives)

    def _listing(self, kept: list[Found], day: int) -> str:
        if len(kept) == 1:
            return kept[0].security
        votes: dict[str, float] = {}
        for one in kept:
            weight = (8.0 if one.listing_said == 2 else 2.0 if one.listing_said else 1.0) if one.field != 2 else 0.5
            votes[one.security] = votes.get(one.security, 0.0) + weight
        return max(votes, key=lambda s: (votes[s], s))

    def _corrected(self, article: Article, links: list[Link], added) -> list[Link]:
        refused = self._rulings.refused
        if refused:
            kept = []
            for link in links:
                ruling = refused.get((article.id, link.security))
                if ruling is None:
                    for other in link.alternatives:
                        ruling = ruling or refused.get((article.id, other))
                if ruling is None:
                    kept.append(link)
                    continue
                mentions = tuple(Mention(m.field, m.start, m.end, m.surface, "correction", (*m.evidence, _said("-", ruling))) for m in link.mentions)
                kept.append(Link(link.security, link.role, 0.0, link.relevance, mentions, link.alternatives))
            links = kept
        for ruling in added:
            entity = self._universe.entity_of(ruling.security)
            mine = [k for k in links if self._universe.entity_of(k.security) == entity]
            note = Mention("markup", 0, 0, "", "correction", (_said("+", ruling),))
            if mine:
                old = mine[0]
                rest = tuple(s for s in (old.security, *old.alternatives) if s != ruling.security)
                links[links.index(old)] = Link(ruling.security, old.role, 1.0, max(old.relevance, 0.3), (*old.mentions, note), rest)
            else:
                rest = tuple(s for s in self._universe.listings_of(entity) if s != ruling.security)
                links.append(Link(ruling.security, Role.MENTION, 1.0, 0.5, (note,), rest))
        return links


def _said(sign: str, ruling) -> str:
    when = f" {ruling.when:%Y-%m-%d %H:%M}" if ruling.when else ""
    return f"{sign} said by {ruling.who or 'a person'}{when}"


def _head_end(article: Article) -> int:
    """End of a headline printed in the body (【…】 at its start); 0 when there is none."""
    body = article.body
    if body[:1] == "【":
        return max(0, body.find("】", 1, 200))
    return 0


def _chart_surface(article: Article, one: Found) -> str:
    for note in article.annotations:
        if note.start == one.start and note.security == one.security:
            return note.surface
    return ""


_CODE_RULES = frozenset(("code", "code_said", "code_in_brackets", "cashtag", "ticker_in_brackets", "bare_ticker"))
_ = LAST
