"""PostgreSQL: the team's server. Same tables, COPY for bulk loads, bigrams in a tsvector under a GIN index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from newslink.store.backend import columns_of_rows

if TYPE_CHECKING:
    from newslink.store.backend import Columns, Reader, Writer
    from newslink.store.search import Node

WRITE_LOCK = 0x6E6577736C696E6B  # "newslink": the advisory lock that makes one writer of many processes
# Limits of a tsvector: positions up to 16,383, 255 of one lexeme, a megabyte in all. An article beyond them keeps its tokens as text beside it.
LAST_POSITION = 16_000
MOST_POSITIONS = 250
MOST_LEXEMES = 60_000


class Postgres:
    """See ``backend.Backend``."""

    name = "postgresql"
    search_key = "search.key"
    # Behind a lock, a snapshot taken before the lock was had is stale; so each statement of the writer takes its own.
    write_options: dict[str, Any] = {"isolation_level": "READ COMMITTED"}

    def prepare(self, url: URL, create: bool) -> None:
        """Databases of a server are made by its owner; ``createdb newslink``."""

    def engine_options(self, url: URL) -> dict[str, Any]:
        return {
            "isolation_level": "REPEATABLE READ",
            "pool_size": 5,
            "max_overflow": 60,
            "pool_pre_ping": True,
            "connect_args": {"connect_timeout": 10, "application_name": "newslink"},
        }

    def listen(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def connected(connection: Any, record: object) -> None:
            # Compiling a query to machine code takes longer than our short ones run.
            with connection.cursor() as cursor:
                cursor.execute("SET jit = off")
                cursor.execute("SET timezone = 'UTC'")
            connection.commit()

    def lock(self, connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))

    def closing(self, engine: Engine) -> None:
        """Nothing to do."""

    def streaming_cursor(self, connection: Connection) -> Any:
        return connection.connection.driver_connection.cursor(name="newslink_stream")

    def translated(self, sql: str) -> str:
        return sql.replace("%", "%%").replace("?", "%s")

    def among(self, values: list[Any]) -> tuple[str, Any]:
        return "= ANY(?)", values

    def columns(self, reader: Reader, numbers: Sequence[str], texts: Sequence[str], rest: str, parameters: Sequence[Any]) -> Columns:
        return columns_of_rows(reader, numbers, texts, rest, parameters)

    def load(self, writer: Writer, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        if len(rows) < 20:
            marks = ", ".join("?" * len(columns))
            writer.run_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
            return
        cursor = writer.connection.connection.cursor()
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    # --- search ---
    def create_search(self, writer: Writer) -> None:
        writer.run(
            "CREATE TABLE IF NOT EXISTS search (key BIGINT PRIMARY KEY, words TSVECTOR, long_title TEXT, long_body TEXT) WITH (fillfactor=100)"
        )
        writer.run("CREATE INDEX IF NOT EXISTS search_words ON search USING gin (words)")
        writer.run("CREATE INDEX IF NOT EXISTS search_long ON search (key) WHERE long_title IS NOT NULL")

    def add_search(self, writer: Writer, rows: list[tuple[int, str, str]]) -> None:
        self.load(writer, "search", ("key", "words", "long_title", "long_body"), [_search_row(*row) for row in rows])

    def drop_search(self, writer: Writer, rows: list[tuple[int, str, str]]) -> None:
        writer.delete_among("search", "key", [key for key, _, _ in rows])

    def search_sql(self, node: Node, title_only: bool = False) -> tuple[str, list[Any]]:
        from newslink.store.search import like_of, tsquery_of

        like, patterns = like_of(node, ("long_title", "long_body"))
        condition = (
            f"words @@ ?::tsquery AND long_title IS NULL OR long_title IS NOT NULL AND (words IS NULL OR words @@ ?::tsquery) AND {like}"
        )
        parameters: list[Any] = [tsquery_of(node), tsquery_of(node, adjacent=False), *patterns]
        if title_only:
            title_like, title_patterns = like_of(node, ("long_title",))
            condition = f"({condition}) AND (words @@ ?::tsquery AND long_title IS NULL OR {title_like})"
            parameters += [tsquery_of(node, "A"), *title_patterns]
        return f"SELECT search.key FROM search WHERE ({condition})", parameters

    def settle_search(self, writer: Writer) -> None:
        writer.run("SELECT gin_clean_pending_list('search_words')")

    # --- operating ---
    def size(self, reader: Reader) -> int:
        return reader.value("SELECT pg_database_size(current_database())")


def _search_row(key: int, title_tokens: str, body_tokens: str) -> tuple[int, str | None, str | None, str | None]:
    """A tsvector as text: 'token':1A,5,9 with A for the title. A gap keeps the title's last word from touching the body's first."""
    title, body = title_tokens.split(), body_tokens.split()
    places: dict[str, list[str]] = {}
    for at, token in enumerate(title, start=1):
        places.setdefault(token, []).append(f"{at}A")
    for at, token in enumerate(body, start=len(title) + 2):
        places.setdefault(token, []).append(str(at))
    if len(title) + len(body) + 1 <= LAST_POSITION and all(len(at) <= MOST_POSITIONS for at in places.values()):
        return key, " ".join(f"'{token}':{','.join(at)}" for token, at in places.items()), None, None
    words = " ".join(f"'{token}'" for token in places) if len(places) <= MOST_LEXEMES else None
    return key, words, f" {title_tokens} ", f" {body_tokens} "
