"""Stored articles → linked again with today's names, corrections and rules; written only where something changed.

Each batch is a transaction, and what it did is seen in the store itself, so doing it again changes nothing. A full run notes how far it
came: killed at any moment and started again, it goes on there, unless names or corrections have changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from newslink.articles import signature, unpack
from newslink.errors import StoreError
from newslink.model import Entry
from newslink.pipeline.clusters import LINKED, cluster_again, cluster_new
from newslink.pipeline.prepare import Prepare
from newslink.settings import Settings
from newslink.store import Store, open_store

BATCH = 500  # articles a transaction
STATE = "relink"
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Relinked:
    """articles: looked at in this run. changed: of those, the ones whose links, sessions, time or tags are other now.

    missing: asked for and not stored. skipped: done by an interrupted run before. linked, unlinked: the store's totals afterwards.
    """

    articles: int = 0
    changed: int = 0
    missing: int = 0
    skipped: int = 0
    linked: int = 0
    unlinked: int = 0


class Looked(NamedTuple):
    """What came of one part. companies: id → those its signature ought to name, of every article looked at.

    changed: (entry as it is now, whether more than its links differ, so that the article is to be rewritten).
    """

    mark: int
    companies: dict[str, frozenset[str]]
    changed: list[tuple[Entry, bool]]


@dataclass(frozen=True, slots=True)
class Again:
    """The work on one part, pure and picklable: (mark, entries as stored) → what they are now."""

    prepare: Prepare

    def __call__(self, part: tuple[int, list[Entry]]) -> Looked:
        mark, stored = part
        now = self.prepare.entries([entry.article for entry in stored])
        pairs = [(new, new.article != old.article or set(new.tags) != set(old.tags), old) for new, old in zip(now, stored, strict=True)]
        changed = [(new, whole) for new, whole, old in pairs if whole or (new.links, new.standings) != (old.links, old.standings)]
        return Looked(mark, {new.article.id: _companies(new) for new in now}, changed)


def _companies(entry: Entry) -> frozenset[str]:
    wordless = replace(entry.article, title="", body="")
    return signature(wordless, [link.security for link in entry.links if link.confidence >= LINKED]).companies


def relink(
    settings: Settings,
    store_url: str | None = None,
    ids: Sequence[str] | None = None,
    workers: int = 0,
    scheduler: str | None = None,
    progress=None,
) -> Relinked:
    """Link articles again, all or the given ones. workers: local processes; scheduler: a Dask scheduler instead; this process alone writes.

    progress(done, total, words). Effects of corrections that a killed run still owes are made good first.
    """
    from newslink.pipeline.corrections import settle

    url = store_url or settings.store_url
    with open_store(url) as store:
        settle(store, settings, url)
        prepare = Prepare.of(settings, store, url)
        if ids is not None:
            wanted = list(dict.fromkeys(ids))
            known = store.articles_by_id(wanted)
            changed = relink_articles(store, prepare, [id for id in wanted if id in known], progress)
            return _summary(store, len(known), len(changed), len(wanted) - len(known), 0)
        return _all(store, prepare, workers, scheduler, progress)


def relink_articles(store: Store, prepare: Prepare, ids: Iterable[str], progress=None, clusters: bool = True) -> list[str]:
    """Link these again; returns the ids of those that changed. Unknown ids are passed over. clusters False: new ones are left for later."""
    again, changed, done = Again(prepare), [], 0
    ids = list(dict.fromkeys(ids))
    for at in range(0, len(ids), BATCH):
        entries = list(store.articles_by_id(ids[at : at + BATCH]).values())
        changed += _write(store, again, again((0, entries)))
        done += len(entries)
        if progress:
            progress(done, len(ids), "")
    if clusters:
        cluster_new(store)
    return changed


def _all(store: Store, prepare: Prepare, workers: int, scheduler: str | None, progress) -> Relinked:
    from newslink.batch import run_parts

    begun = store.state(STATE)
    after = -1
    if isinstance(begun, dict) and begun.get("version") == prepare.version and isinstance(begun.get("after"), int):
        after = begun["after"]
    parts = [part for part in store.article_parts(BATCH) if part[1] > after]
    totals = store.counts()
    total = totals.linked + totals.unlinked
    again = Again(prepare)
    count = changes = 0
    for looked in run_parts(_batches(store, parts, after), again, workers=workers, scheduler=scheduler):
        changes += len(_write(store, again, looked))
        count += len(looked.companies)
        store.set_state(STATE, {"version": prepare.version, "after": looked.mark})
        if progress:
            progress(count, total, f"{changes:,} changed")
    cluster_new(store)
    store.set_state(STATE, {"version": prepare.version, "finished": datetime.now(UTC).isoformat(timespec="seconds"), "changed": changes})
    return _summary(store, count, changes, 0, max(total - count, 0))


def _batches(store: Store, parts: Iterable[tuple[int, int]], after: int) -> Iterator[tuple[int, list[Entry]]]:
    for low, high in parts:
        yield high, store.articles_between(max(low, after + 1), high)


def _write(store: Store, again: Again, looked: Looked) -> list[str]:
    """Write what changed, in a few rounds where somebody else wrote in between; then clusters. Returns the ids that changed."""
    done: dict[str, None] = {}
    companies = dict(looked.companies)
    for _ in range(_TRIES):
        left = store.rewrite([entry for entry, whole in looked.changed if whole])
        left += store.put_links([entry for entry, whole in looked.changed if not whole])
        done |= dict.fromkeys(entry.article.id for entry, _ in looked.changed if entry.article.id not in left)
        if not left:
            break
        looked = again((0, list(store.articles_by_id(left).values())))
        companies |= looked.companies
    else:
        raise StoreError(f"{len(left)} articles kept changing under our hands: run it again when ingests are done.")
    # A signature that names other companies than the links: also what a run killed between new links and new clusters has left.
    signed = {found.article: unpack(found.data).companies for found in store.signatures(companies)}
    if misplaced := [id for id in signed if signed[id] != companies[id]]:
        cluster_again(store, misplaced)
    return list(done)


def _summary(store: Store, articles: int, changed: int, missing: int, skipped: int) -> Relinked:
    totals = store.counts()
    return Relinked(articles, changed, missing, skipped, totals.linked, totals.unlinked)
