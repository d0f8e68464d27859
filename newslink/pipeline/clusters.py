"""Stored articles → syndication clusters: signatures made, copies found among what is stored, memberships written; what people merged or
split stays so, whatever arrives later.

Memberships are written before signatures: killed in between, the articles still count as unsigned and are placed again, to the same effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType

from newslink.articles import WINDOW_HOURS, Placement, Signature, pack, place, unpack
from newslink.articles.signatures import NO_TIME
from newslink.making import without_collection
from newslink.model import Entry
from newslink.pipeline.linking import universe_of
from newslink.pipeline.overrule import overrule, standing_alone
from newslink.pipeline.prepare import signatures_of
from newslink.pipeline.statements import OF_CLUSTERS, Statement, statements_of
from newslink.store import Membership, Store
from newslink.store import Signature as Signed

PART = 1000  # articles placed at once
BEIJING = timezone(timedelta(hours=8))
_STRETCH = 4 * 24 * 3600  # seconds of publication time whose candidates are fetched at once


def cluster_entries(store: Store, entries: Iterable[Entry]) -> None:
    """Place articles just written, whose text and links are at hand."""
    _place(store, _signed(store, entries))


def cluster_new(store: Store, progress=None) -> int:
    """Place every stored article that has no signature yet; returns how many. Run after an interrupted ingest and after a bulk load."""
    done = 0
    while found := store.unsigned(PART):
        with without_collection():
            ready = {id: one for id, one in found.items() if one}
            new = [unpack(one.data) for one in ready.values()]
            if others := [id for id in found if id not in ready]:
                new += _signed(store, store.articles_by_id(others).values())
            _place(store, new, ready)
        done += len(found)
        if progress:
            progress(done, None, "")
    return done


def cluster_again(store: Store, ids: Iterable[str]) -> None:
    """Place stored articles anew with all members of their clusters: after their links or what people said of them has changed."""
    wanted: dict[str, None] = {}
    for id in ids:
        wanted |= dict.fromkeys((id, *(member.article for member in store.cluster_of(id))))
    ids = list(wanted)
    for at in range(0, len(ids), PART):
        _place(store, _signed(store, store.articles_by_id(ids[at : at + PART]).values()))


def _signed(store: Store, entries: Iterable[Entry]) -> list[Signature]:
    return signatures_of(entries, universe_of(store).entity_of)


def _place(store: Store, new: Sequence[Signature], ready: Mapping[str, Signed] = MappingProxyType({})) -> None:
    """ready: article → its signature, where that lies in the store already."""
    said = [one for one in statements_of(store.corrections()) if one.kind in OF_CLUSTERS]
    for at in range(0, len(new), PART):
        part = new[at : at + PART]
        memberships = _memberships(store, {one.article: one for one in part}, said)
        store.put_memberships(memberships, [ready[one.article] for one in part if one.article in ready])
        if rest := [Signed(one.article, one.keys, pack(one)) for one in part if one.article not in ready]:
            store.put_signatures(rest)


def _memberships(store: Store, part: dict[str, Signature], said: Sequence[Statement]) -> list[Membership]:
    """Rows to write, heads first, so that members of a head that leaves are not carried along."""
    signatures, before = _around(store, part, said)
    alone = standing_alone(said)
    known = [(signatures[id], placement) for id, placement in before.items() if id not in alone]
    placed = place([one for id, one in part.items() if id not in alone], known)
    now = {id: Placement(id, id, "head", 1.0, "") for id in part} | before | {one.article: one for one in placed}
    clusters = overrule({id: placement.cluster for id, placement in now.items()}, said, lambda id: _order(signatures[id]))
    met = Counter(clusters.values())
    moved = {one.article for one in placed} | {id for id, head in clusters.items() if id not in before or head != before[id].cluster}
    moved |= {clusters[id] for id in moved if met[clusters[id]] > 1}  # what is told of a head is told with its first copy
    held = Counter(placement.cluster for placement in before.values())
    rows = []
    for id in sorted(moved, key=lambda id: clusters[id] != id):
        head, novelty = clusters[id], now[id].novelty
        if met[head] > 1:
            rows.append(Membership(id, head, 1.0 if head == id else 1.0 - novelty, novelty, now[id].earlier, head == id and now[id].kind == "update"))
        elif now[id].kind == "update" or (id in before and (held[before[id].cluster] > 1 or before[id].kind == "update")):
            # It tells an earlier story with other numbers; or it did, or was in a cluster, and is and does no longer.
            rows.append(Membership(id, id, 1.0, novelty, now[id].earlier, now[id].kind == "update"))
    return rows


def _around(store: Store, part: dict[str, Signature], said: Sequence[Statement]) -> tuple[dict[str, Signature], dict[str, Placement]]:
    """(signatures, placements now) of all that shares a band with the part or that people named together with it, clusters whole.

    A stored article of the part has its place in both, and its new signature.
    """
    signatures = _candidates(store, part.values())
    before: dict[str, Placement] = {}
    seen: set[str] = set()
    left = [*signatures, *part]
    while left:
        left = [id for id in left if id not in seen]
        memberships, updates = store.clusters_of(left)
        members, told_on = {member.article: member for member in memberships}, {update.article: update for update in updates}
        met = dict.fromkeys([*left, *members])
        seen |= met.keys()
        for id in met:
            if member := members.get(id):
                kind = "copy" if id != member.head else "update" if member.update else "head"
                before[id] = Placement(id, member.head, kind, member.novelty, member.earlier)
            elif update := told_on.get(id):
                before[id] = Placement(id, id, "update", update.novelty, update.earlier)
            elif id in signatures:
                before[id] = Placement(id, id, "head", 1.0, "")
        partners = {id for one in said if one.other and (one.article in met or one.other in met) for id in (one.article, one.other)}
        left = sorted(partners - seen)
        missing = [id for id in {*met, *left} if id not in signatures]
        signatures |= {found.article: unpack(found.data) for found in store.signatures(missing)} if missing else {}
    signatures |= part
    return signatures, {id: placement for id, placement in before.items() if id in signatures}


def _candidates(store: Store, part: Iterable[Signature]) -> dict[str, Signature]:
    """Stored articles that share a band with one of the part, published near it: a copy farther off than the window would not count."""
    found: dict[str, Signature] = {}
    timed = sorted((one for one in part if one.time != NO_TIME), key=lambda one: one.time)
    at = 0
    while at < len(timed):
        end = next((n for n in range(at, len(timed)) if timed[n].time - timed[at].time > _STRETCH), len(timed))
        stretch = timed[at:end]
        # A day more on either side: an article dated with the day alone is kept under its own day, whatever its zone.
        first, last = (_day(one.time + sign * (WINDOW_HOURS + 24) * 3600) for one, sign in ((stretch[0], -1), (stretch[-1], 1)))
        for signed in store.sharing_bands({key for one in stretch for key in one.keys}, first, last):
            found.setdefault(signed.article, unpack(signed.data))
        at = end
    if timeless := {key for one in part if one.time == NO_TIME for key in one.keys}:
        for signed in store.sharing_bands(timeless):
            found.setdefault(signed.article, unpack(signed.data))
    return found


def _day(seconds: int) -> date:
    try:
        return datetime.fromtimestamp(seconds, BEIJING).date()
    except (OverflowError, ValueError, OSError):
        return date.min if seconds < 0 else date.max


def _order(signature: Signature) -> tuple[bool, int, str]:
    """First report first; what has no time comes last."""
    return signature.time == NO_TIME, signature.time, signature.article
