"""``StudyResult`` → the CAAR path of a group with the band of ordinary days: what the picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from newslink.study.correlation import mean_correlation, sums_by_distance
from newslink.study.models import cars
from newslink.study.run import StudyResult


@dataclass(frozen=True, slots=True, eq=False)
class CaarPath:
    """mean: CAAR from the first session of the window to each tau. low, high: where it would lie on ordinary days, 95 of 100 times.

    n: events. aar: mean abnormal return of each tau.
    """

    taus: np.ndarray
    aar: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int


def caar_path(result: StudyResult, group: str, level: float = 0.95) -> CaarPath:
    """The band is about zero: forecast-error-corrected, and widened by r̄ where events share dates. Nothing outside it is proof by itself:
    of twenty-one sessions one leaves it by chance."""
    first, last = result.spec.window
    mine = result.events.group[result.kept] == group
    spans = [(first, tau) for tau in range(first, last + 1)]
    found = cars(
        result.windows, result.fit, result.spec.model, result.abnormal, result.normal, first, spans, simple=False
    )
    n = int(mine.sum())
    sums = sums_by_distance(result.windows.row[mine], result.fit.residual[mine], len(spans))
    mean, half = np.full(len(spans), np.nan), np.full(len(spans), np.nan)
    for at, each in enumerate(found):
        car, error = each.car[mine], each.s_exact[mine]
        there = np.isfinite(car)
        if there.any():
            mean[at] = car[there].mean()
            rbar = mean_correlation(sums, n, at + 1) if n > 1 else 0.0
            wide = max(1 + (there.sum() - 1) * rbar, 0.0)
            half[at] = stats.norm.ppf(0.5 + level / 2) * np.sqrt((error[there] ** 2).sum() * wide) / there.sum()
    return CaarPath(result.taus, result.daily[group]["mean"], mean, -half, half, n)
