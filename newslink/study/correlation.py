"""Residuals and positions of events → how far their abnormal returns move together: r̄ of Kolari & Pynnonen (2010), weighted by overlap.

A pair counts with the correlation of its residuals over common estimation dates times the share of sessions its two windows have in
common; a pair whose windows never meet cannot move together and counts zero. The share depends on the window's length, the correlation
does not: so the correlations are summed once per distance in sessions, and r̄ of any window is a weighted sum of those.
"""

from __future__ import annotations

import numpy as np

_FEW = 20_000  # pairs up to which gathering them one by one beats matrix products
_CHUNK = 8192
_SPAN, _CROWD = 16, 256  # sessions and events a matrix product takes at once: a longer span multiplies pairs that never meet


def sums_by_distance(row: np.ndarray, residual: np.ndarray, longest: int) -> np.ndarray:
    """Sum of pairwise residual correlations for windows that begin 0, 1, … longest − 1 sessions apart.

    row: position of tau = 0 on the panel's calendar. residual: event × estimation tau, NaN where there is none.
    """
    order = np.argsort(row, kind="stable")
    row, residual = row[order], residual[order]
    # Each event with those after it whose window it can meet; beyond the estimation window's length there is no common date.
    reach = min(longest, residual.shape[1])
    end = np.searchsorted(row, row + reach, side="left")
    pairs = int((end - np.arange(len(row)) - 1).sum())
    sums = _gathered(row, residual, end) if pairs <= _FEW else _by_dates(row, residual, end)
    return np.pad(sums, (0, max(longest - len(sums), 0)))[:longest]


def mean_correlation(sums: np.ndarray, events: int, length: int) -> float:
    """r̄ for windows of that length, over all pairs of events; NaN below two events."""
    if events < 2:
        return float("nan")
    distance = np.arange(min(length, len(sums)))
    return float((sums[distance] * (length - distance) / length).sum() / (events * (events - 1) / 2))


def _gathered(row: np.ndarray, residual: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Pair by pair, those of one distance together."""
    length = residual.shape[1]
    known = np.isfinite(residual)
    filled = np.where(known, residual, 0.0)
    count = end - np.arange(len(row)) - 1
    first = np.repeat(np.arange(len(row)), count)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
    distance = row[second] - row[first]
    sums = np.zeros(length)
    for apart in np.unique(distance):
        mine = np.flatnonzero(distance == apart)
        for at in range(0, len(mine), _CHUNK):
            part = mine[at : at + _CHUNK]
            one, two = (first[part], slice(apart, None)), (second[part], slice(length - apart))
            sums[apart] += _paired(filled[one], filled[two], known[one] & known[two]).sum()
    return sums


def _by_dates(row: np.ndarray, residual: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Neighbouring events laid on one axis of dates, so that matrix products meet common dates by themselves."""
    length, sums, start = residual.shape[1], np.zeros(residual.shape[1]), 0
    while start < len(row):
        stop = min(int(np.searchsorted(row, row[start] + _SPAN)), start + _CROWD)
        last = int(end[stop - 1])
        laid = np.full((last - start, int(row[last - 1] - row[start]) + length), np.nan)
        laid[np.arange(last - start)[:, None], (row[start:last] - row[start])[:, None] + np.arange(length)] = residual[start:last]
        correlation = _between(laid[: stop - start], laid)
        distance = row[None, start:last] - row[start:stop, None]
        wanted = np.arange(last - start)[None, :] > np.arange(stop - start)[:, None]
        wanted &= distance < length
        sums += np.bincount(distance[wanted], correlation[wanted], minlength=length)
        start = stop
    return sums


def _paired(a: np.ndarray, b: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Correlation of each row of a with the same row of b over the columns both have. Overwrites a and b."""
    a *= both
    b *= both
    # Residuals lie about zero already, so taking the pair's own means out afterwards loses no digits.
    count = np.maximum(np.count_nonzero(both, axis=1), 1)
    sum_a, sum_b = a.sum(axis=1), b.sum(axis=1)
    squares_a, squares_b = np.einsum("ij,ij->i", a, a) - sum_a**2 / count, np.einsum("ij,ij->i", b, b) - sum_b**2 / count
    return _ratio(np.einsum("ij,ij->i", a, b) - sum_a * sum_b / count, squares_a * squares_b)


def _between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation of every row of a with every row of b over the columns both have."""
    in_a, in_b = np.isfinite(a).astype(float), np.isfinite(b).astype(float)
    # Residuals lie about zero already, so taking the pair's own means out afterwards loses no digits.
    a, b = np.where(in_a > 0, a, 0.0), np.where(in_b > 0, b, 0.0)
    count = np.maximum(in_a @ in_b.T, 1.0)
    sum_a, sum_b = a @ in_b.T, in_a @ b.T
    cross = a @ b.T - sum_a * sum_b / count
    return _ratio(cross, ((a * a) @ in_b.T - sum_a**2 / count) * (in_a @ (b * b).T - sum_b**2 / count))


def _ratio(cross: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """cross / sqrt(squares), 0 where there is nothing to correlate."""
    usable = squares > 0
    return np.where(usable, cross / np.sqrt(np.where(usable, squares, 1.0)), 0.0)
