"""Paths or items → stored, linked articles, and counts that add up.

Each batch is one transaction: read → skip what is known and unchanged → parse, link, place on sessions → merge twins → put. A batch
that was not committed is read again by the next run; one that was is known by its fingerprints. So a run killed anywhere and started
again ends where an undisturbed one does.

Names and corrections may change while a long run is under way: each part is worked on with those of its beginning, and one that was
overtaken is linked again once it is stored. What a person says holds for articles before and after alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from newslink.articles import RawItem, discover, merge_origins
from newslink.errors import StoreError
from newslink.making import collect_young, without_collection
from newslink.model import Article, Rejection
from newslink.pipeline.clusters import cluster_new
from newslink.pipeline.corrected import as_published
from newslink.pipeline.prepare import Prepare
from newslink.pipeline.relinking import relink_articles
from newslink.settings import Settings
from newslink.store import Draft, Store, article_of, open_store

BATCH = 4000  # items a transaction: the more, the fewer pages are written twice
BATCH_BYTES = 8 << 20  # … but no more than come to this: of long pages some hundreds
BULK = 1000  # new articles from which on the search index is worth rewriting
CLUSTERED = 10_000  # articles after which those so far are placed in clusters
SHOWN_REJECTIONS = 50
_TRIES = 20  # how often a twin may be written by somebody else between our reading and our writing

Progress = Callable[[int, int | None, str], None]
Item = RawItem | Rejection


@dataclass(frozen=True, slots=True)
class Summary:
    """files = new + updated + unchanged + duplicates + rejected (a row of a table counts as a file); articles = linked + unlinked.

    articles, linked and unlinked are the store's totals afterwards. ignored: files of kinds no reader serves. rejections: the first few.
    """

    files: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    articles: int = 0
    linked: int = 0
    unlinked: int = 0
    ignored: int = 0
    rejections: tuple[Rejection, ...] = ()


def ingest(
    paths: Iterable[str | Path],
    settings: Settings,
    store_url: str | None = None,
    workers: int = 0,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Read, link and store everything below paths. workers: local processes that parse and link; scheduler: a Dask scheduler instead."""
    url = store_url or settings.store_url
    ignored: list[str] = []
    with open_store(url) as store:
        prepare = Prepare.of(settings, store, url)
        summary = ingest_items(store, prepare, discover(paths, ignored.append), workers, scheduler, progress)
    return replace(summary, ignored=len(ignored))


def ingest_items(
    store: Store,
    prepare: Prepare,
    items: Iterable[Item],
    workers: int = 0,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """The same for items from anywhere (folders, feeds). This process alone writes; parsing and linking may happen elsewhere."""
    counts: Counter[str] = Counter()
    shown: list[Rejection] = []
    work = _Latest(prepare)
    clustered = 0
    with without_collection():
        for version, part in _parts(work, _fresh(store, items, counts, shown), workers, scheduler):
            _catch_up(store, work, version, _put(store, work.prepare, part, counts, shown))
            # Along the way, so that charts of a backfill that takes hours do not count its copies until its end.
            if counts["new"] + counts["updated"] - clustered >= CLUSTERED:
                cluster_new(store)
                clustered = counts["new"] + counts["updated"]
            if progress:
                progress(counts["files"], None, f"{counts['rejected']} rejected" if counts["rejected"] else "")
            collect_young()
    left = store.unsettled()  # by a killed run
    version = work.prepare.version
    _settle(store, work.prepare, {}, [], left, counts)
    _catch_up(store, work, version, left)
    cluster_new(store)
    if counts["new"] + counts["updated"] >= BULK:
        store.settle()  # worth its rewriting of the index only after a bulk load, not after every poll of a feed
    totals = store.counts()
    return Summary(
        **{name: counts[name] for name in ("files", "new", "updated", "unchanged", "duplicates", "rejected")},
        articles=totals.linked + totals.unlinked,
        linked=totals.linked,
        unlinked=totals.unlinked,
        rejections=tuple(shown[:SHOWN_REJECTIONS]),
    )


def _catch_up(store: Store, work: _Latest, version: str, stored: Iterable[str]) -> None:
    """Articles just stored, linked by names and corrections of that version → linked by those of now. Asked after they were stored: a
    correction either finds them there, or is seen here."""
    if (now := store.names_version()) != version:
        work.prepare = replace(work.prepare, version=now)
        relink_articles(store, work.prepare, stored, clusters=False)


def _fresh(store: Store, items: Iterable[Item], counts: Counter[str], shown: list[Rejection]) -> Iterator[list[Item]]:
    """Batches of what the store does not know yet; what it knows is counted, and a known rejection shown again."""
    for batch in _batches(items):
        counts["files"] += len(batch)
        known = store.known([item.locator for item in batch])
        fresh = [item for item in batch if not item.fingerprint or known.get(item.locator) != item.fingerprint]
        same = {item.locator for item in batch} - {item.locator for item in fresh}
        refused = list(store.rejected_of(same).values()) if same else []
        counts["rejected"] += len(refused)
        counts["unchanged"] += len(batch) - len(fresh) - len(refused)
        shown += refused[: SHOWN_REJECTIONS - len(shown)]
        if fresh:
            yield fresh


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item.raw) if isinstance(item, RawItem) else 0
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(slots=True)
class _Latest:
    """The work on one part: (version of the names and corrections it was done with, what came of it). What is sent elsewhere is the work as it
    is at that moment."""

    prepare: Prepare

    def __call__(self, items: list[Item]) -> tuple[str, list[Draft | Rejection]]:
        return self.prepare.version, self.prepare(items)


