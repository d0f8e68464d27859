"""Entry → Draft: what the store writes of an article, as far as it can be told without asking the database.

Packing, tokens and link rows cost more processor time than SQLite's own statements, and an entry of nested objects costs as much again to hand
from process to process. So whoever made the entry, in whatever process, makes the draft too: flat tuples of texts, numbers and bytes. ``put``
takes both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from newslink.errors import StoreError
from newslink.model import Article, Entry, Link, Origin, Standing
from newslink.store import codec
from newslink.store.codec import LINK
from newslink.store.keys import day_number, first_slot
from newslink.store.text import plain, printable
from newslink.store.tokens import indexed


class LinkDraft(NamedTuple):
    """session: days since 1970, 0 where the article has no time. bucket, flags, role: as table ``link`` has them."""

    security: str
    session: int
    bucket: int
    flags: int
    role: int
    confidence: float
    relevance: float
    rule: str
    surface: str


class CandidateDraft(NamedTuple):
    """A link below confidence LINK."""

    security: str
    confidence: float
    rule: str
    surface: str


class OriginDraft(NamedTuple):
    """See ``model.Origin``; locator spelt as the database can hold it."""

    locator: str
    fingerprint: str
    reader: str
    line: int | None
    revision: str | None


class SignatureDraft(NamedTuple):
    """What copies will be found by: bands (``codec.pack_bands``) and opaque data. See ``copies.Signature``."""

    bands: bytes
    data: bytes


class Draft(NamedTuple):
    """One article, ready but for its key and the numbers of its words.

    slot: first key it may take. published: microseconds since 1970 UTC. zone: minutes east of UTC. title, url: as the database can hold them.
    tags: event tags. content, links: packed (``codec``). title_tokens, body_tokens: separated by blanks.
    """

    id: str
    origins: tuple[OriginDraft, ...]
    slot: int
    published: int | None
    zone: int
    precision: int
    title: str
    source: str
    category: str
    url: str
    tags: tuple[str, ...]
    content: bytes
    links: bytes
    title_tokens: str
    body_tokens: str
    linked: tuple[LinkDraft, ...]
    candidates: tuple[CandidateDraft, ...]
    signature: SignatureDraft | None = None


def draft_of(entry: Entry, signature: SignatureDraft | None = None) -> Draft:
    """signature: where it was made already. Raises StoreError for a naive time, and for links that do not go with their standings."""
    article = entry.article
    title = plain(article.title)
    linked, candidates = links_of(entry)
    return Draft(
        printable(article.id),
        tuple([OriginDraft(printable(o.locator), o.fingerprint, o.reader, o.line, o.revision) for o in article.origins]),
        first_slot(article.published, article.precision),
        codec.micros_of(article.published),
        codec.zone_of(article.published),
        codec.PRECISION_NUMBER[article.precision],
        title,
        article.source,
        article.category,
        plain(article.url),
        tuple(entry.tags),
        codec.pack_content(article),
        codec.pack_links(entry.links, entry.standings),
        indexed(title),
        indexed(article.body),
        linked,
        candidates,
        signature,
    )


def article_of(draft: Draft) -> Article:
    """The article again, for who has to merge it with a twin."""
    body, tags, notes = codec.unpack_content(draft.content)
    return Article(
        draft.id, codec.moment_of(draft.published, draft.zone), codec.PRECISIONS[draft.precision], draft.title, body, draft.source,
        draft.category, tags, draft.url, notes, tuple(Origin(*origin) for origin in draft.origins),
    )  # fmt: skip


def links_of(entry: Entry) -> tuple[tuple[LinkDraft, ...], tuple[CandidateDraft, ...]]:
    """(links, candidates). Raises StoreError where links and standings do not go together, or one security is linked twice."""
    links, standings = entry.links, entry.standings
    if len(links) != len(standings):
        raise StoreError(f"{entry.article.id}: {len(links)} links and {len(standings)} standings; expected one for each")
    if len(links) > 1 and len({link.security for link in links}) != len(links):
        raise StoreError(f"{entry.article.id}: two links to one security; expected one")
    linked = [_linked(link, standing) for link, standing in zip(links, standings, strict=True) if link.confidence >= LINK]
    candidates = [CandidateDraft(link.security, link.confidence, *_found(link)) for link in links if link.confidence < LINK]
    return tuple(linked), tuple(candidates)


def _linked(link: Link, standing: Standing | None) -> LinkDraft:
    session, bucket, flags = 0, codec.NO_BUCKET, 0
    if standing:
        session, bucket = day_number(standing.session), codec.BUCKET_NUMBER[standing.bucket]
        flags = standing.provisional | standing.date_only << 1
    return LinkDraft(link.security, session, bucket, flags, codec.ROLE_NUMBER[link.role], link.confidence, link.relevance, *_found(link))


def _found(link: Link) -> tuple[str, str]:
    """(rule, surface) of the strongest mention."""
    mention = link.strongest
    return (mention.rule, mention.surface) if mention is not None else ("", "")


def tagset_of(tags: Sequence[str]) -> str:
    """Event tags as the text one number of ``term`` stands for; empty without any."""
    return json.dumps([plain(tag) for tag in tags], ensure_ascii=False, separators=(",", ":")) if tags else ""
