"""A haystack of articles → what each of them mentions: codes, and names after segmentation, dates and context.

Everything plain is settled by vector work over all matches at once; only matches that may mean something else are judged one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import chain, repeat

import numpy as np

from newslink.link import cues
from newslink.link.assemble import Assembler
from newslink.link.classes import SurfaceClass
from newslink.link.find import Code, CodeFinder
from newslink.link.found import Found, Sure
from newslink.link.glance import Glance
from newslink.link.judge import Judge, probability
from newslink.link.lexicon import GUARD, LAST, LEGAL, MARKET, NAME, PRE_IPO, Lexicon
from newslink.link.market import choose, scene_market
from newslink.link.owners import owner_on
from newslink.link.quotation import quotation
from newslink.link.segment import best_cut, groups_of
from newslink.link.sentence import NEAR
from newslink.link.text import LATIN, Haystack
from newslink.link.traits import WEAK
from newslink.link.words import Borders

MOST_JUDGED = 400  # matches of one surface in one article that are judged; the rest of a flood is counted by these
CODE_SURE = 0.9933
NAME_EVIDENCE, NAME_CODE_EVIDENCE, CODE_EVIDENCE = ("+ name",), ("+ name", "+ its code behind it"), ("+ code",)
_WORTHLESS = -1.8  # not even a candidate
_LEGAL_REACH = 16
_INVALID = -0.9  # what a name outside its days loses in the segmentation


class Scanner:
    """Finds mentions; built once for a lexicon."""

    def __init__(self, lexicon: Lexicon, assembler: Assembler) -> None:
        self.universe = lexicon.universe
        self._lexicon = lexicon
        self._codes = CodeFinder(lexicon.universe)
        self._judge = Judge(lexicon)
        self._behind = Glance(cues.ALL_BEHIND, cues.AFTER_WINDOW)
        self._ahead = Glance(cues.ALL_AHEAD, cues.BEFORE_WINDOW, backwards=True)
        self._assembler = assembler
        default = [choose(lexicon, owners, owners[0], LAST, None) for owners in lexicon.owners]
        self._entity = [owners[0].entity for owners in lexicon.owners]
        self._suspect = np.zeros(65536, bool)
        self._suspect[[ord(c) for c in cues.SUSPECT_NEXT]] = True
        self._suspect_pairs = _pairs(cues.SUSPECT_PAIRS)
        self._borders = Borders()
        self._entity_of, self._default_of = np.array(self._entity, object), np.array(default, object)
        self._confidence = np.array([round(probability(s), 4) for s in lexicon.prior.tolist()])
        firsts = [p[0] if p else "" for p in lexicon.patterns]
        self._latin_start = np.array([f.isascii() and f.isalnum() for f in firsts], bool)
        self._latin_end = np.array([p[-1:].isascii() and p[-1:].isalnum() for p in lexicon.patterns], bool)
        self._gain = np.where(lexicon.kind == GUARD, 0.3, 0.0).astype(np.float32)
        self._weak = np.isin(lexicon.klass, [int(c) for c in WEAK])
        # Names shared by a group are sure only before a border or a word that companies act by.
        self._careful = lexicon.klass == SurfaceClass.AFFILIATE
        self._careful[[i for i, p in enumerate(lexicon.patterns[: len(lexicon.owners)]) if p.startswith("中国")]] = True
        self._safe_next = np.ones(65536, bool)
        self._safe_next[0x4E00:0xA000] = False
        self._safe_next[[ord(c) for c in "公发股涨跌拟与和的在将宣称表董总营净上下一二三四第获签中及对为也等至今昨日年月"]] = True
        self._hard = (np.array(lexicon.klass) == SurfaceClass.WORD).tolist()
        self._calm_class = (lexicon.kind == NAME) & ~self._weak
        self._calm_class[self._judge.asked] = False
        # Short Chinese names of companies listed in New York alone: spelt by sound, so they may be a piece of a longer foreign name.
        self._spelt = np.zeros(len(lexicon.patterns), bool)
        for i, owners in enumerate(lexicon.owners):
            surface = lexicon.patterns[i]
            if len(surface) <= 3 and not surface.isascii() and all(o.entity.endswith(".US") for o in owners):
                self._spelt[i] = True
        self._owners: dict[tuple[int, int], tuple] = {}
        self._plainish = np.isin(lexicon.klass, (SurfaceClass.PLAIN, SurfaceClass.AFFILIATE)) & (lexicon.kind == NAME)

    def scan(self, hay: Haystack, days: list[int]) -> tuple[list[list[Found | Sure]], set[int]]:
        """(mentions of each article, articles in which something is in doubt). Two texts an article, title and body; a day an article."""
        found: list[list[Found | Sure]] = [[] for _ in days]
        doubtful: set[int] = set()
        codes = self._codes_of(hay, found, days, doubtful)
        self._names(hay, found, days, codes, doubtful)
        return found, doubtful

    def _codes_of(self, hay: Haystack, found: list[list[Found | Sure]], days: list[int], doubtful: set[int]) -> dict[int, Code]:
        codes = self._codes.codes(hay)
        if not codes:
            return {}
        starts, entity_of = hay.starts.tolist(), self.universe.entity_of
        for code in codes:
            start, end = hay.span(code.start, code.end)
            place = bisect_right(starts, start) - 1
            offset, article = starts[place], place >> 1
            if code.rule == "code" and self._born(code.security) <= days[article]:
                found[article].append(
                    (
                        entity_of(code.security),
                        code.security,
                        place & 1,
                        start - offset,
                        end - offset,
                        CODE_SURE,
                        "code",
                        CODE_EVIDENCE,
                        False,
                        True,
                    )
                )
            else:
                found[article].append(Found.of_code(self.universe, code, place & 1, start - offset, end - offset, days[article]))
                doubtful.add(article)
        return {c.start: c for c in codes}

    def _born(self, security: str) -> int:
        known = self.universe.security(security)
        return known.listed.toordinal() - PRE_IPO if known is not None and known.listed else 0

    def _names(self, hay: Haystack, found: list[list[Found | Sure]], days: list[int], codes: dict[int, Code], doubtful: set[int]) -> None:
        matches = self._lexicon.machine.find_overlapping(hay.text)
        if not matches:
            return
        lexicon, units, kinds = self._lexicon, hay.units, hay.kinds
        table = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches)).reshape(-1, 3)
        start, end, pattern = table[:, 0], table[:, 1], table[:, 2]
        size = len(units)
        left = kinds[np.maximum(start - 1, 0)]
        right = kinds[np.minimum(end, size - 1)]
        keep = ~(
            (self._latin_start[pattern] & ((left & LATIN) > 0) & (start > 0))
            | (self._latin_end[pattern] & ((right & LATIN) > 0) & (end < size))
        )
        start, end, pattern = start[keep], end[keep], pattern[keep]
        place = np.searchsorted(hay.starts, start if hay.origin is None else hay.origin[start], "right") - 1
        kind = lexicon.kind[pattern]
        foreign = np.zeros(len(days), bool)
        market = kind == MARKET
        if market.any():
            abroad = [lexicon.markets[p] != "A" for p in pattern[market].tolist()]
            foreign[place[market][abroad] >> 1] = True
            rest = ~market
            start, end, pattern, place, kind = start[rest], end[rest], pattern[rest], place[rest], kind[rest]
        legal = kind == LEGAL
        legal_starts = start[legal], place[legal]
        if legal.any():
            order = np.argsort(start[legal])
            legal_starts = start[legal][order], place[legal][order]
            rest = ~legal
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
        self._settle(hay, found, codes, foreign, legal_starts, start, end, pattern, place, days, valid, doubtful)

    def _cut(self, hay: Haystack, start, end, pattern, valid) -> np.ndarray:
        first, sizes = groups_of(start, end)
        if (sizes == 1).all():
            return first
        # Sorted by start, longest first: where the first of a group reaches its end, it covers the others and no cut explains more.
        covered = (sizes == 1) | (
            (np.maximum.reduceat(end, first) == end[first]) & (valid[first] | (self._lexicon.kind[pattern[first]] == GUARD))
        )
        if covered.all():
            return first
        chosen = first[covered].tolist()
        first, sizes = first[~covered], sizes[~covered]
        text = hay.text
        gain = self._gain[pattern] + np.where(valid | (self._lexicon.kind[pattern] == GUARD), 0.0, _INVALID)
        for at, size in zip(first.tolist(), sizes.tolist(), strict=True):
            stop = at + size
            spans = list(zip(start[at:stop].tolist(), end[at:stop].tolist(), gain[at:stop].tolist(), strict=True))
            # A name with 股份 behind it explains those two characters as well: 金达威|股份, not 金|达威股份.
            spans = [(s, e + 2, g - 0.5) if text.startswith("股份", e) and spans[-1][1] >= e + 2 else (s, e, g) for s, e, g in spans]
            chosen += [at + i for i in best_cut(spans)]
        return np.array(sorted(chosen), np.int64)

    def _settle(self, hay: Haystack, found, codes, foreign, legal, start, end, pattern, place, days, valid, doubtful: set[int]) -> None:
        lexicon, units = self._lexicon, hay.units
        size = len(units)
        after = units[np.minimum(end, size - 1)]
        before = units[np.maximum(start - 1, 0)]
        abroad = set(foreign.nonzero()[0].tolist())
        left, right = self._beside(start, end, place, before, self._plainish[pattern] & valid)
        crossed = None
        if hay.origin is None:
            first, last = start, end
        else:
            first, last = hay.origin[start], hay.origin[end - 1] + 1
            crossed = (last - first) != (end - start)
        calm = self._calm_class[pattern] & valid & ~self._suspect[after]
        begins, runs = self._borders.doubtful(units, start, end)
        (spelt,) = self._spelt[pattern].nonzero()
        if len(spelt):
            more, on = self._borders.spelt_on(units, start[spelt], end[spelt])
            begins[spelt] |= more
            runs[spelt] |= on
        calm &= ~(begins | runs)
        calm &= ~_among(after.astype(np.int64) << 16 | units[np.minimum(end + 1, size - 1)], self._suspect_pairs)
        calm &= ~self._careful[pattern] | self._safe_next[after]
        calm &= before != _OPENS_TITLE
        legal_start, legal_place = legal
        if len(legal_start):
            at = np.minimum(np.searchsorted(legal_start, end), len(legal_start) - 1)
            calm &= ~((legal_start[at] >= end) & (legal_start[at] - end <= _LEGAL_REACH) & (legal_place[at] == place))
        if crossed is not None:
            calm &= ~crossed
        sure = calm & lexicon.plain[pattern] & ~(lexicon.several[pattern] & foreign[place >> 1])
        plain = sure.copy()
        calm &= ~left & ~right | ~self._weak[pattern]
        base = hay.starts[place]
        first, last = first - base, last - base
        coded = {i for i, mine in enumerate(found) if mine} if codes else _NONE
        if codes:  # a bracket behind a name may hold its code
            (bracketed,) = (sure & (after == 40)).nonzero()
            sure[[i for i, e in zip(bracketed.tolist(), end[bracketed].tolist(), strict=True) if e + 1 in codes]] = False
        self._take_sure(found, pattern[sure], place[sure], first[sure], last[sure])
        rest = ~sure
        if not rest.any():
            return
        lows, highs = _bounds(hay)
        behind_of, ahead_of = self._behind.masks(units, end[rest]), self._ahead.masks(units, start[rest])
        sentence_lows, sentence_highs = _sentences(units, start[rest], end[rest])
        rows = zip(
            *(column[rest].tolist() for column in (start, end, pattern, place, calm, left, right, first, last, after, begins, runs, plain)),
            lows[place[rest]].tolist(),
            highs[place[rest]].tolist(),
            sentence_lows.tolist(),
            sentence_highs.tolist(),
            behind_of.tolist(),
            ahead_of.tolist(),
            crossed[rest].tolist() if crossed is not None else repeat(False),
            strict=False,  # repeat has no end
        )
        weak, entity = self._hard, self._entity
        judged: dict[tuple[int, int], int] = {}
        for (
            s, e, p, where, quiet, beside_left, beside_right, a, b, following, cut_in, cut_out, settled,
            low, high, sentence_low, sentence_high, behind, ahead, spaced,
        ) in rows:  # fmt: skip
            article = where >> 1
            code = codes.get(e + 1) if following == 40 else None
            if settled and code is not None and code.sure and self.universe.entity_of(code.security) == entity[p]:
                found[article].append((entity[p], code.security, where & 1, a, b, CODE_SURE, "name_code", NAME_CODE_EVIDENCE, False, True))
                continue
            count = judged.get((article, p), 0)
            if count >= MOST_JUDGED:
                continue
            judged[article, p] = count + 1
            on = days[article]
            if quiet and code is None:
                one = self._calm(hay, s, e, p, where & 1, a, b, on, low, high, behind, ahead, article in abroad)
                if one is not None:
                    found[article].append(one)
                    continue
            if weak[p] and not beside_left and not beside_right and self._judge.hopeless(hay.text, s, e, p, low, high):
                continue
            verdict = self._judge.verdict(
                hay.text, s, e, p, on, low, high, sentence_low, sentence_high, behind, ahead, beside_left, beside_right, cut_in, cut_out
            )
            if verdict.score < _WORTHLESS and article not in coded:
                continue
            found[article].append(
                self._assembler.found(hay, verdict, p, s, e, where & 1, a, b, on, codes, spaced, article in abroad, low, high)
            )
            doubtful.add(article)

    def _take_sure(self, found: list[list[Found | Sure]], pattern, place, first, last) -> None:
        """Names about which nothing is open, as settled mentions."""
        rows = zip(
            self._entity_of[pattern].tolist(),
            self._default_of[pattern].tolist(),
            (place & 1).tolist(),
            first.tolist(),
            last.tolist(),
            self._confidence[pattern].tolist(),
            repeat("name"),
            repeat(NAME_EVIDENCE),
            repeat(False),
            repeat(False),
            strict=False,  # repeat has no end
        )
        for article, one in zip((place >> 1).tolist(), rows, strict=True):
            found[article].append(one)

    def _calm(
        self,
        hay: Haystack,
        start: int,
        end: int,
        pattern: int,
        field: int,
        first: int,
        last: int,
        day: int,
        low: int,
        high: int,
        behind: int,
        ahead: int,
        foreign: bool,
    ):
        """A name that asks for no evidence, with nothing odd beside it: only its company on that day, its listing and quotation are open.

        None where more is open than that.
        """
        key = (pattern, day)
        known = self._owners.get(key)
        if known is None:
            if len(self._owners) > 200_000:
                self._owners.clear()
            known = self._owners[key] = self._owner(pattern, day)
        entity, security, confidence, evidence, several = known
        if entity is None:
            return None
        said = False
        if several and foreign:
            text = hay.text
            market, where = scene_market(text, start, end, low, high, text[low : low + 60] if field else text[low:high])
            if market:
                owner = next(o for o in self._lexicon.owners[pattern] if o.entity == entity)
                security = self._assembler.listing(pattern, owner, day, market)
                evidence = (*evidence, f"+ {market} {where}")
                said = where == "sentence"
        quoted = False
        kind = self._lexicon.quoted.get(pattern)
        if kind is not None:
            role = quotation(kind, hay.text, start, end, low, high, behind, ahead)
            if role is False:
                return None
            quoted = role is True
        return (entity, security, field, first, last, confidence, "name", evidence, quoted, said)

    def _owner(self, pattern: int, day: int) -> tuple:
        evidence: list[str] = []
        owners = self._lexicon.owners[pattern]
        owner, change = owner_on(self._lexicon, owners, day, evidence)
        if change < -0.1 or owner.stated or len({o.entity for o in owners}) > 1:
            return None, "", 0.0, (), False
        confidence = round(probability(float(self._lexicon.prior[pattern]) + change), 4)
        several = len(self.universe.listings_of(owner.entity)) > 1
        return owner.entity, choose(self._lexicon, owners, owner, day, None), confidence, (*NAME_EVIDENCE, *evidence), several

    def _beside(self, start, end, place, before, good) -> tuple[np.ndarray, np.ndarray]:
        """Whether a sure name stands left, right, with nothing but 、 or 和 between."""
        left, right = np.zeros(len(start), bool), np.zeros(len(start), bool)
        joint = _JOINTS[before[1:]] & (start[1:] - end[:-1] == 1) & (place[1:] == place[:-1])
        left[1:] = joint & good[:-1]
        right[:-1] = joint & good[1:]
        return left, right


def _bounds(hay: Haystack) -> tuple[np.ndarray, np.ndarray]:
    """Normalised start and end of each text in the haystack."""
    starts = hay.starts if hay.origin is None else np.searchsorted(hay.origin, hay.starts)
    return starts[:-1], np.maximum(starts[:-1], starts[1:] - 1)


def _sentences(units: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the sentence around each match begins and ends, at most NEAR characters from it. Every text ends with a line end."""
    (stops,) = _STOPS[units].nonzero()
    at = stops.searchsorted(start)
    return np.maximum(stops[at - 1] + 1, start - NEAR), np.minimum(stops[stops.searchsorted(end)], end + NEAR)


def _among(keys: np.ndarray, sorted_keys: np.ndarray) -> np.ndarray:
    at = np.searchsorted(sorted_keys, keys)
    return sorted_keys[np.minimum(at, len(sorted_keys) - 1)] == keys


def _pairs(words: Iterable[str]) -> np.ndarray:
    return np.array(sorted({ord(a) << 16 | ord(b) for a, b in words}), np.int64)


_NONE: frozenset[int] = frozenset()
_OPENS_TITLE = ord("《")
_JOINTS = np.zeros(65536, bool)
_JOINTS[[ord(c) for c in "、和及与/,;"]] = True
_STOPS = np.zeros(65536, bool)
_STOPS[[ord(c) for c in "。\n;!?"]] = True
