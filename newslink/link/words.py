"""Common Chinese words → whether a name's border cuts through one: 中国人寿|命 延长, 浙江时|光大银行, 轨道|交通银行|卡.

The words and how common they are come from the dictionary file inside the package jieba (read as a file; its code is never imported).
A border is in doubt where the characters on both sides of it make a word, unless the text goes on with a word of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from newslink.errors import UniverseError
from newslink.link.classes import word_list

_RARE = 5
_COMMON = 8  # occurrences from which a word of two characters counts; the dictionary's rarest are mostly chance
# Characters that stand alone so often that a word made with them says nothing.
ALONE_BEFORE = word_list("alone_before")
ALONE_AFTER = word_list("alone_after")
# Words the dictionary lacks or counts too low.
_MORE = word_list("border")


@lru_cache(maxsize=1)
def _words() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys of words of two, three and four characters, each sorted."""
    spec = find_spec("jieba")
    if spec is None or not spec.submodule_search_locations:
        raise UniverseError("The package jieba with its dictionary of common words is not installed: pip install -r requirements.txt.")
    path = Path(spec.submodule_search_locations[0], "dict.txt")
    try:
        text = "\n" + path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise UniverseError(f"The dictionary of common words in the package jieba cannot be read ({error}): expected {path}.") from error
    # Lines are ``word count part-of-speech``; a pattern a length reads them in a third of the time a loop over lines takes.
    kept = {size: re.findall(rf"\n([一-鿿]{{{size}}}) {_at_least(least)}", text) for size, least in ((2, _COMMON), (3, 0), (4, _RARE))}
    if not all(kept.values()):
        raise UniverseError(f"The dictionary of common words in the package jieba holds none: expected lines of word and count in {path}.")
    for word in _MORE:
        kept[len(word)].append(word)
    return tuple(_keys(kept[size], size) for size in (2, 3, 4))  # type: ignore[return-value]


def _at_least(count: int) -> str:
    """A pattern for the beginning of a whole number of at least count (one digit)."""
    return rf"(?:[{count}-9]|[1-9]\d)" if count else ""


def _keys(words: list[str], size: int) -> np.ndarray:
    units = np.frombuffer("".join(words).encode("utf-16-le"), np.uint16).reshape(-1, size)
    return np.unique(_packed(*(units[:, i] for i in range(size))))


def _packed(*columns: np.ndarray) -> np.ndarray:
    key = columns[0].astype(np.uint64)
    for column in columns[1:]:
        key = key << np.uint64(16) | column.astype(np.uint64)
    return key


class _Words:
    """A set of keys asked about many at a time: one look into a table of hashes settles most, only what may be in is searched."""

    def __init__(self, keys: np.ndarray) -> None:
        self._keys = keys
        self._maybe = np.zeros(1 << _HASH_BITS, bool)
        self._maybe[_hash(keys)] = True

    def holds(self, keys: np.ndarray) -> np.ndarray:
        found = self._maybe.take(_hash(keys))
        (at,) = found.nonzero()
        if len(at):
            some = keys[at]
            found[at] = self._keys.take(self._keys.searchsorted(some), mode="clip") == some
        return found


_HASH_BITS = 20


def _hash(keys: np.ndarray) -> np.ndarray:
    return ((keys * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _HASH_BITS)).astype(np.int64)


@lru_cache(maxsize=65536)
def ends_word(text: str) -> bool:
    """Whether the last characters of a short text are a common word, or one that stands alone."""
    if text[-1:] in ALONE_BEFORE:
        return True
    if not all("一" <= c <= "鿿" for c in text[-2:]):
        return len(text) < 2
    for size, words in zip((2, 3, 4), _words(), strict=True):
        tail = text[-size:]
        if len(tail) == size and all("一" <= c <= "鿿" for c in tail):
            key = 0
            for c in tail:
                key = key << 16 | ord(c)
            at = int(words.searchsorted(np.uint64(key)))
            if at < len(words) and int(words[at]) == key:
                return True
    return False


