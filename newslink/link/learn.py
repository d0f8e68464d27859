"""Stored articles → names they use for a security that the universe does not know: proposals a person confirms or strikes out.

Two kinds of statement are believed: a name with its code behind it, 万福生科(300268), and the publisher's own markup. Neither once:
publishers match words and err. Quote lists print names cut to four characters or with XD, XR, DR, N or C before them; nothing is
learnt from those.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from pathlib import Path

from newslink.errors import UnknownSecurity
from newslink.link.codes import parse_security_id
from newslink.link.entities import stem
from newslink.link.universe import Universe
from newslink.link.windows import QUOTE_MARK, holds, text_key
from newslink.model import Article, Name, NameKind

BEIJING = timezone(timedelta(hours=8))
LEAST_COUNT, LEAST_ARTICLES = 3, 2
STILL_USED = timedelta(days=180)  # a name seen this long before the newest article is still in use
EXAMPLES = 3
_LONGEST = 24
_WORD = r"一-鿿A-Za-z0-9*＊·・&\-－Ａ-Ｚ"
_PAIR = re.compile(
    rf"([{_WORD}]{{2,{_LONGEST}}})\s?[（(](?:股票|证券)?(?:代码)?[:：]?\s?"
    r"((?:SH|SZ|BJ|HK|sh|sz|bj|hk)?\d{5,6}(?:\.(?:SH|SZ|BJ|HK|SS|sh|sz|hk))?|0\d{3,4}\.HK|(?:NYSE|NASDAQ)[:：]\s?[A-Z]{1,5}|[A-Z]{1,5}\.US)\s?[)）]"
)
_LEGAL = re.compile(r"公司\Z")
_CHINESE = re.compile(r"[一-鿿]")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A name to be confirmed. first and last: days of its first and last use, in Beijing.

    count: uses. articles: different articles. examples: ids of some. rivals: securities of other companies known by the name.
    """

    security: str
    text: str
    kind: NameKind
    first: date
    last: date
    still_used: bool
    count: int
    articles: int
    examples: tuple[str, ...]
    rivals: tuple[str, ...] = ()


@dataclass(slots=True)
class _Uses:
    count: int = 0
    bounded: int = 0  # uses at whose left edge a new word surely begins
    paired: int = 0  # uses before a code, the others being markup
    bodies: dict[int, str] = field(default_factory=dict)  # text of the article → its id: copies count once
    first: date = date.max
    last: date = date.min


def propose(
    articles: Iterable[Article],
    universe: Universe,
    refused: Collection[tuple[str, str]] = (),
    least_count: int = LEAST_COUNT,
    least_articles: int = LEAST_ARTICLES,
) -> list[Proposal]:
    """Names used at least least_count times in least_articles different articles, most used first. Undated articles are passed over.

    refused: (security, name) pairs a person has struck out; they are not proposed again.
    """
    uses: dict[tuple[str, str], _Uses] = defaultdict(_Uses)
    newest = date.min
    for article in articles:
        if article.published is None:
            continue
        day = article.published.astimezone(BEIJING).date()
        newest = max(newest, day)
        body = hash((article.title, article.body))
        for security, text, bounded, paired in _statements(article):
            if universe.security(security) is None:
                continue
            use = uses[security, text]
            if body in use.bodies and use.bodies[body] != article.id:
                continue  # a copy says nothing new
            use.count += 1
            use.bounded += bounded
            use.paired += paired
            use.bodies.setdefault(body, article.id)
            use.first, use.last = min(use.first, day), max(use.last, day)
    owners: dict[str, Counter[str]] = defaultdict(Counter)
    for (security, text), use in uses.items():
        owners[text][universe.entity_of(security)] += use.count
    known = _known(universe)
    struck = {(security, text_key(text)) for security, text in refused}
    found = []
    for (security, text), use in _whole(uses, least_count, least_articles):
        entity = universe.entity_of(security)
        if (security, text) in struck or _is_known(known.get(text, ()), entity, use) or _is_mangled(universe, security, text):
            continue
        if owners[text][entity] < 0.9 * sum(owners[text].values()):
            continue  # the same words stand before several companies' codes
        still = newest - use.last <= STILL_USED
        kind = NameKind.FULL if _LEGAL.search(text) else NameKind.SHORT if use.paired else NameKind.NICKNAME
        rivals = sorted({n.security for owner, n in known.get(text, ()) if owner != entity})
        examples = tuple(sorted(use.bodies.values())[:EXAMPLES])
        found.append(Proposal(security, text, kind, use.first, use.last, still, use.count, len(use.bodies), examples, tuple(rivals)))
    return sorted(found, key=lambda p: (-p.count, p.security, p.text))


