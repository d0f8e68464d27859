"""A connection to the store (Reader, Writer), and what SQLite and PostgreSQL do differently, behind one protocol (Backend)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

if TYPE_CHECKING:
    from newslink.store.search import Node

Rows = Iterable[Sequence[Any]]
Texts = pd.api.extensions.ExtensionArray  # of pandas' str
Columns = tuple[list[np.ndarray], list[Texts]]  # numbers as int64, texts


class Backend(Protocol):
    """One database product."""

    name: str
    write_options: dict[str, Any]
    search_key: str  # what a search query calls the article's key

    def prepare(self, url: URL, create: bool) -> None:
        """Make folders; raise StoreError where nothing is to be created and nothing is there."""

    def engine_options(self, url: URL) -> dict[str, Any]: ...
    def listen(self, engine: Engine) -> None: ...
    def lock(self, connection: Connection) -> None:
        """Inside a writing transaction: wait until no other process writes."""

    def closing(self, engine: Engine) -> None: ...
    def streaming_cursor(self, connection: Connection) -> Any:
        """A cursor that fetches as it is read, beside others on the same connection."""

    def translated(self, sql: str) -> str: ...
    def among(self, values: list[Any]) -> tuple[str, Any]: ...
    def columns(self, reader: Reader, numbers: Sequence[str], texts: Sequence[str], rest: str, parameters: Sequence[Any]) -> Columns:
        """See ``Reader.columns``."""

    def load(self, writer: Writer, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None: ...

    def create_search(self, writer: Writer) -> None: ...
    def add_search(self, writer: Writer, rows: list[tuple[int, str, str]]) -> None:
        """rows: (key, tokens of the title, tokens of the body; see ``tokens.indexed``) of articles that are not in the index."""

    def drop_search(self, writer: Writer, rows: list[tuple[int, str, str]]) -> None:
        """rows: exactly what was added."""

    def search_sql(self, node: Node, title_only: bool = False) -> tuple[str, list[Any]]:
        """(``SELECT`` of the keys of matching articles, parameters). The text ends inside a WHERE, so that ``AND search_key …`` may follow.

        title_only: of those, the articles whose title alone matches.
        """

    def settle_search(self, writer: Writer) -> None:
        """Bring the index into its fast form after much was added."""

    def size(self, reader: Reader) -> int:
        """Bytes on disk."""


class Reader:
    """Queries on one connection. translated: SQL with ``?`` → SQL with the driver's own mark."""

    def __init__(self, backend: Backend, connection: Connection, translated: Callable[[str], str]) -> None:
        self.backend, self.connection, self.translated = backend, connection, translated

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple]:
        """All rows, as the driver's plain tuples."""
        return self.cursor(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple | None:
        return self.cursor(sql, parameters).fetchone()

    def value(self, sql: str, parameters: Sequence[Any] = (), default: Any = None) -> Any:
        """First column of the first row."""
        row = self.row(sql, parameters)
        return default if row is None or row[0] is None else row[0]

    def cursor(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A cursor of the driver: half the cost a row of SQLAlchemy's own rows, which matters at a hundred thousand of them."""
        cursor = self.connection.connection.cursor()
        cursor.execute(self.translated(sql), tuple(parameters))
        return cursor

    def columns(self, numbers: Sequence[str], texts: Sequence[str], rest: str, parameters: Sequence[Any] = ()) -> Columns:
        """``SELECT numbers, texts rest`` by column, all in one order of rows. No cell may be NULL, numbers are whole and of 64 bits."""
        return self.backend.columns(self, numbers, texts, rest, parameters)

    def stream(self, sql: str, parameters: Sequence[Any], size: int) -> Iterator[list[tuple]]:
        """Lists of at most ``size`` rows; no more than one of them is in memory."""
        cursor = self.backend.streaming_cursor(self.connection)
        try:
            cursor.execute(self.translated(sql), tuple(parameters))
            while rows := cursor.fetchmany(size):
                yield rows
        finally:
            cursor.close()

    def among(self, values: Iterable[Any]) -> tuple[str, Any]:
        """(SQL to stand behind a column, its one parameter): ``column IN …`` for any number of values."""
        return self.backend.among(list(values))


def columns_of_rows(reader: Reader, numbers: Sequence[str], texts: Sequence[str], rest: str, parameters: Sequence[Any]) -> Columns:
    """``Reader.columns``, the plain way."""
    rows = reader.rows(f"SELECT {', '.join([*numbers, *texts])} {rest}", parameters)
    columns = list(zip(*rows, strict=True)) or [()] * (len(numbers) + len(texts))
    whole = [np.array(column, dtype="int64") for column in columns[: len(numbers)]]
    return whole, [pd.array(list(column), dtype="str") for column in columns[len(numbers) :]]


class Writer(Reader):
    """Queries and changes on one connection."""

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Rows changed."""
        return self.cursor(sql, parameters).rowcount

    def run_many(self, sql: str, rows: Rows) -> int:
        """One prepared statement for all rows; rows changed."""
        rows = rows if isinstance(rows, list) else list(rows)
        if not rows:
            return 0
        cursor = self.connection.connection.cursor()
        cursor.executemany(self.translated(sql), rows)
        return cursor.rowcount

    def load(self, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        """New rows by the back end's fast path (COPY; one prepared statement)."""
        if rows:
            self.backend.load(self, table, columns, rows)

    def delete_among(self, table: str, column: str, values: Sequence[Any]) -> None:
        if values:
            condition, parameter = self.among(values)
            self.run(f"DELETE FROM {table} WHERE {column} {condition}", (parameter,))

    def bump(self, name: str, by: int = 1) -> None:
        """Add to a number of the table ``total``."""
        if by:
            self.run(
                "INSERT INTO total (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = total.value + excluded.value",
                (name, by),
            )
