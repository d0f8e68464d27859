"""What SQLite and PostgreSQL do differently, behind one protocol; ``BACKENDS`` is the one dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from newslink.store.postgres import Postgres
from newslink.store.sqlite import Sqlite

if TYPE_CHECKING:
    from newslink.store.database import Reader, Writer
    from newslink.store.search import Node


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
    def load(self, writer: Writer, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None: ...

    def create_search(self, writer: Writer) -> None: ...
    def add_search(self, writer: Writer, rows: list[tuple[int, list[str], list[str]]]) -> None:
        """rows: (key, tokens of the title, tokens of the body) of articles that are not in the index."""

    def drop_search(self, writer: Writer, rows: list[tuple[int, list[str], list[str]]]) -> None:
        """rows: exactly what was added."""

    def search_sql(self, node: Node, title_only: bool = False) -> tuple[str, list[Any]]:
        """(``SELECT`` of the keys of matching articles, parameters). The text ends inside a WHERE, so that ``AND search_key …`` may follow.

        title_only: of those, the articles whose title alone matches.
        """

    def settle_search(self, writer: Writer) -> None:
        """Bring the index into its fast form after much was added."""

    def size(self, reader: Reader) -> int:
        """Bytes on disk."""


BACKENDS: dict[str, Backend] = {"sqlite": Sqlite(), "postgresql": Postgres()}
