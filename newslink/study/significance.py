"""Abnormal returns of a group of events → mean abnormal returns and the tests beside one another, a column a day or CAR window.

A = AR or CAR, S = A over its forecast-error-corrected standard error, N events with a value, standard deviations over events with ddof 1.
Every p is two-sided. Where a test cannot be computed (too few events, no spread) it is NaN, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from newslink.study.correlation import mean_correlation, sums_by_distance


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What the tests of one group rest on. estimation: event × tau, abnormal returns in sample; window: the same over the event window.

    sar: standardised window ARs. row: session of the event on the common calendar. sigma, dof: of each event. first: tau of column 0.
    """

    estimation: np.ndarray
    residual: np.ndarray
    window: np.ndarray
    sar: np.ndarray
    sigma: np.ndarray
    dof: np.ndarray
    row: np.ndarray
    first: int


# test → (statistic, p): the order of the table on screen; the headline first.
TESTS = {
    "kp": ("t_kp", "p_kp"),
    "bmp": ("t_bmp", "p_bmp"),
    "rank": ("z_rank", "p_rank"),
    "grank": ("t_grank", "p_grank"),
    "gsign": ("z_gsign", "p_gsign"),
    "sign": ("z_sign", "p_sign_exact"),
    "patell": ("z_patell", "p_patell"),
    "crude": ("t_crude", "p_crude"),
    "cross": ("t_cross", "p_cross"),
}


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What every column of a group needs once.

    mean_rank, present, rank_spread: of the days of both windows (see ``_mean_ranks``). quiet: standardised estimation days, −inf where there
    is none; quiet_rank: their ranks. portfolio: mean abnormal return of each estimation day. positive: mean share of days above zero.
    """

    mean_rank: np.ndarray
    present: np.ndarray
    rank_spread: float
    quiet: np.ndarray
    quiet_rank: np.ndarray
    correlation: np.ndarray
    portfolio: np.ndarray
    positive: float


def group_tests(
    sample: Sample, cars: np.ndarray, scars: np.ndarray, spans: list[tuple[int, int]]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """(tests with one column a tau of the event window, tests with one column a CAR window; GRANK for the latter only).

    cars, scars: event × window; spans: (start, end) in tau, inclusive.
    """
    inside = [(start - sample.first, end - sample.first) for start, end in spans]
    longest = max((end - start + 1 for start, end in spans), default=1)
    pool = np.hstack([sample.estimation, sample.window])
    pooled, alone = _ranks(pool, sample.estimation.shape[1])
    known = np.isfinite(sample.estimation)
    quiet = np.where(known, sample.estimation / sample.sigma[:, None], -np.inf)
    # Cowan (1992): the share of positive days each event had when nothing happened.
    up = np.count_nonzero(sample.estimation > 0, axis=1) / np.count_nonzero(known, axis=1)
    shared = _Shared(
        *_mean_ranks(pooled, np.isfinite(pool)), quiet, alone, sums_by_distance(sample.row, sample.residual, longest),
        _column_means(sample.estimation), float(np.mean(up)) if len(up) else float("nan"),
    )  # fmt: skip
    days = [(tau, tau) for tau in range(sample.window.shape[1])]
    daily, whole = _tests(sample, shared, sample.window, sample.sar, days), _tests(sample, shared, cars, scars, inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole["t_grank"], whole["p_grank"] = _grank(shared, scars, np.isfinite(scars))
    return daily, whole


def _tests(sample: Sample, shared: _Shared, a: np.ndarray, s: np.ndarray, spans: list[tuple[int, int]]) -> dict[str, np.ndarray]:
    length = np.array([end - start + 1 for start, end in spans], dtype=float)
    there = np.isfinite(a)
    n = there.sum(axis=0)
    found: dict[str, np.ndarray] = {"n": n, "pos": (np.where(there, a, 0.0) > 0).sum(axis=0)}
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, spread = _moments(a, there)
        found["mean"] = mean
        # Campbell, Lo & MacKinlay (1997), 4.4: robust to a variance that the event itself raises.
        found["t_cross"] = _finite(mean * np.sqrt(n) / spread)
        found["p_cross"] = _p_t(found["t_cross"], n - 1)
        # Brown & Warner (1985): the portfolio's own days carry the correlation of one date.
        found["t_crude"] = _finite(mean / (np.nanstd(shared.portfolio, ddof=1) * np.sqrt(length)))
        found["p_crude"] = _p_t(found["t_crude"], np.isfinite(shared.portfolio).sum() - 1)
        # Patell (1976): the variance of a t with that many degrees of freedom.
        dof = sample.dof[:, None].astype(float)
        weight = np.where(there & (dof > 2), dof / (dof - 2), np.nan)
        found["z_patell"] = _finite(np.where(there, s, 0.0).sum(axis=0) / np.sqrt(np.where(there, weight, 0.0).sum(axis=0)))
        found["p_patell"] = _p_z(found["z_patell"])
        # Boehmer, Musumeci & Poulsen (1991).
        s_mean, s_spread = _moments(s, there)
        found["t_bmp"] = _finite(s_mean * np.sqrt(n) / s_spread)
        found["p_bmp"] = _p_t(found["t_bmp"], n - 1)
        # Kolari & Pynnonen (2010), r̄ weighted by the share of common sessions.
        rbar = np.array([mean_correlation(shared.correlation, len(a), int(size)) for size in length])
        found["rbar"] = rbar
        found["t_kp"] = _finite(found["t_bmp"] * np.sqrt((1 - rbar) / (1 + (n - 1) * rbar)))
        found["p_kp"] = _p_t(found["t_kp"], n - 1)
        # Corrado (1989), with Corrado & Zivney's (1992) ranks: each event's days of both windows ranked in one pool.
        before = sample.estimation.shape[1]
        found["z_rank"] = _finite(np.array([_rank_z(shared, before + start, before + end + 1) for start, end in spans]))
        found["p_rank"] = _p_z(found["z_rank"])
        half = n / 2
        found["z_sign"] = _finite((found["pos"] - half) / np.sqrt(n / 4))
        rarer = np.minimum(found["pos"], n - found["pos"])
        found["p_sign_exact"] = np.where(n > 0, np.minimum(1.0, 2 * special.bdtr(rarer, n, 0.5)), np.nan)
        p = shared.positive
        found["z_gsign"] = _finite((found["pos"] - n * p) / np.sqrt(n * p * (1 - p)))
        found["p_gsign"] = _p_z(found["z_gsign"])
    return found


def _moments(values: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean, standard deviation with ddof 1) of each column over the events that have it."""
    n = there.sum(axis=0)
    mean = np.where(there, values, 0.0).sum(axis=0) / n
    away = np.where(there, values - mean, 0.0)
    return mean, np.sqrt((away**2).sum(axis=0) / np.where(n > 1, n - 1, np.nan))


