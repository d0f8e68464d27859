"""Stored articles → syndication clusters: signatures made, copies found among what is stored, memberships written.

Memberships are written before signatures: killed in between, the articles still count as unsigned and are placed again, to the same effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from newslink.articles import Placement, Signature, pack, place, signature, unpack
from newslink.model import Article, Entry, Link
from newslink.store import Membership, Store
from newslink.store import Signature as Signed

PART = 500  # articles placed at once
LINKED = 0.5


def cluster_entries(store: Store, entries: Iterable[Entry]) -> None:
    """Place articles just written, whose text and links are at hand."""
    _place(store, [_signed(entry.article, entry.links) for entry in entries])


def cluster_new(store: Store, progress=None) -> int:
    """Place every stored article that has no signature yet; returns how many. Run after an interrupted ingest and after a bulk load."""
    done = 0
    while ids := store.unsigned(PART):
        _place(store, [_signed(entry.article, entry.links) for entry in store.articles_by_id(ids).values()])
        done += len(ids)
        if progress:
            progress(done, None, "")
    return done


def _signed(article: Article, links: Sequence[Link]) -> Signature:
    return signature(article, [link.security for link in links if link.confidence >= LINKED])


def _place(store: Store, new: list[Signature]) -> None:
    for at in range(0, len(new), PART):
        part = new[at : at + PART]
        mine = {one.article for one in part}
        near = {found.article: unpack(found.data) for found in store.sharing_bands(key for one in part for key in one.keys)}
        known, seen = [], set()
        for id in [*near, *mine]:
            if id in seen:
                continue
            members = store.cluster_of(id)
            if not members:
                seen.add(id)
                if id in near:
                    known.append((near[id], Placement(id, id, "head", 1.0, "")))
                continue
            missing = [m.article for m in members if m.article not in near]
            near |= {found.article: unpack(found.data) for found in store.signatures(missing)} if missing else {}
            for member in members:
                seen.add(member.article)
                if member.article in near:
                    kind = "head" if member.article == member.head else "copy"
                    known.append((near[member.article], Placement(member.article, member.head, kind, member.novelty, "")))
        placed = place(part, known)
        store.put_memberships(_memberships(placed))
        store.put_signatures([Signed(one.article, one.keys, pack(one)) for one in part])


def _memberships(placed: list[Placement]) -> list[Membership]:
    shared = {one.cluster for one in placed if one.cluster != one.article}
    return [
        Membership(one.article, one.cluster, 1.0 if one.cluster == one.article else 1.0 - one.novelty, one.novelty)
        for one in placed
        if one.cluster in shared
    ]
