"""One pattern beside a name, and the first of several that is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


class Cue:
    """pattern says something for the company being meant, or against it.

    place: behind (from the end of the name on), ahead (up to its beginning), within (anywhere). weight in log odds, always positive; words, the
    evidence, begin with ``+ `` or ``- ``. bit: its place in the masks of ``glance`` (0 within): where a mask lacks it, nothing is found there.
    find: text on that side → match or None.
    """

    __slots__ = ("bit", "find", "match", "pattern", "place", "search", "weight", "words")

    def __init__(self, pattern: re.Pattern[str], place: str, bit: int = 0, weight: float = 0.0, words: str = "") -> None:
        self.pattern, self.place, self.bit, self.weight, self.words = pattern, place, bit, weight, words
        self.match, self.search = pattern.match, pattern.search
        self.find: Callable[[str], re.Match[str] | None] = pattern.match if place == "behind" else pattern.search


class FirstOf:
    """The first of several cues of one place that is found in a text. bits: those of all of them."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = tuple(cues)
        self.bits = bits_of(*cues)
        self._fitting: dict[int, tuple[tuple[Cue, Callable[[str], re.Match[str] | None]], ...]] = {}

    def __call__(self, text: str, mask: int) -> tuple[Cue, re.Match[str]] | None:
        """(cue, match), or None. mask: what may be found there."""
        mask &= self.bits
        if not mask:
            return None
        fitting = self._fitting.get(mask)
        if fitting is None:
            fitting = self._fitting[mask] = tuple((c, c.find) for c in self._cues if c.bit & mask)
        for cue, find in fitting:
            found = find(text)
            if found:
                return cue, found
        return None


def bits_of(*cues: Cue) -> int:
    """The bits of all of them."""
    bits = 0
    for cue in cues:
        bits |= cue.bit
    return bits