def _column_means(values: np.ndarray) -> np.ndarray:
    there = np.isfinite(values)
    return np.where(there, values, 0.0).sum(axis=0) / np.where(there.any(axis=0), there.sum(axis=0), np.nan)


def _ranks(values: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """(rank within each row from 1; rank of the first columns among themselves). Ties share their mean; 0 where there is no value.

    One sort serves both: the rank among the first columns is how many of them stand at or before a place of the sorted row.
    """
    there, width = np.isfinite(values), values.shape[1]
    filled = np.where(there, values, np.inf) + 0.0  # makes -0.0 the same as 0.0
    order, near = _order(filled)
    place = order + (np.arange(len(values)) * width)[:, None]
    both = np.empty((2, *values.shape))
    both[0].ravel()[place] = np.arange(1.0, width + 1)
    both[1].ravel()[place] = np.cumsum(order < first, axis=1, dtype=np.int32)
    ranks, alone = both[0], both[1][:, :first]
    missing = width - np.count_nonzero(there, axis=1)
    tied = near > np.maximum(missing - 1, 0)
    if tied.any():
        ranks[tied], alone[tied] = stats.rankdata(filled[tied], axis=1), stats.rankdata(filled[tied, :first], axis=1)
    return ranks * there, alone * there[:, :first]


def _order(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(columns of each row in ascending order of value, how many neighbours in that order are equal or too near to be told apart).

    The bits of a float order as an integer does once those of negative numbers are turned round. With the column's number in place of the
    last few, sorting integers gives the order four times faster than argsort does.
    """
    bits, width = values.view(np.int64), values.shape[1]
    short = width.bit_length()
    key = (bits ^ ((bits >> 63) & np.iinfo(np.int64).max)) >> short << short
    key |= np.arange(width)
    key.sort(axis=1)
    order = key & ((1 << short) - 1)
    key >>= short
    return order, np.count_nonzero(key[:, 1:] == key[:, :-1], axis=1)


def _mean_ranks(ranks: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """(mean rank of each day, events that have the day, the standard deviation of one event's rank as the days show it).

    A rank is over (valid days + 1), less one half: spread evenly about zero however many days an event has. The mean over n events varies
    with 1 / n, so each day's square counts n times (Corrado & Zivney 1992, whose statistic of a day is sqrt(n) · mean / spread).
    """
    present = np.count_nonzero(there, axis=0)
    mean = (1.0 / (np.count_nonzero(there, axis=1) + 1.0)) @ ranks / np.where(present > 0, present, np.nan) - 0.5
    used = present > 0
    return mean, present, float(np.sqrt((present[used] * mean[used] ** 2).sum() / max(used.sum(), 1)))


def _rank_z(shared: _Shared, start: int, end: int) -> float:
    """The sum of the mean ranks of the days from start up to end over its standard deviation, days without any event left out."""
    present = shared.present[start:end]
    days = present > 0
    return float(shared.mean_rank[start:end][days].sum() / (shared.rank_spread * np.sqrt((1.0 / present[days]).sum())))


def _grank(shared: _Shared, s: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kolari & Pynnonen (2011): the whole window as one extra day among the standardised estimation days; t(T − 2).

    One more value v moves every day above it up by one rank, so the days are ranked once and not again for every column.
    """
    s_spread = _moments(s, there)[1] if len(s) else np.full(s.shape[1], np.nan)
    known = (shared.quiet_rank > 0).astype(float)
    days = known.sum(axis=1)
    statistic, p = np.full(s.shape[1], np.nan), np.full(s.shape[1], np.nan)
    for column in range(s.shape[1]):
        among = there[:, column]
        if among.sum() < 2 or not s_spread[column] > 0:
            continue
        value = np.where(among, s[:, column], 0.0)[:, None] / s_spread[column]
        moved = (shared.quiet > value).astype(float)
        same = shared.quiet == value
        if same.any():
            moved += 0.5 * same
        scale = np.where(among, 1.0 / (days + 2.0), 0.0)
        count = among.astype(float) @ known
        mean = (scale @ shared.quiet_rank + scale @ moved) / count - 0.5
        own = (scale * (days + 1.0 - moved.sum(axis=1))).sum() / among.sum() - 0.5
        used = count > 0
        size = int(used.sum()) + 1
        spread = np.sqrt(((count[used] / among.sum() * mean[used] ** 2).sum() + own**2) / size)
        z = own / spread
        statistic[column] = z * np.sqrt((size - 2) / (size - 1 - z**2)) if z**2 < size - 1 else np.nan
        p[column] = 2 * stats.t.sf(abs(statistic[column]), size - 2)
    return statistic, p


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _p_t(t: np.ndarray, dof: np.ndarray | int) -> np.ndarray:
    return np.where(np.asarray(dof) > 0, 2 * stats.t.sf(np.abs(t), np.maximum(dof, 1)), np.nan)


def _p_z(z: np.ndarray) -> np.ndarray:
    return 2 * stats.norm.sf(np.abs(z))


def adjusted_p(p: np.ndarray) -> np.ndarray:
    """Benjamini & Hochberg (1995): p adjusted so that rejecting below q keeps the false discovery rate at q; NaN is not counted."""
    p = np.asarray(p, dtype=float)
    result = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    result[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return result
