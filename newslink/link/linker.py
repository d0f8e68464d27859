"""Articles → links. The one entry of linking: built once for a universe, then pure; the same articles always give the same links.

``link_many`` is the fast path: texts are joined into one haystack, matched in one call, and everything plain is settled by vector work.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, timezone
from itertools import accumulate
from operator import add, attrgetter
from pathlib import Path

from newslink.link.assemble import Assembler
from newslink.link.context import Context
from newslink.link.corrections import Correction, Rulings
from newslink.link.lexicon import LAST, compile_lexicon
from newslink.link.listing import Listings
from newslink.link.quick import quick_links
from newslink.link.scan import Scanner
from newslink.link.text import haystack
from newslink.link.universe import Universe
from newslink.making import without_collection
from newslink.model import Article, Link

_EAST_8 = timedelta(hours=8)
BEIJING = timezone(_EAST_8)
CHUNK_ARTICLES, CHUNK_CHARACTERS = 8_000, 600_000


class Linker:
    """Links articles to the securities of a universe.

    corrections: what people said; they win over every rule.
    cache_dir: where the automaton is kept between runs (created at need), None keeps nothing.
    context: weights for the words around a name in place of the package's own.
    """

    def __init__(
        self,
        universe: Universe,
        corrections: Iterable[Correction] = (),
        cache_dir: Path | None = None,
        context: Context | None = None,
    ) -> None:
        self.universe = universe
        rulings = Rulings.of(corrections)
        self._ruled = {article for article, _ in rulings.refused} | set(rulings.added)
        self._lexicon = compile_lexicon(universe, rulings, cache_dir)
        self._listings = Listings(self._lexicon)
        self._assembler = Assembler(self._lexicon, rulings, self._listings)
        self._scanner = Scanner(self._lexicon, self._listings, context or Context.shipped())

    def link(self, article: Article) -> tuple[Link, ...]:
        """Every link and candidate (confidence below 0.5) of one article, most relevant first."""
        return self._chunk([article])[0]

    def link_many(self, articles: Iterable[Article]) -> list[tuple[Link, ...]]:
        """The same as ``link`` for each, in order, many times faster."""
        out: list[tuple[Link, ...]] = []
        for chunk in _chunks(articles if isinstance(articles, Sequence) else list(articles)):
            with without_collection():
                out += self._chunk(chunk)
        return out

    def _chunk(self, articles: Sequence[Article]) -> list[tuple[Link, ...]]:
        texts = [text for article in articles for text in (article.title, article.body)]
        days = _days(articles)
        found, doubtful = self._scanner.scan(haystack(texts), days)
        ruled = self._ruled
        out: list[tuple[Link, ...]] = [()] * len(articles)
        alternatives = self._listings.alternatives_on
        for i, mine in enumerate(found):
            article = articles[i]
            if i in doubtful or article.annotations or (ruled and article.id in ruled):
                out[i] = self._assembler.links(article, mine, days[i])
            elif mine:
                out[i] = quick_links(article, mine, alternatives(days[i]))
        return out


def _days(articles: Sequence[Article]) -> list[int]:
    """Beijing day of publication as an ordinal; without a time every open name holds."""
    out = []
    for article in articles:
        published = article.published
        if published is None:
            out.append(LAST)
        elif published.tzinfo == BEIJING or published.utcoffset() == _EAST_8:
            out.append(published.toordinal())
        else:
            out.append(published.astimezone(BEIJING).toordinal())
    return out


def _chunks(articles: Sequence[Article]) -> Iterator[Sequence[Article]]:
    """Cut where the number of articles or, with the article that crosses it, of characters is reached."""
    ends = list(accumulate(map(add, map(len, map(_title, articles)), map(len, map(_body, articles)))))
    start = passed = 0
    while start < len(articles):
        stop = min(bisect_left(ends, passed + CHUNK_CHARACTERS, start) + 1, start + CHUNK_ARTICLES, len(articles))
        yield articles[start:stop]
        start, passed = stop, ends[stop - 1]


_title, _body = attrgetter("title"), attrgetter("body")