def _statements(article: Article) -> Iterator[tuple[str, str, bool, bool]]:
    """(security, name as one key, does a word surely begin there, is it a pair); of a pair every possible left edge."""
    for text in (article.title, article.body):
        for match in _PAIR.finditer(text):
            security = _code(match[2])
            if security is None:
                continue
            before = text_key(match[1])
            edge = len(before) < _LONGEST
            for start in range(max(0, len(before) - 20), len(before) - 1):
                name = before[start:]
                if _may_be_name(name):
                    yield security, name, edge and start == 0, True
    for mark in article.annotations:
        name = text_key(mark.surface)
        if mark.security and mark.kind in {"inline", "repeat"} and mark.end > mark.start and _may_be_name(name):
            yield mark.security, name, True, False


def _code(text: str) -> str | None:
    code = re.sub(r"\s", "", text).replace("：", ":")
    if code.isdigit() and len(code) == 5 and not code.startswith("0"):
        return None  # five digits in brackets are a count as often as a Hong Kong code
    try:
        return parse_security_id(code)
    except UnknownSecurity:
        return None


def _may_be_name(name: str) -> bool:
    return len(name) >= 2 and bool(_CHINESE.search(name)) and not QUOTE_MARK.match(name) and not name[0].isdigit()


def _whole(uses: dict[tuple[str, str], _Uses], least_count: int, least_articles: int) -> Iterator[tuple[tuple[str, str], _Uses]]:
    """Of the possible left edges of a name the one at which a word most often surely begins: 万福生科, not 公司万福生科 or 福生科."""
    by_security: dict[str, list[tuple[str, _Uses]]] = defaultdict(list)
    for (security, text), use in uses.items():
        if use.count >= least_count and len(use.bodies) >= least_articles and use.bounded:
            by_security[security].append((text, use))
    for security, rows in by_security.items():
        rows.sort(key=lambda row: (-row[1].bounded, -len(row[0])))
        taken: list[str] = []
        for text, use in rows:
            longer = any(text.endswith(other) for other in taken)
            shorter = any(other.endswith(text) for other in taken)
            if not longer and not (shorter and use.bounded < least_count):
                taken.append(text)
                yield (security, text), use


def _known(universe: Universe) -> dict[str, list[tuple[str, Name]]]:
    known: dict[str, list[tuple[str, Name]]] = defaultdict(list)
    for name in universe.names:
        for key in {text_key(name.text), stem(name.text)}:
            known[key].append((universe.entity_of(name.security), name))
    return known


def _is_known(names: Iterable[tuple[str, Name]], entity: str, use: _Uses) -> bool:
    """Known for the company on the first or the last day of use."""
    return any(owner == entity and (holds(name, use.first) or holds(name, use.last)) for owner, name in names)


def _is_mangled(universe: Universe, security: str, text: str) -> bool:
    """A known short name with something before it (将宁德时代) or without its last character or two (中直股 for 中直股份)."""
    for name in universe.names_of(security):
        whole = text_key(name.text)
        if len(text) > len(whole) > 2 and text.endswith(whole):
            return True
        if name.kind in (NameKind.SHORT, NameKind.FORMER) and whole != text and whole.startswith(text) and stem(whole) != text:
            return len(whole) - len(text) <= 2
    return False


def write_proposals(path: str | Path, proposals: Iterable[Proposal]) -> int:
    """A file for ``universe import`` with remarks behind the five columns; a person deletes wrong rows. Returns the rows written."""
    lines = ["security\tname\tkind\tvalid_from\tvalid_to\tcount\tarticles\texamples\talso"]
    for p in proposals:
        end = "" if p.still_used else str(p.last)
        examples, rivals = " ".join(p.examples), " ".join(p.rivals)
        lines.append(f"{p.security}\t{p.text}\t{p.kind.value}\t{p.first}\t{end}\t{p.count}\t{p.articles}\t{examples}\t{rivals}")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 1
