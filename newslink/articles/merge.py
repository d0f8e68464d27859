"""Several origins of one article → one article, the same whatever their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newslink.model import Annotation, Article, Precision

_BEST = {Precision.SECOND: 0, Precision.MINUTE: 1, Precision.DAY: 2, Precision.NONE: 3}
_INLINE = frozenset(("inline", "repeat", "quote", "board", "index"))


def _rank(article: Article) -> tuple:
    """Lowest is best: a known time, a title, inline annotations, a longer body; then the locator and the text itself decide."""
    return (
        article.published is None,
        _BEST[article.precision] == 2,
        not article.title,
        not any(a.kind in _INLINE and a.start < a.end for a in article.annotations),
        -len(article.body),
        min((origin.locator for origin in article.origins), default=""),
        article.title,
        article.body,
    )


def merge_origins(articles: Sequence[Article]) -> Article:
    """Twins of one id as one article. All must share their id; at least one is needed.

    Text, title, address and inline annotations come from the best twin (see ``_rank``). published is the earliest time of the best
    precision. Annotations without words (charts, feed tags) of the others are added where their target is new. Origins and tags are united;
    source and category fall back to the next twin that has them, the publisher's own medium before the flash feed's name.
    """
    if not articles:
        raise ValueError("merge_origins needs at least one article")
    ranked = sorted(articles, key=_rank)
    best = ranked[0]
    if len(ranked) == 1:
        return best
    if any(article.id != best.id for article in ranked):
        raise ValueError(f"merge_origins: different ids {best.id!r} and {next(a.id for a in ranked if a.id != best.id)!r}")
    published, precision = _time(ranked)
    return replace(
        best,
        published=published,
        precision=precision,
        title=next((a.title for a in ranked if a.title), ""),
        source=next((a.source for a in sorted(ranked, key=lambda a: a.source in a.tags) if a.source), ""),
        category=next((a.category for a in ranked if a.category), ""),
        tags=tuple(dict.fromkeys(tag for article in ranked for tag in article.tags)),
        url=next((a.url for a in ranked if a.url), ""),
        annotations=best.annotations + _charts(best, ranked[1:]),
        origins=tuple(sorted({o.locator: o for a in reversed(ranked) for o in a.origins}.values(), key=lambda o: o.locator)),
    )


def _time(articles: Sequence[Article]) -> tuple[datetime | None, Precision]:
    known = [(_BEST[a.precision], a.published, a.precision) for a in articles if a.published is not None]
    if not known:
        return None, Precision.NONE
    _, published, precision = min(known, key=lambda entry: entry[:2])
    return published, precision


def _charts(best: Article, others: Sequence[Article]) -> tuple[Annotation, ...]:
    seen = {a.target for a in best.annotations if a.start == a.end}
    added = []
    for article in others:
        for annotation in article.annotations:
            if annotation.start == annotation.end and annotation.target not in seen:
                seen.add(annotation.target)
                # The place in the other text means nothing in this one.
                at = min(annotation.start, len(best.body)) if annotation.field == "body" else min(annotation.start, len(best.title))
                added.append(replace(annotation, start=at, end=at))
    return tuple(added)
