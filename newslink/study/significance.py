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


def daily_tests(sample: Sample) -> dict[str, np.ndarray]:
    """One column a tau of the event window."""
    taus = np.arange(sample.window.shape[1])
    return _tests(sample, sample.window, sample.sar, [(tau, tau) for tau in taus])


def window_tests(sample: Sample, cars: np.ndarray, scars: np.ndarray, spans: list[tuple[int, int]]) -> dict[str, np.ndarray]:
    """One column a CAR window. cars, scars: event × window. spans: (start, end) in tau, inclusive."""
    return _tests(sample, cars, scars, [(start - sample.first, end - sample.first) for start, end in spans])


def _tests(sample: Sample, a: np.ndarray, s: np.ndarray, spans: list[tuple[int, int]]) -> dict[str, np.ndarray]:
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
        portfolio = _column_means(sample.estimation)
        found["t_crude"] = _finite(mean / (np.nanstd(portfolio, ddof=1) * np.sqrt(length)))
        found["p_crude"] = _p_t(found["t_crude"], np.isfinite(portfolio).sum() - 1)
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
        longest = int(length.max(initial=1))
        sums = sums_by_distance(sample.row, sample.residual, longest)
        rbar = np.array([mean_correlation(sums, len(a), int(size)) for size in length])
        found["rbar"] = rbar
        found["t_kp"] = _finite(found["t_bmp"] * np.sqrt((1 - rbar) / (1 + (n - 1) * rbar)))
        found["p_kp"] = _p_t(found["t_kp"], n - 1)
        found["z_rank"] = _finite(_rank(sample, spans, length))
        found["p_rank"] = _p_z(found["z_rank"])
        half = n / 2
        found["z_sign"] = _finite((found["pos"] - half) / np.sqrt(n / 4))
        rarer = np.minimum(found["pos"], n - found["pos"])
        found["p_sign_exact"] = np.where(n > 0, np.minimum(1.0, 2 * special.bdtr(rarer, n, 0.5)), np.nan)
        # Cowan (1992): against the share of positive days each event had when nothing happened.
        quiet = np.isfinite(sample.estimation)
        p = np.mean((np.where(quiet, sample.estimation, 0.0) > 0).sum(axis=1) / quiet.sum(axis=1)) if len(a) else np.nan
        found["z_gsign"] = _finite((found["pos"] - n * p) / np.sqrt(n * p * (1 - p)))
        found["p_gsign"] = _p_z(found["z_gsign"])
        found["t_grank"], found["p_grank"] = _grank(sample, s, s_spread, there)
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


def _ranks(values: np.ndarray) -> np.ndarray:
    """Rank within each row over (valid + 1), less one half: uniform about zero whatever is missing; NaN stays NaN."""
    there = np.isfinite(values)
    ranks = stats.rankdata(np.where(there, values, np.inf), axis=1)
    return np.where(there, ranks / (there.sum(axis=1)[:, None] + 1.0) - 0.5, np.nan)


def _mean_ranks(ranks: np.ndarray) -> tuple[np.ndarray, float]:
    """(mean rank of each column, its standard deviation over columns, each weighted by its share of events)."""
    mean = _column_means(ranks)
    share = np.isfinite(ranks).sum(axis=0) / max(len(ranks), 1)
    used = np.isfinite(mean)
    return mean, np.sqrt((share[used] * mean[used] ** 2).sum() / max(used.sum(), 1))


def _rank(sample: Sample, spans: list[tuple[int, int]], length: np.ndarray) -> np.ndarray:
    """Corrado (1989), with Corrado & Zivney's (1992) ranks: each event's days of both windows ranked in one pool."""
    days = sample.estimation.shape[1]
    mean, spread = _mean_ranks(_ranks(np.hstack([sample.estimation, sample.window])))
    inside = np.array([np.mean(mean[days + start : days + end + 1]) for start, end in spans])
    return np.sqrt(length) * inside / spread


def _grank(sample: Sample, s: np.ndarray, s_spread: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kolari & Pynnonen (2011): the whole window as one extra day among the standardised estimation days; t(T − 2)."""
    quiet = sample.estimation / sample.sigma[:, None]
    statistic, p = np.full(s.shape[1], np.nan), np.full(s.shape[1], np.nan)
    for column in range(s.shape[1]):
        among = there[:, column]
        if among.sum() < 2 or not s_spread[column] > 0:
            continue
        pool = np.hstack([quiet[among], s[among, column : column + 1] / s_spread[column]])
        mean, spread = _mean_ranks(_ranks(pool))
        size = int(np.isfinite(mean).sum())
        z = mean[-1] / spread
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
