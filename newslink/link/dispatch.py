"""Many patterns at one place → only those whose first character can match, which is read off the patterns themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

from newslink.link.cue import Cue

_END = ""  # stands for the end of the text


def first_characters(pattern: str) -> frozenset[str] | None:
    """Characters with which a match can begin (``""`` included when it can be empty); None when any can."""
    found, empty = _of(_parser.parse(pattern))
    if found is None:
        return None
    return found | {_END} if empty else found


def _of(sequence) -> tuple[frozenset[str] | None, bool]:
    """(first characters or None for any, whether all of it can be empty)."""
    out: frozenset[str] = frozenset()
    for op, argument in sequence:
        if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
            continue
        found, empty = _one(op, argument)
        if found is None:
            return None, False
        out |= found
        if not empty:
            return out, False
    return out, True


def _one(op, argument) -> tuple[frozenset[str] | None, bool]:
    if op is ops.LITERAL:
        return frozenset(chr(argument)), False
    if op is ops.SUBPATTERN:
        return _of(argument[-1])
    if op is ops.BRANCH:
        out: frozenset[str] = frozenset()
        empty = False
        for branch in argument[1]:
            found, can_be_empty = _of(branch)
            if found is None:
                return None, False
            out |= found
            empty |= can_be_empty
        return out, empty
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        low, _, inner = argument
        found, empty = _of(inner)
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
        elif op is ops.CATEGORY and argument is ops.CATEGORY_DIGIT:
            out.update("0123456789")
        else:
            return None
    return frozenset(out)


class FirstOf:
    """The first of several cues whose pattern matches at the beginning of a text."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = [(c, first_characters(c.pattern.pattern)) for c in cues]
        self._by_first: dict[str, tuple[tuple[Cue, object], ...]] = {}

    def __call__(self, text: str) -> tuple[Cue, re.Match[str]] | None:
        """(cue, match), or None."""
        first = text[:1]
        fitting = self._by_first.get(first)
        if fitting is None:
            if len(self._by_first) > 20_000:
                self._by_first.clear()
            fitting = tuple((c, c.pattern.match) for c, chars in self._cues if chars is None or first in chars or _END in chars)
            self._by_first[first] = fitting
        for cue, match in fitting:
            found = match(text)
            if found:
                return cue, found
        return None
