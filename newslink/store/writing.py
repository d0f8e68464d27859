"""Entries and rejections in, one transaction: articles, origins, links, tags, search index and counts change together or not at all."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from newslink.errors import StoreError
from newslink.making import without_collection
from newslink.model import Article, Entry, Origin, Rejection
from newslink.store import codec
from newslink.store.backend import Writer
from newslink.store.copies import detach
from newslink.store.database import Database
from newslink.store.keys import day_number, first_slot, key_day
from newslink.store.planning import Held, Plan, PutCounts, plan_of
from newslink.store.slots import allocate
from newslink.store.tallies import Tallies
from newslink.store.terms import Adding, Term, Terms
from newslink.store.text import plain, printable
from newslink.store.tokens import tokens_of

LINK = 0.5  # confidence from which a link is one; below it is a candidate
_ARTICLE = ("key", "id", "published", "zone", "precision", "title", "source", "category", "tagset", "url", "origin", "links")
_LINK = ("security", "session", "article", "bucket", "flags", "role", "confidence", "relevance", "rule", "surface", "source", "category")
# What a link row repeats of its article, for ``rows``: the cluster aside, which is the business of ``copies``.
_REPEATED = ("published", "precision", "tagset", "id", "title", "url", "origin")
_ORIGIN = ("locator", "fingerprint", "article", "reader", "line", "revision", "own")


def put(database: Database, terms: Terms, entries: Sequence[Entry], rejections: Sequence[Rejection], own: Sequence[Article]) -> PutCounts:
    """See ``Store.put``."""
    witnesses = {printable(origin.locator): article for article in own for origin in article.origins}
    entries = [_printable(entry) for entry in entries]
    rejections = [replace(r, locator=printable(r.locator), reason=plain(r.reason)) for r in rejections]
    with without_collection(), database.write() as writer:
        adding = terms.adding(writer)
        by_id, by_locator = held_of(
            writer,
            [entry.article.id for entry in entries],
            [origin.locator for entry in entries for origin in entry.article.origins] + [r.locator for r in rejections],
        )
        plan = plan_of(entries, rejections, witnesses, by_id, by_locator)
        unsettled = _apply(writer, adding, plan, rejections, witnesses, by_id, by_locator)
        writer.bump("version")
    adding.keep()
    return PutCounts(**plan.counts, stale=tuple(plan.stale), unsettled=tuple(unsettled))


def held_of(writer: Writer, ids: Iterable[str], locators: Iterable[str]) -> tuple[dict[str, Held], dict[str, Held]]:
    """What the store holds of these articles, and of the articles these locators belong to: (by id, by locator)."""
    condition, parameter = writer.among(dict.fromkeys(locators))
    keys = {key for (key,) in writer.rows(f"SELECT article FROM origin WHERE locator {condition}", (parameter,))}
    condition, parameter = writer.among(dict.fromkeys(ids))
    keys |= {key for (key,) in writer.rows(f"SELECT key FROM article WHERE id {condition}", (parameter,))}
    if not keys:
        return {}, {}
    condition, parameter = writer.among(keys)
    origins: dict[int, dict[str, str]] = defaultdict(dict)
    for key, locator, fingerprint in writer.rows(
        f"SELECT article, locator, fingerprint FROM origin WHERE article {condition}", (parameter,)
    ):
        origins[key][locator] = fingerprint
    held = [
        Held(key, id_, first_slot(codec.moment_of(published, zone), codec.PRECISIONS[precision]), bool(unsettled), origins[key])
        for key, id_, published, zone, precision, unsettled in writer.rows(
            f"SELECT key, id, published, zone, precision, unsettled FROM article WHERE key {condition}", (parameter,)
        )
    ]
    return {h.id: h for h in held}, {locator: h for h in held for locator in h.origins}


def _apply(
    writer: Writer,
    adding: Adding,
    plan: Plan,
    rejections: Sequence[Rejection],
    own: dict[str, Article],
    by_id: dict[str, Held],
    by_locator: dict[str, Held],
) -> list[str]:
    tallies = Tallies()
    rewritten = [held for entry in plan.write if (held := by_id.get(entry.article.id))]
    owns = _owns(writer, plan.write, own, by_id)
    emptied, unsettled = _losers(plan, {held.id for held in rewritten}, by_locator)
    remove(writer, [held.key for held in rewritten] + [held.key for held in emptied], tallies)
    if emptied or rejections:
        writer.delete_among("origin", "locator", [r.locator for r in rejections])
    for held, rest in unsettled:
        writer.run("UPDATE article SET unsettled = 1, origin = ? WHERE key = ?", (min(rest), held.key))
        writer.run("UPDATE link SET origin = ? WHERE article = ?", (min(rest), held.key))
    _reject(writer, rejections, [o.locator for entry in plan.write for o in entry.article.origins])
    keys = _keys(writer, plan.write, by_id)
    insert(writer, adding, list(zip(keys, plan.write, strict=True)), tallies)
    _write_origins(writer, plan.write, keys, owns, by_locator)
    tallies.write(writer)
    return [held.id for held, _ in unsettled]


def _losers(plan: Plan, rewritten: set[str], by_locator: dict[str, Held]) -> tuple[list[Held], list[tuple[Held, set[str]]]]:
    """Articles that lose an origin and are not written anew: those left without any, and those left with some."""
    losing = {held.key: held for locator in plan.moved if (held := by_locator[locator]).id not in rewritten}
    emptied, unsettled = [], []
    for held in losing.values():
        rest = held.origins.keys() - plan.moved.keys()
        if rest:
            unsettled.append((held, set(rest)))
        else:
            emptied.append(held)
    return emptied, unsettled


def _owns(writer: Writer, entries: Sequence[Entry], own: dict[str, Article], by_id: dict[str, Held]) -> dict[str, bytes]:
    """locator → packed own article, for every origin of entries that have several."""
    several = [entry for entry in entries if len(entry.article.origins) > 1]
    packed = {o.locator: codec.pack_own(own[o.locator]) for entry in several for o in entry.article.origins if o.locator in own}
    wanted = {o.locator: entry.article.id for entry in several for o in entry.article.origins if o.locator not in packed}
    if wanted:
        condition, parameter = writer.among(wanted)
        for locator, data in writer.rows(f"SELECT locator, own FROM origin WHERE locator {condition} AND own IS NOT NULL", (parameter,)):
            packed[locator] = bytes(data)
        alone = {by_id[id_].key: locator for locator, id_ in wanted.items() if locator not in packed}
        for key, article in articles_of(writer, list(alone)).items():
            packed[alone[key]] = codec.pack_own(article)
    return packed


def _keys(writer: Writer, entries: Sequence[Entry], by_id: dict[str, Held]) -> list[int]:
    """An article whose time has not changed keeps its key."""
    slots = [first_slot(entry.article.published, entry.article.precision) for entry in entries]
    kept = [
        held.key if (held := by_id.get(entry.article.id)) and held.slot == slot else None
        for entry, slot in zip(entries, slots, strict=True)
    ]
    fresh = iter(
        allocate(writer, [slot for slot, key in zip(slots, kept, strict=True) if key is None], {key for key in kept if key is not None})
    )
    return [next(fresh) if key is None else key for key in kept]


def insert(writer: Writer, adding: Adding, entries: list[tuple[int, Entry]], tallies: Tallies) -> None:
    """Everything of these articles but their origins; no row of their keys may be there."""
    sources = adding.numbers(Term.SOURCE, (e.article.source for _, e in entries))
    categories = adding.numbers(Term.CATEGORY, (e.article.category for _, e in entries))
    tag_numbers = adding.numbers(Term.TAG, (tag for _, e in entries for tag in e.tags))
    repeated = _repeated(adding, entries)
    articles, documents, tags, index = [], [], [], []
    for key, entry in entries:
        article = entry.article
        published, precision, tagset, id_, title, url, locator = repeated[key]
        source, category = sources[article.source], categories[article.category]
        linked = sum([link.confidence >= LINK for link in entry.links])
        articles.append(
            (
                key, id_, published, codec.zone_of(article.published), precision, title, source, category, tagset, url, locator, linked,
            )
        )  # fmt: skip
        documents.append((key, codec.pack_content(article), codec.pack_links(entry.links, entry.standings)))
        own_tags = {tag_numbers[tag] for tag in entry.tags}
        tags += [(tag, key, source, category) for tag in own_tags]
        index.append((key, tokens_of(title), tokens_of(article.body)))
        tallies.article(key_day(key), source, category, own_tags, linked > 0, 1, 1)
    writer.load("article", _ARTICLE, articles)
    writer.load("document", ("key", "content", "links"), documents)
    writer.load("article_tag", ("tag", "article", "source", "category"), tags)
    writer.backend.add_search(writer, index)
    insert_links(writer, adding, entries, tallies, repeated, {})


def _repeated(adding: Adding, entries: list[tuple[int, Entry]]) -> dict[int, tuple]:
    """key → _REPEATED."""
    tagsets = adding.numbers(Term.TAGSET, (_tagset(e) for _, e in entries if e.tags))
    out = {}
    for key, entry in entries:
        a = entry.article
        out[key] = (
            codec.micros_of(a.published), codec.PRECISION_NUMBER[a.precision], tagsets[_tagset(entry)] if entry.tags else 0, a.id, plain(a.title),
            plain(a.url), a.origins[0].locator,
        )  # fmt: skip
    return out


def insert_links(
    writer: Writer,
    adding: Adding,
    entries: list[tuple[int, Entry]],
    tallies: Tallies,
    repeated: Mapping[int, tuple],
    places: Mapping[int, tuple[int, int]],
) -> None:
    """Link and candidate rows. repeated: key → _REPEATED of its article as stored. places: key → (head, cluster) where not (1, 0)."""
    securities = adding.numbers(Term.SECURITY, (link.security for _, e in entries for link in e.links))
    best = [mention for _, e in entries for link in e.links if (mention := link.strongest) is not None]
    rules = adding.numbers(Term.RULE, (mention.rule for mention in best))
    surfaces = adding.numbers(Term.SURFACE, (mention.surface for mention in best))
    sources = adding.numbers(Term.SOURCE, (e.article.source for _, e in entries))
    categories = adding.numbers(Term.CATEGORY, (e.article.category for _, e in entries))
    links, candidates = [], []
    for key, entry in entries:
        source, category = sources[entry.article.source], categories[entry.article.category]
        if len(entry.links) != len(entry.standings):
            raise StoreError(f"{entry.article.id}: {len(entry.links)} links and {len(entry.standings)} standings; expected one for each")
        if len(entry.links) > 1 and len({link.security for link in entry.links}) != len(entry.links):
            raise StoreError(f"{entry.article.id}: two links to one security; expected one")
        head, cluster = places.get(key, (1, 0))
        also = (head, cluster, *repeated[key])
        for link, standing in zip(entry.links, entry.standings, strict=True):
            security, rule, surface = securities[link.security], 0, 0
            mention = link.strongest
            if mention is not None:
                rule, surface = rules[mention.rule], surfaces[mention.surface]
            if link.confidence < LINK:
                candidates.append((key, security, link.confidence, rule, surface))
                continue
            session, bucket, flags = 0, codec.NO_BUCKET, 0
            if standing:
                session, bucket = day_number(standing.session), codec.BUCKET_NUMBER[standing.bucket]
                flags = standing.provisional | standing.date_only << 1
            role, confidence, relevance = codec.ROLE_NUMBER[link.role], link.confidence, link.relevance
            links.append((security, session, key, bucket, flags, role, confidence, relevance, rule, surface, source, category, *also))
            tallies.link(session, security, 1, head)
    tallies.totals["candidates"] += len(candidates)
    # In the order of the table, so that each of its pages is touched once.
    links.sort(key=_in_table)
    writer.load("link", (*_LINK, "head", "cluster", *_REPEATED), links)
    writer.load("candidate", ("article", "security", "confidence", "rule", "surface"), candidates)


_in_table = itemgetter(0, 1, 2)


def remove_links(writer: Writer, keys: Sequence[int], tallies: Tallies) -> None:
    condition, parameter = writer.among(keys)
    for session, security, head in writer.rows(f"SELECT session, security, head FROM link WHERE article {condition}", (parameter,)):
        tallies.link(session, security, -1, -head)
    tallies.totals["candidates"] -= writer.value(f"SELECT count(*) FROM candidate WHERE article {condition}", (parameter,), 0)
    writer.delete_among("link", "article", keys)
    writer.delete_among("candidate", "article", keys)


def remove(writer: Writer, keys: Sequence[int], tallies: Tallies) -> None:
    """Everything of these articles but their origins."""
    if not keys:
        return
    detach(writer, keys, tallies)
    condition, parameter = writer.among(keys)
    tags: dict[int, set[int]] = defaultdict(set)
    for key, tag in writer.rows(f"SELECT article, tag FROM article_tag WHERE article {condition}", (parameter,)):
        tags[key].add(tag)
    index = []
    for key, source, category, links, head, title, content in writer.rows(
        "SELECT a.key, a.source, a.category, a.links, a.head, a.title, d.content FROM article a JOIN document d ON d.key = a.key "
        f"WHERE a.key {condition}",
        (parameter,),
    ):
        tallies.article(key_day(key), source, category, tags[key], links > 0, -1, -head)
        index.append((key, tokens_of(title), tokens_of(codec.unpack_content(bytes(content))[0])))
    writer.backend.drop_search(writer, index)
    remove_links(writer, keys, tallies)
    writer.delete_among("article_tag", "article", keys)
    writer.delete_among("document", "key", keys)
    writer.delete_among("article", "key", keys)


def articles_of(writer: Writer, keys: Sequence[int]) -> dict[int, Article]:
    """Stored articles without their origins."""
    if not keys:
        return {}
    condition, parameter = writer.among(keys)
    out = {}
    for key, id_, published, zone, precision, title, source, category, url, content in writer.rows(
        "SELECT a.key, a.id, a.published, a.zone, a.precision, a.title, s.text, c.text, a.url, d.content FROM article a "
        "JOIN document d ON d.key = a.key JOIN term s ON s.id = a.source JOIN term c ON c.id = a.category "
        f"WHERE a.key {condition}",
        (parameter,),
    ):
        body, tags, notes = codec.unpack_content(bytes(content))
        out[key] = Article(
            id_, codec.moment_of(published, zone), codec.PRECISIONS[precision], title, body, source, category, tags, url, notes
        )
    return out


def _write_origins(
    writer: Writer, entries: Sequence[Entry], keys: Sequence[int], owns: dict[str, bytes], by_locator: dict[str, Held]
) -> None:
    fresh, known = [], []
    for key, entry in zip(keys, entries, strict=True):
        several = len(entry.article.origins) > 1
        for o in entry.article.origins:
            row = (o.locator, o.fingerprint, key, o.reader, o.line, o.revision, owns[o.locator] if several else None)
            (known if o.locator in by_locator else fresh).append(row)
    writer.load("origin", _ORIGIN, sorted(fresh, key=lambda row: row[0]))
    writer.run_many(
        "UPDATE origin SET fingerprint = ?, article = ?, reader = ?, line = ?, revision = ?, own = ? WHERE locator = ?",
        [(*row[1:], row[0]) for row in known],
    )


def _reject(writer: Writer, rejections: Sequence[Rejection], accepted: Sequence[str]) -> None:
    before = writer.value("SELECT count(*) FROM rejection", default=0) if rejections or accepted else 0
    writer.delete_among("rejection", "locator", accepted)
    now = int(time.time())
    writer.run_many(
        "INSERT INTO rejection (locator, fingerprint, line, reason, first_seen) VALUES (?, ?, ?, ?, ?) ON CONFLICT (locator) DO UPDATE SET "
        "fingerprint = excluded.fingerprint, line = excluded.line, reason = excluded.reason",
        [(r.locator, r.fingerprint, r.line, r.reason, now) for r in rejections],
    )
    if rejections or accepted:
        writer.bump("rejected", writer.value("SELECT count(*) FROM rejection", default=0) - before)


def _tagset(entry: Entry) -> str:
    return json.dumps([plain(tag) for tag in entry.tags], ensure_ascii=False, separators=(",", ":"))


def _printable(entry: Entry) -> Entry:
    """Ids and locators as the database can hold them; almost always the entry itself."""
    article = entry.article
    if printable(article.id) is article.id and all(printable(o.locator) is o.locator for o in article.origins):
        return entry
    origins = tuple(Origin(printable(o.locator), o.fingerprint, o.reader, o.line, o.revision) for o in article.origins)
    return replace(entry, article=replace(article, id=printable(article.id), origins=origins))
