"""Residuals and positions of events → how far their abnormal returns move together: r̄ of Kolari & Pynnonen (2010), weighted by overlap.

A pair counts with the correlation of its residuals over common estimation dates times the share of sessions its two windows have in
common; a pair whose windows never meet cannot move together and counts zero. The share depends on the window's length, the correlation
does not: so the correlations are summed once per distance in sessions, and r̄ of any window is a weighted sum of those.
"""

from __future__ import annotations

import numpy as np

_BLOCK = 256  # pairs of two dates from which a matrix product beats gathering row by row
_CHUNK = 8192


def sums_by_distance(row: np.ndarray, residual: np.ndarray, longest: int) -> np.ndarray:
    """Sum of pairwise residual correlations for windows that begin 0, 1, … longest − 1 sessions apart.

    row: position of tau = 0 on the panel's calendar. residual: event × estimation tau, NaN where there is none.
    """
    order = np.argsort(row, kind="stable")
    row, residual = row[order], residual[order]
    length = residual.shape[1]
    sums = np.zeros(longest)
    dates, starts = np.unique(row, return_index=True)
    stops = np.append(starts[1:], len(row))
    gaps = not np.isfinite(residual).all()
    for distance in range(min(longest, length)):
        place = np.searchsorted(dates, dates + distance)
        first = np.flatnonzero((place < len(dates)) & (dates[np.minimum(place, len(dates) - 1)] == dates + distance))
        second = place[first]
        size = (stops[first] - starts[first]) * (stops[second] - starts[second])
        left, right = residual[:, distance:], residual[:, : length - distance]
        for one, two in zip(first[size >= _BLOCK], second[size >= _BLOCK], strict=True):
            a, b = left[starts[one] : stops[one]], right[starts[two] : stops[two]]
            correlation = _between(a, b, gaps)
            sums[distance] += (correlation.sum() - np.trace(correlation)) / 2 if distance == 0 else correlation.sum()
        a, b = _pairs(starts, stops, first[size < _BLOCK], second[size < _BLOCK], distance == 0)
        for at in range(0, len(a), _CHUNK):
            sums[distance] += _paired(left[a[at : at + _CHUNK]], right[b[at : at + _CHUNK]], gaps).sum()
    return sums


def mean_correlation(sums: np.ndarray, events: int, length: int) -> float:
    """r̄ for windows of that length, over all pairs of events; NaN below two events."""
    if events < 2:
        return float("nan")
    distance = np.arange(min(length, len(sums)))
    return float((sums[distance] * (length - distance) / length).sum() / (events * (events - 1) / 2))


def _pairs(starts, stops, first, second, same: bool) -> tuple[np.ndarray, np.ndarray]:
    """Indices of every pair across the given blocks; within one block (same) each pair once."""
    size_a, size_b = stops[first] - starts[first], stops[second] - starts[second]
    block = np.repeat(np.arange(len(first)), size_a * size_b)
    within = np.arange(len(block)) - np.repeat(np.cumsum(size_a * size_b) - size_a * size_b, size_a * size_b)
    a = starts[first][block] + within // np.maximum(size_b[block], 1)
    b = starts[second][block] + within % np.maximum(size_b[block], 1)
    return (a[a < b], b[a < b]) if same else (a, b)


def _centred(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    mean = np.where(valid, values, 0.0).sum(axis=-1) / np.maximum(valid.sum(axis=-1), 1)
    return np.where(valid, values - mean[..., None], 0.0)


def _paired(a: np.ndarray, b: np.ndarray, gaps: bool) -> np.ndarray:
    """Correlation of each row of a with the same row of b over the columns both have."""
    valid = np.isfinite(a) & np.isfinite(b) if gaps else np.ones(a.shape, bool)
    a, b = _centred(a, valid), _centred(b, valid)
    return _ratio(np.einsum("ij,ij->i", a, b), np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b))


def _between(a: np.ndarray, b: np.ndarray, gaps: bool) -> np.ndarray:
    """Correlation of every row of a with every row of b over the columns both have."""
    if not gaps:
        a, b = _centred(a, np.ones(a.shape, bool)), _centred(b, np.ones(b.shape, bool))
        return _ratio(a @ b.T, np.einsum("ij,ij->i", a, a)[:, None] * np.einsum("ij,ij->i", b, b)[None, :])
    in_a, in_b = np.isfinite(a).astype(float), np.isfinite(b).astype(float)
    # Residuals are centred about zero already, so the sums of squares lose nothing by being taken about each pair's own mean afterwards.
    a, b = np.where(in_a > 0, a, 0.0), np.where(in_b > 0, b, 0.0)
    count = np.maximum(in_a @ in_b.T, 1.0)
    sum_a, sum_b = a @ in_b.T, in_a @ b.T
    cross = a @ b.T - sum_a * sum_b / count
    return _ratio(cross, ((a * a) @ in_b.T - sum_a**2 / count) * (in_a @ (b * b).T - sum_b**2 / count))


def _ratio(cross: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """cross / sqrt(squares), 0 where there is nothing to correlate."""
    usable = squares > 0
    return np.where(usable, cross / np.sqrt(np.where(usable, squares, 1.0)), 0.0)
