"""Many patterns at one place → only those whose first (or, before a name, last) character can match, read off the patterns themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

from newslink.link.cue import Cue

_END = ""  # stands for the end of the text
_AT_END = (ops.AT, ops.AT_END_STRING)
_CHARACTERS = [chr(unit) for unit in range(0x10000)]
_CATEGORIES = {
    ops.CATEGORY_DIGIT: frozenset(filter(str.isdecimal, _CHARACTERS)),
    ops.CATEGORY_SPACE: frozenset(filter(str.isspace, _CHARACTERS)),
}
del _CHARACTERS


def first_characters(pattern: str) -> frozenset[str] | None:
    """Characters with which a match can begin (``""`` included when it can be empty); None when any can."""
    found, empty = _of(_parser.parse(pattern))
    if found is None:
        return None
    return found | {_END} if empty else found


def last_characters(pattern: str) -> frozenset[str] | None:
    """Characters with which a match can end that reaches up to ``\\Z`` (``""`` included when it can be empty).

    None when any can, or when not every alternative ends with ``\\Z``.
    """
    parsed = list(_parser.parse(pattern))
    branches = parsed[0][1][1] if len(parsed) == 1 and parsed[0][0] is ops.BRANCH else [parsed]
    if any(not len(branch) or branch[-1] != _AT_END for branch in branches):
        return None
    found, empty = _of(parsed, backwards=True)
    if found is None:
        return None
    return found | {_END} if empty else found


def needed_word(pattern: str) -> str:
    """A word without which the pattern matches nowhere: the longest run of plain characters that every match holds; "" when there is none."""
    best = run = ""
    for op, argument in [*_parser.parse(pattern), (ops.ANY, None)]:
        if op is ops.LITERAL:
            run += chr(argument)
        elif op not in (ops.ASSERT, ops.ASSERT_NOT):
            best, run = max(best, run, key=len), ""
    return best


def _of(sequence, backwards: bool = False) -> tuple[frozenset[str] | None, bool]:
    """(first characters, or last ones backwards, None for any; whether all of it can be empty)."""
    out: frozenset[str] = frozenset()
    for op, argument in reversed(list(sequence)) if backwards else sequence:
        if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
            continue
        found, empty = _one(op, argument, backwards)
        if found is None:
            return None, False
        out |= found
        if not empty:
            return out, False
    return out, True


def _one(op, argument, backwards: bool) -> tuple[frozenset[str] | None, bool]:
    if op is ops.LITERAL:
        return frozenset(chr(argument)), False
    if op is ops.SUBPATTERN:
        return _of(argument[-1], backwards)
    if op is ops.BRANCH:
        out: frozenset[str] = frozenset()
        empty = False
        for branch in argument[1]:
            found, can_be_empty = _of(branch, backwards)
            if found is None:
                return None, False
            out |= found
            empty |= can_be_empty
        return out, empty
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        low, _, inner = argument
        found, empty = _of(inner, backwards)
        return found, empty or low == 0
    if op is ops.IN:
        return _set(argument), False
    return None, False


def _set(items) -> frozenset[str] | None:
    out: set[str] = set()
    for op, argument in items:
        if op is ops.LITERAL:
            out.add(chr(argument))
        elif op is ops.RANGE and argument[1] - argument[0] < 128:
            out.update(map(chr, range(argument[0], argument[1] + 1)))
        elif op is ops.CATEGORY and argument in _CATEGORIES:
            out.update(_CATEGORIES[argument])
        else:
            return None
    return frozenset(out)


class FirstOf:
    """The first of several cues whose pattern matches at the beginning of a text."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = [(c, first_characters(c.pattern.pattern), needed_word(c.pattern.pattern)) for c in cues]
        self._by_first: dict[str, tuple[tuple[Cue, str, Callable[[str], re.Match[str] | None]], ...]] = {}
        self._latest: tuple[str, tuple[Cue, re.Match[str]] | None] = ("", None)  # one text is often asked about twice in a row

    def __call__(self, text: str) -> tuple[Cue, re.Match[str]] | None:
        """(cue, match), or None."""
        latest, found = self._latest
        if latest is text and text:
            return found
        found = self._first(text)
        self._latest = (text, found)
        return found

    def _first(self, text: str) -> tuple[Cue, re.Match[str]] | None:
        first = text[:1]
        fitting = self._by_first.get(first)
        if fitting is None:
            if len(self._by_first) > 20_000:
                self._by_first.clear()
            fitting = tuple((c, word, c.pattern.match) for c, chars, word in self._cues if chars is None or first in chars or _END in chars)
            self._by_first[first] = fitting
        for cue, word, match in fitting:
            if word in text:
                found = match(text)
                if found:
                    return cue, found
        return None


class LastOf:
    """The first of several cues whose pattern matches up to the end of a text. Every pattern ends with ``\\Z``."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = [(c, last_characters(c.pattern.pattern)) for c in cues]
        self._by_last: dict[str, tuple[tuple[Cue, Callable[[str], re.Match[str] | None]], ...]] = {}

    def __call__(self, text: str) -> Cue | None:
        last = text[-1:]
        fitting = self._by_last.get(last)
        if fitting is None:
            if len(self._by_last) > 20_000:
                self._by_last.clear()
            fitting = tuple((c, c.pattern.search) for c, chars in self._cues if chars is None or last in chars)
            self._by_last[last] = fitting
        for cue, search in fitting:
            if search(text):
                return cue
        return None


class Ending:
    """One pattern that matches up to the end of a text: ``text[-1:] in ending.last and ending.search(text)``."""

    __slots__ = ("last", "search")

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.search = pattern.search
        found = last_characters(pattern.pattern)
        self.last: Container[str] = _ANY if found is None else found


class Beginning:
    """One pattern that matches from the beginning of a text on: ``b.word in text and text[:1] in b.first and b.match(text)``."""

    __slots__ = ("first", "match", "word")

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.match = pattern.match
        self.word = needed_word(pattern.pattern)
        found = first_characters(pattern.pattern)
        self.first: Container[str] = _ANY if found is None or _END in found else found


class _Any:
    def __contains__(self, _: object) -> bool:
        return True


_ANY = _Any()
