"""The names matched in a haystack, as columns: what segmentation left of all matches, and what vector work tells of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from newslink.link import cues
from newslink.link.classes import SurfaceClass
from newslink.link.lexicon import NAME, Lexicon
from newslink.link.text import Haystack
from newslink.link.traits import WEAK
from newslink.link.words import Borders

_LEGAL_REACH = 16  # characters behind a name within which the end of a legal name may make it another's
_SOUND_SIZE = 3


@dataclass(frozen=True, slots=True)
class Names:
    """Columns run parallel, in the order of the text. start, end: in the haystack; place: twice the article, and one more in the body.

    valid: it was somebody's name on the day. foreign: by article, whether it speaks of another market than that at home.
    legal_start, legal_place: where ends of legal names begin, in the order of the text.
    """

    start: np.ndarray
    end: np.ndarray
    pattern: np.ndarray
    place: np.ndarray
    valid: np.ndarray
    foreign: np.ndarray
    legal_start: np.ndarray
    legal_place: np.ndarray

    def take(self, these: np.ndarray) -> Names:
        """The names of these numbers."""
        columns = (self.start, self.end, self.pattern, self.place, self.valid)
        return Names(*(column.take(these) for column in columns), self.foreign, self.legal_start, self.legal_place)


@dataclass(frozen=True, slots=True)
class Look:
    """Columns parallel to those of Names. first, last: in the original text of the field. following: the code point behind the name.

    left, right: a sure name stands there in a list. begins, runs: its border cuts through a common word. calm: nothing odd stands beside it.
    crossed: something was taken out inside it; None where nothing was taken out of the haystack.
    """

    first: np.ndarray
    last: np.ndarray
    following: np.ndarray
    left: np.ndarray
    right: np.ndarray
    begins: np.ndarray
    runs: np.ndarray
    calm: np.ndarray
    crossed: np.ndarray | None

    def take(self, these: np.ndarray) -> Look:
        """That of the names of these numbers."""
        columns = (self.first, self.last, self.following, self.left, self.right, self.begins, self.runs, self.calm)
        return Look(*(column.take(these) for column in columns), None if self.crossed is None else self.crossed.take(these))


class Looker:
    """Tells which names of a lexicon stand somewhere without anything odd beside them."""

    def __init__(self, lexicon: Lexicon, asked: Iterable[int]) -> None:
        """asked: names always looked at closely."""
        names, klass = lexicon.kind == NAME, lexicon.klass
        self.weak = np.isin(klass, [int(c) for c in WEAK])
        self._borders = Borders()
        self._suspect = np.zeros(65536, bool)
        self._suspect[[ord(c) for c in cues.SUSPECT_NEXT]] = True
        self._suspect_pairs = _pairs(cues.SUSPECT_PAIRS)
        self._suspect_last = np.zeros(65536, bool)
        self._suspect_last[[ord(a) for a in cues.SUSPECT_BEFORE if len(a) == 1]] = True
        self._suspect_ends = _pairs(cues.SUSPECT_BEFORE)
        # Names shared by a group are sure only before a border or a word that companies act by.
        self._careful = klass == SurfaceClass.AFFILIATE
        self._careful[[i for i, p in enumerate(lexicon.patterns[: len(lexicon.owners)]) if p.startswith("中国")]] = True
        self._safe_next = np.ones(65536, bool)
        self._safe_next[0x4E00:0xA000] = False
        self._safe_next[[ord(c) for c in "公发股涨跌拟与和的在将宣称表董总营净上下一二三四第获签中及对为也等至今昨日年月"]] = True
        self._calm_class = names & ~self.weak
        self._calm_class[list(asked)] = False
        self._plainish = np.isin(klass, (SurfaceClass.PLAIN, SurfaceClass.AFFILIATE)) & names
        # Two characters are soon a piece of something else; those that may also be given names are looked at (童小鹏, 王佳明).
        self._two_characters = np.array([len(p) == 2 and not p.isascii() for p in lexicon.patterns], bool) & names
        self._given = self._two_characters & np.isin(klass, (SurfaceClass.NICKNAME, SurfaceClass.PHRASE))
        # Short Chinese names of companies listed in New York alone: spelt by sound, so they may be a piece of a longer foreign name.
        self._spelt = np.zeros(len(lexicon.patterns), bool)
        for i, owners in enumerate(lexicon.owners):
            surface = lexicon.patterns[i]
            if len(surface) <= _SOUND_SIZE and not surface.isascii() and all(o.entity.endswith(".US") for o in owners):
                self._spelt[i] = True

    def look(self, hay: Haystack, names: Names) -> Look:
        units, start, end, pattern, place = hay.units, names.start, names.end, names.pattern, names.place
        size = len(units)
        following = units.take(np.minimum(end, size - 1))
        before = units.take(np.maximum(start - 1, 0))
        left, right = self._in_list(names, before)
        crossed = None
        if hay.origin is None:
            first, last = start, end
        else:
            first, last = hay.origin.take(start), hay.origin.take(end - 1) + 1
            crossed = (last - first) != (end - start)
        begins, runs = self._borders.doubtful(units, start, end)
        (spelt,) = self._spelt.take(pattern).nonzero()
        if len(spelt):
            more, on = self._borders.spelt_on(units, start[spelt], end[spelt])
            begins[spelt] |= more
            runs[spelt] |= on
        (short,) = self._two_characters[pattern].nonzero()
        if len(short):
            begins[short] |= self._borders.short_in_word(units, start[short])
        (given,) = self._given[pattern].nonzero()
        if len(given):
            begins[given] |= self._borders.given_name(units, start[given])
        calm = self._calm_class.take(pattern) & names.valid & ~self._suspect.take(following) & ~(begins | runs)
        calm &= ~_among(following.astype(np.int64) << 16 | units.take(np.minimum(end + 1, size - 1)), self._suspect_pairs)
        calm &= ~self._suspect_last.take(before)
        calm &= ~_among(units.take(np.maximum(start - 2, 0)).astype(np.int64) << 16 | before, self._suspect_ends)
        calm &= ~self._careful.take(pattern) | self._safe_next.take(following)
        calm &= before != OPENS_TITLE
        if len(names.legal_start):
            at = np.minimum(np.searchsorted(names.legal_start, end), len(names.legal_start) - 1)
            near = (names.legal_start[at] >= end) & (names.legal_start[at] - end <= _LEGAL_REACH) & (names.legal_place[at] == place)
            calm &= ~near
        if crossed is not None:
            calm &= ~crossed
        base = hay.starts.take(place)
        return Look(first - base, last - base, following, left, right, begins, runs, calm, crossed)

    def _in_list(self, names: Names, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether a sure name stands left, right, with nothing but 、 or 和 between."""
        good = self._plainish.take(names.pattern) & names.valid
        left, right = np.zeros(len(good), bool), np.zeros(len(good), bool)
        joint = _JOINTS[before[1:]] & (names.start[1:] - names.end[:-1] == 1) & (names.place[1:] == names.place[:-1])
        left[1:] = joint & good[:-1]
        right[:-1] = joint & good[1:]
        return left, right


def _pairs(words: Iterable[str]) -> np.ndarray:
    return np.array(sorted({ord(word[0]) << 16 | ord(word[1]) for word in words if len(word) == 2}), np.int64)


def _among(keys: np.ndarray, sorted_keys: np.ndarray) -> np.ndarray:
    at = np.searchsorted(sorted_keys, keys)
    return sorted_keys[np.minimum(at, len(sorted_keys) - 1)] == keys


OPENS_TITLE = ord("《")
_JOINTS = np.zeros(65536, bool)
_JOINTS[[ord(c) for c in "、和及与/,;"]] = True
