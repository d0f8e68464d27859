"""A Filter → conditions on link rows or on articles. Words become the numbers they are stored as; one that is unknown matches nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from newslink.model import Filter
from newslink.store.backend import Reader
from newslink.store.codec import ROLE_NUMBER
from newslink.store.keys import day_number, days_to_keys
from newslink.store.search import Node, parse_query
from newslink.store.terms import Term, Terms
from newslink.store.text import plain

# An article stands on the first session that closes after it: published at most this long before (the longest closure, with room to spare),
# or a day after in Beijing's reckoning (New York's afternoon). Bounds what the search index has to look at.
LONGEST_CLOSURE = timedelta(days=45)
DAY = timedelta(days=1)


@dataclass(slots=True)
class Conditions:
    """SQL conditions joined with AND, and their parameters in order."""

    parts: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, sql: str, *parameters: Any) -> None:
        self.parts.append(sql)
        self.parameters += parameters

    def where(self) -> str:
        return " AND ".join(self.parts) or "1 = 1"


@dataclass(frozen=True, slots=True)
class Selection:
    """A Filter in the store's numbers. None does not restrict; an empty list matches nothing."""

    securities: list[int] | None
    sources: list[int] | None
    categories: list[int] | None
    tags: list[int] | None
    roles: list[int] | None
    sessions: tuple[int, int] | None
    keys: tuple[int, int] | None
    min_relevance: float
    fold: bool
    keyword: Node | None

    @property
    def of_links(self) -> bool:
        """Whether link rows decide, rather than articles alone."""
        return self.securities is not None or self.roles is not None or self.min_relevance > 0

    @property
    def single(self) -> bool:
        """Whether one security is asked for, so that a link row stands for its article."""
        return self.securities is not None and len(self.securities) == 1


def selection_of(reader: Reader, terms: Terms, filter: Filter) -> Selection:
    """Raises QueryError where the keyword cannot be understood."""

    def numbers(kind: Term, texts: tuple[str, ...]) -> list[int] | None:
        return sorted(terms.numbers(reader, kind, map(plain, texts)).values()) if texts else None

    sessions, keys = None, None
    if filter.securities:
        if filter.start is not None or filter.end is not None:
            # 0 is no session at all: a range of dates leaves those out.
            sessions = (max(day_number(filter.start), 1) if filter.start else 1, day_number(filter.end) if filter.end else 1 << 30)
            keys = days_to_keys(filter.start and filter.start - LONGEST_CLOSURE, filter.end and filter.end + DAY)
    else:
        keys = days_to_keys(filter.start, filter.end)
    return Selection(
        securities=numbers(Term.SECURITY, filter.securities),
        sources=numbers(Term.SOURCE, filter.sources),
        categories=numbers(Term.CATEGORY, filter.categories),
        tags=numbers(Term.TAG, filter.tags),
        roles=[ROLE_NUMBER[role] for role in filter.roles] or None,
        sessions=sessions,
        keys=keys,
        min_relevance=filter.min_relevance,
        fold=filter.fold_copies,
        keyword=parse_query(filter.keyword) if filter.keyword.strip() else None,
    )


def one_of(conditions: Conditions, reader: Reader, column: str, values: list[int] | None) -> None:
    """column is one of values; a single one is told to the planner as such."""
    if values is None:
        return
    if len(values) == 1:
        conditions.add(f"{column} = ?", values[0])
    else:
        sql, parameter = reader.among(values)
        conditions.add(f"{column} {sql}", parameter)


def search_of(reader: Reader, selection: Selection, title_only: bool = False) -> tuple[str, list[Any]]:
    """The keys of articles that match the keyword, within the selection's dates, as a SELECT."""
    sql, parameters = reader.backend.search_sql(selection.keyword, title_only)
    if selection.keys:
        sql += f" AND {reader.backend.search_key} BETWEEN ? AND ?"
        parameters = [*parameters, *selection.keys]
    return sql, parameters


def link_conditions(reader: Reader, selection: Selection, link: str = "l") -> Conditions:
    """On link rows named ``l``. Securities and sessions come first: they are the table's order."""
    out = Conditions()
    one_of(out, reader, f"{link}.security", selection.securities)
    if selection.sessions:
        out.add(f"{link}.session BETWEEN ? AND ?", *selection.sessions)
    if selection.securities is None and selection.keys:
        out.add(f"{link}.article BETWEEN ? AND ?", *selection.keys)
    one_of(out, reader, f"{link}.source", selection.sources)
    one_of(out, reader, f"{link}.category", selection.categories)
    one_of(out, reader, f"{link}.role", selection.roles)
    if selection.min_relevance > 0:
        out.add(f"{link}.relevance >= ?", selection.min_relevance)
    if selection.fold:
        out.add(f"{link}.head = 1")
    if selection.tags is not None:
        sql, parameter = reader.among(selection.tags)
        out.add(f"EXISTS (SELECT 1 FROM article_tag t WHERE t.tag {sql} AND t.article = {link}.article)", parameter)
    if selection.keyword is not None:
        sql, parameters = search_of(reader, selection)
        # The plus keeps the planner from walking the search result link by link where the rows of the securities are the smaller side.
        plus = "+" if selection.securities is not None else ""
        out.add(f"{plus}{link}.article IN ({sql})", *parameters)
    return out
