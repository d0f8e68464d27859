"""An empty or older store → one of today's schema. Forward only; a store written by a later newslink is refused, untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect

from newslink.errors import SchemaTooNew, StoreError
from newslink.store import schema
from newslink.store.steps import STEPS

if TYPE_CHECKING:
    from newslink.store.backend import Writer
    from newslink.store.database import Database


def bring_up(database: Database, create: bool = True) -> int:
    """Create or migrate; returns the schema version. Safe when several processes open a new store at once."""
    found = version_of(database)
    if found == schema.VERSION:
        return found
    _refuse_newer(database, found)
    if found == 0 and not create:
        raise StoreError(f"{database.url.render_as_string()} holds no newslink store; `newslink ingest` creates one.")
    with database.write(large=True) as writer:
        found = _version(writer)  # again, now that nobody else can be at it
        _refuse_newer(database, found)
        if found == 0:
            schema.metadata.create_all(writer.connection)
            writer.backend.create_search(writer)
            writer.run("INSERT INTO term (id, kind, text) VALUES (0, -1, '')")
            found = schema.VERSION
            writer.run("INSERT INTO meta (name, value) VALUES ('schema', ?)", (str(found),))
        # Each step in one transaction with the new version number, so that a migration killed half-way begins again.
        while found < schema.VERSION:
            STEPS[found](writer)
            found += 1
            writer.run("UPDATE meta SET value = ? WHERE name = 'schema'", (str(found),))
    return found


def version_of(database: Database) -> int:
    """0 where there is no store yet."""
    with database.read() as reader:
        return _version(reader)


def _version(reader: Writer) -> int:
    if not inspect(reader.connection).has_table("meta"):
        return 0
    return int(reader.value("SELECT value FROM meta WHERE name = 'schema'", default=0))


def _refuse_newer(database: Database, found: int) -> None:
    if found > schema.VERSION:
        raise SchemaTooNew(
            f"{database.url.render_as_string()} was written by a later newslink (schema {found}; this one knows up to {schema.VERSION}). "
            "Update newslink; the store was not touched."
        )
