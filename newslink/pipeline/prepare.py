"""Items → entries: parse, link, place on sessions, tag. Pure and picklable, so the same work runs here, in processes or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from newslink.articles import RawItem, Signature, companies_of, event_tags, pack, parse, signatures
from newslink.link import Linker
from newslink.making import without_collection
from newslink.model import Article, Entry, Rejection, market_of
from newslink.pipeline.corrected import corrected, times_of
from newslink.pipeline.linking import linker_of
from newslink.pipeline.statements import Statement, statements_of
from newslink.sessions import SessionClock
from newslink.settings import Settings
from newslink.store import Draft, SignatureDraft, Store, draft_of, open_store, pack_bands

LINKED = 0.5


@dataclass(frozen=True, slots=True)
class Prepare:
    """The work on one batch. Carries only where names and corrections come from; each process builds its linker once per version."""

    home: str
    store_url: str
    version: str

    @classmethod
    def of(cls, settings: Settings, store: Store, store_url: str | None = None) -> Prepare:
        """The work with the names and corrections the store has now."""
        return cls(str(settings.home), store_url or settings.store_url, store.names_version())

    def __call__(self, items: list[RawItem | Rejection]) -> list[Draft | Rejection]:
        """One draft or rejection an item, in order."""
        with without_collection():
            read = [item if isinstance(item, Rejection) else parse(item) for item in items]
            drafts = iter(self.drafts([one for one in read if isinstance(one, Article)]))
            return [next(drafts) if isinstance(one, Article) else one for one in read]

    def drafts(self, articles: list[Article]) -> list[Draft]:
        """Ready for the store, with what copies will be found by: one draft an article, in order."""
        entity_of = _tools(self)[0].universe.entity_of
        entries = self.entries(articles)
        return [
            draft_of(entry, SignatureDraft(pack_bands(found.keys), pack(found)))
            for entry, found in zip(entries, signatures_of(entries, entity_of), strict=True)
        ]

    def companies(self, entry: Entry) -> frozenset[str]:
        """Those its signature names."""
        return companies_of(_named(entry, _tools(self)[0].universe.entity_of))

    def entries(self, articles: list[Article]) -> list[Entry]:
        """Linked and placed: one entry an article, in order. A time that a person corrected is the article's time from here on."""
        linker, clock, times = _tools(self)
        articles = [corrected(article, times) for article in articles]
        linked = linker.link_many(articles)
        at = [(article, link) for article, links in zip(articles, linked, strict=True) for link in links]
        standings = iter(
            clock.standings([market_of(k.security) for _, k in at], [a.published for a, _ in at], [a.precision for a, _ in at])
        )
        return [
            Entry(article, links, tuple(next(standings) for _ in links), event_tags(article.title, article.body))
            for article, links in zip(articles, linked, strict=True)
        ]


def signatures_of(entries: Iterable[Entry], entity_of: Callable[[str], str]) -> list[Signature]:
    """What copies are found by. One company counts once, whichever of its listings a wire names."""
    return signatures((entry.article, _named(entry, entity_of)) for entry in entries)


def _named(entry: Entry, entity_of: Callable[[str], str]) -> set[str]:
    return {entity_of(link.security) for link in entry.links if link.confidence >= LINKED}


@lru_cache(maxsize=2)
def _tools(work: Prepare) -> tuple[Linker, SessionClock, dict[str, Statement]]:
    with open_store(work.store_url) as store:
        return linker_of(store, Path(work.home)), SessionClock(), times_of(statements_of(store.corrections()))
