"""New links for stored articles, without touching the articles; whole articles anew, without touching their origins."""

from __future__ import annotations

from collections.abc import Sequence

from newslink.model import Entry
from newslink.store import codec
from newslink.store.copies import drop_signatures
from newslink.store.database import Database
from newslink.store.draft import draft_of, links_of
from newslink.store.keys import key_day
from newslink.store.planning import Plan
from newslink.store.tallies import Tallies
from newslink.store.terms import Terms
from newslink.store.writing import REPEATED, _apply, held_of, insert_links, remove_links


def put_links(database: Database, terms: Terms, entries: Sequence[Entry]) -> tuple[str, ...]:
    """See ``Store.put_links``. An article counts as changed when its origins or their fingerprints differ from the entry's."""
    with database.write() as writer:
        adding = terms.adding(writer)
        held, _ = held_of(writer, [entry.article.id for entry in entries], ())
        current = [
            entry
            for entry in {entry.article.id: entry for entry in entries}.values()
            if (found := held.get(entry.article.id)) and found.origins == {o.locator: o.fingerprint for o in entry.article.origins}
        ]
        keyed = [(held[entry.article.id].key, entry) for entry in current]
        keys = [key for key, _ in keyed]
        condition, parameter = writer.among(keys)
        before = {
            key: rest
            for key, *rest in writer.rows(f"SELECT key, links, signed, {', '.join(REPEATED)} FROM article WHERE key {condition}", (parameter,))
        }
        stored = {key: bytes(data) for key, data in writer.rows(f"SELECT key, links FROM document WHERE key {condition}", (parameter,))}
        packed = {key: codec.pack_links(entry.links, entry.standings) for key, entry in keyed}
        changed = [(key, links_of(entry)) for key, entry in keyed if packed[key] != stored[key]]
        tallies = Tallies()
        remove_links(writer, [key for key, _ in changed], tallies)
        insert_links(
            writer,
            adding,
            [(key, linked, tuple(before[key][2:])) for key, (linked, _) in changed],
            [(key, candidate) for key, (_, candidates) in changed for candidate in candidates],
            tallies,
        )
        # What lies ready names the companies of before.
        drop_signatures(writer, [key for key, _ in changed if not before[key][1]])
        numbers = []
        for key, (linked, _) in changed:
            links, _, source, category, *_ = before[key]
            now = len(linked)
            numbers.append((now, key))
            if (now > 0) != (links > 0):
                tallies.relinked(key_day(key), source, category, 1 if now else -1)
        writer.run_many("UPDATE article SET links = ? WHERE key = ?", numbers)
        writer.run_many("UPDATE document SET links = ? WHERE key = ?", [(packed[key], key) for key, _ in changed])
        tallies.write(writer)
        if changed:
            writer.bump("version")
    adding.keep()
    done = {entry.article.id for entry in current}
    return tuple(dict.fromkeys(entry.article.id for entry in entries if entry.article.id not in done))


def rewrite(database: Database, terms: Terms, entries: Sequence[Entry]) -> tuple[str, ...]:
    """See ``Store.rewrite``. A new time gives the article a new place; it leaves its cluster and waits for a signature."""
    with database.write() as writer:
        adding = terms.adding(writer)
        held, by_locator = held_of(writer, [entry.article.id for entry in entries], ())
        current = [
            entry
            for entry in {entry.article.id: entry for entry in entries}.values()
            if (found := held.get(entry.article.id)) and found.origins == {o.locator: o.fingerprint for o in entry.article.origins}
        ]
        if current:
            _apply(writer, adding, Plan(write=[draft_of(entry) for entry in current]), [], {}, held, by_locator)
            writer.bump("version")
    adding.keep()
    done = {entry.article.id for entry in current}
    return tuple(dict.fromkeys(entry.article.id for entry in entries if entry.article.id not in done))
