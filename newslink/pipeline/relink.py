"""Stored articles → linked again with today's names, corrections and rules; written only where something changed.

Each batch is a transaction, and what it did is seen in the store itself, so doing it again changes nothing. A full run notes how far it
came: killed at any moment and started again, it goes on there, unless names or corrections have changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newslink.model import Entry
from newslink.pipeline.clusters import cluster_new
from newslink.pipeline.corrections import settle
from newslink.pipeline.prepare import Prepare
from newslink.pipeline.relinking import BATCH, Again, relink_articles, write_looked
from newslink.settings import Settings
from newslink.store import Store, open_store

STATE = "relink"


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
        changes += len(write_looked(store, again, looked))
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


def _summary(store: Store, articles: int, changed: int, missing: int, skipped: int) -> Relinked:
    totals = store.counts()
    return Relinked(articles, changed, missing, skipped, totals.linked, totals.unlinked)
