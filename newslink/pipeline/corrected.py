"""Articles with the publication time a person corrected, and back. Pure.

A corrected article carries an annotation of kind ``time`` (no words, no security) whose surface is the time as published. So the
publisher's own time is never lost, travels with the article into the store and out, and comes back when the correction is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from newslink.model import Annotation, Article, Precision
from newslink.pipeline.statements import NO_TIME, Kind, Statement

TIME = "time"


def times_of(statements: Iterable[Statement]) -> dict[str, Statement]:
    """article → the last statement about its time. statements: in the order in which they were said."""
    return {one.article: one for one in statements if one.kind is Kind.TIME and one.retracted_at is None}


def as_published(article: Article) -> Article:
    """Without any correction. The very same object where there is none."""
    mark = next((note for note in article.annotations if note.kind == TIME), None)
    if mark is None:
        return article
    published = None if mark.surface == NO_TIME else datetime.fromisoformat(mark.surface)
    rest = tuple(note for note in article.annotations if note.kind != TIME)
    return replace(article, published=published, precision=Precision(mark.target), annotations=rest)


def corrected(article: Article, times: Mapping[str, Statement]) -> Article:
    """With the time a person said, whatever it carries now."""
    article = as_published(article)
    statement = times.get(article.id)
    if statement is None:
        return article
    published, precision = statement.moment
    before = NO_TIME if article.published is None else article.published.isoformat()
    mark = Annotation("title", 0, 0, before, TIME, article.precision.value)
    return replace(article, published=published, precision=precision, annotations=(*article.annotations, mark))
