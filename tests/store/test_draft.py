"""Drafts: what is put from another process is what would be put here, and the article comes back out of one."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from newslink.errors import StoreError
from newslink.model import Entry
from newslink.store import Store, article_of, draft_of
from tests.store.audit import audit
from tests.store.make import article, content, ingest, link, linked, random_articles


@pytest.mark.parametrize("seed", range(3))
def test_drafts_that_travelled_store_what_entries_store(store: Store, another_store, seed: int) -> None:
    entries = [linked(one) for one in {one.id: one for one in random_articles(seed, 60)}.values()]
    store.put(entries)
    other = another_store()
    other.put(pickle.loads(pickle.dumps([draft_of(entry) for entry in entries])))
    assert content(store) == content(other)
    audit(other)


def test_the_article_comes_back() -> None:
    for one in random_articles(4, 40):
        assert article_of(draft_of(linked(one))) == one
    nasty = article("a", title="\ud800\x00报", body="\ud800正文")
    assert article_of(draft_of(Entry(nasty))) == replace(nasty, title="\ufffd\ufffd报"), "the title as the database can hold it"


def test_a_draft_takes_the_place_of_an_entry_in_a_history_of_twins(store: Store) -> None:
    ingest(store, [article("a"), article("a", locator="/other/a.md")])
    before = content(store)
    stored = store.article("a")
    assert store.put([draft_of(stored)], own=store.origins_of(["a"])["a"]).updated == 0
    assert content(store) == before
    audit(store)


def test_links_without_standings_are_refused_where_the_draft_is_made() -> None:
    with pytest.raises(StoreError, match="standings"):
        draft_of(replace(linked(article("a")), standings=()))
    with pytest.raises(StoreError, match="two links"):
        draft_of(Entry(article("a"), (link(), link()), (None, None)))
