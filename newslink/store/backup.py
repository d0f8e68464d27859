"""A store → one SQLite file, consistent while the store is used; and that file → the place of a store, SQLite or PostgreSQL.

Backups have one form whatever the server, so a laptop's store moves to a firm's PostgreSQL and back by ``backup`` and ``restore``.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newslink.errors import StoreError
from newslink.store import codec, schema
from newslink.store.backend import Reader, Writer
from newslink.store.database import Database, foreign_errors, parse_url
from newslink.store.migrate import bring_up, version_of
from newslink.store.tokens import indexed

BATCH = 2000


def backup(database: Database, path: Path) -> Path:
    """Written beside and moved in place, so that a backup is never half a file. Returns the path."""
    path = path.expanduser().absolute()
    part = path.with_name(path.name + ".part")
    with foreign_errors(database.url):
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in _files(part):
            leftover.unlink(missing_ok=True)
        if database.backend.name == "sqlite":
            _online(database, part)
        else:
            target = Database(f"sqlite:///{part}")
            try:
                _copy(database, target)
            finally:
                target.close()
        _sync(part)
        part.replace(path)
        for leftover in _files(part):
            leftover.unlink(missing_ok=True)
    return path


def restore(path: str | Path, url: str) -> None:
    """Put a backup in the place of the store at url. An SQLite store that is there is kept beside it as ``….before-restore``;
    a PostgreSQL database must hold no newslink store. Raises StoreError when the file is no backup; nothing is touched then.
    """
    path = Path(path).expanduser().absolute()
    if not path.is_file():
        raise StoreError(f"There is no backup at {path}.")
    source = Database(f"sqlite:///{path}", create=False)
    try:
        found = version_of(source)
        if found == 0:
            raise StoreError(f"{path} is no backup of a newslink store.")
        if found > schema.VERSION:
            bring_up(source)
        target_url = parse_url(url)
        if target_url.get_backend_name() == "sqlite":
            place = Path(target_url.database).absolute()
            if place == path:
                raise StoreError("The backup and the store are the same file.")
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(place.name + ".part")
            for leftover in _files(part):
                leftover.unlink(missing_ok=True)
            with foreign_errors(target_url):
                _online(source, part)
                _sync(part)
                _swap(part, place)
        else:
            target = Database(target_url)
            try:
                if version_of(target):
                    raise StoreError(f"{target.url.render_as_string()} already holds a store; restore into an empty database.")
                with _of_today(source, found) as whole:
                    _copy(whole, target)
            finally:
                target.close()
    finally:
        source.close()


@contextmanager
def _of_today(source: Database, found: int) -> Iterator[Database]:
    """The backup, or where an earlier newslink wrote it a copy brought forward; the backup itself stays as it is."""
    if found == schema.VERSION:
        yield source
        return
    with tempfile.TemporaryDirectory() as folder:
        _online(source, Path(folder) / "copy.db")
        copy = Database(f"sqlite:///{folder}/copy.db")
        try:
            bring_up(copy)
            yield copy
        finally:
            copy.close()


def _online(database: Database, path: Path) -> None:
    """SQLite's online backup inside one snapshot; the copy is a plain file without a log beside it."""
    with database.engine.connect() as connection:
        target = sqlite3.connect(path)
        try:
            connection.connection.driver_connection.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")
            bad = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            target.close()
    if bad != "ok":
        raise StoreError(f"the copy does not pass SQLite's own check: {bad}")


def _swap(part: Path, place: Path) -> None:
    """The old store, closed by now, steps aside with its log; the new one takes its place."""
    if place.exists():
        sqlite3.connect(place).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
        aside = place.with_name(place.name + ".before-restore")
        place.replace(aside)
        for log in _files(place)[1:]:
            log.unlink(missing_ok=True)
    part.replace(place)


def _copy(source: Database, target: Database) -> None:
    """Every table as one snapshot; the search index is built anew. One transaction: a target is whole or empty."""
    tables = list(schema.metadata.sorted_tables)
    with source.read() as reader, target.write() as writer:
        schema.metadata.create_all(writer.connection)
        writer.backend.create_search(writer)
        for table in tables:
            names = [f'"{column.name}"' for column in table.columns]
            for rows in reader.stream(f"SELECT {', '.join(names)} FROM {table.name}", (), BATCH):
                writer.load(table.name, names, [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows])
        _index(reader, writer)


def _index(reader: Reader, writer: Writer) -> None:
    query = "SELECT a.key, a.title, d.content FROM article a JOIN document d ON d.key = a.key ORDER BY a.key"
    for rows in reader.stream(query, (), BATCH):
        writer.backend.add_search(
            writer, [(key, indexed(title), indexed(codec.unpack_content(bytes(content))[0])) for key, title, content in rows]
        )


def _files(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]


def _sync(path: Path) -> None:
    """On disk before it is moved in place."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