def _parts(
    work: _Latest, batches: Iterable[list[Item]], workers: int, scheduler: str | None
) -> Iterator[tuple[str, list[Draft | Rejection]]]:
    if not workers and not scheduler:
        yield from map(work, batches)
        return
    from newslink.batch import run_parts

    yield from run_parts(batches, work, workers=workers, scheduler=scheduler)


def _put(store: Store, prepare: Prepare, part: list[Draft | Rejection], counts: Counter[str], shown: list[Rejection]) -> list[str]:
    """Write one prepared part: articles with one origin as they are, twins merged and linked again. Returns the ids touched."""
    rejections = [one for one in part if isinstance(one, Rejection)]
    drafts = [one for one in part if not isinstance(one, Rejection)]
    shown += rejections[: max(SHOWN_REJECTIONS - len(shown), 0)]
    met = Counter(draft.id for draft in drafts)
    twins = {id for id, times in met.items() if times > 1}
    single = {draft.id: draft for draft in drafts if draft.id not in twins}
    read = [article_of(draft) for draft in drafts if draft.id in twins]
    merged, own = _merged(store, prepare, read)
    result = store.put([*single.values(), *merged], rejections, own)
    _count(result, counts)
    again = (*result.stale, *result.unsettled)
    _settle(store, prepare, single, read, again, counts)
    return list(dict.fromkeys((*met, *again)))


def _settle(
    store: Store, prepare: Prepare, single: dict[str, Draft], read: list[Article], ids: Iterable[str], counts: Counter[str]
) -> None:
    """Articles that somebody's other origin belongs to: read every origin, merge, link, put, until nobody came in between."""
    wanted = set(ids)
    for _ in range(_TRIES):
        if not wanted:
            return
        mine = [article for article in read if article.id in wanted] + [article_of(single[id]) for id in wanted if id in single]
        drafts, own = _merged(store, prepare, mine, also=wanted)
        result = store.put(drafts, [], own)
        _count(result, counts)
        wanted = {*result.stale, *result.unsettled}
    raise StoreError(f"{len(wanted)} articles kept changing meanwhile ({next(iter(wanted))} …): run again when other ingests are done.")


def _merged(store: Store, prepare: Prepare, read: list[Article], also: Iterable[str] = ()) -> tuple[list[Draft], list[Article]]:
    """(drafts, own articles): each article of read, merged with its other origins in the store."""
    ids = list(dict.fromkeys([*(article.id for article in read), *also]))
    if not ids:
        return [], []
    # Twins are merged as they were published; a person's correction of the time is applied to the whole, in ``prepare``.
    read = [as_published(article) for article in read]
    stored = {id: [as_published(article) for article in found] for id, found in store.origins_of(ids).items()}
    merged = []
    own: list[Article] = []
    for id in ids:
        by_origin = {article.origins[0].locator: article for article in stored.get(id, ())}
        by_origin |= {article.origins[0].locator: article for article in read if article.id == id}
        if by_origin:
            merged.append(merge_origins(list(by_origin.values())))
            own += [article for article in by_origin.values() if article.id == id]
    return prepare.drafts(merged), own


def _count(result, counts: Counter[str]) -> None:
    for name in ("new", "updated", "unchanged", "duplicates", "rejected"):
        counts[name] += getattr(result, name)
