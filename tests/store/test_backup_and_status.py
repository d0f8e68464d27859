"""Backups taken while the store is written to, both ways between the back ends; and what the status says, recounted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from newslink.commands.status import facts
from newslink.errors import StoreError
from newslink.model import Filter, Rejection
from newslink.store import Membership, Signature, Store, open_store, restore
from tests.store.audit import audit
from tests.store.make import article, content, ingest, random_articles


def filled(store: Store) -> None:
    ingest(store, [*random_articles(5, 120), Rejection("/posts/bad.md", "no front matter", 3, "f9")])
    ids = [e.article.id for _, e in store.articles()]
    store.put_signatures([Signature(id, (n, n + 1), b"s" * n) for n, id in enumerate(ids[:20])])
    store.put_memberships([Membership(id, ids[3], 0.9, 0.1) for id in ids[3:9]])
    store.put_memberships([Membership(ids[12], ids[12], 1.0, 0.4, ids[3], update=True)])
    store.set_state("view", {"open": True})


def rest(store: Store) -> tuple:
    ids = [e.article.id for _, e in store.articles()]
    return store.clusters_of(ids)[0], store.updates(ids), store.states(), store.signatures(ids), store.unsigned()


def test_a_backup_holds_everything_and_goes_to_either_back_end(store: Store, tmp_path: Path, new_url: Callable[[], str]) -> None:
    filled(store)
    path = store.backup(tmp_path / "backups" / "all.db")
    assert [p.name for p in path.parent.iterdir()] == ["all.db"]
    for url in (f"sqlite:///{tmp_path}/moved/newslink.db", new_url()):
        restore(path, url)
        with open_store(url, create=False) as moved:
            assert content(moved) == content(store)
            assert rest(moved) == rest(store)
            audit(moved)
            ingest(moved, [article("new", title="五粮液回购")])
            assert moved.page(Filter(keyword="五粮液回购")).total
            audit(moved)


def test_a_backup_taken_while_articles_arrive_is_of_one_moment(store: Store, tmp_path: Path) -> None:
    filled(store)
    stop, at = threading.Event(), [0]

    def arrive() -> None:
        while not stop.is_set():
            ingest(store, [article(f"new{at[0]}", title="五粮液减持", locator=f"/new/{at[0]}.md")])
            at[0] += 1

    writer = threading.Thread(target=arrive)
    writer.start()
    try:
        counts = []
        for number in range(3):
            path = store.backup(tmp_path / f"{number}.db")
            with open_store(f"sqlite:///{path}", create=False) as copy:
                audit(copy)
                counts.append(copy.counts().ingested)
    finally:
        stop.set()
        writer.join()
    assert counts == sorted(counts)
    assert at[0] > 0


def test_a_store_that_is_there_steps_aside(tmp_path: Path) -> None:
    old, new = f"sqlite:///{tmp_path}/old.db", f"sqlite:///{tmp_path}/new.db"
    for url, id in ((old, "old"), (new, "new")):
        with open_store(url) as store:
            ingest(store, [article(id)])
            store.backup(tmp_path / f"{id}.backup")
    restore(tmp_path / "new.backup", old)
    for url, id in ((old, "new"), (f"{old}.before-restore", "old")):
        with open_store(url, create=False) as store:
            assert [e.article.id for _, e in store.articles()] == [id]
            audit(store)


def test_what_is_no_backup_touches_nothing(store: Store, tmp_path: Path, url: str) -> None:
    filled(store)
    before = content(store)
    (tmp_path / "text.db").write_text("not a database at all, and long enough to be looked at as one" * 100)
    empty = tmp_path / "empty.db"
    empty.write_bytes(b"")
    for path in (tmp_path / "text.db", empty, tmp_path / "none.db", tmp_path):
        with pytest.raises(StoreError):
            restore(path, url)
    assert content(store) == before


def test_a_server_that_holds_a_store_is_not_written_over(postgres_url: str, tmp_path: Path) -> None:
    with open_store(postgres_url) as store:
        filled(store)
        before = content(store)
        path = store.backup(tmp_path / "all.db")
        with pytest.raises(StoreError, match="empty database"):
            restore(path, postgres_url)
        assert content(store) == before


def test_the_status_adds_up(store: Store) -> None:
    empty = facts(store)
    assert set(empty["counts"].values()) == {0} and empty["newest_article"] is None
    filled(store)
    told = facts(store)
    counts, tables = told["counts"], told["tables"]
    assert counts["ingested"] == counts["linked"] + counts["unlinked"] + counts["rejected"]
    assert (counts["linked"] + counts["unlinked"], counts["links"], counts["candidates"], counts["rejected"]) == (
        tables["article"], tables["link"], tables["candidate"], tables["rejection"],
    )  # fmt: skip
    newest = max(e.article.published for _, e in store.articles() if e.article.published)
    assert told["newest_article"].startswith(newest.astimezone().isoformat()[:4])
    assert told["store"]["schema"] == store.schema and told["store"]["bytes"] > 10_000
    assert told["unsettled"] == 0
