"""Stored articles → linked again with today's names and corrections, and written where something changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from newslink.articles import unpack
from newslink.errors import StoreError
from newslink.model import Entry
from newslink.pipeline.clusters import cluster_again, cluster_new
from newslink.pipeline.prepare import Prepare
from newslink.store import Store

BATCH = 500  # articles a transaction
_TRIES = 20


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
        return Looked(mark, {new.article.id: self.prepare.companies(new) for new in now}, changed)


def relink_articles(store: Store, prepare: Prepare, ids: Iterable[str], progress=None, clusters: bool = True) -> list[str]:
    """Link these again; returns the ids of those that changed. Unknown ids are passed over. clusters False: new ones are left for later."""
    again, changed, done = Again(prepare), [], 0
    ids = list(dict.fromkeys(ids))
    for at in range(0, len(ids), BATCH):
        entries = list(store.articles_by_id(ids[at : at + BATCH]).values())
        changed += write_looked(store, again, again((0, entries)))
        done += len(entries)
        if progress:
            progress(done, len(ids), "")
    if clusters:
        cluster_new(store)
    return changed


def write_looked(store: Store, again: Again, looked: Looked) -> list[str]:
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
