"""SQLite: one file in WAL mode (readers never wait for the writer), bigrams in FTS5."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from newslink.errors import StoreError
from newslink.store.backend import columns_of_rows

if TYPE_CHECKING:
    from newslink.store.backend import Columns, Reader, Texts, Writer
    from newslink.store.search import Node

WAIT_SECONDS = 120
READER_CACHE_KB = 8_000
WRITER_CACHE_KB = 96_000
LOG_PAGES = 32_768  # one part of an ingest writes some 18,000
CELLS = 150  # a statement that inserts
BETWEEN = "\x00"  # texts of one column: what no text of the store holds (see ``text``)
SEARCH_MERGE = 8  # segments of one level that are merged into one of the next; 4, FTS5's own, rewrites every posting twice as often
SEARCH_BUFFER = 48 << 20  # bytes of new postings held before they are written as one segment


class Sqlite:
    """See ``backend.Backend``."""

    name = "sqlite"
    write_options: dict[str, Any] = {}
    search_key = "search.rowid"

    def prepare(self, url: URL, create: bool) -> None:
        path = _path(url)
        if path.exists():
            if path.is_dir():
                raise StoreError(f"{path} is a folder; expected the store's file, such as {path / 'newslink.db'}.")
            return
        if not create:
            raise StoreError(f"There is no store at {path}; `newslink ingest` creates one.", "store_missing")
        path.parent.mkdir(parents=True, exist_ok=True)

    def engine_options(self, url: URL) -> dict[str, Any]:
        return {
            "connect_args": {"timeout": WAIT_SECONDS, "check_same_thread": False, "cached_statements": 512},
            "pool_size": 8,
            "max_overflow": 120,
            "pool_timeout": WAIT_SECONDS,
        }

    def listen(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def connected(connection: sqlite3.Connection, record: object) -> None:
            # The driver's own idea of when a transaction begins breaks snapshots; transactions are ours (see "begin").
            connection.isolation_level = None
            for pragma in (
                "journal_mode=WAL",
                "synchronous=NORMAL",
                f"cache_size=-{READER_CACHE_KB}",
                "foreign_keys=OFF",
                "trusted_schema=OFF",
                # Pages that every part touches (the newest of each security) are copied into the file once in some 128 MB of log, not once a part.
                f"wal_autocheckpoint={LOG_PAGES}",
                f"journal_size_limit={LOG_PAGES * 4096}",
            ):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def begun(connection: Connection) -> None:
            options = connection.get_execution_options()
            writing, large = options.get("newslink_write"), options.get("newslink_large")
            raw = connection.connection.cursor()
            # The writer's cache is large only while it writes: dozens of readers at that size would be gigabytes.
            raw.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KB if writing else READER_CACHE_KB}")
            # Dropping a table, SQLite keeps a copy of all its pages until the statement has ended.
            raw.execute(f"PRAGMA temp_store={'FILE' if large else 'MEMORY'}")
            raw.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    def lock(self, connection: Connection) -> None:
        """``BEGIN IMMEDIATE`` already did."""

    def closing(self, engine: Engine) -> None:
        """Nothing to do: WAL is checkpointed by the last connection that closes."""

    def streaming_cursor(self, connection: Connection) -> Any:
        return connection.connection.cursor()

    def translated(self, sql: str) -> str:
        return sql

    def among(self, values: list[Any]) -> tuple[str, Any]:
        return "IN (SELECT value FROM json_each(?))", json.dumps(values)

    def columns(self, reader: Reader, numbers: Sequence[str], texts: Sequence[str], rest: str, parameters: Sequence[Any]) -> Columns:
        # SQLite writes a whole column into one text faster than the driver makes an object of each cell: 35 ms for 27,000 rows, not 130.
        told = [*(f"group_concat({number})" for number in numbers), *(f"CAST(group_concat({text}, ?1) AS BLOB)" for text in texts)]
        try:
            count, *row = reader.row(f"SELECT count(*), {', '.join(told)} {rest}", [BETWEEN, *parameters] if texts else parameters)
        except sqlite3.DataError:  # longer than SQLite lets a text be
            return columns_of_rows(reader, numbers, texts, rest, parameters)
        whole = [np.fromstring(column, "int64", sep=",") if column else np.zeros(0, "int64") for column in row[: len(numbers)]]
        cut = [_cut(joined) if count else pd.array([], dtype="str") for joined in row[len(numbers) :]]
        if any(len(column) != count for column in cut):  # a text that holds what is to stand between texts
            return columns_of_rows(reader, numbers, texts, rest, parameters)
        return whole, cut

    def load(self, writer: Writer, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        # Several rows a statement: of narrow ones, binding and stepping costs as much as the insert itself. OR FAIL: an error takes the whole
        # transaction back anyway, and without it SQLite keeps a copy of every page until the statement has ended well.
        at_once = max(CELLS // len(columns), 1)
        marks = f"({', '.join('?' * len(columns))})"
        insert = f"INSERT OR FAIL INTO {table} ({', '.join(columns)}) VALUES "
        whole = len(rows) - len(rows) % at_once
        parts = [list(chain.from_iterable(rows[at : at + at_once])) for at in range(0, whole, at_once)]
        writer.run_many(insert + ", ".join([marks] * at_once), parts)
        writer.run_many(insert + marks, rows[whole:])

    # --- search ---
    def create_search(self, writer: Writer) -> None:
        # Contentless: the text lies in document. columnsize is for bm25, which is not used. ascii: every byte above 127 is part of a token,
        # spaces separate; the tokens are made by ``tokens``, not by SQLite.
        writer.run("CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(title, body, content='', columnsize=0, tokenize='ascii')")
        writer.run("INSERT INTO search (search, rank) VALUES ('hashsize', ?)", (SEARCH_BUFFER,))
        writer.run("INSERT INTO search (search, rank) VALUES ('automerge', ?)", (SEARCH_MERGE,))

    def add_search(self, writer: Writer, rows: list[tuple[int, str, str]]) -> None:
        # Ascending, because FTS5 writes its buffer out early whenever a rowid is not larger than the one before.
        writer.run_many("INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)", sorted(rows))

    def drop_search(self, writer: Writer, rows: list[tuple[int, str, str]]) -> None:
        writer.run_many("INSERT INTO search (search, rowid, title, body) VALUES ('delete', ?, ?, ?)", sorted(rows))

    def search_sql(self, node: Node, title_only: bool = False) -> tuple[str, list[Any]]:
        from newslink.store.search import fts5_of

        expression = fts5_of(node)
        if title_only:
            expression = f"({expression}) AND {{title}} : ({expression})"
        return "SELECT search.rowid FROM search WHERE search MATCH ?", [expression]

    def settle_search(self, writer: Writer) -> None:
        writer.run("INSERT INTO search (search, rank) VALUES ('merge', ?)", (2000,))

    # --- operating ---
    def size(self, reader: Reader) -> int:
        path = reader.value("SELECT file FROM pragma_database_list WHERE name = 'main'")
        files = [Path(path), Path(path + "-wal")] if path else []
        return sum(file.stat().st_size for file in files if file.exists())

    def backup(self, engine: Engine, path: Path) -> None:
        """SQLite's online backup inside one read snapshot of the source; the copy is a plain file without a log beside it."""
        with engine.connect() as connection:
            source = connection.connection.driver_connection
            target = sqlite3.connect(path)
            try:
                source.backup(target, pages=-1)
                target.execute("PRAGMA journal_mode=DELETE")
                bad = target.execute("PRAGMA quick_check(1)").fetchone()[0]
            finally:
                target.close()
        if bad != "ok":
            raise StoreError(f"the copy does not pass SQLite's own check: {bad}")


def _cut(joined: bytes) -> Texts:
    """Texts joined by BETWEEN → the texts, without an object of Python for each. Raises StoreError for what is no UTF-8."""
    try:
        parts = pc.split_pattern(pa.array([joined], pa.large_binary()), BETWEEN.encode()).values.cast(pa.large_string())
    except pa.ArrowInvalid as error:
        raise StoreError(f"a stored text cannot be read ({error}); the store is damaged: restore a backup", "store_damaged") from error
    return pd.array(parts, dtype="str")


def _path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise StoreError("A store lies in a file: expected sqlite:///folder/newslink.db or sqlite:////absolute/newslink.db.")
    return Path(url.database)
