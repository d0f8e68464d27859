"""A store's URL → frames for notebooks: ``newslink.open("sqlite:////data/newslink.db")``. Reads only; rows and columns are the CSV's.

    import newslink
    with newslink.open() as archive:                       # NEWSLINK_STORE, else the store in NEWSLINK_HOME
        events = archive.events("贵州茅台", start="2022-01-01", end="2022-06-30")
        events.groupby("role")["return_1"].mean()

Securities are given as ids, codes, names, pinyin initials or English names. Dates are ``datetime.date`` or ISO text, both ends inclusive:
sessions where securities are given, Beijing publication dates otherwise. Columns are those of docs/columns.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from types import TracebackType
from typing import Any

import pandas as pd

from newslink.errors import QueryError, UnknownSecurity
from newslink.export.csv import events_csv
from newslink.export.frames import tidy
from newslink.link import Universe
from newslink.model import Article, Filter, Link, Role
from newslink.pipeline.bars import bars_of
from newslink.pipeline.clock import clock_of
from newslink.pipeline.events import events_of, stand_events
from newslink.pipeline.linking import universe_of
from newslink.pipeline.resolve import security_for
from newslink.prices import adjust as adjusted
from newslink.sessions import SessionClock
from newslink.settings import Settings
from newslink.store import Store, open_store

Day = date | str | None
Words = str | Iterable[str]


def open(store_url: str | None = None) -> Archive:  # noqa: A001  newslink.open is what a notebook calls
    """An archive over the store at a SQLAlchemy URL (default: the settings' store). Raises StoreError when it cannot be opened."""
    return Archive(open_store(store_url or Settings.from_environment().store_url))


class Archive:
    """What is in a store, as frames. Close it, or use it in a ``with`` block. May be shared by threads."""

    def __init__(self, store: Store, clock: SessionClock | None = None) -> None:
        self.store, self._clock = store, clock or clock_of(store)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()

    @property
    def universe(self) -> Universe:
        """Securities and names, with what was imported into this store."""
        return universe_of(self.store)

    def security(self, text: str) -> str:
        """The id meant by a code or name. Raises UnknownSecurity."""
        return security_for(self.universe, str(text)[:200])

    def securities(self, text: str, limit: int = 20) -> pd.DataFrame:
        """Securities whose code, name, pinyin initials or English name fit: id, name, kind, entity; best first."""
        found = self.universe.find(str(text)[:200], max(1, min(int(limit), 200)))
        return pd.DataFrame(
            [(s.id, s.name, s.kind.value, s.entity) for s in found], columns=["security", "name", "kind", "entity"], dtype="str"
        )

    def filter(
        self,
        securities: Words = (),
        start: Day = None,
        end: Day = None,
        keyword: str = "",
        sources: Words = (),
        categories: Words = (),
        tags: Words = (),
        roles: Words = (),
        min_relevance: float = 0.0,
        fold_copies: bool = False,
    ) -> Filter:
        """The filtered set these words mean. Raises QueryError or UnknownSecurity."""
        try:
            parsed_roles = tuple(Role(role) for role in _words(roles))
        except ValueError:
            raise QueryError(f"A role is {', '.join(role.value for role in Role)}.") from None
        if not 0 <= min_relevance <= 1:
            raise QueryError("min_relevance lies between 0 and 1.")
        return Filter(
            securities=tuple(dict.fromkeys(self.security(text) for text in _words(securities))),
            start=_day("start", start),
            end=_day("end", end),
            keyword=keyword,
            sources=_words(sources),
            categories=_words(categories),
            tags=_words(tags),
            roles=parsed_roles,
            min_relevance=float(min_relevance),
            fold_copies=fold_copies,
        )

    def events(self, securities: Words = (), start: Day = None, end: Day = None, **filters: Any) -> pd.DataFrame:
        """The filtered set joined to bars, one row a link, ascending by session and publication; columns of docs/columns.md."""
        return tidy(self.events_frame(self.filter(securities, start, end, **filters)))

    def events_frame(self, filter: Filter) -> pd.DataFrame:
        """The events frame as chart and exports take it, for a filter already made."""
        return events_of(self.store, filter, clock=self._clock)

    def events_page(self, filter: Filter, offset: int, limit: int) -> tuple[pd.DataFrame, int]:
        """Rows offset … offset + limit - 1 of ``events_frame``, and how many it has in all. Only the page is joined to bars."""
        rows = self.store.rows(filter)
        part = rows.iloc[offset : offset + limit].reset_index(drop=True)
        return stand_events(self.store, part, self.universe, self._clock), len(rows)

    def events_csv(self, securities: Words = (), start: Day = None, end: Day = None, **filters: Any) -> bytes:
        """The same set as the bytes of a CSV file that Excel opens right."""
        return events_csv(self.events_frame(self.filter(securities, start, end, **filters)))

    def bars(self, security: str, start: Day = None, end: Day = None, adjust: str = "raw") -> pd.DataFrame:
        """Daily bars: session, open, high, low, close, prev_close, volume (shares), amount, provider, fetched_at, provisional.

        adjust: raw, qfq (newest price kept) or hfq (oldest kept); prices in the trading currency. Never fetches.
        """
        if adjust not in {"raw", "qfq", "hfq"}:
            raise QueryError("adjust is raw, qfq or hfq.")
        first, last = _day("start", start), _day("end", end)
        bars = adjusted(bars_of(self.store, self.security(security)), adjust)
        session = bars["session"]
        inside = pd.Series(True, index=bars.index)
        if first is not None:
            inside &= session >= pd.Timestamp(first)
        if last is not None:
            inside &= session <= pd.Timestamp(last)
        return bars.loc[inside].reset_index(drop=True)

    def article(self, id: str) -> tuple[Article, tuple[Link, ...]]:
        """One article and its links. Raises KeyError when there is none of that id."""
        found = self.store.article(id)
        if found is None:
            raise KeyError(id)
        return found.article, found.links

    def counts(self) -> dict[str, int]:
        """Counts that reconcile: articles = linked + unlinked."""
        counted = self.store.counts()
        return {
            "articles": counted.linked + counted.unlinked,
            "linked": counted.linked,
            "unlinked": counted.unlinked,
            "rejected": counted.rejected,
        }


def _words(words: Words) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(str(word) for word in words)


def _day(name: str, day: Day) -> date | None:
    if day is None or isinstance(day, date):
        return day if not hasattr(day, "date") else day.date()
    try:
        return date.fromisoformat(str(day)[:40])
    except ValueError:
        raise QueryError(f"{name} is a date such as 2022-05-27; found {str(day)[:40]!r}.") from None


__all__: Sequence[str] = ("Archive", "UnknownSecurity", "open")
