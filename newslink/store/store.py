"""``open_store(url)`` → the Store: everything newslink keeps, behind one class; SQLite or PostgreSQL by the URL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from newslink.model import Article, Entry, Rejection
from newslink.store import backup as copying
from newslink.store import migrate, relinking, writing
from newslink.store.bars import Bars
from newslink.store.copies import Copies
from newslink.store.counting import Counting
from newslink.store.database import Database
from newslink.store.draft import Draft
from newslink.store.names import Names
from newslink.store.pages import Pages
from newslink.store.planning import PutCounts
from newslink.store.rows import Rows
from newslink.store.small import SmallThings
from newslink.store.terms import Terms
from newslink.store.text import printable


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """url without its password; size in bytes."""

    url: str
    backend: str
    schema: int
    size: int


class Store(Rows, Pages, Counting, Names, Bars, Copies, SmallThings):
    """Safe for several threads and several processes at once. Readers never wait for a writer; writers wait for one another.

    Putting articles, and the protocol that keeps twins right whatever the order, the company and the moment of death:

    1. ``known(locators)``: leave out items whose fingerprint is unchanged.
    2. Parse the rest; one ``Article`` an item, each with its one origin.
    3. ``origins_of(ids)``: for ids that are stored, what their other origins say. ``merge_origins`` those that are not read anew with the new
       ones, link the merged article.
    4. ``put(entries, rejections, own)``: one transaction. own: the single-origin articles just read whose entry has several origins.
    5. Ids in ``stale`` (another process stored an origin meanwhile) and ``unsettled`` (an edited item now is another article): back to 3 with
       just those, until there are none. ``unsettled()`` lists what a killed run has left over.
    """

    def __init__(self, url: str, create: bool = True) -> None:
        self.database = Database(url, create)
        self.terms = Terms()
        try:
            self.schema = migrate.bring_up(self.database, create)
        except BaseException:
            self.database.close()
            raise

    @property
    def url(self) -> str:
        """Without its password."""
        return self.database.url.render_as_string(hide_password=True)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def snapshot(self) -> AbstractContextManager[None]:
        """Every read of this thread inside sees the same committed content: for an answer that takes more than one read, so that its counts
        add up. What is written meanwhile, by this thread too, is not seen."""
        return self.database.snapshot()

    def known(self, locators: Iterable[str]) -> dict[str, str]:
        """locator → fingerprint of what was read there last, article or rejection; unknown ones are missing."""
        given = {printable(locator): locator for locator in locators}
        with self.database.read() as reader:
            condition, parameter = reader.among(given)
            rows = reader.rows(f"SELECT locator, fingerprint FROM origin WHERE locator {condition}", (parameter,))
            rows += reader.rows(f"SELECT locator, fingerprint FROM rejection WHERE locator {condition}", (parameter,))
        return {given[locator]: fingerprint for locator, fingerprint in rows}

    def put(self, entries: Sequence[Entry | Draft], rejections: Sequence[Rejection] = (), own: Sequence[Article] = ()) -> PutCounts:
        """Store articles with everything that belongs to them, and what could not be read; all of it or nothing. Putting the same again
        changes nothing. A draft is the cheaper form of an entry that was made in another process. own: see the class. At least some thousand
        entries a call make full use of the disk."""
        return writing.put(self.database, self.terms, entries, rejections, own)

    def put_links(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        """Replace the links and standings of stored articles. Returns the ids passed over, because the article is not stored or has changed
        since it was read: read those again."""
        return relinking.put_links(self.database, self.terms, entries)

    def rewrite(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        """Replace stored articles whole (a corrected time, other event tags) though their origins are unchanged. Returns as ``put_links``."""
        return relinking.rewrite(self.database, self.terms, entries)

    def settle(self) -> None:
        """Bring the search index into its fast form after much was put. Harmless at any time."""
        with self.database.write() as writer:
            writer.backend.settle_search(writer)

    def backup(self, path: str | Path) -> Path:
        """A consistent copy as one SQLite file, while the store is used; ``restore`` takes it to SQLite and PostgreSQL alike."""
        return copying.backup(self.database, Path(path))

    def status(self) -> StoreStatus:
        """Schema and size on disk."""
        with self.database.read() as reader:
            return StoreStatus(self.url, self.database.backend.name, self.schema, reader.backend.size(reader))

    def rows_of_tables(self) -> dict[str, int]:
        """Rows of the larger tables, counted anew: what ``counts`` keeps can be held against it. Reads an index of each from end to end, which
        takes a minute on a cold disk at a million articles."""
        names = ("article", "link", "candidate", "origin", "rejection", "term", "security", "name", "correction", "bars", "member")
        with self.database.read() as reader:
            return {name: reader.value(f"SELECT count(*) FROM {name}", default=0) for name in names}


def open_store(url: str, create: bool = True) -> Store:
    """Open, creating or migrating forward as needed. Raises StoreError; SchemaTooNew where a later newslink wrote it."""
    return Store(url, create)
