"""Query parameters → the Filter they mean. One set of parameters for JSON, CSV and JSON lines, so the three show the same rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from newslink.errors import QueryError
from newslink.model import Filter, Role
from newslink.python_api import Archive

MAX_LIST = 50
MAX_PAGE = 5000
MAX_OFFSET = 10_000_000
# Without a security the days must be bounded, or one request would join everything there is.
MAX_DAYS = 366


def _printable(text: str) -> str:
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("control characters")
    return text


Word = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2100, 12, 31))]


class FilterQuery(BaseModel):
    """The filtered set. A parameter that may be repeated matches any of its values."""

    model_config = ConfigDict(extra="forbid")

    security: Annotated[list[Word], Field(max_length=MAX_LIST, description="id, code, name or pinyin initials; may be repeated")] = []
    start: Annotated[
        Day | None, Field(description="first day, inclusive: sessions where securities are given, Beijing dates otherwise")
    ] = None
    end: Annotated[Day | None, Field(description="last day, inclusive")] = None
    keyword: Annotated[Word, Field(description="the search language of the news page")] = ""
    source: Annotated[list[Word], Field(max_length=MAX_LIST, description="medium or feed; may be repeated")] = []
    category: Annotated[list[Word], Field(max_length=MAX_LIST, description="category of the publisher; may be repeated")] = []
    tag: Annotated[list[Word], Field(max_length=MAX_LIST, description="event tag such as 减持; may be repeated")] = []
    role: Annotated[list[Role], Field(max_length=4, description="subject, mention, source or list; may be repeated")] = []
    min_relevance: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    fold_copies: Annotated[bool, Field(description="count a syndication cluster once, by its first article")] = False

    def filter(self, archive: Archive) -> Filter:
        """Raises QueryError or UnknownSecurity."""
        if self.start and self.end and self.start > self.end:
            raise QueryError(f"start {self.start} lies after end {self.end}.")
        bounded = self.start is not None and self.end is not None and self.end - self.start <= timedelta(days=MAX_DAYS)
        if not bounded and not any(word.strip() for word in self.security):
            raise QueryError(f"Without a security, start and end are needed, at most {MAX_DAYS} days apart.")
        return archive.filter(
            securities=[word for word in self.security if word.strip()],
            start=self.start,
            end=self.end,
            keyword=self.keyword,
            sources=self.source,
            categories=self.category,
            tags=self.tag,
            roles=[role.value for role in self.role],
            min_relevance=self.min_relevance,
            fold_copies=self.fold_copies,
        )


class PageQuery(FilterQuery):
    """The filtered set, one page of it."""

    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 1000


Filtered = Annotated[FilterQuery, Query()]
Paged = Annotated[PageQuery, Query()]