class Borders:
    """Finds names whose border runs through a common word."""

    def __init__(self) -> None:
        self._two, self._three, self._four = map(_Words, _words())
        self._alone_before, self._alone_after = np.zeros(65536, bool), np.zeros(65536, bool)
        self._alone_before[[ord(c) for c in ALONE_BEFORE]] = True
        self._alone_after[[ord(c) for c in ALONE_AFTER]] = True
        self._sound_before, self._sound_after = np.zeros(65536, bool), np.zeros(65536, bool)
        self._titles = _keys([title[-2:] for title in word_list("titles")], 2)
        self._surname = np.zeros(65536, bool)
        self._surname[[ord(c) for c in word_list("surnames")]] = True
        self._sound_before[[ord(c) for c in word_list("sound_before")]] = True
        self._sound_after[[ord(c) for c in word_list("sound_after")]] = True

    def doubtful(self, units: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(begins inside a word, goes on into a word) for each match [start, end) in the code points of a haystack."""

        def at(position: np.ndarray) -> np.ndarray:
            return units.take(position, mode="clip")  # a line end at both ends of the haystack: no word holds one

        p2, p1, f1, f2 = at(start - 2), at(start - 1), units[start], at(start + 1)
        l2, l1, n1, n2 = at(end - 2), units[end - 1], at(end), at(end + 1)
        two, three, four = self._two.holds, self._three.holds, self._four.holds
        begins = two(_packed(p1, f1)) | three(_packed(p1, f1, f2)) | three(_packed(p2, p1, f1)) | four(_packed(p2, p1, f1, f2))
        begins &= ~self._alone_before[p1]
        runs = two(_packed(l1, n1)) | three(_packed(l2, l1, n1)) | four(_packed(l2, l1, n1, n2))
        runs &= ~self._alone_after[n1]
        (at,) = begins.nonzero()
        if len(at):
            begins[at] = ~two(_packed(p2[at], p1[at])) | four(_packed(p2[at], p1[at], f1[at], f2[at]))
        (at,) = runs.nonzero()
        if len(at):
            runs[at] = ~two(_packed(n1[at], n2[at])) | four(_packed(l2[at], l1[at], n1[at], n2[at]))
        return begins, runs

    def short_in_word(self, units: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Whether names of two characters begin within a word of three or end within one of four around them: 理事长|和, 年富力强."""
        size = len(units)
        before2, before, first, second = (units[np.clip(start + i, 0, size - 1)] for i in (-2, -1, 0, 1))
        after = units[np.minimum(start + 2, size - 1)]
        inside = self._three.holds(_packed(before2, before, first)) & ~self._alone_before[before]
        return inside | self._four.holds(_packed(before, first, second, after))

    def given_name(self, units: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Whether a surname stands before names of two characters and makes no word with what surrounds it: 童|小鹏."""
        before = units[np.maximum(start - 1, 0)]
        found = self._surname[before]
        (at,) = found.nonzero()
        if len(at):
            s = start[at]
            found[at] = ~self._two.holds(_packed(units[np.maximum(s - 2, 0)], before[at])) & ~self._three.holds(
                _packed(units[np.maximum(s - 3, 0)], units[np.maximum(s - 2, 0)], before[at])
            )
        return found

    def spelt_on(self, units: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(begins, goes on) for short names spelt by sound: whether they are a piece of a longer one (博福特, 福特斯, 沙迪尔)

        or a person's (省长|福特).
        """
        before, after = units[np.maximum(start - 1, 0)], units[np.minimum(end, len(units) - 1)]
        begins, runs = self._sound_before[before], self._sound_after[after]
        (at,) = begins.nonzero()
        second = units[np.maximum(start - 2, 0)]
        if len(at):
            begins[at] = ~self._two.holds(_packed(second[at], before[at]))
        return begins | np.isin(_packed(second, before), self._titles), runs
