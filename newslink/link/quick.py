"""Articles in which nothing is in doubt → links, with as little work as that takes: what ``assemble`` gives for the same mentions.

Most news is of this kind: every company by a plain name or its code, no markup, no correction. The rest takes the long way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter

from newslink.link.role import LEAD, relevance_of, role_of
from newslink.making import maker
from newslink.model import Article, Link, Mention, Role

MOST_MENTIONS = 200
_CREDITS = ("文章来源", "(来源:", "（来源：", "（来源:")
_CREDIT_END = re.compile(r"[)）]\s*(.*)\Z", re.DOTALL)
_EDITOR = 12
_STEPS = 50

# One settled mention: (entity, security, field, start, end, confidence, rule, evidence, quoted, listing said). field 0 title, 1 body.
Sure = tuple[str, str, int, int, int, float, str, tuple[str, ...], bool, bool]


def head_end(body: str) -> int:
    """End of a headline printed in the body (【…】 at its start); 0 when there is none."""
    return max(0, body.find("】", 1, 200)) if body[:1] == "【" else 0


def credit_start(body: str) -> int:
    """Where the source credit at the end of a body begins; its length when there is none."""
    if "来源" not in body[-120:]:
        return len(body)
    found = max(body.rfind(w) for w in _CREDITS)
    if found < 0 or len(body) - found >= 120:
        return len(body)
    behind = _CREDIT_END.search(body, found)
    # Behind a credit stands an editor at most; where a text goes on, the credit stood at its head.
    return len(body) if behind and len(behind[1]) > _EDITOR and "编辑" not in behind[1] else found


make_mention, make_link = maker(Mention), maker(Link)


@lru_cache(maxsize=65536)
def role_and_relevance(
    in_title: bool, step: int, lead: bool, count: int, companies: int, titled: int, quoted: int, acting: int
) -> tuple[Role, float]:
    """step: position of the first mention in fiftieths of the body."""
    role = role_of(in_title, lead, count, companies, quoted, acting, count)
    return role, relevance_of(role, in_title, step / _STEPS, count, companies, titled)


def step_of(first: int | None, length: int, in_title: bool) -> int:
    """Position of the first mention in the body in fiftieths; without one the beginning for a title, else past the middle."""
    if first is None:
        return 0 if in_title else 30
    return first * _STEPS // length if length else 0


def quick_links(article: Article, sure: list[Sure], alternatives: Callable[[str], tuple[str, ...]]) -> tuple[Link, ...]:
    """alternatives: security → the company's other listings on the day."""
    body = article.body
    size = len(body)
    head = body.find("】", 1, 200) if body[:1] == "【" else 0
    credit = size if "来源" not in body[-120:] else credit_start(body)
    if len(sure) == 1:
        _, security, field, start, end, confidence, rule, evidence, quoted, _ = sure[0]
        if field:
            if start >= credit:
                return ()
            in_title = start < head
            role, relevance = role_and_relevance(in_title, start * _STEPS // size, start <= LEAD, 1, 1, in_title, quoted, 0)
            mention = make_mention("body", start, end, body[start:end], rule, evidence)
        else:
            role, relevance = role_and_relevance(True, 0, False, 1, 1, 1, quoted, 0)
            mention = make_mention("title", start, end, article.title[start:end], rule, evidence)
        return (make_link(security, role, confidence, relevance, (mention,), alternatives(security)),)
    groups: dict[str, list[Sure]] = {}
    titled: set[str] = set()
    for one in sure:
        if one[2]:
            if one[3] >= credit:
                continue
            if one[3] < head:
                titled.add(one[0])
        else:
            titled.add(one[0])
        group = groups.get(one[0])
        if group is None:
            groups[one[0]] = [one]
        else:
            group.append(one)
    companies = len(groups)
    count = len(titled)
    links = [quick_link(article, group, entity in titled, companies, count, alternatives) for entity, group in groups.items()]
    if companies > 1:
        sort_links(links)
    return tuple(links)


def quick_link(article: Article, group: list[Sure], in_title: bool, companies: int, titled: int, alternatives) -> Link:
    body = article.body
    count = len(group)
    first = None
    quoted = 0
    if count == 1:
        _, security, field, start, end, confidence, rule, evidence, quotes, _ = group[0]
        if field:
            first = start
            mention = make_mention("body", start, end, body[start:end], rule, evidence)
        else:
            mention = make_mention("title", start, end, article.title[start:end], rule, evidence)
        quoted = 1 if quotes else 0
        mentions: tuple[Mention, ...] = (mention,)
    else:
        group.sort(key=_position)
        security = group[0][1]
        confidence = 0.0
        several = False
        listed = []
        for _, listing, field, start, end, sure_of, rule, evidence, quotes, _ in group:
            if field:
                if first is None:
                    first = start
                listed.append(make_mention("body", start, end, body[start:end], rule, evidence))
            else:
                listed.append(make_mention("title", start, end, article.title[start:end], rule, evidence))
            if quotes:
                quoted += 1
            if sure_of > confidence:
                confidence = sure_of
            if listing != security:
                several = True
        if several:
            security = voted((one[1], 8.0 if one[9] and one[6] != "name" else 2.0 if one[9] else 1.0) for one in group)
        mentions = capped(listed)
    step = step_of(first, len(body), in_title)
    role, relevance = role_and_relevance(in_title, step, first is not None and first <= LEAD, count, companies, titled, quoted, 0)
    return make_link(security, role, confidence, relevance, mentions, alternatives(security))


def sort_links(links: list[Link]) -> None:
    """In place: links before candidates (confidence below 0.5), then by relevance, confidence, security."""
    links.sort(key=_by_security)
    links.sort(key=_by_standing, reverse=True)  # stays in the order of securities where equal
    if any(link.confidence < 0.5 for link in links):
        links.sort(key=_is_candidate)


def voted(votes) -> str:
    """The listing with most weight of (security, weight)."""
    total: dict[str, float] = {}
    for security, weight in votes:
        total[security] = total.get(security, 0.0) + weight
    return max(total, key=lambda s: (total[s], s)) if len(total) > 1 else next(iter(total))


def capped(mentions: list[Mention]) -> tuple[Mention, ...]:
    """At most MOST_MENTIONS; the last says how many more there were."""
    if len(mentions) <= MOST_MENTIONS:
        return tuple(mentions)
    last = mentions[MOST_MENTIONS - 1]
    more = f"+ {len(mentions) - MOST_MENTIONS} more mentions"
    kept = mentions[: MOST_MENTIONS - 1]
    kept.append(Mention(last.field, last.start, last.end, last.surface, last.rule, (*last.evidence, more)))
    return tuple(kept)


def _position(one: Sure) -> tuple[int, int, int]:
    return one[2], one[3], -one[4]


_by_security, _by_standing = attrgetter("security"), attrgetter("relevance", "confidence")


def _is_candidate(link: Link) -> bool:
    return link.confidence < 0.5
