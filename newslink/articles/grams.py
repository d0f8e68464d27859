"""Many texts at once → hashes of their runs of characters. A call of numpy costs as much for one short text as for a thousand.

Cells are uint64: the number of the text in the upper half, the hash (uint32) in the lower; so one sort orders the hashes of every text, and
those of text i are ``cells[marks[i]:marks[i + 1]]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BUCKETS = 12
# Multipliers of the rolling hash; fixed, since keys are stored.
_ROLL = [np.uint64(m) for m in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)]
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)
_BOUNDS = np.arange(BUCKETS, dtype=np.uint64) * np.uint64(2**32 // BUCKETS)
_SEED, _PRIME, _FOLD = 0xCBF29CE484222325, np.uint64(0x100000001B3), np.uint64(29)


class Cells(NamedTuple):
    """See the module. marks has one entry more than there are texts."""

    cells: np.ndarray
    marks: np.ndarray


def quads(texts: Sequence[str]) -> Cells:
    """All runs of four characters, in order of the text, repeats included; a text of fewer is filled up with NULs, so each has one at least."""
    points, lengths = _points([text if len(text) > 3 else text.ljust(4, "\0") for text in texts])
    points = points.astype(np.uint64)
    rolled = points[:-3] * _ROLL[0]
    rolled += points[1:-2] * _ROLL[1]
    rolled += points[2:-1] * _ROLL[2]
    rolled += points[3:] * _ROLL[3]
    rolled ^= rolled >> _HALF
    rolled *= _MIX
    return _of_texts(rolled >> _HALF, lengths, 3)


def pairs(texts: Sequence[str]) -> Cells:
    """All runs of two characters; a text of one has none."""
    points, lengths = _points(texts)
    return _of_texts(((points[:-1] * np.uint32(65599) + points[1:]) * np.uint32(0x9E3779B1)).astype(np.uint64), lengths, 1)


def _points(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return np.frombuffer("".join(texts).encode("utf-32-le", errors="replace"), np.uint32), lengths


def _of_texts(hashes: np.ndarray, lengths: np.ndarray, reach: int) -> Cells:
    """Without the runs that begin in one text and end in another. reach: length of a run less one."""
    counts = np.maximum(lengths - reach, 0)
    marks = np.concatenate(([0], np.cumsum(counts)))
    begins = np.cumsum(lengths) - lengths
    owner = np.repeat(np.arange(len(lengths)), counts)
    place = np.arange(marks[-1]) - marks[owner] + begins[owner]
    return Cells(hashes[place] | owner.astype(np.uint64) << _HALF, marks)


def first_of(runs: Cells, count: int) -> Cells:
    """At most so many of each text, the first in order."""
    lengths = np.diff(runs.marks)
    keep = np.arange(runs.marks[-1]) - np.repeat(runs.marks[:-1], lengths) < count
    return Cells(runs.cells[keep], np.concatenate(([0], np.cumsum(np.minimum(lengths, count)))))


def distinct(runs: Cells) -> Cells:
    """Sorted within each text, without repeats."""
    ordered = np.sort(runs.cells)
    keep = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    ordered = ordered[keep]
    texts = np.arange(len(runs.marks), dtype=np.uint64) << _HALF
    return Cells(ordered, np.searchsorted(ordered, texts))


def minima(ordered: Cells) -> np.ndarray:
    """uint64, a row a text: the smallest hash in each of 12 equal ranges (one-permutation min-hash); an empty range takes the next smallest
    hash, round about. ordered: ``distinct``, at least one of each text."""
    cells, marks = ordered
    begins, ends = marks[:-1, None], marks[1:, None]
    texts = np.arange(len(begins), dtype=np.uint64)[:, None] << _HALF
    at = np.searchsorted(cells, (texts | _BOUNDS).ravel()).reshape(-1, BUCKETS)
    return cells[np.where(at < ends, at, begins)] & _LOWER


def hashes_of(ordered: Cells) -> list[np.ndarray]:
    """uint32, one array a text."""
    lower = ordered.cells.astype(np.uint32)
    return [lower[begin:end] for begin, end in zip(ordered.marks[:-1].tolist(), ordered.marks[1:].tolist(), strict=True)]


def mixed(kind: int, *parts: np.ndarray) -> np.ndarray:
    """int64: one key of each row of the parts (uint64), of a kind; signed, so that any database can hold it."""
    value = np.full(len(parts[0]), _SEED ^ kind, np.uint64)
    for part in parts:
        value = (value ^ part) * _PRIME
        value ^= value >> _FOLD
    return value.view(np.int64)
