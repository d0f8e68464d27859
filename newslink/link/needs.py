"""A pattern → what a text needs so that it can match: with which two characters a match begins or ends, and words of which it holds one.

Read off the pattern itself. Always on the safe side: what is not understood may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

# Sets of characters are whole numbers with one bit a character.
_SIZE = 0x10000
ANY = (1 << _SIZE) - 1
_NO_LINE_END = ANY ^ (1 << ord("\n"))
_MOST_CHOICES, _MOST_WORDS = 24, 200
_ZERO_WIDTH = (ops.AT, ops.ASSERT, ops.ASSERT_NOT)
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


def _category(pattern: str) -> int:
    return sum(1 << ord(c) for c in re.findall(pattern, "".join(map(chr, range(_SIZE)))))


_CATEGORIES = {ops.CATEGORY_DIGIT: _category(r"\d"), ops.CATEGORY_SPACE: _category(r"\s")}


@dataclass(frozen=True, slots=True)
class Edge:
    """first, second: the characters that can stand there (bits). empty, single: whether a match can have no, only one character."""

    first: int
    second: int
    empty: bool
    single: bool


_NOTHING = Edge(0, 0, True, False)
_UNKNOWN = Edge(ANY, ANY, True, True)


@lru_cache(maxsize=1)  # one pattern is asked about three times in a row
def _parsed(pattern: str):
    return _parser.parse(pattern)


def edge(pattern: str, backwards: bool = False) -> tuple[int, int]:
    """(first characters, second ones) with which a match can begin; backwards: the last, the last but one, of one that reaches ``\\Z``."""
    found = _edge_of(_parsed(pattern), backwards)
    if found.empty:
        return ANY, ANY
    return found.first, ANY if found.single else found.second


def words(pattern: str) -> tuple[str, ...]:
    """Words of which every match holds at least one; none where no such words are known."""
    return tuple(sorted(_words_of(_parsed(pattern)) or ()))


def reach(pattern: str) -> int:
    """The most characters a match can take."""
    return _parsed(pattern).getwidth()[1]


def _edge_of(sequence, backwards: bool) -> Edge:
    out = _NOTHING
    for op, argument in reversed(list(sequence)) if backwards else sequence:
        more = _edge_one(op, argument, backwards)
        out = Edge(
            out.first | (more.first if out.empty else 0),
            out.second | (more.first if out.single else 0) | (more.second if out.empty else 0),
            out.empty and more.empty,
            out.single and more.empty or out.empty and more.single,
        )
        if not out.empty and not out.single:
            break
    return out


def _edge_one(op, argument, backwards: bool) -> Edge:
    if op in _ZERO_WIDTH:
        return _NOTHING
    if (characters := _characters(op, argument)) is not None:
        return Edge(characters, 0, False, True)
    if op is ops.SUBPATTERN:
        return _edge_of(argument[-1], backwards)
    if op is ops.ATOMIC_GROUP:
        return _edge_of(argument, backwards)
    if op is ops.BRANCH:
        found = [_edge_of(branch, backwards) for branch in argument[1]]
        first = second = 0
        for one in found:
            first, second = first | one.first, second | one.second
        return Edge(first, second, any(f.empty for f in found), any(f.single for f in found))
    if op in _REPEATS:
        least, most, inner = argument
        if not most:
            return _NOTHING
        one = _edge_of(inner, backwards)
        second = one.second | (one.first if one.single and most > 1 else 0)
        return Edge(one.first, second, not least or one.empty, one.single and (least < 2 or one.empty))
    return _UNKNOWN


def _characters(op, argument) -> int | None:
    """The characters of which op takes just one; None where it is no single character."""
    if op is ops.LITERAL:
        return 1 << argument if argument < _SIZE else 0
    if op is ops.NOT_LITERAL:
        return ANY ^ (1 << argument)
    if op is ops.ANY:
        return _NO_LINE_END
    if op is not ops.IN:
        return None
    found, negated = 0, False
    for kind, value in argument:
        if kind is ops.NEGATE:
            negated = True
        elif kind is ops.LITERAL:
            found |= 1 << value
        elif kind is ops.RANGE:
            found |= ((1 << value[1] - value[0] + 1) - 1) << value[0]
        elif kind is ops.CATEGORY and value in _CATEGORIES:
            found |= _CATEGORIES[value]
        else:
            return ANY
    return (ANY ^ found if negated else found) & ANY


def _words_of(sequence) -> set[str] | None:
    """The best of the sets of which one word must be there: long words before few."""
    best: set[str] | None = None
    run = {""}
    for op, argument in [*sequence, (None, None)]:
        if op in _ZERO_WIDTH:
            continue
        choices = _choices(op, argument)
        if choices and len(run) * len(choices) <= _MOST_WORDS:
            run = {word + c for word in run for c in choices}
            continue
        best = _better(best, run)
        run = set(choices) if choices else {""}
        best = _better(best, _words_inside(op, argument))
    return best


def _words_inside(op, argument) -> set[str] | None:
    if op is ops.SUBPATTERN:
        return _words_of(argument[-1])
    if op is ops.ATOMIC_GROUP:
        return _words_of(argument)
    if op in _REPEATS:
        return _words_of(argument[2]) if argument[0] else None
    if op is ops.BRANCH:
        found = [_words_of(branch) for branch in argument[1]]
        return set().union(*found) if all(found) else None  # type: ignore[arg-type]
    return None


def _choices(op, argument) -> Sequence[str]:
    """The characters of which op takes one, where they are few."""
    if op is ops.LITERAL:
        return chr(argument)
    if op is not ops.IN:
        return ""
    found: dict[str, None] = {}
    for kind, value in argument:
        if kind is ops.LITERAL:
            found[chr(value)] = None
        elif kind is ops.RANGE and value[1] - value[0] < _MOST_CHOICES:
            found.update(dict.fromkeys(map(chr, range(value[0], value[1] + 1))))
        else:
            return ""
    return list(found) if len(found) <= _MOST_CHOICES else ""


def _better(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    if not other or "" in other:
        return one
    return max(one, other, key=_selective) if one else other


def _selective(words: set[str]) -> tuple[int, int]:
    return min(2, *map(len, words), 2), -len(words)
