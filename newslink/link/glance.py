"""All matches of a batch at once → which cues may match beside each: masks of their bits, so that few patterns are tried at all.

Told from the two characters next to the name and from pairs of characters in the window: table look-ups by vector work. A mask may hold a bit
too many, never one too few (a test holds this against the patterns themselves).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from newslink.link.cue import Cue
from newslink.link.needs import edge, reach, words

_STEPS = (10, 16)  # patterns that reach no further than this need not be looked for beyond it
_HASH_BITS = 16
_FACTOR = np.uint32(0x9E3779B1)


class Glance:
    """For the cues of one side. window: characters the patterns are given on that side. backwards: the side before the name.

    topics: bit → words, for bits that only say that one of those words may be there.
    """

    def __init__(
        self, cues: Iterable[Cue], window: int, backwards: bool = False, topics: Mapping[int, Iterable[str]] | None = None
    ) -> None:
        self._reach = np.arange(-1, -window - 1, -1) if backwards else np.arange(window)
        self._step = -1 if backwards else 1
        self._first, self._second = np.zeros(65536, np.uint64), np.zeros(65536, np.uint64)
        self._one = np.zeros(65536, np.uint64)  # by character: cues one of whose words it is
        self._pair = np.zeros(1 << _HASH_BITS, np.uint64)  # by hash of two characters: cues one of whose words begins so
        self._free = np.uint64(0)  # cues without known words
        self._within = [(size, np.uint64(0)) for size in (*(s for s in _STEPS if s < window), window)]  # cues by how far they reach
        for cue in cues:
            bit = np.uint64(cue.bit)
            first, second = edge(cue.pattern.pattern, backwards)
            self._first[_characters(first)] |= bit
            self._second[_characters(second)] |= bit
            needed = words(cue.pattern.pattern)
            if not needed:
                self._free |= bit
            far = reach(cue.pattern.pattern)
            step = next((i for i, (size, _) in enumerate(self._within) if far <= size), len(self._within) - 1)
            self._within[step] = (self._within[step][0], self._within[step][1] | bit)
            self._note(bit, needed)

        for number, topic in (topics or {}).items():
            bit = np.uint64(number)
            self._first |= bit
            self._second |= bit
            self._within[-1] = (window, self._within[-1][1] | bit)
            self._note(bit, topic)

    def _note(self, bit: np.uint64, needed: Iterable[str]) -> None:
        for word in needed:
            if len(word) == 1:
                self._one[ord(word)] |= bit
        pairs = np.array([(ord(word[0]), ord(word[1])) for word in needed if len(word) > 1], np.uint32).reshape(-1, 2)
        self._pair[_hash(pairs[:, 0], pairs[:, 1])] |= bit

    def masks(self, units: np.ndarray, border: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """uint64 a match. units: the haystack's code points; border: where the matches end, or (backwards) begin; asked: bits wanted, by match."""
        last = len(units) - 1
        near = np.clip(border + self._reach[0], 0, last)
        masks = self._first.take(units.take(near)) & self._second.take(units.take(np.clip(near + self._step, 0, last))) & asked
        (open_,) = (masks & ~self._free).nonzero()  # the others are settled by their first characters
        if len(open_):
            places = border[open_][:, None] + self._reach
            window = units.take(places, mode="clip")
            here, there = (window[:, 1:], window[:, :-1]) if self._step < 0 else (window[:, :-1], window[:, 1:])
            words = self._one.take(window)
            words[:, :-1] |= self._pair.take(_hash(here, there))
            held, allowed, done = np.zeros(len(open_), np.uint64), self._free, 0
            for size, bits in self._within:
                held |= np.bitwise_or.reduce(words[:, done:size], axis=1)
                allowed = allowed | (held & bits)
                done = size
            masks[open_] &= allowed
        return masks


def _hash(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of two code points, in _HASH_BITS bits."""
    return ((one.astype(np.uint32) << np.uint32(16) | other) * _FACTOR) >> np.uint32(32 - _HASH_BITS)


def _characters(bits: int) -> np.ndarray:
    """Bits of a character set → bool by code point."""
    return np.unpackbits(np.frombuffer(bits.to_bytes(8192, "little"), np.uint8), bitorder="little").view(bool)
