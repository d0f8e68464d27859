"""One match of a name in a haystack, with what vector work could tell of it, on its way to being judged."""

from __future__ import annotations

from typing import NamedTuple


class Match(NamedTuple):
    """start, end: in the normalised haystack, end exclusive. place: twice its article, and one more in the body. first, last: in its original text.

    calm: nothing odd stands beside it. left, right: a listed name stands beside it in a list. following: the code point behind it.
    begins, runs: its border cuts through a common word. plain: it would be settled but for a code behind it. numbered: a digit stands before it.
    low, high bound its text, sentence_low, sentence_high its sentence. behind, ahead: masks of the cues that may be found there.
    context: log odds of what stands around it. crossed: something was taken out inside it.
    """

    start: int
    end: int
    pattern: int
    place: int
    first: int
    last: int
    calm: bool
    left: bool
    right: bool
    following: int
    begins: bool
    runs: bool
    plain: bool
    numbered: bool
    low: int
    high: int
    sentence_low: int
    sentence_high: int
    behind: int
    ahead: int
    context: float
    crossed: bool
