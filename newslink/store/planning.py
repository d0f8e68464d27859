"""Entries and what the store holds of them → what is to be written, and how each item counts. Pure: no database here.

The protocol (see ``Store.put``): an article is written only by someone who has seen every one of its origins. An entry that misses one the store
has, or carries one the store holds in another state, is *stale* and not written; its writer reads the origins again, merges, links and puts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newslink.errors import StoreError
from newslink.model import Article, Rejection
from newslink.store.draft import Draft


@dataclass(frozen=True, slots=True)
class PutCounts:
    """What became of the items of one ``put``, one an origin: new + updated + unchanged + duplicates + rejected = items handed in, but for
    those of stale entries, and for origins of an article with several that are stored just so.

    stale: ids of articles not written, because the store knows origins of them that the entry does not, or knows them otherwise. unsettled:
    ids of articles that lost an origin to another article and keep others. Of both: ``origins_of``, merge, link, put.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    stale: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What the store holds of an article: its key, origins (locator → fingerprint), first slot of its time."""

    key: int
    id: str
    slot: int
    unsettled: bool
    origins: Mapping[str, str]


@dataclass(slots=True)
class Plan:
    """write: entries to store, in order. moved: locator → key of the article it leaves. stale: see PutCounts."""

    write: list[Draft] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("new", "updated", "unchanged", "duplicates", "rejected"), 0))
    stale: list[str] = field(default_factory=list)


def plan_of(
    entries: Sequence[Draft],
    rejections: Sequence[Rejection],
    own: Mapping[str, Article],
    held_by_id: Mapping[str, Held],
    held_by_locator: Mapping[str, Held],
) -> Plan:
    """own: locator → the article as that origin alone gives it, for freshly read origins of entries that have several."""
    stale: dict[str, None] = {}
    left = list(entries)
    while True:
        plan = _planned(left, rejections, own, held_by_id, held_by_locator)
        if not plan.stale:
            plan.stale = list(stale)
            return plan
        # What a stale entry would have moved stays where it is, which may make others stale: again without it.
        stale.update(dict.fromkeys(plan.stale))
        left = [entry for entry in left if entry.id not in stale]


def _planned(
    entries: Sequence[Draft],
    rejections: Sequence[Rejection],
    own: Mapping[str, Article],
    held_by_id: Mapping[str, Held],
    held_by_locator: Mapping[str, Held],
) -> Plan:
    plan = Plan()
    claimed: dict[str, str | None] = {rejection.locator: None for rejection in rejections}
    for entry in entries:
        for locator in _fresh(entry, own):
            claimed[locator] = entry.id
    now: dict[str, dict[str, str]] = {}
    written: dict[str, Draft] = {}
    for entry in entries:
        id_ = entry.id
        held = held_by_id.get(id_)
        if held is None and id_ not in now and len(entry.origins) == 1 and entry.origins[0].locator not in held_by_locator:
            # Nobody knew anything of it: nearly every entry of a backfill.
            plan.counts["new"] += 1
            now[id_] = {entry.origins[0].locator: entry.origins[0].fingerprint}
            written[id_] = entry
            continue
        have = now.get(id_)
        if have is None:
            have = {loc: mark for loc, mark in (held.origins if held else {}).items() if claimed.get(loc, id_) == id_}
        want = {origin.locator: origin.fingerprint for origin in entry.origins}
        if not want:
            raise StoreError(f"article {id_!r} has no origin; expected at least one")
        fresh = _fresh(entry, own)
        if any(loc not in want for loc in have) or any(loc not in fresh and have.get(loc) != mark for loc, mark in want.items()):
            plan.stale.append(id_)
            continue
        changed = len(fresh) < len(want) or (held is not None and (held.unsettled or held.origins.keys() != want.keys()))
        for locator in fresh:
            before = held_by_locator.get(locator)
            if before is None and locator not in have:
                exists = held is not None or id_ in now
                plan.counts["duplicates" if exists else "new"] += 1
                now[id_] = want
                changed = True
            elif before is not None and before.id == id_ and before.origins[locator] == want[locator]:
                # Put again because it lost an origin, or beside a new twin: no item was read.
                plan.counts["unchanged"] += not held.unsettled and len(want) == 1
            else:
                plan.counts["updated"] += 1
                changed = True
            if before is not None and before.id != id_:
                plan.moved[locator] = before.key
        now[id_] = want
        if changed:
            written[id_] = entry
    for rejection in rejections:
        plan.counts["rejected"] += 1
        before = held_by_locator.get(rejection.locator)
        if before is not None:
            plan.moved[rejection.locator] = before.key
    plan.write = list(written.values())
    return plan


def _fresh(entry: Draft, own: Mapping[str, Article]) -> list[str]:
    """Locators read just now. An entry with one origin is its own witness."""
    origins = entry.origins
    if len(origins) == 1:
        return [origins[0].locator]
    return [origin.locator for origin in origins if origin.locator in own]
