"""Filled stores of every released schema are brought forward, on both back ends, to what a store of today would hold."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect

from newslink.errors import SchemaTooNew, StoreError
from newslink.model import Filter
from newslink.store import Membership, Signature, Store, open_store, restore, schema, steps
from newslink.store import database as databases
from newslink.store.backup import _index
from tests.store.audit import audit
from tests.store.dying import counted, dies
from tests.store.make import article, content, ingest, link, random_articles

RELEASED = Path(__file__).parent / "released"
VERSIONS = sorted({int(path.name.partition(".")[0]) for path in RELEASED.glob("*.sql")})


def filled(store: Store) -> None:
    """Twins, edits, rejections, clusters, candidates, bars, names, corrections, states: something in nearly every table."""
    ingest(store, random_articles(5, 150))
    ids = [e.article.id for _, e in store.articles()]
    store.put_signatures([Signature(id, (n, n + 1), b"s" * n) for n, id in enumerate(ids[:20])])
    store.put_memberships([Membership(id, ids[3], 0.9, 0.1) for id in ids[3:9]])
    store.put_correction("reject_link", article=ids[0], security="600519.SH", who="analyst")
    store.set_state("view", {"open": True})
    store.add_to_inbox("k", {"x": 1})


def as_of_version(version: int, current: Store, url: str) -> None:
    """The content of a store of today in a database with the tables of that release."""
    target = databases.Database(url)
    ddl = (RELEASED / f"{version}.{target.backend.name}.sql").read_text(encoding="utf-8")
    with current.database.read() as reader, target.write() as writer:
        for statement in filter(str.strip, ddl.split(";\n")):
            writer.run(statement)
        tables = inspect(writer.connection)
        for table in tables.get_table_names():
            if table in ("meta",) or table.startswith("search"):
                continue
            columns = [f'"{column["name"]}"' for column in tables.get_columns(table)]
            if table == "session_count":
                query = "SELECT session, security, count(*), sum(head) FROM link GROUP BY session, security"
            else:
                query = f"SELECT {', '.join(columns)} FROM {table}"
            rows = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in reader.rows(query)]
            writer.load(table, columns, [row for row in rows if table != "term" or row[0] != 0])
        _index(reader, writer)
    target.close()


@pytest.fixture(params=VERSIONS)
def released(request: pytest.FixtureRequest, store: Store, elsewhere: str) -> tuple[int, str, Store]:
    """(version, url of a filled store of it, the store of today with the same content)."""
    filled(store)
    as_of_version(request.param, store, elsewhere)
    return request.param, elsewhere, store


def shape(store: Store) -> dict:
    """Tables, columns, keys and indexes as the database itself tells them."""
    with store.database.read() as reader:
        tables = inspect(reader.connection)
        names = [name for name in tables.get_table_names() if not name.startswith("search_")]
        return {
            name: (
                {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in tables.get_columns(name)},
                tables.get_pk_constraint(name)["constrained_columns"],
                sorted((i["name"], tuple(i["column_names"]), bool(i["unique"])) for i in tables.get_indexes(name)),
            )
            for name in names
        }


def test_there_is_a_step_from_every_released_schema() -> None:
    assert [*range(1, schema.VERSION)] == VERSIONS == sorted(steps.STEPS)


def test_a_filled_store_comes_forward_whole(released) -> None:
    _, url, today = released
    with open_store(url) as store:
        assert store.schema == schema.VERSION
        assert shape(store) == shape(today)
        assert content(store) == content(today)
        audit(store)
        with store.database.read() as reader, today.database.read() as other:
            for table in schema.metadata.sorted_tables:
                if table.name in ("meta", "followup"):
                    continue
                columns = ", ".join(f'"{c.name}"' for c in table.columns)
                assert sorted(map(repr, reader.rows(f"SELECT {columns} FROM {table.name}"))) == sorted(
                    map(repr, other.rows(f"SELECT {columns} FROM {table.name}"))
                ), table.name
        # And it goes on being written to.
        store.put_memberships([Membership(m.article, m.head) for m in store.cluster_of(next(iter(content(store)["articles"])))])
        ingest(store, [article("new", title="五粮液减持")])
        assert store.page(Filter(keyword="五粮液减持")).total
        audit(store)


def test_a_migration_that_dies_half_way_leaves_the_store_as_it_was(released, monkeypatch: pytest.MonkeyPatch) -> None:
    version, url, today = released
    step = steps.STEPS[version]

    def dies(writer) -> None:
        step(writer)
        raise OSError("power")

    monkeypatch.setitem(steps.STEPS, version, dies)
    with pytest.raises(StoreError, match="power"):
        open_store(url)
    monkeypatch.undo()
    with open_store(url) as store:
        assert content(store) == content(today)
        audit(store)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_migration_killed_at_any_statement_is_done_by_the_next_opener(version: int, tmp_path: Path) -> None:
    old, moved = tmp_path / "old.db", tmp_path / "moved.db"
    with open_store(f"sqlite:///{tmp_path}/today.db") as today:
        filled(today)
        as_of_version(version, today, f"sqlite:///{old}")
        wanted = content(today)

    def opens() -> None:
        open_store(f"sqlite:///{moved}").close()

    def afresh() -> None:
        for file in tmp_path.glob("moved.db*"):
            file.unlink()
        shutil.copyfile(old, moved)

    afresh()
    requests = counted(opens)
    assert requests > 20
    for at in range(1, requests + 1, 2):
        afresh()
        assert dies(opens, at), at
        with open_store(f"sqlite:///{moved}") as store:
            assert content(store) == wanted
            audit(store)


def test_several_openers_of_an_old_store_migrate_it_once(released, monkeypatch: pytest.MonkeyPatch) -> None:
    version, url, today = released
    step, times, failures = steps.STEPS[version], [], []
    monkeypatch.setitem(steps.STEPS, version, lambda writer: (times.append(1), step(writer)))
    wanted = content(today)

    def opens() -> None:
        try:
            with open_store(url) as store:
                assert content(store)["counts"] == wanted["counts"]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=opens) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(times) == 1


def test_a_backup_of_an_old_release_is_restored_to_today(released, tmp_path: Path, new_url: Callable[[], str]) -> None:
    version, url, today = released
    if not url.startswith("sqlite"):
        # Backups have one form; made by the release from its SQLite or PostgreSQL alike.
        url = f"sqlite:///{tmp_path}/old.db"
        as_of_version(version, today, url)
    place = new_url()
    old = Path(url.removeprefix("sqlite:///"))
    before = old.read_bytes()
    restore(old, place)
    with open_store(place) as store:
        assert content(store) == content(today)
        audit(store)
    assert old.read_bytes() == before, "the backup itself stays as it is"


def test_a_store_of_a_later_newslink_is_refused_untouched(store: Store, url: str) -> None:
    store.put([])
    with store.database.write() as writer:
        writer.run("UPDATE meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(SchemaTooNew, match="schema 99"):
        open_store(url)
    with store.database.read() as reader:
        assert reader.value("SELECT value FROM meta WHERE name = 'schema'") == "99"


def test_link_rows_of_an_old_store_still_show_their_article(released) -> None:
    _, url, today = released
    with open_store(url) as store:
        store.put_links([type(e)(e.article, (link("NIO.US"),), (None,), e.tags) for _, e in store.articles()])
        rows = store.rows(Filter(securities=("NIO.US",)))
        assert len(rows) == store.counts().links
        audit(store)
