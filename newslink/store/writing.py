"""Entries and rejections in, one transaction: articles, origins, links, tags, search index and counts change together or not at all."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter

from newslink.making import without_collection
from newslink.model import Article, Entry, Rejection
from newslink.store import codec
from newslink.store.backend import Writer
from newslink.store.copies import detach, insert_signatures
from newslink.store.database import Database
from newslink.store.draft import CandidateDraft, Draft, LinkDraft, draft_of, tagset_of
from newslink.store.keys import first_slot, key_day
from newslink.store.planning import Held, Plan, PutCounts, plan_of
from newslink.store.slots import allocate
from newslink.store.tallies import Tallies
from newslink.store.terms import Adding, Term, Terms
from newslink.store.text import plain, printable
from newslink.store.tokens import indexed

_ARTICLE = ("key", "id", "published", "zone", "precision", "title", "source", "category", "tagset", "url", "origin", "links")
_LINK = ("security", "session", "article", "bucket", "flags", "role", "confidence", "relevance", "rule", "surface")
# What a link row repeats of its article.
REPEATED = ("source", "category", "head", "cluster", "published", "precision", "tagset", "id", "title", "url", "origin")
_ORIGIN = ("locator", "fingerprint", "article", "reader", "line", "revision", "own")


def put(
    database: Database, terms: Terms, entries: Sequence[Entry | Draft], rejections: Sequence[Rejection], own: Sequence[Article]
) -> PutCounts:
    """See ``Store.put``."""
    with without_collection():
        witnesses = {printable(origin.locator): article for article in own for origin in article.origins}
        drafts = [entry if isinstance(entry, Draft) else draft_of(entry) for entry in entries]
        rejections = [replace(r, locator=printable(r.locator), reason=plain(r.reason)) for r in rejections]
        with database.write() as writer:
            adding = terms.adding(writer)
            by_id, by_locator = held_of(
                writer,
                [draft.id for draft in drafts],
                [origin.locator for draft in drafts for origin in draft.origins] + [r.locator for r in rejections],
            )
            plan = plan_of(drafts, rejections, witnesses, by_id, by_locator)
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
    rewritten = [held for draft in plan.write if (held := by_id.get(draft.id))]
    owns = _owns(writer, plan.write, own, by_id)
    emptied, unsettled = _losers(plan, {held.id for held in rewritten}, by_locator)
    remove(writer, [held.key for held in rewritten] + [held.key for held in emptied], tallies)
    if emptied or rejections:
        writer.delete_among("origin", "locator", [r.locator for r in rejections])
    for held, rest in unsettled:
        writer.run("UPDATE article SET unsettled = 1, origin = ? WHERE key = ?", (min(rest), held.key))
        writer.run("UPDATE link SET origin = ? WHERE article = ?", (min(rest), held.key))
    _reject(writer, rejections, [o.locator for draft in plan.write for o in draft.origins])
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


def _owns(writer: Writer, drafts: Sequence[Draft], own: dict[str, Article], by_id: dict[str, Held]) -> dict[str, bytes]:
    """locator → packed own article, for every origin of articles that have several."""
    several = [draft for draft in drafts if len(draft.origins) > 1]
    packed = {o.locator: codec.pack_own(own[o.locator]) for draft in several for o in draft.origins if o.locator in own}
    wanted = {o.locator: draft.id for draft in several for o in draft.origins if o.locator not in packed}
    if wanted:
        condition, parameter = writer.among(wanted)
        for locator, data in writer.rows(f"SELECT locator, own FROM origin WHERE locator {condition} AND own IS NOT NULL", (parameter,)):
            packed[locator] = bytes(data)
        alone = {by_id[id_].key: locator for locator, id_ in wanted.items() if locator not in packed}
        for key, article in articles_of(writer, list(alone)).items():
            packed[alone[key]] = codec.pack_own(article)
    return packed


def _keys(writer: Writer, drafts: Sequence[Draft], by_id: dict[str, Held]) -> list[int]:
    """An article whose time has not changed keeps its key."""
    kept = [held.key if (held := by_id.get(draft.id)) and held.slot == draft.slot else None for draft in drafts]
    wanted = [draft.slot for draft, key in zip(drafts, kept, strict=True) if key is None]
    fresh = iter(allocate(writer, wanted, {key for key in kept if key is not None}))
    return [next(fresh) if key is None else key for key in kept]


def insert(writer: Writer, adding: Adding, drafts: list[tuple[int, Draft]], tallies: Tallies) -> None:
    """Everything of these articles but their origins; no row of their keys may be there."""
    sources = adding.numbers(Term.SOURCE, {d.source for _, d in drafts})
    categories = adding.numbers(Term.CATEGORY, {d.category for _, d in drafts})
    tag_numbers = adding.numbers(Term.TAG, {tag for _, d in drafts for tag in d.tags})
    tagsets = {tags: tagset_of(tags) for tags in {d.tags for _, d in drafts}}
    tagset_numbers = adding.numbers(Term.TAGSET, tagsets.values())
    articles, tags, linked, candidates = [], [], [], []
    for key, d in drafts:
        source, category, locator = sources[d.source], categories[d.category], d.origins[0].locator
        tagset = tagset_numbers[tagsets[d.tags]]
        number = len(d.linked)
        articles.append((key, d.id, d.published, d.zone, d.precision, d.title, source, category, tagset, d.url, locator, number))
        own_tags = {tag_numbers[tag] for tag in d.tags}
        tags += [(tag, key, source, category) for tag in own_tags]
        tallies.article(key_day(key), source, category, own_tags, number > 0, 1, 1)
        if d.linked:
            linked.append((key, d.linked, (source, category, 1, 0, d.published, d.precision, tagset, d.id, d.title, d.url, locator)))
        candidates += [(key, candidate) for candidate in d.candidates]
    writer.load("article", _ARTICLE, articles)
    writer.load("document", ("key", "content", "links"), [(key, d.content, d.links) for key, d in drafts])
    writer.load("article_tag", ("tag", "article", "source", "category"), tags)
    writer.backend.add_search(writer, [(key, d.title_tokens, d.body_tokens) for key, d in drafts])
    insert_links(writer, adding, linked, candidates, tallies)
    insert_signatures(writer, {key: d.signature for key, d in drafts if d.signature})


def insert_links(
    writer: Writer,
    adding: Adding,
    linked: Sequence[tuple[int, Sequence[LinkDraft], tuple]],
    candidates: Sequence[tuple[int, CandidateDraft]],
    tallies: Tallies,
) -> None:
    """Link and candidate rows. linked: (key of the article, its links, what each row repeats of it: REPEATED). candidates: (key, candidate)."""
    found = [*(link for _, links, _ in linked for link in links), *(candidate for _, candidate in candidates)]
    securities = adding.numbers(Term.SECURITY, {one.security for one in found})
    rules = adding.numbers(Term.RULE, {one.rule for one in found})
    surfaces = adding.numbers(Term.SURFACE, {one.surface for one in found})
    rows = []
    for key, links, repeated in linked:
        head = repeated[2]
        for name, session, bucket, flags, role, confidence, relevance, rule, surface in links:
            security = securities[name]
            rows.append((security, session, key, bucket, flags, role, confidence, relevance, rules[rule], surfaces[surface], *repeated))
            tallies.link(session, security, 1, head)
    tallies.totals["candidates"] += len(candidates)
    # In the order of the table, so that each of its pages is touched once.
    rows.sort(key=_in_table)
    writer.load("link", (*_LINK, *REPEATED), rows)
    writer.load(
        "candidate",
        ("article", "security", "confidence", "rule", "surface"),
        [(key, securities[c.security], c.confidence, rules[c.rule], surfaces[c.surface]) for key, c in candidates],
    )


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
        index.append((key, indexed(title), indexed(codec.unpack_content(bytes(content))[0])))
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
    writer: Writer, drafts: Sequence[Draft], keys: Sequence[int], owns: dict[str, bytes], by_locator: dict[str, Held]
) -> None:
    fresh, known = [], []
    for key, draft in zip(keys, drafts, strict=True):
        several = len(draft.origins) > 1
        for o in draft.origins:
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
