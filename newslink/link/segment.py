"""Matches that touch each other → the best way to cut the text among them.

A longest-match rule takes 京东方 out of 北京|东方园林; here every way to cut competes, guards (known phrases) included, and the cut that
explains most characters with the fewest words wins.
"""

from __future__ import annotations

import numpy as np

_WORD_COST = 0.6


def groups_of(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Matches sorted by start, then longest first → (first index of each group of overlapping matches, size of each group)."""
    if len(starts) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    reach = np.maximum.accumulate(ends)
    fresh = np.ones(len(starts), bool)
    fresh[1:] = starts[1:] >= reach[:-1]
    first = np.flatnonzero(fresh)
    return first, np.diff(np.append(first, len(starts)))


def best_cut(matches: list[tuple[int, int, float]]) -> list[int]:
    """Indices of the chosen matches, in text order. matches: (start, end, gain added to the length), overlapping in any way.

    Linear in matches after sorting by end. Of equal cuts the one with the longer first word wins.
    """
    if len(matches) == 1:
        return [0]
    order = sorted(range(len(matches)), key=lambda i: (matches[i][1], -matches[i][0]))
    ends = [matches[i][1] for i in order]
    best: list[tuple[float, int, int]] = [(0.0, -1, -1)]  # (value, match, state before)
    from bisect import bisect_right

    for rank, i in enumerate(order):
        start, end, gain = matches[i]
        before = bisect_right(ends, start, 0, rank)
        value = best[before][0] + (end - start) + gain - _WORD_COST
        best.append((value, i, before) if value > best[rank][0] + 1e-9 else (best[rank][0], -1, rank))
    chosen: list[int] = []
    state = len(order)
    while state > 0:
        _, i, before = best[state]
        if i >= 0:
            chosen.append(i)
        state = before
    return chosen[::-1]
