"""The things that cross borders: article → mention → link → event. Frozen, slotted, no behaviour beyond their own meaning.

Offsets are code points into the plain text of the named field, end exclusive: ``text[start:end] == surface`` as printed.
Times are aware; a naive time is never stored. Securities are named ``600519.SH``, ``000001.SZ``, ``920799.BJ``, ``00700.HK``, ``NIO.US``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

SECURITY_ID = re.compile(r"(?:\d{6}\.(?:SH|SZ|BJ)|\d{5}\.HK|HS[A-Z]{1,5}\.HK|[A-Z][A-Z0-9]{0,9}(?:[-_.][A-Z]{1,3})?\.US)\Z")
MARKETS = ("SH", "SZ", "BJ", "HK", "US")
CURRENCIES = {"SH": "CNY", "SZ": "CNY", "BJ": "CNY", "HK": "HKD", "US": "USD"}


def market_of(security: str) -> str:
    """``SH``, ``SZ``, ``BJ``, ``HK`` or ``US``: the part behind the last full stop."""
    return security.rpartition(".")[2]


class Precision(StrEnum):
    """How exactly the publication time is known."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    NONE = "none"


class Kind(StrEnum):
    """What a security is. Only stocks and funds are linked; indices serve as benchmarks."""

    STOCK = "stock"
    FUND = "fund"
    INDEX = "index"


class NameKind(StrEnum):
    SHORT = "short"
    FULL = "full"
    ENGLISH = "english"
    NICKNAME = "nickname"
    FORMER = "former"


class Role(StrEnum):
    """What the company does in the article: it is about it, names it, quotes it, or lists it among many."""

    SUBJECT = "subject"
    MENTION = "mention"
    SOURCE = "source"
    LIST = "list"


class Bucket(StrEnum):
    """When within the trading day of the exchange an article was published."""

    PRE_OPEN = "pre_open"
    MORNING = "morning"
    LUNCH = "lunch"
    AFTERNOON = "afternoon"
    AFTER_CLOSE = "after_close"
    CLOSED_DAY = "closed_day"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A statement about a security made by the publisher's markup.

    kind: inline, repeat, chart, quote, board, index, glossary, tag, image, related. security: our id, or None when the target is no security (boards,
    indices, glossary) or cannot be read. field: title or body; a chart has no words of its own, so start == end there and surface is what its
    markup printed. tag: a feed's own stock tag of the whole article (start == end, surface its printed name); dictionary-made and often wrong,
    so not gold. image: no statement about a security but where an image stands (start == end; target: its web address, surface: what the markup
    says it shows). time: no statement about a security but the time as published (surface; target: its precision) where a person corrected it. related:
    no statement about a security but the place where a further article (相关报道) begins, to the end of the text.
    """

    field: str
    start: int
    end: int
    surface: str
    kind: str
    target: str
    security: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article was read: one file, row or feed item. An article with two origins is one article.

    locator: path or URL, with ``#key`` for one item of many. fingerprint: hex digest of the raw bytes, so an unchanged item is known without parsing.
    line: first line of the item in its file, from 1. revision: commit of the git checkout, when known.
    """

    locator: str
    fingerprint: str
    reader: str
    line: int | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One article as read. title and body are plain text. published is aware, or None when precision is NONE.

    id: from the publisher's id where there is one (``em:202205262391921712``), else from the content. For precision DAY published is local midnight.
    """

    id: str
    published: datetime | None
    precision: Precision
    title: str
    body: str
    source: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    annotations: tuple[Annotation, ...] = ()
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item that could not be read, with its reason in words. line from 1."""

    locator: str
    reason: str
    line: int | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Security:
    """One listing. entity joins the listings of one company (A and H and ADR): the id of its primary listing.

    listed and delisted are dates of that listing, inclusive and exclusive; None is open.
    """

    id: str
    name: str
    kind: Kind = Kind.STOCK
    entity: str = ""
    listed: date | None = None
    delisted: date | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """What a security was called, and when: valid_from and valid_to inclusive, None is open."""

    security: str
    text: str
    kind: NameKind = NameKind.SHORT
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """Words (or markup) that name a security. field: title, body or markup (charts: no words, start == end).

    rule: the name of the rule that found it. evidence: short words, each for (``+ …``) or against (``- …``).
    """

    field: str
    start: int
    end: int
    surface: str
    rule: str
    evidence: tuple[str, ...] = ()


# Rules from the one that proves most to the one that proves least; those not named stand last, so that a correction does not hide the rule
# it was made about.
_STRENGTH = {
    rule: place
    for place, rule in enumerate(
        (
            "name_code",
            "code",
            "code_said",
            "code_in_brackets",
            "cashtag",
            "annotation",
            "name",
            "chart",
            "ticker_in_brackets",
            "bare_ticker",
        )
    )
}


@dataclass(frozen=True, slots=True)
class Link:
    """An article names a security. confidence and relevance in [0, 1]; below 0.5 confidence it is a candidate, not a link.

    alternatives: the company's other listings, primary choice excluded.
    """

    security: str
    role: Role
    confidence: float
    relevance: float
    mentions: tuple[Mention, ...]
    alternatives: tuple[str, ...] = ()

    @property
    def strongest(self) -> Mention | None:
        """The mention whose rule proves most, the first of equals; None without mentions."""
        mentions = self.mentions
        if len(mentions) < 2:
            return mentions[0] if mentions else None
        return min(mentions, key=lambda m: _STRENGTH.get(m.rule, len(_STRENGTH)))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a publication time stands: the first session whose close is strictly later.

    provisional: beyond the calendar's last known day (weekdays assumed). date_only: no time was known, so the session is the safe next one.
    """

    session: date
    bucket: Bucket
    provisional: bool = False
    date_only: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """All articles of one security on one session. flags: intraday, date_only, provisional, suspended, limit_up, limit_down, ex_date, first_session."""

    security: str
    session: date
    articles: tuple[str, ...]
    buckets: tuple[Bucket, ...] = ()
    flags: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the store keeps of one article in one go: the article, its links, where each link stands, and the event tags of its text.

    standings runs parallel to links; None where the article has no time. tags: event tags (减持, 回购 …), not the publisher's.
    """

    article: Article
    links: tuple[Link, ...] = ()
    standings: tuple[Standing | None, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """The one filtered set: markers, list, counts and exports all come from the same Filter. Empty tuples and None do not restrict.

    start, end: inclusive; sessions when securities are given, Beijing publication dates otherwise. keyword: the search language of ``store.search``.
    roles and min_relevance apply to links. fold_copies: count a syndication cluster once, by its head.
    """

    securities: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    keyword: str = ""
    sources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    min_relevance: float = 0.0
    fold_copies: bool = False
