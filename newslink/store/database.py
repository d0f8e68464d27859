"""Store URL → connections: pooled, one snapshot a read, one writer at a time; every foreign error becomes a StoreError."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from newslink.errors import NewslinkError, StoreError
from newslink.store.backend import Backend, Reader, Writer
from newslink.store.postgres import Postgres
from newslink.store.sqlite import Sqlite

BACKENDS: dict[str, Backend] = {"sqlite": Sqlite(), "postgresql": Postgres()}


def parse_url(text: str) -> URL:
    """Raises StoreError naming what is understood. A password never appears in the message."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise StoreError(
            "The store's address cannot be read; expected sqlite:///folder/newslink.db or postgresql+psycopg://host/name."
        ) from error
    if url.get_backend_name() not in BACKENDS:
        known = ", ".join(BACKENDS)
        raise StoreError(f"No store of kind {url.get_backend_name()!r}: expected {known}, as in sqlite:///folder/newslink.db.")
    if url.get_backend_name() == "postgresql" and url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url


class Database:
    """One engine. ``read()`` and ``write()`` give a connection inside a transaction; SQL is written with ``?`` for every back end."""

    def __init__(self, url: str | URL, create: bool = True) -> None:
        self.url = parse_url(url) if isinstance(url, str) else url
        self.backend: Backend = BACKENDS[self.url.get_backend_name()]
        with foreign_errors(self.url):
            self.backend.prepare(self.url, create)
            self.engine = create_engine(self.url, **self.backend.engine_options(self.url))
            self.backend.listen(self.engine)
        self._translated: dict[str, str] = {}
        self._writing = threading.Lock()
        self._held = threading.local()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """One snapshot: every query inside sees the same committed content, whatever is written meanwhile. Inside ``snapshot`` it is that one."""
        held = getattr(self._held, "reader", None)
        if held is not None:
            yield held
            return
        with foreign_errors(self.url), self.engine.connect() as connection, connection.begin():
            yield Reader(self.backend, connection, self.translated)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Every read of this thread inside sees the same committed content; what is written meanwhile, by this thread too, is not seen."""
        with self.read() as reader:
            before, self._held.reader = getattr(self._held, "reader", None), reader
            try:
                yield
            finally:
                self._held.reader = before

    @contextmanager
    def write(self, large: bool = False) -> Iterator[Writer]:
        """The one writer, across threads and processes; others wait. Committed as a whole, or not at all.

        large: single statements change whole tables; what it takes to sort their rows or to take them back does not have to fit into memory.
        """
        with foreign_errors(self.url), self._writing:
            connection = self.engine.connect().execution_options(newslink_write=True, newslink_large=large, **self.backend.write_options)
            with connection, connection.begin():
                self.backend.lock(connection)
                yield Writer(self.backend, connection, self.translated)

    def translated(self, sql: str) -> str:
        """``?`` → the driver's own mark."""
        ready = self._translated.get(sql)
        if ready is None:
            ready = self._translated[sql] = self.backend.translated(sql)
        return ready

    def close(self) -> None:
        with foreign_errors(self.url):
            self.backend.closing(self.engine)
            self.engine.dispose()


@contextmanager
def foreign_errors(url: URL) -> Iterator[None]:
    """Driver and SQLAlchemy errors → StoreError."""
    try:
        yield
    except NewslinkError:
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _store_error(url, error) from error
    except Exception as error:
        if type(error).__module__.startswith("psycopg"):
            raise _store_error(url, error) from error
        raise


def _store_error(url: URL, error: Exception) -> StoreError:
    cause = getattr(error, "orig", None) or error
    reason = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    where = url.render_as_string(hide_password=True)
    advice = ""
    if "locked" in reason:
        advice = " Another program has been writing for longer than two minutes; try again when it is done."
    elif "malformed" in reason or "not a database" in reason:
        advice = " The file is damaged or no store; restore a backup."
    elif "full" in reason:
        advice = " Make room on the disk; nothing that was stored is lost."
    return StoreError(f"{where}: {reason}.{advice}")
