"""Articles → links. The one entry of linking: built once for a universe, then pure; the same articles always give the same links.

``link_many`` is the fast path: texts are joined into one haystack, matched in one call, and everything plain is settled by vector work;
only matches that may mean something else are judged one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, timezone
from pathlib import Path

import numpy as np

from newslink.link import cues
from newslink.link.assemble import Assembler, Found
from newslink.link.classes import SurfaceClass
from newslink.link.corrections import Correction, Rulings
from newslink.link.find import Code, CodeFinder
from newslink.link.judge import Judge
from newslink.link.lexicon import GUARD, LAST, MARKET, NAME, compile_lexicon
from newslink.link.market import choose
from newslink.link.segment import best_cut, groups_of
from newslink.link.text import CJK, LATIN, Haystack, haystack
from newslink.link.universe import Universe
from newslink.model import Article, Link

BEIJING = timezone(timedelta(hours=8))
CHUNK_ARTICLES, CHUNK_CHARACTERS = 400, 400_000
MOST_JUDGED = 400  # matches of one surface in one article that are judged; the rest of a flood is counted by these
_INVALID = -0.9  # what a name outside its days loses in the segmentation


class Linker:
    """Links articles to the securities of a universe.

    corrections: what people said; they win over every rule. cache_dir: where the automaton is kept between runs (created at need), None keeps nothing.
    """

    def __init__(self, universe: Universe, corrections: Iterable[Correction] = (), cache_dir: Path | None = None) -> None:
        self.universe = universe
        rulings = Rulings.of(corrections)
        self._lexicon = lexicon = compile_lexicon(universe, rulings, cache_dir)
        self._codes = CodeFinder(universe)
        self._judge = Judge(lexicon)
        self._assembler = Assembler(lexicon, rulings)
        self._default = [choose(lexicon, owners, owners[0], LAST, None) for owners in lexicon.owners]
        self._entity = [owners[0].entity for owners in lexicon.owners]
        self._suspect = np.zeros(65536, bool)
        self._suspect[[ord(c) for c in cues.SUSPECT_NEXT + "("]] = True
        self._straddle = np.array(sorted({ord(a) << 16 | ord(b) for a, b in cues.STRADDLE_BEFORE}), np.int64)
        firsts = [p[0] if p else "" for p in lexicon.patterns]
        self._latin_start = np.array([f.isascii() and f.isalnum() for f in firsts], bool)
        self._latin_end = np.array([p[-1:].isascii() and p[-1:].isalnum() for p in lexicon.patterns], bool)
        self._gain = np.where(lexicon.kind == GUARD, 0.3, 0.0).astype(np.float32)
        self._plainish = np.isin(lexicon.klass, (SurfaceClass.PLAIN, SurfaceClass.AFFILIATE)) & (lexicon.kind == NAME)

    def link(self, article: Article) -> tuple[Link, ...]:
        """Every link and candidate (confidence below 0.5) of one article, most relevant first."""
        return self._chunk([article])[0]

    def link_many(self, articles: Iterable[Article]) -> list[tuple[Link, ...]]:
        """The same as ``link`` for each, in order, many times faster."""
        out: list[tuple[Link, ...]] = []
        for chunk in _chunks(articles):
            out += self._chunk(chunk)
        return out

    def _chunk(self, articles: Sequence[Article]) -> list[tuple[Link, ...]]:
        texts: list[str] = []
        for article in articles:
            texts.append(article.title)
            texts.append(article.body)
        hay = haystack(texts)
        found: list[list[Found]] = [[] for _ in articles]
        days = [a.published.astimezone(BEIJING).toordinal() if a.published is not None else LAST for a in articles]
        codes = self._codes_of(hay, found, days)
        self._names(hay, articles, found, days, codes)
        return [self._assembler.links(article, hay, i, found[i], days[i]) for i, article in enumerate(articles)]

    def _codes_of(self, hay: Haystack, found: list[list[Found]], days: list[int]) -> dict[int, Code]:
        codes = self._codes.codes(hay)
        if not codes:
            return {}
        starts = hay.starts
        for code in codes:
            start, end = hay.span(code.start, code.end)
            place = int(np.searchsorted(starts, start, "right")) - 1
            found[place >> 1].append(Found.of_code(self.universe, code, place, start, end, days[place >> 1]))
        return {c.start: c for c in codes}

    def _names(self, hay: Haystack, articles: Sequence[Article], found: list[list[Found]], days: list[int], codes: dict[int, Code]) -> None:
        matches = self._lexicon.machine.find_overlapping(hay.text)
        if not matches:
            return
        lexicon, units, kinds = self._lexicon, hay.units, hay.kinds
        table = np.array(matches, dtype=np.int64)
        start, end, pattern = table[:, 0], table[:, 1], table[:, 2]
        size = len(units)
        left = kinds[np.maximum(start - 1, 0)]
        right = kinds[np.minimum(end, size - 1)]
        keep = ~((self._latin_start[pattern] & ((left & LATIN) > 0) & (start > 0)) | (self._latin_end[pattern] & ((right & LATIN) > 0) & (end < size)))
        start, end, pattern = start[keep], end[keep], pattern[keep]
        place = np.searchsorted(hay.starts, start if hay.origin is None else hay.origin[start], "right") - 1
        kind = lexicon.kind[pattern]
        foreign = np.zeros(len(articles), bool)
        market = kind == MARKET
        if market.any():
            abroad = [lexicon.markets[p] != "A" for p in pattern[market].tolist()]
            foreign[place[market][abroad] >> 1] = True
            rest = ~market
            start, end, pattern, place, kind = start[rest], end[rest], pattern[rest], place[rest], kind[rest]
        if not len(start):
            return
        day = np.array(days, np.int32)[place >> 1]
        order = np.lexsort((-end, start))
        start, end, pattern, place, kind, day = (a[order] for a in (start, end, pattern, place, kind, day))
        valid = (lexicon.first[pattern] <= day) & (day <= lexicon.last[pattern])
        chosen = self._cut(hay, start, end, pattern, valid)
        chosen = chosen[kind[chosen] == NAME]
        if not len(chosen):
            return
        start, end, pattern, place, day, valid = (a[chosen] for a in (start, end, pattern, place, day, valid))
        self._settle(hay, found, codes, foreign, start, end, pattern, place, day, valid)

    def _cut(self, hay: Haystack, start, end, pattern, valid) -> np.ndarray:
        first, sizes = groups_of(start, end)
        if (sizes == 1).all():
            return first
        chosen = first[sizes == 1].tolist()
        text = hay.text
        gain = self._gain[pattern] + np.where(valid | (self._lexicon.kind[pattern] == GUARD), 0.0, _INVALID)
        for at, size in zip(first[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            stop = at + size
            spans = list(zip(start[at:stop].tolist(), end[at:stop].tolist(), gain[at:stop].tolist(), strict=True))
            # A name with 股份 behind it explains those two characters as well: 金达威|股份, not 金|达威股份.
            spans = [(s, e + 2, g - 0.5) if text.startswith("股份", e) and spans[-1][1] >= e + 2 else (s, e, g) for s, e, g in spans]
            chosen += [at + i for i in best_cut(spans)]
        return np.array(sorted(chosen), np.int64)

    def _settle(self, hay: Haystack, found, codes: dict[int, Code], foreign, start, end, pattern, place, day, valid) -> None:
        lexicon, units = self._lexicon, hay.units
        size = len(units)
        after = units[np.minimum(end, size - 1)]
        before = units[np.maximum(start - 1, 0)]
        same = np.zeros(len(start), bool)
        same[1:] = place[1:] == place[:-1]
        gap = np.zeros(len(start), np.int64)
        gap[1:] = start[1:] - end[:-1]
        joint = np.isin(before, _JOINTS) & (gap == 1) & same
        good = self._plainish[pattern] & valid
        left = np.zeros(len(start), bool)
        right = np.zeros(len(start), bool)
        left[1:] = joint[1:] & good[:-1]
        right[:-1] = joint[1:] & good[1:]
        if hay.origin is None:
            first, last = start, end
            crossed = None
        else:
            first, last = hay.origin[start], hay.origin[end - 1] + 1
            crossed = (last - first) != (end - start)
        fast = lexicon.plain[pattern] & valid & ~self._suspect[after]
        fast &= ~(lexicon.several[pattern] & foreign[place >> 1])
        bigram = before.astype(np.int64) << 16 | units[start]
        fast &= ~np.isin(bigram, self._straddle)
        if crossed is not None:
            fast &= ~crossed
        base = hay.starts[place]
        rows = zip(
            start.tolist(), end.tolist(), pattern.tolist(), place.tolist(), day.tolist(), fast.tolist(), left.tolist(), right.tolist(),
            (first - base).tolist(), (last - base).tolist(), crossed.tolist() if crossed is not None else [False] * len(start), strict=True,
        )  # fmt: skip
        default, entity = self._default, self._entity
        judged: dict[tuple[int, int], int] = {}
        bounds = _Bounds(hay)
        for s, e, p, where, on, easy, beside_left, beside_right, a, b, spaced in rows:
            article = where >> 1
            if easy:
                found[article].append(Found(entity[p], default[p], where & 1, a, b, 4.0, "name", _NAME_EVIDENCE))
                continue
            count = judged.get((article, p), 0)
            if count >= MOST_JUDGED:
                continue
            judged[article, p] = count + 1
            low, high = bounds.of(where)
            verdict = self._judge.verdict(hay.text, s, e, p, on, low, high, beside_left, beside_right)
            found[article].append(self._assembler.found(hay, verdict, p, s, e, where & 1, a, b, on, codes, spaced, bool(foreign[article]), low, high))


class _Bounds:
    """Normalised start and end of each text in the haystack."""

    def __init__(self, hay: Haystack) -> None:
        starts = hay.starts
        self._starts = (starts if hay.origin is None else np.searchsorted(hay.origin, starts)).tolist()

    def of(self, place: int) -> tuple[int, int]:
        return self._starts[place], max(self._starts[place], self._starts[place + 1] - 1)


_JOINTS = np.array([ord(c) for c in "、和及与/,;"], np.uint16)
_NAME_EVIDENCE = ("+ name",)
_ = CJK


def _chunks(articles: Iterable[Article]) -> Iterator[list[Article]]:
    chunk: list[Article] = []
    characters = 0
    for article in articles:
        chunk.append(article)
        characters += len(article.body)
        if len(chunk) >= CHUNK_ARTICLES or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
